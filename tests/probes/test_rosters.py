"""Who is in a community whose roster its lead alone sees is told to an owner by nothing that they get back."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from hub.agencies.models import Role
from hub.database.context import viewing
from sharing.audiences.preview import preview
from sharing.flow import recall
from tests.api.conftest import Caller, caller, unhurried  # noqa: F401
from tests.builders import pick, plan, published_bulletin, released
from tests.cast import viewer
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db
MEMBER, STRANGER = "TXDPS", "NYSP"


@pytest.fixture
def hidden(owner_sql):
    """South Texas HIDTA's members, TXDPS among them, are its lead's to know."""
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


def shared():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    return bulletin


def trail_of(username="cbp.admin"):
    assert Role.AUDITOR in viewer(username).roles
    return text(reader(username).get("/trail/"))


def test_receipts_over_the_api_name_no_member(hidden, caller):  # noqa: F811
    bulletin = shared()
    member, owner = caller("txdps.trooper"), caller("cbp.releaser")
    assert member.post("receipts/", {"record": str(bulletin.uid)}).status_code == 201
    assert caller("cbsa.officer").post("receipts/", {"record": str(bulletin.uid)}).status_code == 201

    def named():
        return {row["agency"] for row in owner.get(f"receipts/?record={bulletin.uid}").json()["results"]}

    assert named() == {"CBSA"}
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    assert MEMBER not in named()


def test_an_open_roster_is_named_in_receipts(caller):  # noqa: F811
    bulletin = shared()
    rows = caller("cbp.releaser").get(f"receipts/?record={bulletin.uid}").json()["results"]
    assert {"CBSA", MEMBER} <= {row["agency"] for row in rows}


def test_a_recall_over_the_api_counts_no_member(hidden, caller):  # noqa: F811
    bulletin = shared()
    assert caller("txdps.trooper").get(f"bulletins/{bulletin.uid}/").status_code == 200
    answer = caller("cbp.releaser").post(
        "releases/recall/", {"record": str(bulletin.uid), "reason": "The laboratory found nothing"}
    )
    assert answer.status_code == 200 and answer.json()["agencies"] == 1
    assert caller("txdps.trooper").get(f"bulletins/{bulletin.uid}/").status_code == 410


def test_the_owners_auditor_reads_of_no_member_on_the_trail(hidden):
    bulletin = shared()
    assert reader("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 200
    released(bulletin, "CBSA", "HSI", "community:HIDTA-STX")
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    page = trail_of()
    assert "CBSA" in page and "HSI" in page and MEMBER not in page
    assert "South Texas HIDTA" in page


def test_a_member_named_after_the_fact_is_not_told_as_having_had_it_before(hidden):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    released(bulletin, MEMBER)
    with viewing(viewer("cbp.admin")):
        from hub.trail.models import TrailRow

        rows = TrailRow.objects.filter(event="record.release").order_by("id")
        before, after = zip(*rows.values_list("audience_before", "audience_after"), strict=True)
    assert all(MEMBER not in each for each in before) and MEMBER not in after[0] and MEMBER in after[1]


def test_the_auditor_reads_the_members_of_an_open_roster():
    shared()
    assert MEMBER in trail_of()


def test_whether_something_went_to_a_member_before_is_not_told_by_the_preview(hidden):
    """Naming one after the other would otherwise tell who is in it: nothing of the owner's went to either by name."""
    released(published_bulletin(), "community:HIDTA-STX", "HSI")
    other, who = published_bulletin(), viewer("cbp.releaser")

    def first(code):
        with viewing(who):
            (row,) = preview(other, plan(pick(code)), viewer=who, at=timezone.now()).rows
        return row.first_time, json.dumps(sorted(row.reasons))

    assert first("HSI")[0] is False
    assert first(MEMBER) == first(STRANGER) and first(STRANGER)[0]


def test_that_a_member_has_it_now_is_not_told_by_the_preview(hidden):
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "community:HIDTA-STX", "HSI")

    def told(code, **values):
        with viewing(who):
            found = preview(bulletin, plan(pick(code), **values), viewer=who, at=timezone.now())
        rows = [row for row in found.rows if row.code == code]
        warnings = [each.replace(code, "X") for each in found.warnings]
        return [(row.outcome, row.held, row.first_time) for row in rows], warnings

    assert told("HSI") == ([("all", True, False)], [])
    assert told(MEMBER) == told(STRANGER)
    assert told("HSI", controls=("FED ONLY",))[0] == [("all", True, False)]
    assert told(MEMBER, controls=("FED ONLY",)) == told(STRANGER, controls=("FED ONLY",))
