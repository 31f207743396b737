"""The page of one record: whole, in part, taken back, or as if there were none."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import SourceLink
from bulletins.records.actions import write_down
from hub.accounts.tokens import issue_token
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import regrant
from sharing.flow import release
from sharing.receipts.models import Receipt
from sharing.releases.models import Release
from tests.builders import (
    CANARIES,
    draft_bulletin,
    pick,
    plan,
    published_bulletin,
    published_seizure,
    released,
)
from tests.cast import agency, person, viewer
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text, with_photographs

pytestmark = pytest.mark.django_db

GHOST = "2222-3333"
OUTSIDERS = ("ncb.officer", "rcmp.officer", "steward", "inspector")
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
BELOW = ("", "acknowledge/", "versions/1/", f"photographs/{uuid.UUID(int=7)}/")


def trail(event):
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        return list(TrailRow.objects.filter(event=event).values_list("actor", "object_id", "outcome"))


@pytest.mark.parametrize("username", OUTSIDERS)
def test_what_was_not_released_answers_as_what_does_not_exist(bulletin, username):
    known = reader("cbsa.officer")
    assert known.get(f"/bulletins/{bulletin.ref}/").status_code == 200

    stranger = reader(username)
    for method in METHODS:
        for below in BELOW:
            hidden = getattr(stranger, method)(f"/bulletins/{bulletin.ref}/{below}")
            ghost = getattr(stranger, method)(f"/bulletins/{GHOST}/{below}")
            assert same_to_a_stranger(hidden) == same_to_a_stranger(ghost)
            assert hidden.status_code in (404, 405)


def test_hidden_and_missing_cost_the_same_queries(bulletin, django_assert_num_queries):
    stranger = reader("ncb.officer")
    stranger.get("/bulletins/")
    with CaptureQueriesContext(connection) as ghost:
        stranger.get(f"/bulletins/{GHOST}/")
    with django_assert_num_queries(len(ghost)):
        stranger.get(f"/bulletins/{bulletin.ref}/")


def test_whoever_is_not_signed_in_is_sent_to_sign_in_wherever_they_knock(bulletin, client):
    for ref in (bulletin.ref, GHOST):
        for below in BELOW:
            answer = client.get(f"/bulletins/{ref}/{below}")
            assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_a_record_stands_below_its_own_kind_only(bulletin):
    report = published_seizure()
    released(report, "CBSA")
    known = reader("cbsa.officer")
    for ref, right, wrong in ((bulletin.ref, "bulletins", "seizures"), (report.ref, "seizures", "bulletins")):
        assert known.get(f"/{right}/{ref}/").status_code == 200
        assert known.get(f"/{wrong}/{ref}/").status_code == 404
        assert known.get(f"/{right}/{ref.lower()}/").status_code == 200


def test_a_partner_reads_all_but_what_is_withheld_and_sees_what_is_missing(bulletin):
    whole, part = reader("stx.analyst"), reader("cbsa.officer")
    page, cut = text(whole.get(f"/bulletins/{bulletin.ref}/")), text(part.get(f"/bulletins/{bulletin.ref}/"))
    for canary in CANARIES.values():
        assert canary in page
    for group in ("core", "detail", "technique"):
        assert CANARIES[group] in cut
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] not in cut
    assert "Laredo" in page and "Laredo" not in cut
    for label in ("Exact place and time", "Identifiers", "Case details"):
        assert f'<span class="strong">{label}</span>' in cut
    assert "Wear a respirator" in cut and cut.index("Wear a respirator") < cut.index("<h1>")


def test_no_page_of_a_partner_says_what_is_withheld_from_them(bulletin):
    paths = ["/", "/bulletins/", "/search/", "/inbox/", "/inbox/?show=all", f"/bulletins/{bulletin.ref}/"]
    paths += [f"/search/?q={word}" for word in CANARIES.values()]
    part = reader("cbsa.officer")
    seen = "".join(text(part.get(path)).replace(path.partition("q=")[2] or "\0", "") for path in paths)
    assert "Fentanyl in a fuel tank" in seen
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] not in seen


def test_the_owner_is_told_who_has_it_and_recipients_are_not(bulletin):
    owner = text(reader("cbp.officer").get(f"/bulletins/{bulletin.ref}/"))
    assert "Who has it" in owner and "CBSA" in owner and "without exact place and time, identifiers" in owner
    other = text(reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/"))
    assert "Who has it" not in other and "HIDTA-STX" not in other and "TXDPS" not in other
    assert "under the CBP-CBSA agreement" in other and "Commercial traffic at land ports" not in other


@pytest.fixture
def stx_roster_hidden(owner_sql):
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


def test_the_owner_sees_an_open_roster_by_name(bulletin):
    assert "TXDPS" in text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))


def test_the_owner_learns_no_member_of_a_hidden_roster(stx_roster_hidden, bulletin):
    assert reader("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 200
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))
    assert "TXDPS" not in page and "1 agency" in page and "CBSA" in page
    assert "members of South Texas HIDTA, who are not listed" in page
    take_back(bulletin)
    assert "TXDPS" not in text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))


def test_opening_is_reading_and_acknowledging_is_told_by_agency(bulletin):
    part, owner = reader("cbsa.officer"), reader("cbp.releaser")
    part.head(f"/bulletins/{bulletin.ref}/")
    with viewing(viewer("cbsa.officer")):
        assert not Receipt.objects.exists()
    assert "Acknowledge</button>" in text(part.get(f"/bulletins/{bulletin.ref}/"))
    answer = part.post(f"/bulletins/{bulletin.ref}/acknowledge/", {"next": "/inbox/"})
    assert answer.status_code == 302 and answer["Location"] == "/inbox/"
    again = text(part.get(f"/bulletins/{bulletin.ref}/"))
    assert "You acknowledged it" in again and "Acknowledge</button>" not in again
    assert trail("record.read") == [("cbsa.officer", bulletin.ref, "ok")]
    assert trail("record.acknowledge") == [("cbsa.officer", bulletin.ref, "ok")]
    page = text(owner.get(f"/bulletins/{bulletin.ref}/"))
    assert "1 read it." in page and "cbsa.officer" not in page


def test_acknowledging_returns_to_pages_of_the_hub_only(bulletin):
    part = reader("cbsa.officer")
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", ""):
        answer = part.post(f"/bulletins/{bulletin.ref}/acknowledge/", {"next": elsewhere})
        assert answer["Location"] == f"/bulletins/{bulletin.ref}/"


def test_ones_own_agencys_record_is_not_acknowledged_and_the_refusal_is_on_the_trail(bulletin):
    answer = reader("cbp.officer").post(f"/bulletins/{bulletin.ref}/acknowledge/")
    assert answer.status_code == 403
    assert trail("record.acknowledge") == [("cbp.officer", bulletin.ref, "refused")]


@pytest.mark.parametrize(
    ("username", "release", "amend", "recall"),
    [
        ("cbp.releaser", True, True, True),
        ("cbp.officer", False, True, False),
        ("cbsa.releaser", False, False, False),
    ],
)
def test_buttons_are_for_those_who_may(bulletin, username, release, amend, recall):
    page = text(reader(username).get(f"/bulletins/{bulletin.ref}/"))
    found = [f'href="/bulletins/{bulletin.ref}/{verb}/"' in page for verb in ("release", "edit", "recall")]
    assert found == [release, amend, recall]


def test_what_waits_for_release_says_so_to_its_owner():
    record = published_bulletin()
    assert "It waits for one of your releasers" in text(
        reader("cbp.officer").get(f"/bulletins/{record.ref}/")
    )
    assert "Release it to let partners know" in text(reader("cbp.releaser").get(f"/bulletins/{record.ref}/"))


def test_a_recall_leaves_a_tombstone_to_those_who_had_it_and_nothing_to_others(bulletin):
    path = f"/bulletins/{bulletin.ref}/"
    assert reader("cbsa.officer").get(path).status_code == 200
    take_back(bulletin)
    for username in ("cbsa.officer", "stx.analyst"):
        page = text(reader(username).get(path))
        assert "This bulletin was recalled by CBP" in page and "The laboratory found no drug." in page
        assert CANARIES["core"] not in page and "fuel tank" not in page.lower()
        assert reader(username).get(path.replace("bulletins", "seizures")).status_code == 404
        assert reader(username).post(f"{path}acknowledge/").status_code == 404
    for username in OUTSIDERS:
        ghost = same_to_a_stranger(reader(username).get(f"/bulletins/{GHOST}/"))
        assert same_to_a_stranger(reader(username).get(path)) == ghost
    owner = text(reader("cbp.officer").get(path))
    assert CANARIES["core"] in owner and "Recipients were told: The laboratory found no drug." in owner


def test_what_only_ended_is_said_to_be_no_longer_shared():
    bulletin = published_bulletin()
    released(bulletin, "DEA", "HSI")
    path = f"/bulletins/{bulletin.ref}/"
    assert reader("dea.agent").get(path).status_code == 200
    who = viewer("cbp.releaser")
    with viewing(who):
        Release.objects.filter(agency_id=agency("DEA").pk).update(ended_at=timezone.now())
        regrant([bulletin.pk], at=timezone.now())
    page = text(reader("dea.agent").get(path))
    assert "CBP no longer shares this bulletin with DEA" in page and "recalled" not in page.lower()
    assert CANARIES["core"] not in page


def test_what_is_released_again_after_a_recall_is_read_again(bulletin):
    take_back(bulletin)
    released(bulletin, "CBSA")
    page = text(reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/"))
    assert CANARIES["core"] in page and "was recalled" not in page
    assert "was recalled" in text(reader("stx.analyst").get(f"/bulletins/{bulletin.ref}/"))


def amended(bulletin, title):
    who, at = viewer("cbp.officer"), timezone.now()
    with viewing(who):
        write_down(bulletin, {"title": title}, viewer=who, at=at)
        publish(bulletin, viewer=who, at=at, note="Says skylark now")


def test_earlier_versions_are_for_the_owners_agency_alone(bulletin):
    amended(bulletin, "Amended title")
    path = f"/bulletins/{bulletin.ref}/"
    owner, part = reader("cbp.officer"), reader("cbsa.officer")
    now = text(owner.get(path))
    assert "Amended title" in now and "Says skylark now" in now and f"{path}versions/1/" in now
    before = text(owner.get(f"{path}versions/1/"))
    assert CANARIES["core"] in before and CANARIES["case"] in before and "no longer current" in before
    assert owner.get(f"{path}versions/2/")["Location"] == path
    assert owner.get(f"{path}versions/9/").status_code == 404
    theirs = text(part.get(path))
    assert CANARIES["core"] in theirs and "Amended title" not in theirs and "skylark" not in theirs
    for number in (1, 2, 9):
        assert part.get(f"{path}versions/{number}/").status_code == 404


def test_linked_seizures_are_those_the_reader_may_see():
    shared, kept = published_seizure(place="Lane shared"), published_seizure(place="Lane kept")
    record = draft_bulletin()
    who = viewer("cbp.officer")
    with viewing(who):
        for report in (shared, kept):
            SourceLink.objects.create(bulletin_id=record.pk, source_id=report.pk)
        publish(record, viewer=who, at=timezone.now())
    released(record, "HSI")
    released(shared, "HSI")
    owner = text(reader("cbp.officer").get(f"/bulletins/{record.ref}/"))
    other = text(reader("hsi.agent").get(f"/bulletins/{record.ref}/"))
    assert "2 seizures" in owner and "Lane kept" in owner
    assert "1 you may see" in other and "Lane shared" in other
    assert kept.ref not in other and "Lane kept" not in other


def test_a_draft_leads_its_author_to_the_form_and_is_nothing_to_others():
    record = draft_bulletin()
    path = f"/bulletins/{record.ref}/"
    assert reader("cbp.officer").get(path)["Location"] == f"{path}edit/"
    assert reader("cbp.releaser").get(path)["Location"] == f"{path}edit/"
    ghost = same_to_a_stranger(reader("cbp.liaison").get(f"/bulletins/{GHOST}/"))
    assert same_to_a_stranger(reader("cbp.liaison").get(path)) == ghost
    assert reader("cbsa.officer").get(path).status_code == 404


def test_photographs_are_streamed_to_those_who_are_shown_them():
    record, uids = with_photographs()
    released(record, ("CBSA", "technique"), "HSI")
    base = f"/bulletins/{record.ref}/photographs/"
    whole, part, nobody = reader("hsi.agent"), reader("cbsa.officer"), reader("ncb.officer")
    answer = whole.get(f"{base}{uids['technique']}/")
    assert b"".join(answer.streaming_content) == b"\xff\xd8 whole"
    assert answer["Content-Type"] == "image/jpeg" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    small = part.get(f"{base}{uids['detail']}/?size=thumb")
    assert b"".join(small.streaming_content) == b"\xff\xd8 small"
    page = text(part.get(f"/bulletins/{record.ref}/"))
    assert uids["detail"] in page and uids["technique"] not in page

    ghost = same_to_a_stranger(part.get(f"{base}{uuid.uuid4()}/"))
    held = same_to_a_stranger(part.get(f"{base}{uids['technique']}/"))
    assert held[0] == ghost[0] == 404
    for uid in uids.values():
        assert nobody.get(f"{base}{uid}/").status_code == 404
        assert whole.get(f"/seizures/{record.ref}/photographs/{uid}/").status_code == 404
    assert whole.get(f"{base}{uids['detail']}/?size=huge").status_code == 404
    take_back(record)
    assert whole.get(f"{base}{uids['detail']}/").status_code == 404
    assert part.get(f"{base}{uids['detail']}/?size=thumb").status_code == 404


def test_a_photograph_is_asked_of_the_record_that_shows_it():
    _mine, uids = with_photographs()
    other = published_bulletin()
    released(other, "CBSA")
    part = reader("cbsa.officer")
    assert part.get(f"/bulletins/{other.ref}/").status_code == 200
    assert part.get(f"/bulletins/{other.ref}/photographs/{uids['detail']}/").status_code == 404


def test_nothing_behind_sign_in_is_kept_by_a_cache(bulletin):
    part = reader("cbsa.officer")
    for path in (
        "/",
        "/bulletins/",
        "/search/",
        "/inbox/",
        f"/bulletins/{bulletin.ref}/",
        "/bulletins/2222-3333/",
    ):
        answer = part.get(path)
        assert "no-store" in answer["Cache-Control"] and "Cookie" in answer["Vary"]


def test_a_token_fetches_photographs_that_programs_may_have():
    record, uids = with_photographs()
    strict, kept = with_photographs(title="For the eyes alone")
    released(record, "HSI")
    released(strict, "HSI")
    who = viewer("cbp.releaser")
    with viewing(who):
        held = plan(pick("HSI"), controls=("DISPLAY ONLY",))
        release([strict], held, viewer=who, at=timezone.now())
    key = issue_token(person("hsi.agent"), scope="read", days=1, at=timezone.now())
    headers = {"Authorization": f"Token {key}"}
    program, page = Client(), reader("hsi.agent")
    may = f"/bulletins/{record.ref}/photographs/{uids['detail']}/"
    may_not = f"/bulletins/{strict.ref}/photographs/{kept['detail']}/"
    assert program.get(may, headers=headers).status_code == 200
    assert program.get(may_not, headers=headers).status_code == 404
    assert page.get(may_not).status_code == 200
    assert program.get(may).status_code == 302
