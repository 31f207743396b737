"""What dates and names in a feed tell of what is not in it: nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine
from sharing.audiences.models import Standing
from sharing.stix.ids import identity_id, method_id
from tests.builders import published_bulletin, released
from tests.cast import agency
from tests.feeds.conftest import numbered

pytestmark = pytest.mark.django_db
STEP = timedelta(microseconds=500)


def test_between_two_dates_there_is_no_room_for_what_a_colleague_alone_was_given(program):
    """What is numbered together is dated without gaps, whatever else of the agency was numbered in between."""
    first, _red, last = published_bulletin(), published_bulletin(tlp="TLP:RED"), published_bulletin()
    numbered()
    with engine():
        rows = Standing.objects.filter(agency_id=agency("CBP").pk).order_by("numbered_at")
        assert [row.record_id for row in rows] == [first.pk, last.pk]
        assert rows[1].numbered_at - rows[0].numbered_at == STEP


def test_a_suspended_agency_is_named_to_nobody_who_asks_by_its_id(program):
    partner = program("cbsa.officer")
    wanted = identity_id("RCMP")
    assert [each["name"] for each in partner.all(**{"match[id]": wanted})] == [agency("RCMP").name]
    Agency.objects.filter(code="RCMP").update(state=AgencyState.SUSPENDED)
    assert partner.all(**{"match[id]": wanted}) == []
    ghost = partner.object(identity_id("NONE"))
    assert partner.object(wanted).content == ghost.content and ghost.status_code == 404


@pytest.mark.parametrize("limit", [1, 2])
def test_vocabulary_asked_for_by_name_comes_page_by_page_and_ends(program, limit):
    partner = program("cbsa.officer")
    released(record := published_bulletin(), "CBSA")
    numbered()
    names = {method_id("VEH-BODY-QTR"), identity_id("CBP"), identity_id("RCMP"), f"report--{record.uid}"}
    found, query = [], {"match[id]": ",".join(names), "limit": limit}
    for _turn in range(10):
        body = partner.objects(**query).json()
        found += [each["id"] for each in body.get("objects", [])]
        if not body.get("more"):
            break
        query = {"limit": limit, "next": body["next"]}
    else:
        pytest.fail("it goes on without end")
    assert sorted(found) == sorted(names)
