"""Releases, amendments, recalls and reads at once: who reads after a recall's commit reads nothing.

Ten seconds in the suite; `make oracle` goes on for ten minutes (ORACLE_OVERLAP_S).
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import Counter
from itertools import accumulate

import pytest
from django.db import connection
from django.utils import timezone

from hub.database.context import engine
from sharing.audiences.actions import rebuild_grants
from tests.cast import agency
from tests.oracle.overlap import OUTSIDER, OWNER, PICKS, READERS, Deed, Log, Sight, run

SECONDS = float(os.environ.get("ORACLE_OVERLAP_S", "10"))
# Agency to version, as one deed after the other leaves it.
State = dict[str, int]


class History:
    """One record's deeds in their order, and who has which version after each."""

    def __init__(self, deeds: list[Deed]) -> None:
        self.states: list[State] = [{OWNER: 1}]
        for deed in deeds:
            self.states.append(after(self.states[-1], deed))
        # A state is surely over once the deed that ended it was done, and cannot be seen before its own deed began.
        self.done = list(accumulate((deed.done for deed in deeds), max))
        self.began = [deed.began for deed in deeds]
        self.earliest = list(accumulate(reversed(self.began), min))[::-1]

    def possible(self, sight: Sight) -> list[State]:
        """The states that a statement of that time may have met."""
        first = bisect_left(self.done, sight.began)
        last = bisect_right(self.earliest, sight.ended)
        return self.states[first : last + 1]


def after(state: State, deed: Deed) -> State:
    """The rule for these deeds, read naively."""
    newest = state[OWNER]
    match deed.verb:
        case "release":
            return state | dict.fromkeys(deed.agencies, newest)
        case "recall":
            return {OWNER: newest}
        case "amend":
            return state | {OWNER: newest + 1}
        case _:
            return dict.fromkeys(state, newest)


def histories(records: list[int], log: Log, owner_sql) -> dict[int, History]:
    rows = owner_sql("select request_id, min(id) from hub_trail where request_id <> '' group by request_id")
    order: dict[str, int] = dict(rows)
    deeds = sorted(log.deeds, key=lambda deed: order[deed.request])
    return {pk: History([deed for deed in deeds if deed.record == pk]) for pk in records}


def wrong(sight: Sight, record: int, history: History) -> str:
    """Why the sight cannot be; empty when it can."""
    version = sight.found.get(record, -2)
    if version == -1:
        return ""
    possible = history.possible(sight)
    return (
        ""
        if any(fits(sight.agency, version, state) for state in possible)
        else f"{sight} met none of {possible}"
    )


def fits(agency: str, version: int, state: State) -> bool:
    """Whether a statement in that state gives the agency that version: 0 for some, -2 for none."""
    if version == -2:
        return agency not in state
    return agency in state and version in (0, state[agency])


@pytest.mark.django_db(transaction=True)
def test_no_statement_begun_after_a_recall_returns_the_record_and_all_agrees_at_the_end(owner_sql):
    records, log = run(SECONDS)
    assert not log.failures, log.failures
    kept = histories([record.pk for record in records], log, owner_sql)
    said = [why for sight in log.sights for pk, history in kept.items() if (why := wrong(sight, pk, history))]
    assert said == []

    done, seen = Counter(deed.verb for deed in log.deeds), Counter(sight.way for sight in log.sights)
    print(f"\n{SECONDS:.0f} s: {dict(done)}, read: {dict(seen)}")
    assert set(done) == {"release", "recall", "amend", "carry"}
    assert {sight.agency for sight in log.sights} == set(READERS)
    for partner in PICKS:
        found = [
            sight
            for sight in log.sights
            if sight.agency == partner and max(sight.found.values(), default=-1) >= 0
        ]
        assert found, f"{partner} never saw anything: nothing was proved"
    assert all(max(sight.found.values(), default=-1) < 0 for sight in log.sights if sight.agency == OUTSIDER)

    codes = {agency(code).pk: code for code in (OWNER, *PICKS)}
    with engine():
        holders = rows("select g.record_id, g.group_id, f.version from sharing_grant g join bulletins_face f"
                       " on f.id = g.face_id and f.record_id = g.record_id")  # fmt: skip
        differ = rows(
            """select f.id from bulletins_face f
               left join (select face_id, array_agg(group_id order by group_id) as members, min(until) as first_end
                          from sharing_grant group by face_id) g on g.face_id = f.id
               where (f.audience, f.lapses_at) is distinct from (coalesce(g.members, '{}'), g.first_end)"""
        )
    for pk, history in kept.items():
        assert {
            codes[group]: version for record, group, version in holders if record == pk
        } == history.states[-1]
    assert differ == []
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()
