"""The communities' data files: every name is known, and who must be a member is."""

import csv
from pathlib import Path

import pytest

import sharing
from hub.agencies.loading import read_agencies

DATA = Path(sharing.__file__).parent / "communities" / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def members(community: str) -> set[str]:
    return {row["agency"] for row in rows("members.csv") if row["community"] == community}


def test_members_and_leads_are_agencies_with_a_seat_and_each_lead_is_a_member() -> None:
    seats = {agency.code for agency in read_agencies() if not agency.placeholder}
    pairs = [(row["community"], row["agency"]) for row in rows("members.csv")]
    assert len(set(pairs)) == len(pairs)
    assert {agency for _, agency in pairs} <= seats
    assert {community for community, _ in pairs} == {row["code"] for row in rows("communities.csv")}
    assert all(row["lead"] in members(row["code"]) for row in rows("communities.csv"))


def test_each_hidta_leads_the_community_of_its_name() -> None:
    centres = {agency.code: agency.name for agency in read_agencies() if agency.kind == "hidta"}
    led = {row["code"]: row["name"] for row in rows("communities.csv") if row["kind"] == "hidta"}
    assert led == centres and len(led) == 33
    assert all(row["lead"] == row["code"] for row in rows("communities.csv") if row["kind"] == "hidta")


@pytest.mark.parametrize(
    ("community", "inside", "outside"),
    [
        ("HIDTA-STX", {"HIDTA-STX", "TXDPS", "CBP", "HSI", "DEA", "USBP"}, {"CBSA", "NCB-OTTAWA", "EPCSO"}),
        ("HIDTA-SDI", {"SDSO", "ICNTF", "CHP"}, {"PCSD"}),
        ("HIDTA-LA", {"CHP"}, {"SDSO", "USBP"}),
        ("DHE", {"EPIC", "TXDPS", "CBSA"}, {"NCB-OTTAWA", "RCMP"}),
        ("CBP-CBSA", {"CBP", "CBSA"}, {"RCMP"}),
        ("INTERPOL", {"INTERPOL", "NCB-OTTAWA"}, {"CBP", "CBSA"}),
    ],
)
def test_a_community_has_those_who_belong_and_not_their_neighbours(
    community: str, inside: set[str], outside: set[str]
) -> None:
    assert inside <= members(community)
    assert not outside & members(community)
