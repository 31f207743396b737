"""Measures: the ways of asking take turns, so that a busy moment of the machine meets all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from hub.accounts.viewer import Viewer, desk_of, viewer_of
from hub.agencies.models import Agency
from hub.database.context import viewing
from sharing.agreements.models import Agreement
from sharing.audiences.models import Received
from sharing.disclosures.paging import count_of
from sharing.flow import release
from sharing.flow.agreeing import suspend
from sharing.releases.plan import Pick
from sharing.tasks import settle_grants
from tests.bench.filling import Filled
from tests.bench.questions import QUESTIONS, Question, Reader, Spent, Stopwatch
from tests.builders import plan, published_bulletin
from tests.cast import viewer

LEAST, MOST, ENOUGH_S = 5, 80, 4.0


@dataclass(frozen=True)
class Line:
    """One question by one reader: medians of what each way spends, and the statements the hub sends for it."""

    question: str
    reader: str
    hub: Spent
    bare: Spent
    guardian: Spent
    hub_query: Spent
    bare_query: Spent
    rounds: int
    statements: int

    @property
    def above(self) -> float:
        return self.hub.busy - self.bare.busy

    @property
    def query_above(self) -> float:
        return self.hub_query.busy - self.bare_query.busy

    @property
    def times(self) -> float:
        return self.hub.busy / self.bare.busy

    @property
    def times_guardian(self) -> float:
        """By the clock: PostgreSQL gives guardian's queries helpers, whose processor time is not seen."""
        return self.guardian.wall / self.hub.wall


def readers(filled: Filled) -> list[Reader]:
    found = []
    for name, person in filled.bodies.readers.items():
        who = viewer_of(person)
        with viewing(who):
            some = list(Received.objects.visible_to(who).newest_first().values_list("ref", flat=True)[:20])
        found.append(Reader(name, who, person, some[-1]))
    return found


def lines(filled: Filled, *, enough_s: float = ENOUGH_S) -> list[Line]:
    return [ask(question, reader, enough_s) for question in QUESTIONS for reader in readers(filled)]


def ask(question: Question, reader: Reader, enough_s: float) -> Line:
    ways: dict[str, Callable[[Reader], Spent]] = {
        "hub": question.by_hub,
        "bare": question.bare,
        "guardian": question.by_guardian,
        "hub_query": question.query_by_hub,
        "bare_query": question.bare_query,
    }
    for way in ways.values():
        way(reader)
    taken: dict[str, list[Spent]] = {name: [] for name in ways}
    until = time.monotonic() + enough_s
    rounds = 0
    while rounds < MOST and (rounds < LEAST or time.monotonic() < until):
        for name, way in ways.items():
            taken[name].append(way(reader))
        rounds += 1
    medians = {name: middle(spent) for name, spent in taken.items()}
    return Line(
        question.name, reader.name, rounds=rounds, statements=_statements(question, reader), **medians
    )


def middle(spent: list[Spent]) -> Spent:
    return Spent(median(each.wall for each in spent), median(each.busy for each in spent))


def _statements(question: Question, reader: Reader) -> int:
    sent = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        question.by_hub(reader)
    return sent


def release_to_all(filled: Filled, *, rounds: int = 9) -> Spent:
    """A bulletin to every agency of the bench, each named: milliseconds, alerts and the commit included."""
    who, taken = viewer("cbp.releaser"), list[Spent]()
    picks = [Pick(agency=pk) for pk in sorted(filled.bodies.shares)]
    for _round in range(rounds):
        record = published_bulletin()
        with Stopwatch() as watch, viewing(who):
            release([record], plan(*picks), viewer=who, at=timezone.now())
        taken.append(watch.spent)
    return middle(taken)


@dataclass(frozen=True)
class Suspended:
    """Suspending an agreement: how long its transaction took, after how long nothing was left to do, of how many."""

    grants: int
    denied: Spent
    settled_s: float
    read_after_commit: int


def suspend_the_agreement(filled: Filled) -> Suspended:
    """Suspend what all grants abroad rest on, by the verb people use. It comes last: it takes them away."""
    began = time.monotonic()
    with Stopwatch() as watch:
        suspended_by_its_verb(filled)
    left = _held_abroad(filled)
    while settle_grants():
        pass
    return Suspended(filled.behind_the_agreement, watch.spent, time.monotonic() - began, left)


def suspended_by_its_verb(filled: Filled) -> None:
    row = filled.bodies.agreement
    admin = Viewer(agency_id=row.first_id, agency_code=row.first.code, roles=frozenset({"admin"}))
    with viewing(admin):
        fresh = Agreement.objects.get(pk=row.pk)
        suspend(fresh, reason="for the bench", revision=fresh.revision, viewer=admin, at=timezone.now())


def _held_abroad(filled: Filled) -> int:
    """How many records the agencies abroad can read, each through its own eyes."""
    found = 0
    for agency in Agency.objects.filter(pk__in=filled.bodies.abroad):
        desk = desk_of(agency)
        with viewing(desk):
            found += count_of(Received.objects.visible_to(desk))
    return found
