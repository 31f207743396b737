"""The owner sees which agencies are overdue, on the record, on Today and by REST; of a hidden roster no member."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.receipts.overdue import overdue_for
from tests.api.conftest import Caller, caller, unhurried  # noqa: F401
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.conftest import as_owner
from tests.disclosures.reader import reader, text
from tests.receipts.conftest import HOUR, acknowledged, asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin():
    found = published_bulletin()
    asking(found, "CBSA", "HSI", "DEA", ago=5 * HOUR)
    acknowledged("hsi.agent", found)
    return found


def today(username="cbp.releaser"):
    return text(reader(username).get("/"))


def test_the_owner_sees_who_is_overdue_on_the_record_and_on_today(bulletin):
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))
    assert page.count("overdue since") == 2 and "Overdue: DEA, CBSA." in page
    assert f"2 agencies have not acknowledged {bulletin.ref}" in today()
    # A colleague who releases nothing reads it on the record; others nowhere.
    assert "have not acknowledged" not in today("cbp.officer")
    for username in ("cbsa.officer", "hsi.agent", "ncb.officer"):
        assert "agencies have not acknowledged" not in today(username)


def test_whoever_acknowledges_late_is_overdue_no_more(bulletin):
    acknowledged("cbsa.officer", bulletin)
    assert f"1 agency has not acknowledged {bulletin.ref}" in today()
    acknowledged("dea.agent", bulletin)
    assert "not acknowledged" not in today()


def test_before_the_time_it_is_due_and_not_overdue():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA")
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))
    assert "overdue since" not in page and "due <time" in page
    assert "not acknowledged" not in today()


def test_a_program_of_the_owners_is_told_and_nobody_elses(bulletin, caller):  # noqa: F811
    rows = caller("cbp.releaser").get(f"receipts/?record={bulletin.uid}").json()["results"]
    assert {row["agency"]: row["overdue"] for row in rows} == {"CBSA": True, "DEA": True, "HSI": False}
    assert all(row["acknowledge_by"] for row in rows)
    (own,) = caller("hsi.agent").get(f"receipts/?record={bulletin.uid}").json()["results"]
    assert own["agency"] == "HSI" and "overdue" not in own


def test_at_red_a_colleague_who_is_not_named_sees_nothing_of_it_on_today(bulletin):
    as_owner("update bulletins_record set tlp = 'TLP:AMBER+STRICT' where id = %s", [bulletin.pk])
    who = viewer("ncb.officer")
    with viewing(who):
        assert overdue_for(who, at=timezone.now()) == []


class TestHiddenRosters:
    @pytest.fixture(autouse=True)
    def hidden(self, bulletin):
        as_owner("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")

    def test_members_are_one_row_without_number_or_name(self):
        record = published_bulletin()
        asking(record, "community:HIDTA-STX", ago=5 * HOUR)
        acknowledged("dea.agent", record)
        page = text(reader("cbp.releaser").get(f"/bulletins/{record.ref}/"))
        assert "Members of South Texas HIDTA are asked to acknowledge by" in page
        assert "TXDPS" not in page and "overdue since" not in page
        assert record.ref not in today().split("not acknowledged")[-1].split("</section>")[0]

    def test_a_member_named_openly_is_not_told_apart_by_what_its_roster_was_asked(self, caller):  # noqa: F811
        record = published_bulletin()
        asking(record, "community:HIDTA-STX", ago=5 * HOUR)
        # DEA is a member, CBSA is not: both have it by name, without a time.
        released(record, "DEA", "CBSA")
        rows = caller("cbp.releaser").get(f"receipts/?record={record.uid}").json()["results"]
        assert {row["agency"]: (row["acknowledge_by"], row["overdue"]) for row in rows} == {
            "DEA": (None, False),
            "CBSA": (None, False),
        }
        page = text(reader("cbp.releaser").get(f"/bulletins/{record.ref}/"))
        assert "overdue since" not in page and "Overdue:" not in page

    def test_whom_the_owner_asked_by_name_it_is_told_of(self, caller):  # noqa: F811
        record = published_bulletin()
        asking(record, "community:HIDTA-STX", within=HOUR, ago=5 * HOUR)
        by = asking(record, "DEA", within=2 * HOUR, ago=4 * HOUR)
        (row,) = caller("cbp.releaser").get(f"receipts/?record={record.uid}").json()["results"]
        assert row["acknowledge_by"] == by.isoformat() and row["overdue"]


def test_today_asks_for_no_more_queries_for_more_records(bulletin, django_assert_max_num_queries):
    who = viewer("cbp.releaser")
    with viewing(who):
        with django_assert_max_num_queries(60) as one:
            assert len(overdue_for(who, at=timezone.now())) == 1
        for _number in range(3):
            asking(published_bulletin(), "CBSA", ago=5 * HOUR + timedelta(minutes=1))
    with viewing(who), django_assert_max_num_queries(len(one)):
        assert len(overdue_for(who, at=timezone.now())) == 4
