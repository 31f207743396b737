"""What stands in a briefing: what everybody who attends may see at this moment, and nothing else."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import SourceLink
from bulletins.vocabulary.models import Mode
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.briefings.rules import month_span
from sharing.flow import recall, release
from sharing.releases.plan import Pick
from tests.briefings.conftest import this_month
from tests.builders import (
    CANARIES,
    draft_bulletin,
    pick,
    plan,
    published_bulletin,
    published_seizure,
    released,
)
from tests.cast import agency, viewer

pytestmark = pytest.mark.django_db


def head(opened):
    return opened.page().context["head"]


def refs(opened) -> set[str]:
    """The records of the pack, by their references on the page."""
    context = opened.page().context
    return {row.key for row in context["bulletins"]} | {report.ref for report in context["reports"]}


def fallen(opened) -> dict[str, set[tuple[str, str]]]:
    """Reference -> (attendees, why)."""
    found: dict[str, set[tuple[str, str]]] = {}
    for reason in opened.page().context["reasons"]:
        for record in reason.records:
            found.setdefault(record.ref, set()).add((reason.codes, reason.why))
    return found


def trail(event: str) -> list[tuple[str, str, int | None]]:
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        return list(
            TrailRow.objects.filter(event=event).order_by("id").values_list("actor", "outcome", "rows")
        )


def test_what_all_attendees_may_see_is_in_and_what_one_of_them_lacks_is_out(briefing):
    both, one, none = (published_bulletin(title=f"Bulletin {n}") for n in "ABC")
    released(both, "CBSA", "DEA")
    released(one, "CBSA")
    opened = briefing("CBSA", "DEA")
    assert refs(opened) == {both.ref}
    assert fallen(opened) == {
        one.ref: {("DEA", "not released to it")},
        none.ref: {("CBSA, DEA", "not released to it")},
    }
    page = opened.page().context
    assert page["fallen"] == "2 bulletins are not in the pack: not all attendees may see them."
    paper = opened.paper()
    assert "Bulletin A" in paper and "Bulletin B" not in paper and "Bulletin C" not in paper
    assert one.ref not in paper and "not in the pack" not in paper


def test_a_part_withheld_from_one_attendee_is_left_out_for_all(briefing):
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place", "technique"), "DEA")
    with_dea = briefing("DEA")
    assert CANARIES["place"] in with_dea.paper() and CANARIES["technique"] in with_dea.paper()

    opened = briefing("CBSA", "DEA")
    assert refs(opened) == {bulletin.ref}
    paper, page = opened.paper(), opened.text()
    for group in ("place", "technique", "case"):
        assert CANARIES[group] not in paper and CANARIES[group] not in page
    assert CANARIES["core"] in paper and CANARIES["core"] in page
    assert "Laredo" not in paper
    (row,) = opened.page().context["bulletins"]
    assert "Without exact place and time, how it was found, identifiers, case details" in row.tags


@pytest.fixture
def changed(owner_sql):
    """Changes what the tests' owner keeps, and puts it back."""
    undo = []

    def change(sql: str, back: str) -> None:
        undo.append(back)
        owner_sql(sql)

    yield change
    for sql in undo:
        owner_sql(sql)


def test_a_community_stands_for_the_members_it_has_at_the_moment(briefing, changed):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    opened = briefing("community:HIDTA-STX")
    assert refs(opened) == {bulletin.ref} and head(opened).agencies > 1

    member = "from sharing_community c, hub_agency a where c.code = 'HIDTA-STX' and a.code = 'CBSA'"
    changed(
        "insert into sharing_membership (community_id, agency_id, joined_at, confirmed_at, with_history)"
        f" select c.id, a.group_id, now() - interval '1 hour', now() - interval '1 hour', true {member}",
        "delete from sharing_membership where"
        " agency_id = (select group_id from hub_agency where code = 'CBSA')"
        " and community_id = (select id from sharing_community where code = 'HIDTA-STX')",
    )
    assert refs(opened) == set()
    assert fallen(opened)[bulletin.ref] == {
        ("CBSA", "released, but the rules do not let it through at present")
    }


@pytest.mark.parametrize("change", ["roster_visible = false", "closes_at = now() - interval '1 minute'"])
def test_a_community_that_can_no_longer_be_known_leaves_nothing_in_the_pack(change, briefing, changed):
    bulletin = published_bulletin()
    released(bulletin, "DEA", "community:HIDTA-STX")
    opened = briefing("DEA", "community:HIDTA-STX")
    assert refs(opened) == {bulletin.ref}
    changed(
        f"update sharing_community set {change} where code = 'HIDTA-STX'",
        "update sharing_community set roster_visible = true, closes_at = null where code = 'HIDTA-STX'",
    )
    assert refs(opened) == set() and "can no longer know the members" in opened.text()
    assert opened.client.get(f"{opened.path}briefing.pdf").status_code == 302
    assert "HIDTA-STX" not in opened.client.get("/briefings/new/").content.decode().partition("Federal")[0]


def test_who_is_in_a_hidden_community_cannot_be_told_from_the_pack(briefing, changed):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    opened = briefing("TXDPS")
    assert refs(opened) == {bulletin.ref}
    changed(
        "update sharing_community set roster_visible = false where code = 'HIDTA-STX'",
        "update sharing_community set roster_visible = true where code = 'HIDTA-STX'",
    )
    assert refs(opened) == set() and fallen(opened)[bulletin.ref] == {("TXDPS", "not released to it")}


def test_a_suspended_attendee_may_see_nothing(briefing, changed):
    bulletin = published_bulletin()
    released(bulletin, "DEA", "CBSA")
    opened = briefing("DEA", "CBSA")
    assert refs(opened) == {bulletin.ref}
    changed(
        "update hub_agency set state = 'suspended' where code = 'DEA'",
        "update hub_agency set state = 'active' where code = 'DEA'",
    )
    assert fallen(opened) == {bulletin.ref: {("DEA", "the agency is suspended")}}


def test_another_agencys_record_is_out_though_all_have_it(briefing):
    theirs, ours = published_bulletin("hsi.agent", title="Theirs"), published_bulletin(title="Ours")
    released(theirs, "CBP", "DEA", by="hsi.agent")
    released(ours, "DEA")
    opened = briefing("DEA")
    assert refs(opened) == {ours.ref} and theirs.ref not in fallen(opened)
    assert "Theirs" not in opened.text() and "Theirs" not in opened.paper()


def test_a_recall_and_an_amendment_take_a_record_out_at_once(briefing):
    gone, newer, stays = (published_bulletin(title=f"Bulletin {n}") for n in "ABC")
    for record in (gone, newer, stays):
        released(record, "CBSA")
    opened = briefing("CBSA")
    assert refs(opened) == {gone.ref, newer.ref, stays.ref}
    with viewing(viewer("cbp.releaser")) as who:
        recall(gone, reason="The laboratory found nothing", viewer=who, at=timezone.now())
        newer.title = "Bulletin B, corrected"
        newer.save()
        publish(newer, viewer=who, at=timezone.now(), note="Corrected")
    assert refs(opened) == {stays.ref}
    assert fallen(opened) == {
        gone.ref: {("CBSA", "recalled")},
        newer.ref: {("CBSA", "has version 1, not version 2")},
    }
    paper = opened.paper()
    assert "Bulletin C" in paper and "Bulletin A" not in paper and "Bulletin B" not in paper


def test_what_only_people_named_may_see_is_for_no_briefing(briefing):
    red, amber = published_bulletin(title="Red"), published_bulletin(title="Amber")
    released(amber, "CBSA")
    who = viewer("cbp.releaser")
    with viewing(who):
        picks = [
            Pick(
                agency=agency(name.partition(".")[0].upper()).pk, persons=frozenset({viewer(name).person_id})
            )
            for name in ("cbsa.officer", "cbp.liaison")
        ]
        release([red], plan(*picks, tlp="TLP:RED"), viewer=who, at=timezone.now())
    opened = briefing("CBSA")
    assert refs(opened) == {amber.ref}
    assert fallen(opened)[red.ref] == {("CBSA", "TLP:RED is for people named, not for agencies")}
    # Its title stands on the page, so the page says RED; the pack and its paper do not.
    assert opened.page().context["page_marking"].tlp == "TLP:RED" and head(opened).marking.tlp == "TLP:AMBER"
    assert "TLP:RED" not in opened.paper() and red.ref not in opened.paper()


def test_what_fell_out_is_not_on_the_wall(briefing):
    inside, outside = published_bulletin(title="Inside"), published_bulletin(title="Outside")
    released(inside, ("CBSA", "place"))
    opened = briefing("CBSA")
    slides = [opened.page(f"present/?slide={number}") for number in (1, 2, 99)]
    assert [slide.context["number"] for slide in slides] == [1, 2, 2]
    said = "".join(slide.content.decode() for slide in slides)
    assert "Inside" in said and "Outside" not in said and outside.ref not in said and "Laredo" not in said
    assert "Outside" in opened.text()


def test_figures_lead_to_exactly_the_reports_they_count(briefing):
    car, truck = Mode(code="passenger_vehicle"), Mode(code="commercial_truck")
    reports = [published_seizure(mode=car), published_seizure(mode=car), published_seizure(mode=truck)]
    for report in reports[1:]:
        released(report, "CBSA")
    opened = briefing("CBSA")
    charts = {chart.title: chart.rows for pair in opened.page().context["charts"] for chart in pair}
    ((label, events, href),) = charts["Seizure reports by drug"]
    assert (label, events, href) == ("Cocaine", 2, "?drug=cocaine#reports")
    assert charts["Weight by drug"] == (("Cocaine", Decimal(40), "?drug=cocaine#reports"),)
    for label, events, href in charts["Seizure reports by mode"]:
        listed = opened.page(href.partition("#")[0]).context["reports"]
        assert len(listed) == events == 1 and listed[0].mode == label
    assert "2 seizure reports, together 40 kg" in opened.paper()


def test_reports_behind_a_bulletin_of_the_pack_are_in_it_whenever_they_came_out(briefing, monkeypatch):
    now = timezone.now()
    with monkeypatch.context() as patched:
        patched.setattr("tests.builders.timezone", SimpleNamespace(now=lambda: now - timedelta(days=70)))
        behind, kept_back, unlinked = (published_seizure() for _ in range(3))
    bulletin = draft_bulletin()
    with viewing(viewer("cbp.releaser")) as who:
        for report in (behind, kept_back):
            SourceLink.objects.create(bulletin=bulletin, source=report)
        publish(bulletin, viewer=who, at=now)
    for report in (behind, unlinked):
        released(report, "DEA")
    opened = briefing("DEA")
    assert refs(opened) == set() and set(fallen(opened)) == {bulletin.ref}
    released(bulletin, "DEA")
    assert refs(opened) == {bulletin.ref, behind.ref}
    assert fallen(opened) == {kept_back.ref: {("DEA", "not released to it")}}


def test_what_may_only_be_displayed_is_on_the_page_and_not_in_the_pdf(briefing):
    shown, both = published_bulletin(title="Displayed"), published_bulletin(title="Taken away")
    with viewing(viewer("cbp.releaser")) as who:
        at = timezone.now()
        release([shown], plan(pick("CBSA"), controls=("DISPLAY ONLY",)), viewer=who, at=at)
    released(both, "CBSA")
    opened = briefing("CBSA")
    assert refs(opened) == {shown.ref, both.ref}
    assert "1 record is not in the PDF" in opened.text()
    paper = opened.paper()
    assert "Taken away" in paper and "Displayed" not in paper and "DISPLAY ONLY" not in paper


def test_months_begin_where_the_agency_is():
    begin, end = month_span(date(2026, 11, 1), ZoneInfo("America/New_York"))
    assert (begin.isoformat(), end.isoformat()) == ("2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00")
    assert month_span(date(2026, 12, 1), ZoneInfo("UTC"))[1].isoformat() == "2027-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("cbp.liaison", 200),
        ("cbp.releaser", 200),
        ("cbp.officer", 404),
        ("cbp.admin", 404),
        ("cbsa.liaison", 404),
        ("stx.analyst", 404),
        ("steward", 404),
    ],
)
def test_a_briefing_is_its_own_agencys(username, status, briefing, browse):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened = briefing("CBSA", title="Xylophone")
    client = browse(username)
    for address in ("", "briefing.pdf", "present/"):
        answer = client.get(opened.path + address)
        ghost = client.get(f"/briefings/2222-2222/{address}")
        assert (answer.status_code, ghost.status_code) == (status, 404)
        if status == 404:
            shown = answer.content.decode().replace(opened.path.split("/")[2], "2222-2222")
            assert strip(shown) == strip(ghost.content.decode())
    listed = client.get("/briefings/").content.decode()
    assert ("Xylophone" in listed) == (status == 200)


def strip(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("cbp.liaison", 200),
        ("stx.analyst", 200),
        ("cbp.releaser", 403),
        ("cbp.officer", 403),
        ("steward", 403),
    ],
)
def test_only_a_liaison_makes_one(username, status, browse):
    client = browse(username)
    assert client.get("/briefings/new/").status_code == status
    answer = client.post("/briefings/new/", {"title": "", "month": this_month(), "to": ["CBSA"]})
    assert answer.status_code == (302 if status == 200 else 403)
    assert trail("briefing.make") == [(username, "ok" if status == 200 else "refused", None)] * (
        1 if status == 200 else 2
    )


def test_the_form_says_what_is_wrong(browse):
    client = browse("cbp.liaison")
    for form, said in (
        ({"month": this_month(), "to": []}, "Pick at least one"),
        ({"month": this_month(), "to": ["CBP"]}, "There is no such agency"),
        ({"month": this_month(), "to": ["everybody"]}, "There is no such agency"),
        ({"month": this_month(), "to": ["community:NONE"]}, "There is no such agency"),
        ({"month": "2099-01", "to": ["CBSA"]}, "That month has not begun"),
        ({"month": "13-2026", "to": ["CBSA"]}, "Write year and month"),
        ({"month": "20٢٢-01", "to": ["CBSA"]}, "Write year and month"),
        ({"to": ["CBSA"]}, "This field is required"),
    ):
        answer = client.post("/briefings/new/", form)
        assert answer.status_code == 400 and said in answer.content.decode()
    assert b"everybody" not in client.get("/briefings/new/").content


def test_the_proposed_title_follows_the_month(briefing):
    month = this_month()
    proposed = briefing("CBSA", title="").page().context["head"].title
    assert proposed.startswith("Concealment briefing, ") and proposed.endswith(month[:4])
    assert head(briefing("CBSA", title=proposed, month="2025-03")).title == "Concealment briefing, March 2025"


def test_the_trail_tells_of_making_opening_and_taking_away(briefing):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    opened = briefing("CBSA")
    opened.page()
    opened.pdf()
    assert trail("briefing.make") == [("cbp.liaison", "ok", None)]
    assert trail("briefing.open") == [("cbp.liaison", "ok", 1)]
    assert trail("briefing.download") == [("cbp.liaison", "ok", 1)]


def test_the_number_of_queries_does_not_grow(briefing):
    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            opened.page()
        return len(found)

    opened = briefing("CBSA", "community:HIDTA-STX")
    for _ in range(2):
        released(published_bulletin(), "CBSA", "community:HIDTA-STX")
        published_seizure()
    first = count()
    for _ in range(4):
        released(published_bulletin(), "CBSA", "community:HIDTA-STX")
        released(published_seizure(), "CBSA", "community:HIDTA-STX")
    assert count() == first


def test_reports_that_say_no_date_come_after_all_others(briefing):
    dated, undated, later = published_seizure(), published_seizure(occurred_on=None), published_seizure()
    for each in (dated, undated, later):
        released(each, "CBSA")
    shown = [report.ref for report in briefing("CBSA").page().context["reports"]]
    assert shown == [later.ref, dated.ref, undated.ref]
