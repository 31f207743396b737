"""Parts of records, spans of time and orders: chosen among what is disclosed, and noted in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bulletins.faces.content import KEYS, content_of
from bulletins.models import Bulletin, SeizureReport
from hub.database.context import viewing
from sharing.disclosures.answers import RecordShape
from sharing.disclosures.fields import ALWAYS, BESIDE
from sharing.disclosures.models import LedgerRow
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def given(username):
    with viewing(viewer(username)):
        return [row.withheld for row in LedgerRow.objects.order_by("id")]


def uids(answer):
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()["results"]]


def test_every_name_of_a_record_can_be_asked_for():
    assert {*ALWAYS, *BESIDE, "facts"} == set(RecordShape().fields)


def test_every_key_of_a_group_can_be_asked_for(monkeypatch):
    monkeypatch.setattr("bulletins.faces.content._without_blanks", lambda facts: facts)
    who = viewer("cbp.officer")
    with viewing(who):
        both = [
            content_of(kind.objects.get(pk=each.pk))
            for kind, each in ((Bulletin, draft_bulletin()), (SeizureReport, published_seizure()))
        ]
    assert {group: frozenset(both[0][group]) | frozenset(both[1][group]) for group in KEYS} == KEYS


def test_the_parts_asked_for_are_given_and_the_ledger_says_which(caller):
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "identifiers"))
    partner = caller("cbsa.officer")
    path = f"bulletins/{bulletin.uid}/?fields=ref,core.title,place"
    for shown in (
        partner.get(path).json(),
        partner.get(f"bulletins/?{path.partition('?')[2]}").json()["results"][0],
    ):
        assert set(shown) == {*ALWAYS, "ref", "facts"}
        assert set(shown["facts"]) == {"core", "place"}
        assert set(shown["facts"]["core"]) == {"title"}
        assert CANARIES["place"] in str(shown) and CANARIES["detail"] not in str(shown)
        assert [row["group"] for row in shown["withheld"]] == ["identifiers", "case"]
    assert given("cbsa.officer") == [["identifiers,case,detail,technique"]] * 2
    whole = partner.get(f"bulletins/{bulletin.uid}/").json()
    assert partner.get(f"bulletins/{bulletin.uid}/?fields=facts").json()["facts"] == whole["facts"]
    assert given("cbsa.officer")[2:] == [["identifiers,case"]] * 2


def test_the_owner_reads_in_its_ledger_which_parts_went(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/?fields=place")
    (line,) = caller("cbp.releaser").get("ledger/?agency=CBSA").json()["results"]
    assert "place" not in line["withheld"] and {"core", "detail", "technique"} <= set(line["withheld"])


def test_only_names_still_leave_a_row(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    shown = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/?fields=ref").json()
    assert set(shown) == {*ALWAYS, "ref"}
    assert len(given("cbsa.officer")) == 1 and "core" in given("cbsa.officer")[0][0]


def test_what_is_withheld_is_not_there_for_the_asking(caller):
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"))
    for fields in ("place", "place.port", "facts", "place,core"):
        shown = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/?fields={fields}").json()
        assert "place" not in shown["facts"] and CANARIES["place"] not in str(shown)


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "nothing",
        "core.nothing",
        "core,",
        "core.title.x",
        "poster",
        "core.withheld",
        "place," * 300,
    ],
)
def test_a_part_that_no_record_has_is_refused(fields, caller):
    bulletin, partner = published_bulletin(), caller("cbsa.officer")
    released(bulletin, "CBSA")
    for path in ("bulletins/", f"bulletins/{bulletin.uid}/"):
        refused = partner.get(f"{path}?fields={fields}")
        assert refused.status_code == 400 and "fields" in refused.json()["errors"]


def test_a_working_copy_is_given_whole(caller):
    draft, officer = draft_bulletin(), caller("cbp.officer")
    for path in (f"bulletins/{draft.uid}/", "bulletins/"):
        assert officer.get(f"{path}?state=draft&fields=core").status_code == 400


def test_lists_go_either_way_and_between_two_instants(caller):
    bulletins = [published_bulletin() for _ in range(4)]
    for each in bulletins:
        released(each, "CBSA")
    partner, expected = caller("cbsa.officer"), [str(each.uid) for each in bulletins]
    assert uids(partner.get("bulletins/?order=visible_since")) == expected
    assert uids(partner.get("bulletins/?order=-visible_since")) == expected[::-1]
    assert uids(partner.get("bulletins/?q=fentanyl&order=issued_at")) == expected
    assert uids(partner.get("bulletins/?q=fentanyl")) == expected[::-1]
    times = [row["visible_since"] for row in partner.get("bulletins/?order=visible_since").json()["results"]]
    since, until = (times[place].replace("+", "%2B") for place in (1, 3))
    assert uids(partner.get(f"bulletins/?order=visible_since&since={since}&until={until}")) == expected[1:3]
    walked, following = [], "bulletins/?order=visible_since&limit=1"
    while following:
        answer = partner.get(following)
        walked += uids(answer)
        following = answer.json()["next"]
    assert walked == expected


def test_a_cursor_goes_one_way_alone(caller):
    for _ in range(3):
        released(published_bulletin(), "CBSA")
    partner = caller("cbsa.officer")
    following = partner.get("bulletins/?limit=1").json()["next"]
    assert partner.get(following).status_code == 200
    assert partner.get(f"{following}&order=visible_since").status_code == 400


@pytest.mark.parametrize(
    "filters",
    [
        "order=issued_at",
        "order=title",
        "q=a&order=visible_since",
        "q=a&since=2026-01-01T00:00:00Z",
        "since=soon",
    ],
)
def test_an_order_or_span_that_is_none_is_refused(filters, caller):
    assert caller("cbsa.officer").get(f"bulletins/?{filters}").status_code == 400


@pytest.mark.parametrize(
    "path", ["releases/", "receipts/", "corrections/", "requests/", "deliveries/", "recalls/"]
)
def test_lists_in_the_order_of_time_take_spans(path, caller):
    first, second = published_bulletin(), published_bulletin()
    released(first, "CBSA")
    released(second, "CBSA")
    partner, releaser = caller("cbsa.officer"), caller("cbp.releaser")
    for each in (first, second):
        record = {"record": str(each.uid)}
        assert partner.post("receipts/", record).status_code == 201
        assert (
            partner.post("corrections/", {**record, "part": "core", "says": "x", "why": "x"}).status_code
            == 201
        )
        why = {"need_to_know": "x", "right_to_know": "x"}
        assert partner.post("requests/", {**record, "to": "RCMP", **why}).status_code == 201
        assert releaser.post("releases/recall/", {**record, "reason": "x"}).status_code == 200
    who = releaser if path == "releases/" else partner
    if path == "receipts/":
        third = published_bulletin()
        released(third, "CBSA")
        partner.post("receipts/", {"record": str(third.uid)})

    def rows(query=""):
        return [str(row) for row in who.get(f"{path}?{query}").json()["results"]]

    whole = rows()
    assert whole and rows("order=oldest") == whole[::-1]
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert rows(f"since={tomorrow}") == [] and rows(f"until={tomorrow}") == whole
