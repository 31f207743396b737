"""Looking whether the trail is what was sealed: each row that was changed, removed or put in between is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from hub.trail.chain import DIGEST_BYTES, START, Link, head_after, is_signed, link, links_of
from hub.trail.models import Seal
from hub.trail.seals import said_by

NUMBERED = """
    select t.n, t.id, t.trail_id, t.numbered_at, to_jsonb(r)::text
    from hub_trailnumber t left join hub_trail r on r.id = t.trail_id where t.n is not null order by t.n
"""
# One row and its number are written together, so that one statement sees both or neither.
UNCOUNTED = """
    select r.id from hub_trail r
    where not exists (select from hub_trailnumber t where t.trail_id = r.id) order by r.id
"""
UNNUMBERED = "select count(*) from hub_trailnumber where n is null"
BATCH = 1_000


@dataclass(frozen=True)
class Numbered:
    """A row of the trail with its number; `link` is None where the number stands and the row is gone."""

    n: int
    id: int
    link: Link | None


@dataclass
class Verdict:
    """What was looked at. `findings` are told one by one while looking, and are not kept."""

    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    found: int = 0
    head: str = ""
    key: str = ""
    sealed_at: datetime | None = None
    heads_found: set[str] = field(default_factory=set)


def verify(
    verdict: Verdict,
    *,
    heads: Collection[str] = (),
    keys: Collection[str] = (),
    progress: Callable[[int], Any] = lambda rows: None,
) -> Iterator[str]:
    """Recompute the chain, and yield a line for each thing that is not as it was sealed; `verdict` is filled.

    `heads` are some that an inspector has kept: each must be in the chain, or the chain was made anew. `keys` are
    the public keys that may have signed; without any, the first seal's alone. Two cursors go through numbers and
    seals side by side, in the caller's transaction: memory does not grow with the trail. What is written meanwhile
    is not looked at.
    """
    for line in _all(verdict, {head.lower() for head in heads}, set(keys), progress):
        verdict.found += 1
        yield line


def _all(verdict: Verdict, heads: set[str], keys: set[str], progress: Callable[[int], Any]) -> Iterator[str]:
    newest = Seal.objects.aggregate(newest=Max("number"))["newest"] or 0
    rows = Rows()
    previous, done = START, 0
    for seal in Seal.objects.filter(number__lte=newest).order_by("number").iterator(chunk_size=50):
        if not keys:
            keys.add(seal.key)
        yield from _seal_alone(seal, keys)
        yield from _seal_after(seal, verdict.seals + 1, previous, done)
        yield from rows.strays(done, seal.first)
        yield from _rows(seal, rows)
        verdict.seals, verdict.rows = seal.number, verdict.rows + seal.rows
        verdict.head, verdict.key, verdict.sealed_at = seal.head, seal.key, seal.at
        verdict.heads_found |= heads & {seal.head}
        previous, done = seal.head, seal.last
        progress(seal.rows)
    yield from _unsealed(verdict, rows, done)
    for head in sorted(heads - verdict.heads_found):
        yield f"head {head}: no seal has it: the chain was made anew, or its end was taken away"


class Rows:
    """The numbered rows in order, each looked at once."""

    def __init__(self) -> None:
        self._rows = _numbered()
        self._next: Numbered | None = next(self._rows, None)

    def upto(self, last: int | None) -> Iterator[Numbered]:
        """Rows numbered up to `last`, or all that are left."""
        while self._next is not None and (last is None or self._next.n <= last):
            yield self._next
            self._next = next(self._rows, None)

    def strays(self, after: int, before: int) -> Iterator[str]:
        """Rows that no seal could have had: numbered below 1, or between two seals that do not meet."""
        for row in self.upto(before - 1):
            where = "in no seal" if row.n > after else "below what was sealed"
            yield f"row {row.n} (id {row.id}): inserted, {where}"


def _numbered() -> Iterator[Numbered]:
    """Streamed by a cursor on the server's side."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(NUMBERED)
        while batch := cursor.fetchmany(BATCH):
            for n, number_id, trail_id, numbered_at, row in batch:
                known = link(n, number_id, numbered_at, json.loads(row)) if row is not None else None
                yield Numbered(n, trail_id, known)


def _seal_alone(seal: Seal, keys: set[str]) -> Iterator[str]:
    """What one seal says against itself."""
    digests, count = bytes(seal.digests), seal.last - seal.first + 1
    if not seal.rows == count == len(seal.ids) == len(digests) / DIGEST_BYTES:
        yield f"seal {seal.number}: changed: its rows do not fit its numbers {seal.first} to {seal.last}"
    elif head_after(seal.previous, links_of(seal.first, seal.ids, digests)) != seal.head:
        yield f"seal {seal.number}: changed: its head does not follow from the rows it names"
    if not is_signed(said_by(seal), key=seal.key, signature=seal.signature):
        yield f"seal {seal.number}: its signature does not hold"
    elif seal.key not in keys:
        yield f"seal {seal.number}: signed with a key that is not known: {seal.key}"


def _seal_after(seal: Seal, expected: int, previous: str, done: int) -> Iterator[str]:
    """What a seal says against the one before it."""
    if seal.number != expected:
        missing = (
            f"seal {expected}" if seal.number == expected + 1 else f"seals {expected} to {seal.number - 1}"
        )
        yield f"{missing}: removed, with what was said of rows {done + 1} to {seal.first - 1}"
    elif seal.first != done + 1:
        yield f"seal {seal.number}: it begins at row {seal.first}, and the one before ended at {done}"
    elif seal.previous != previous:
        yield f"seal {seal.number}: it does not follow the head of the one before"


def _rows(seal: Seal, rows: Rows) -> Iterator[str]:
    """The seal's rows as they are now, beside what it kept of them."""
    sealed = links_of(seal.first, seal.ids, bytes(seal.digests))
    now = rows.upto(seal.last)
    row = next(now, None)
    for kept in sealed:
        where = f"row {kept.n} (id {kept.id}), seal {seal.number} of {seal.at:%Y-%m-%d %H:%M} UTC"
        if row is None or row.n > kept.n:
            yield f"{where}: removed" + (
                ", its number with it" if not _stands(kept.id) else " from the numbers"
            )
            continue
        if row.id != kept.id:
            yield f"{where}: removed, and row id {row.id} inserted in its place"
        elif row.link is None:
            yield f"{where}: removed"
        elif row.link.digest != kept.digest:
            yield f"{where}: changed"
        row = next(now, None)


def _stands(trail_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from hub_trail where id = %s)", [trail_id])
        return bool(cursor.fetchone()[0])


def _unsealed(verdict: Verdict, rows: Rows, done: int) -> Iterator[str]:
    """What waits for a seal: nothing proves it yet, but a gap shows; and rows that were never counted."""
    expected = done + 1
    for row in rows.upto(None):
        if row.n < 1:
            yield f"row {row.n} (id {row.id}): inserted, below what was sealed"
            continue
        if row.n > expected:
            yield f"rows {expected} to {row.n - 1}: removed before they were sealed"
        if row.link is None:
            yield f"row {row.n} (id {row.id}): removed before it was sealed"
        expected = row.n + 1
        verdict.unsealed += 1
    with connection.cursor() as cursor:
        cursor.execute(UNNUMBERED)
        verdict.unsealed += cursor.fetchone()[0]
    with connection.chunked_cursor() as cursor:
        cursor.execute(UNCOUNTED)
        while batch := cursor.fetchmany(BATCH):
            for (trail_id,) in batch:
                yield f"row id {trail_id}: inserted past the counting, in no seal"
