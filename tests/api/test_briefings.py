"""Briefings through the API: the pack as its page has it, for those who may open that."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.disclosures.fields import ALWAYS
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark
from tests.api.test_hidden import plain
from tests.briefings.conftest import this_month
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import agency, viewer

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


def test_the_parts_asked_for_are_given_of_each_record_and_the_ledger_says_which(caller, month):
    given, report, alone = published_bulletin(), published_seizure(), published_bulletin()
    released(given, ("CBSA", "place"), ("TXDPS", "identifiers"))
    released(report, "CBSA", "TXDPS")
    released(alone, "CBSA")
    path, who = made(caller, month)["Content-Location"], caller("cbp.releaser")
    found = who.get(f"{path}?fields=ref,core.title,detail,place").json()
    (bulletin,), (seizure,) = found["bulletins"], found["seizures"]
    assert set(bulletin) == {*ALWAYS, "ref", "facts"} and set(bulletin["facts"]) == {"core", "detail"}
    assert set(bulletin["facts"]["core"]) == {"title"} and CANARIES["detail"] in str(bulletin)
    # What one of those who attend is not shown is not there for the asking either.
    assert CANARIES["place"] not in str(bulletin) and "place" in seizure["facts"]
    whole = who.get(path).json()
    assert {name: found[name] for name in found if name not in ("bulletins", "seizures")} == {
        name: whole[name] for name in whole if name not in ("bulletins", "seizures")
    }
    with viewing(viewer("cbp.releaser")):
        rows = LedgerRow.objects.filter(person="cbp.releaser").order_by("id")
        assert [set(row.withheld) for row in rows] == [{"technique,identifiers,case"}, {""}]


def test_the_finder_is_told_also_where_no_part_is_asked_for(caller, month):
    given = published_bulletin(originator=agency("DEA"))
    released(given, "CBSA")
    for who, path in ((caller("cbp.releaser"), f"bulletins/{given.uid}/"),):
        shown = who.get(f"{path}?fields=originator").json()
        assert shown["originator"] == who.get(path).json()["originator"] == "DEA" and "facts" not in shown


@pytest.mark.parametrize("fields", ["", "nothing", "core.nothing", "poster", "attending"])
def test_a_part_that_no_record_has_is_refused(fields, caller, month):
    path = made(caller, month)["Content-Location"]
    refused = caller("cbp.releaser").get(f"{path}?fields={fields}")
    assert refused.status_code == 400 and "fields" in refused.json()["errors"]
    assert caller("ncb.officer").get(f"{path}?fields={fields}").status_code == 404
