"""Briefings through the API: the pack as its page has it, for those who may open that."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark
from tests.api.test_hidden import plain
from tests.briefings.conftest import this_month
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def month():
    return this_month()


def made(caller, month, **more):
    answer = caller("cbp.liaison").post("briefings/", {"month": month, "agencies": ["CBSA", "TXDPS"], **more})
    assert answer.status_code == 201, answer.content
    return answer


def test_a_liaison_makes_one_and_reads_its_pack(caller, month):
    given, alone, report = published_bulletin(), published_bulletin(), published_seizure()
    released(given, ("CBSA", "place"), ("TXDPS", "identifiers"))
    released(alone, "CBSA")
    released(report, "CBSA", "TXDPS")
    answer = made(caller, month, title="  The   call ")
    found = answer.json()
    assert (found["title"], found["month"], found["agencies"]) == ("The call", month, ["CBSA", "TXDPS"])
    assert [row["uid"] for row in found["bulletins"]] == [str(given.uid)]
    assert [row["uid"] for row in found["seizures"]] == [str(report.uid)]
    assert {"place", "identifiers"}.isdisjoint(found["bulletins"][0]["facts"])
    assert CANARIES["place"] not in str(found) and CANARIES["identifiers"] not in str(found)
    (left,) = found["left"]
    assert left["agencies"] == "TXDPS" and [row["uid"] for row in left["records"]] == [str(alone.uid)]
    releaser = caller("cbp.releaser")
    assert releaser.get(answer["Content-Location"]).json() == found
    (row,) = releaser.get(f"briefings/?month={month}").json()["results"]
    assert row["uid"] == found["uid"] and set(row) < set(found)
    assert releaser.get("briefings/?month=2001-01").json()["results"] == []


def test_it_is_given_by_the_channel_of_programs_and_stands_in_the_ledger(caller, month):
    bulletin, kept = published_bulletin(), published_bulletin()
    released(bulletin, "CBSA", "TXDPS")
    released(kept, "CBSA", "TXDPS")
    who = viewer("cbp.releaser")
    with viewing(who):
        mark(
            kept, Handling("TLP:AMBER", ("DISPLAY ONLY",), (), None), reason="", viewer=who, at=timezone.now()
        )
    found = made(caller, month).json()
    assert [row["uid"] for row in found["bulletins"]] == [str(bulletin.uid)] and found["left"] == []
    assert str(kept.uid) not in str(found) and kept.ref not in str(found)
    with viewing(who):
        assert {row.channel for row in LedgerRow.objects.filter(records__contains=[bulletin.pk])} == {"rest"}


def test_nobody_else_finds_it(caller, month):
    path = made(caller, month)["Content-Location"]
    ghost = f"/api/v1/briefings/{uuid4()}/"
    for username in ("cbp.officer", "cbsa.liaison", "txdps.trooper", "steward", "inspector"):
        who = caller(username)
        assert who.get("briefings/").json()["results"] == []
        for method in ("GET", "PATCH", "DELETE", "POST"):
            assert plain(who.ask(method, path)) == plain(who.ask(method, ghost))
            assert who.ask(method, path).status_code == 404


@pytest.mark.parametrize("username", ["cbp.officer", "cbp.releaser", "steward"])
def test_only_a_liaison_makes_one(username, caller, month):
    assert caller(username).post("briefings/", {"month": month, "agencies": ["CBSA"]}).status_code == 403


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"agencies": ["CBSA"]}, "month"),
        ({"month": "2099-01", "agencies": ["CBSA"]}, "month"),
        ({"month": "2026-13", "agencies": ["CBSA"]}, "month"),
        ({"month": "20٢٢-01", "agencies": ["CBSA"]}, "month"),
        ({"month": "0000-01", "agencies": ["CBSA"]}, "month"),
        ({"month": "2026-10"}, "non_field_errors"),
        ({"month": "2026-10", "agencies": ["NOBODY"]}, "agencies"),
        ({"month": "2026-10", "agencies": ["CBP"]}, "agencies"),
        ({"month": "2026-10", "communities": ["NOWHERE"]}, "communities"),
        ({"month": "2026-10", "title": "a" * 201, "agencies": ["CBSA"]}, "title"),
    ],
)
def test_one_that_cannot_be_is_refused_by_field(body, named, caller):
    answer = caller("cbp.liaison").post("briefings/", body)
    assert answer.status_code == 400 and named in answer.json()["errors"]


@pytest.mark.parametrize("month", ["0000-01", "2026-00", "2026-13", "20٢٢-01", "99999-01"])
def test_a_month_that_is_none_is_refused_as_a_filter(month, caller):
    answer = caller("cbp.liaison").get(f"briefings/?month={month}")
    assert answer.status_code == 400 and set(answer.json()["errors"]) == {"month"}


def test_a_hidden_community_is_picked_like_a_ghost(caller, month):
    def refused(code):
        answer = caller("cbsa.liaison").post("briefings/", {"month": month, "communities": [code]})
        assert answer.status_code == 400
        return answer.content.replace(code.encode(), b"")

    assert refused("HIDTA-STX") == refused("NOWHERE")
