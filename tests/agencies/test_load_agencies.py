"""Agencies from their data file: each with its Group, none for a body that sources do not name."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group

from hub.agencies.loading import load_agencies, read_agencies
from hub.agencies.models import Agency, AgencyKind

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def no_agencies(as_owner: None) -> None:
    Agency.objects.update(parent=None)
    for rows in (Agency.objects.all(), Group.objects.all()):
        rows._raw_delete(rows.db)


def test_the_file_hangs_together() -> None:
    facts = read_agencies()
    known = {agency.code for agency in facts}
    assert len(known) == len(facts) == 132
    assert Counter(agency.kind for agency in facts)["hidta"] == 33
    for agency in facts:
        assert agency.kind in AgencyKind.values
        assert not agency.parent or agency.parent in known
        assert ZoneInfo(agency.time_zone)
        assert agency.placeholder or agency.desk_email == f"desk@{agency.code.lower()}.example"
        assert "555-01" in agency.desk_phone or agency.placeholder
        assert not agency.cfr23 or agency.country == "US"
    assert len({agency.desk_phone for agency in facts}) == len(facts)


def test_each_agency_gets_its_group_and_a_placeholder_gets_neither(no_agencies: None) -> None:
    assert load_agencies(MONDAY).added == 131
    assert not Agency.objects.filter(code="MX-AUTH").exists()
    assert not Group.objects.filter(name="agency:MX-AUTH").exists()
    cbsa = Agency.objects.get(code="CBSA")
    assert cbsa.pk == Group.objects.get(name="agency:CBSA").pk
    assert (cbsa.kind, cbsa.country, cbsa.cfr23_accepted_on) == ("foreign", "CA", None)
    ncb = Agency.objects.get(code="NCB-OTTAWA")
    assert (ncb.kind, ncb.country) == ("international", "CA")


def test_the_border_patrol_is_part_of_cbp_and_quebecs_police_of_nobody(no_agencies: None) -> None:
    load_agencies(MONDAY)
    children = {code: parent for code, parent in Agency.objects.values_list("code", "parent__code") if parent}
    assert children == {"CBP-AMO": "CBP", "USBP": "CBP", "CBP-LSS": "CBP"}
    assert Agency.objects.get(code="USBP").parent_confirmed_at == MONDAY


def test_loading_again_keeps_what_people_changed(no_agencies: None) -> None:
    load_agencies(MONDAY)
    Agency.objects.filter(code="TXDPS").update(
        desk_email="duty@txdps.example", state="suspended", name="Texas DPS", cfr23_accepted_on=None
    )
    Agency.objects.filter(code="USBP").update(parent=None, parent_confirmed_at=None)
    counts = load_agencies(TUESDAY)
    txdps = Agency.objects.get(code="TXDPS")
    assert (counts.added, counts.refreshed) == (0, 131)
    assert (txdps.desk_email, txdps.state, txdps.cfr23_accepted_on) == (
        "duty@txdps.example",
        "suspended",
        None,
    )
    assert txdps.name == "Texas Department of Public Safety"
    assert Agency.objects.get(code="USBP").parent is None
