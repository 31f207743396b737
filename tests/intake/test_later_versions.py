"""Later versions are written a hundred at a time, and come out as they do one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Grant
from sharing.intake import writing
from sharing.intake.models import Original
from tests.builders import released
from tests.cast import viewer
from tests.intake.conftest import FIRST, LAST, LATER, RED, fresh, ours, publishing, records, send, stix
from tests.intake.hubs import come, given, peer, stub

pytestmark = pytest.mark.django_db


def later(sent: dict[str, Any], place: str, modified: str = LATER, **values: Any) -> dict[str, Any]:
    found = {**ours(**values), "id": sent["id"], "modified": modified}
    next(iter(found["extensions"].values()))["facts"]["place"]["place"] = place
    return found


def by_hand(record: Any) -> None:
    who = viewer("cbp.officer")
    with viewing(who):
        write_down(
            type(record).objects.get(pk=record.pk), {"narrative": "By hand."}, viewer=who, at=timezone.now()
        )


@pytest.mark.parametrize("at_once", [100, 3, 1])
def test_in_sets_or_one_by_one_the_same_becomes_of_each(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", at_once)
    publishing("CBP")
    sent = [ours() for _number in range(7)]
    send(*sent)
    made = records("seizure")
    by_hand(made[1])
    for record in (made[0], made[2]):
        released(record, "DEA")
    come_back = {**sent[2], "modified": LATER, "revoked": True}
    send(come_back, by="cbp.releaser")
    too_long = later(sent[3], "Lane 6")
    next(iter(too_long["extensions"].values()))["facts"]["place"]["place"] = "x" * 5_000
    another_kind = stix("report", id=sent[4]["id"], modified=LATER)
    twice = [later(sent[5], "Lane 6"), later(sent[5], "Lane 7", LAST)]
    fresh_one = ours()
    status = send(
        later(sent[0], "Lane 5"),
        later(sent[1], "Lane 5"),
        later(sent[2], "Lane 5", LAST),
        too_long,
        another_kind,
        *twice,
        later(sent[6], "Lane 8", marked=RED),
        fresh_one,
    )
    said = {(line["id"], line["version"]): line["message"] for line in [*status.successes, *status.failures]}
    refs = [record.ref for record in made]
    assert said[sent[0]["id"], LATER] == f"Published as the next version of {refs[0]}."
    assert said[sent[1]["id"], LATER].startswith(f"Kept beside {refs[1]}")
    assert "no later version" in said[sent[2]["id"], LAST]
    assert "place" in said[sent[3]["id"], LATER]
    assert "Withdrawn" not in said[sent[4]["id"], LATER] and sent[4]["id"] in {
        line["id"] for line in status.successes
    }
    assert said[sent[5]["id"], LATER] == said[sent[5]["id"], LAST]
    assert said[sent[6]["id"], LATER] == f"Written into {refs[6]}."
    after = [fresh(record) for record in made]
    assert [each.place for each in after] == [
        "Lane 5",
        "Lane 4",
        "Lane 4",
        "Lane 4",
        "Lane 4",
        "Lane 7",
        "Lane 8",
    ]
    assert [each.latest for each in after] == [2, 1, 1, 1, 1, 3, 1]
    assert after[6].tlp == "TLP:RED" and len(records("seizure")) == 8
    with engine():
        states = Original.objects.filter(record_id=made[1].pk).order_by("id")
        assert [row.state for row in states] == ["written", "waiting"]
        amended = TrailRow.objects.filter(event="seizure.amend").values_list("object_id", flat=True)
        assert sorted(amended) == sorted([refs[0], refs[5], refs[5]])
        faces = Grant.objects.filter(content_object_id=made[5].pk).values_list("face__version", flat=True)
        assert list(faces) == [3]


def test_one_that_cannot_be_written_takes_no_other_along() -> None:
    sent = [ours() for _number in range(4)]
    send(*sent)
    odd = later(sent[1], "Lane 6")
    next(iter(odd["extensions"].values()))["facts"]["place"] |= {"latitude": "91.0", "longitude": "5.0"}
    status = send(later(sent[0], "Lane 5"), odd, later(sent[2], "Lane 5"), later(sent[3], "Lane 5"))
    assert len(status.successes) + len(status.failures) == 4
    places = [record.place for record in records("seizure")]
    assert [places[0], *places[2:]] == ["Lane 5"] * 3


def test_what_each_costs_does_not_grow_with_the_envelope() -> None:
    sent = [ours() for _number in range(60)]
    send(*sent)
    asked = []
    for modified, some in ((LATER, sent[:10]), (LATER, sent[10:60])):
        with CaptureQueriesContext(connection) as queries:
            assert not send(*(later(each, "Lane 5", modified) for each in some)).failures
        asked.append(len(queries))
    # Two updates of each record, parent and child.
    assert asked[1] - asked[0] <= 2 * 40 + 5, asked


def test_a_page_of_another_hub_is_written_in_sets_too() -> None:
    hub, first = peer(pulled_at=timezone.now()), [given(title=f"Find {number}") for number in range(6)]
    come(hub, *first)
    made = records()
    come(hub, stub(first[0], "2026-01-15T00:00:00.000Z"), stub(first[1], LATER, revoked=True))
    by_hand(made[2])
    again = [
        given(
            UUID(each["id"].partition("--")[2]),
            version=2,
            modified=LAST,
            title=f"{each['name']}, again",
        )
        for each in first
    ]
    outcome = come(hub, *again)
    assert [line.ok for line in outcome.lines] == [True, False, True, True, True, True]
    after = [fresh(record) for record in made]
    assert [each.latest for each in after] == [2, 1, 1, 2, 2, 2]
    assert [each.origin["version"] for each in after] == [2, 1, 2, 2, 2, 2]
    assert [each.ended_at is None for each in after] == [True, False, True, True, True, True]
    assert FIRST < LATER < LAST
