"""The ledger: owners learn which agency had theirs, agencies what they had; people are named at home alone."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import viewing
from hub.trail.models import TrailRow
from hub.trail.seals import WATCH
from sharing.disclosures.models import LedgerRow
from sharing.flow import recall, release
from sharing.ledger.models import LedgerGiven, LedgerTaken
from sharing.releases.models import Release
from sharing.releases.plan import Pick
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import CANARIES, plan, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer
from tests.conftest import owners_connection
from tests.disclosures.reader import reader, same_to_a_stranger, text

pytestmark = pytest.mark.django_db
MEMBER, STRANGER = "TXDPS", "NYSP"
# In the directory, which everybody may read: what may be asked for.
OPTION = f'<option value="{MEMBER}"></option>'
READERS = ("cbp.admin", "cbp.releaser", "cbp.liaison")
PATHS = ("/ledger/", "/ledger/?side=received")


def opened(record, *usernames):
    """Each of them opens the record's page, and does get it."""
    section = "bulletins" if record.kind == "bulletin" else "seizures"
    for username in usernames:
        assert reader(username).get(f"/{section}/{record.ref}/").status_code == 200, username


def lines(username, **asked):
    answer = reader(username).get("/ledger/", asked)
    assert answer.status_code == 200
    return answer.context["lines"]


def everything(username, **asked):
    """All that somebody gets of the ledger, in every form, as one text."""
    client = reader(username)
    asked = {name: value for name, value in asked.items() if value}
    found = [text(client.get("/ledger/", {**asked, "side": side})) for side in ("given", "received")]
    for form in ("csv", "json"):
        for side in ("given", "received"):
            answer = client.get("/ledger/export/", {**asked, "side": side, "as": form})
            assert answer.status_code == 200
            found.append(text(answer))
    return "\n".join(found)


@pytest.fixture
def hidden(owner_sql):
    """South Texas HIDTA's members, TXDPS among them, are its lead's to know."""
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


@pytest.mark.parametrize("username", READERS)
def test_the_owner_sees_who_had_it_when_how_without_what_and_on_what_basis(username):
    bulletin = published_bulletin(reliability="B", credibility="2")
    released(bulletin, ("CBSA", "place"))
    opened(bulletin, "cbsa.officer")
    (line,) = lines(username)
    assert (line.agency, line.ref, line.version, line.channel) == ("CBSA", bulletin.ref, 1, "page")
    assert set(line.withheld) == {"place", "identifiers", "case"}, (
        "what the release and the agreement withhold"
    )
    assert "to CBSA" in line.basis and line.agreement == "CBP-CBSA"
    assert line.need_to_know == "Commercial traffic at land ports" and line.right_to_know
    assert line.official == "cbp.releaser" and line.submitted_by == "CBP"
    assert line.sensitivity == "TLP:AMBER" and "usually reliable" in line.confidence
    assert timezone.now() - line.at < timedelta(minutes=1)


def test_the_recipient_sees_what_it_had_with_the_names_of_its_own_people():
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"), "TXDPS")
    opened(bulletin, "cbsa.officer", "cbsa.releaser", "txdps.trooper")
    found = lines("cbsa.releaser", side="received")
    assert [line.person for line in found] == ["cbsa.releaser", "cbsa.officer"]
    assert {line.agency for line in found} == {"CBSA"} and {line.submitted_by for line in found} == {"CBP"}
    assert found[0].agreement == "CBP-CBSA" and found[0].basis == "Released by CBP"
    # Why the owner released it, and who did, are the owner's.
    assert not found[0].need_to_know and "cbp.releaser" not in everything("cbsa.releaser")
    assert "TXDPS" not in everything("cbsa.releaser").replace(OPTION, "")


def test_no_persons_name_crosses_from_one_agency_to_another():
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA", "HSI", "community:HIDTA-STX")
    released(report, "HSI")
    opened(bulletin, "cbsa.officer", "hsi.agent", "txdps.trooper", "stx.analyst")
    opened(report, "hsi.agent")
    owner = everything("cbp.releaser")
    assert all(code in owner for code in ("CBSA", "HSI", "TXDPS", "HIDTA-STX"))
    for name in ("cbsa.officer", "hsi.agent", "txdps.trooper", "stx.analyst"):
        assert name not in owner
    assert "hsi.agent" in everything("hsi.agent") and "cbsa.officer" in everything("cbsa.releaser")
    assert "cbsa" not in everything("hsi.agent").replace('<option value="CBSA"></option>', "").lower()


def test_the_views_have_no_column_for_a_person_on_the_owners_side():
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns where table_name = 'sharing_ledger_given'"
        )
        names = {name for (name,) in cursor.fetchall()}
    assert names and not [name for name in names if "person" in name or "request" in name]


def test_an_agencys_own_reading_of_its_own_is_not_something_given():
    bulletin = published_bulletin()
    opened(bulletin, "cbp.officer")
    assert lines("cbp.releaser") == () == lines("cbp.releaser", side="received")


@pytest.mark.parametrize("username", ["ncb.officer", "steward", "inspector", "cbp.officer", "stx.analyst"])
def test_outsiders_find_nothing_of_it_in_any_ledger(username):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    assert bulletin.ref in everything("cbp.admin") and bulletin.ref in everything("cbsa.releaser")
    client = reader(username)
    for path in PATHS:
        answer = client.get(path)
        assert bulletin.ref not in text(answer)
        assert answer.status_code == (200 if username == "stx.analyst" else 403)
    with viewing(viewer(username)):
        mine = username == "cbp.officer"
        assert LedgerGiven.objects.count() == (1 if mine else 0), (
            "row-level: the agency; roles are asked above it"
        )
        assert LedgerTaken.objects.count() == 0


def test_nothing_of_the_content_is_in_any_form_of_the_ledger():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    said = everything("cbp.releaser") + everything("cbsa.releaser")
    assert bulletin.ref in said and not [word for word in CANARIES.values() if word in said]
    assert "fuel tank" not in said


def test_asking_for_a_hidden_record_is_asking_for_one_that_never_was(caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    assert reader("cbsa.releaser").get(f"/ledger/?side=received&ref={bulletin.ref}").status_code == 200
    ghost = "2222-2222"
    for path in ("/ledger/?ref={}", "/ledger/?side=received&ref={}", "/ledger/export/?as=csv&ref={}"):
        real, none = (reader("stx.analyst").get(path.format(ref)) for ref in (bulletin.ref, ghost))
        assert real.status_code == none.status_code == 404
        assert same_to_a_stranger(real) == same_to_a_stranger(none)
    asker, never = caller("stx.analyst"), "00000000-0000-4000-8000-000000000000"
    for side in ("given", "received", "communities"):
        real, none = (asker.get(f"ledger/?side={side}&record={uid}") for uid in (bulletin.uid, never))
        assert (real.status_code, real.content) == (
            none.status_code,
            none.content,
        ) and real.status_code == 404


def test_after_a_recall_both_sides_still_have_it_and_the_recipient_no_later_marking():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    opened(bulletin, "cbsa.officer")
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    released(bulletin, "HSI", tlp="TLP:AMBER+STRICT")
    (given,) = lines("cbp.releaser", agency="CBSA")
    assert given.sensitivity == "TLP:AMBER+STRICT"
    (had,) = lines("cbsa.releaser", side="received")
    assert had.ref == bulletin.ref and had.sensitivity == "TLP:GREEN"


def test_filters_narrow_by_record_agency_way_and_day():
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA", "HSI")
    released(report, "HSI")
    opened(bulletin, "cbsa.officer", "hsi.agent")
    opened(report, "hsi.agent")
    today = timezone.localdate().isoformat()

    def pairs(**asked):
        return {(line.ref, line.agency) for line in lines("cbp.releaser", **asked)}

    whole = {(bulletin.ref, "CBSA"), (bulletin.ref, "HSI"), (report.ref, "HSI")}
    assert pairs() == whole
    assert pairs(ref=bulletin.ref.replace("-", "").lower()) == {(bulletin.ref, "CBSA"), (bulletin.ref, "HSI")}
    assert pairs(agency="HSI") == {(bulletin.ref, "HSI"), (report.ref, "HSI")}
    assert pairs(channel="page") == whole and pairs(channel="webhook") == set()
    yesterday = (timezone.localdate() - timedelta(days=2)).isoformat()
    assert pairs(until=yesterday) == set()
    assert pairs(since=yesterday) == whole
    # The ends of the calendar: nothing lies before the one or after the other.
    assert pairs(since="0001-01-01") == pairs(until="9999-12-31") == whole
    assert pairs(since="9999-12-31") == pairs(until="0001-01-01") == set()
    client = reader("cbp.releaser")
    for odd in (
        "since=never",
        "agency=NOBODY",
        "ref=1",
        "after=7",
        f"since={today}&until={yesterday}",
        "side=x",
    ):
        assert client.get(f"/ledger/?{odd}").status_code == 400, odd


def test_pages_follow_each_other_without_gap_or_repeat_and_tell_no_number(monkeypatch):
    monkeypatch.setattr("sharing.ledger.pages.SIZE", 7)
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    for _ in range(10):
        opened(bulletin, "hsi.agent")
    client, seen, after = reader("cbp.releaser"), [], ""
    while True:
        page = client.get("/ledger/", {"after": after} if after else {})
        seen += [line.at for line in page.context["lines"]]
        after = page.context["next"]
        if not after:
            break
        assert not after.isdigit() and len(page.context["lines"]) == 7
    assert len(seen) >= 10 and seen == sorted(seen, reverse=True) and len(set(seen)) == len(seen)
    other = reader("cbsa.releaser")
    first = client.get("/ledger/").context["next"]
    assert other.get("/ledger/", {"after": first}).status_code == 400


def test_the_page_costs_the_same_however_many_lines(django_assert_max_num_queries):
    first, second = published_bulletin(), published_bulletin()
    released(first, "HSI", "CBSA")
    released(second, "HSI", "CBSA")
    client = reader("cbp.releaser")
    for record in (first, second):
        for _ in range(5):
            opened(record, "hsi.agent", "cbsa.officer")
    with django_assert_max_num_queries(26):
        assert len(client.get("/ledger/").context["lines"]) >= 20


# --- Hidden rosters


def test_a_member_of_a_hidden_roster_is_in_no_form_of_the_owners_ledger(hidden, caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    before = everything("cbp.releaser")
    opened(bulletin, "txdps.trooper")
    opened(bulletin, "cbsa.officer")
    after = everything("cbp.releaser")
    assert "CBSA" in after and "South Texas HIDTA" in after and "members" in after

    def named(said):
        return said.replace(OPTION, "").count(MEMBER)

    assert named(before) == named(after) == 0
    # Whether any of them read it changes no line but CBSA's own.
    assert [line.agency for line in lines("cbp.releaser")] == ["CBSA"]
    owner = caller("cbp.releaser")
    assert [row["agency"] for row in owner.get("ledger/").json()["results"]] == ["CBSA"]
    (row,) = owner.get("ledger/?side=communities").json()["results"]
    assert row["community"].startswith("South Texas HIDTA") and row["agency"] is None
    # The member's own ledger has it.
    assert [line.ref for line in lines("stx.analyst", side="received")] == []


def test_an_open_rosters_member_is_named(caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    opened(bulletin, "txdps.trooper")
    (line,) = lines("cbp.releaser")
    assert line.agency == MEMBER and "South Texas HIDTA" in line.basis
    assert reader("cbp.releaser").get("/ledger/").context["unlisted"] == ()


def test_asking_for_a_member_by_name_is_asking_for_a_stranger(hidden, caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    opened(bulletin, "txdps.trooper")
    client, owner = reader("cbp.releaser"), caller("cbp.releaser")

    def told(code):
        page = same_to_a_stranger(client.get("/ledger/", {"agency": code}))[2]
        rows = owner.get(f"ledger/?agency={code}").json()
        files = [text(client.get("/ledger/export/", {"agency": code, "as": form})) for form in ("csv",)]
        return re.sub("<option.*?</option>", "", page).replace(code, "X"), rows, files

    member, stranger = told(MEMBER), told(STRANGER)
    assert member == stranger and member[1]["results"] == []


def test_a_member_named_later_is_not_told_as_having_had_it_before(hidden):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    opened(bulletin, "txdps.trooper")
    released(bulletin, MEMBER)
    assert lines("cbp.releaser") == ()
    opened(bulletin, "txdps.trooper")
    (line,) = lines("cbp.releaser")
    assert line.agency == MEMBER and f"to {MEMBER}" in line.basis and "HIDTA" not in line.basis


def test_a_member_that_is_named_as_well_is_a_line_like_any_other(hidden):
    """Left out, it would tell by its absence beside its receipt that a hidden roster has it."""
    bulletin = published_bulletin()
    released(bulletin, MEMBER, "CBSA", "community:HIDTA-STX")
    opened(bulletin, "txdps.trooper", "cbsa.officer")
    assert {line.agency for line in lines("cbp.releaser")} == {MEMBER, "CBSA"}
    assert all("HIDTA" not in line.basis for line in lines("cbp.releaser"))


def test_the_lead_of_a_hidden_roster_sees_who_of_its_members_had_its_own(hidden):
    Person.objects.filter(username="stx.analyst").update(roles=["officer", "releaser", "liaison"])
    bulletin = published_bulletin("stx.analyst")
    released(bulletin, "community:HIDTA-STX", by="stx.analyst")
    opened(bulletin, "txdps.trooper")
    assert [line.agency for line in lines("stx.analyst")] == [MEMBER]


# --- TLP:RED, exports, trail, append-only


def test_what_is_red_is_told_to_its_releasers_author_and_auditors_alone():
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    Person.objects.filter(username="dea.agent").update(agency=agency("HSI"))
    with viewing(who):
        named = Pick(agency=agency("HSI").pk, persons=frozenset({person("hsi.agent").pk}))
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
    opened(bulletin, "hsi.agent")
    for username in ("cbp.releaser", "cbp.admin"):
        assert [line.ref for line in lines(username)] == [bulletin.ref]
    assert [line.person for line in lines("hsi.agent", side="received")] == ["hsi.agent"]
    for username, side in (("cbp.liaison", "given"), ("dea.agent", "received")):
        assert lines(username, side=side) == ()
        assert reader(username).get(f"/ledger/?side={side}&ref={bulletin.ref}").status_code == 404


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_csv_has_what_28_cfr_23_asks_for_and_no_formulas():
    bulletin = published_bulletin(reliability="B")
    who = viewer("cbp.releaser")
    released(bulletin, "CBSA")
    with viewing(who):
        Release.objects.filter(record_id=bulletin.pk).update(
            need_to_know='=HYPERLINK("http://x.invalid")', right_to_know="@SUM(1)"
        )
    opened(bulletin, "cbsa.officer")
    answer = reader("cbp.admin").get("/ledger/export/", {"as": "csv"})
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
    (row,) = rows_of(answer)
    assert row["receiving_agency"] == "CBSA" and row["submitting_agency"] == "CBP"
    assert row["sensitivity_level"] == "TLP:AMBER" and "usually reliable" in row["confidence_level"]
    assert row["control_official"] == "cbp.releaser" and row["agreement"] == "CBP-CBSA" and row["at"]
    assert row["need_to_know"] == '\'=HYPERLINK("http://x.invalid")' and row["right_to_know"] == "'@SUM(1)"
    assert not [value for value in row.values() if value.startswith(("=", "+", "-", "@"))]


def test_the_json_is_marked_and_says_the_same():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    told = json.loads(reader("cbp.admin").get("/ledger/export/", {"as": "json"}).content)
    assert told["marking"] == "TLP:AMBER" and told["agency"] == "CBP" and told["side"] == "given"
    (line,) = told["lines"]
    assert line["record"] == bulletin.ref and line["receiving_agency"] == "CBSA" and line["person"] == ""


def test_the_paper_is_marked_on_each_page_and_names_no_person(hidden):
    from pypdf import PdfReader

    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    for _ in range(40):
        opened(bulletin, "cbsa.officer")
    opened(bulletin, "txdps.trooper")
    answer = reader("cbp.admin").get("/ledger/export/", {"as": "pdf"})
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert len(pages) > 1 and all(page.count("TLP:AMBER") >= 2 for page in pages)
    whole = "\n".join(pages)
    assert bulletin.ref in whole and "South Texas HIDTA" in whole and "cbp.releaser" in whole
    assert "cbsa.officer" not in whole and MEMBER not in whole
    assert not [word for word in CANARIES.values() if word in whole]


def test_an_export_that_would_be_too_long_says_what_to_do(monkeypatch):
    monkeypatch.setattr("sharing.ledger.exporting.MOST_LINES", 2)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    for _ in range(3):
        opened(bulletin, "cbsa.officer")
    answer = reader("cbp.admin").get("/ledger/export/", {"as": "csv"}, follow=True)
    assert "Choose fewer days" in text(answer)
    assert reader("cbp.admin").get("/ledger/export/", {"as": "exe"}).status_code == 400


def trail_of(event):
    with viewing(WATCH):
        return list(TrailRow.objects.filter(event=event).order_by("id"))


def test_reading_and_taking_out_the_ledger_is_on_the_trail_refusals_included(caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    reader("cbp.admin").get("/ledger/", {"agency": "CBSA"})
    caller("cbp.liaison").get(f"ledger/?record={bulletin.uid}")
    reader("cbp.officer").get("/ledger/")
    assert caller("cbp.officer").get("ledger/").status_code == 403
    read = trail_of("ledger.read")
    assert [(row.actor, row.outcome, row.rows) for row in read] == [
        ("cbp.admin", "ok", 1), ("cbp.liaison", "ok", 1),
        ("cbp.officer", "refused", None), ("cbp.officer", "refused", None),
    ]  # fmt: skip
    assert read[0].facts == {"side": "given", "filters": {"agency": "CBSA"}} and read[0].credential
    assert read[1].method == "token"
    file = reader("cbp.admin").get("/ledger/export/", {"as": "csv", "ref": bulletin.ref})
    (taken,) = trail_of("ledger.export")
    assert taken.bytes_out == len(file.content) and taken.rows == 1 and taken.object_id == bulletin.ref
    assert taken.duration_ms is not None and taken.facts["form"] == "csv"


def test_the_api_pages_both_ways_and_keeps_people_at_home(caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    for _ in range(5):
        opened(bulletin, "cbsa.officer")
    owner = caller("cbp.releaser", "read")
    first = owner.get("ledger/?limit=2").json()
    second = owner.get(first["next"]).json()
    assert len(first["results"]) == len(second["results"]) == 2 and second["previous"]
    assert first["results"][0]["at"] > second["results"][0]["at"]
    assert all("person" not in row and row["agency"] == "CBSA" for row in first["results"])
    assert owner.get(second["previous"]).json()["results"] == first["results"]
    mine = caller("cbsa.releaser").get("ledger/?side=received").json()["results"]
    assert {row["person"] for row in mine} == {"cbsa.officer"} and {
        row["submitting_agency"] for row in mine
    } == {"CBP"}
    assert owner.get("ledger/?colour=red").status_code == 400
    assert owner.get("ledger/?since=2026-02-02&until=2026-01-01").status_code == 400
    assert len(owner.get("ledger/?since=0001-01-01&until=9999-12-31").json()["results"]) == 5
    assert owner.get("ledger/?side=communities&since=0001-01-01&until=9999-12-31").status_code == 200


def test_the_ledger_only_grows():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    for deed in (
        "update sharing_ledger set person = ''",
        "delete from sharing_ledger",
        "truncate sharing_ledger",
    ):
        with (
            pytest.raises(DatabaseError),
            viewing(viewer("cbsa.officer")),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(deed)
    with viewing(viewer("cbsa.officer")):
        assert LedgerRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_not_even_its_owner_changes_the_ledger():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened(bulletin, "cbsa.officer")
    with owners_connection() as own:
        for deed in (
            "update sharing_ledger set person = ''",
            "delete from sharing_ledger",
            "truncate sharing_ledger",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                own.execute(deed)
