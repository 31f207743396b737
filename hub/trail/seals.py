"""Sealing: the rows numbered since the last seal go into the chain, and its new head is signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import engine
from hub.trail.chain import START, Link, SealedAs, head_after, is_signed, link, public_half, sign
from hub.trail.models import Seal

# For whom chain and heads are read where no person asks: sees the trail, and no record.
WATCH = Viewer(username="", roles=frozenset({Role.INSPECTOR.value}))
LOCK = 7_303
AT_ONCE = 5_000
# The row as JSON, all columns by name: one added later is in the chain by itself. Instants in UTC.
ROWS = """
    select t.n, t.id, t.numbered_at, r.id, to_jsonb(r)::text
    from hub_trailnumber t left join hub_trail r on r.id = t.trail_id
    where t.n > %s and t.n <= %s order by t.n
"""


class NotSealed(RuntimeError):
    """The chain cannot be gone on with; the message says why."""


def seal_all(key: Ed25519PrivateKey, *, at: datetime, after_another_key: bool = False) -> int:
    """Seal every numbered row that is not sealed yet, some thousands at a time; return how many rows."""
    total = 0
    while rows := seal_next(key, at=at, after_another_key=after_another_key):
        total += rows
    return total


def seal_next(
    key: Ed25519PrivateKey, *, at: datetime, most: int = AT_ONCE, after_another_key: bool = False
) -> int:
    """Make the next seal over at most `most` rows, in a transaction of its own; return how many rows it holds.

    Raises NotSealed where the last seal is not one of this key's: going on would hide that somebody else sealed.
    """
    with transaction.atomic(), engine():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        last = Seal.objects.defer("ids", "digests").order_by("-number").first()
        if last is not None:
            _require_ours(last, public_half(key), after_another_key)
        done = last.last if last else 0
        links = list(_links(done, done + most))
        if not links:
            return 0
        if [each.n for each in links] != list(range(done + 1, done + 1 + len(links))):
            raise NotSealed(f"numbers are missing after row {done}: run `manage.py verify_trail`")
        sealed = SealedAs(
            number=last.number + 1 if last else 1,
            first=links[0].n,
            last=links[-1].n,
            previous=last.head if last else START,
            head=head_after(last.head if last else START, links),
            at=at,
        )
        Seal.objects.create(
            number=sealed.number,
            first=sealed.first,
            last=sealed.last,
            rows=len(links),
            ids=[each.id for each in links],
            digests=b"".join(each.digest for each in links),
            previous=sealed.previous,
            head=sealed.head,
            at=at,
            key=public_half(key),
            signature=sign(sealed, key),
        )
        return len(links)


def said_by(seal: Seal) -> SealedAs:
    return SealedAs(seal.number, seal.first, seal.last, seal.previous, seal.head, seal.at)


def _require_ours(last: Seal, ours: str, after_another_key: bool) -> None:
    if not is_signed(said_by(last), key=last.key, signature=last.signature):
        raise NotSealed(f"the signature of seal {last.number} does not hold: run `manage.py verify_trail`")
    if last.key != ours and not after_another_key:
        raise NotSealed(
            f"seal {last.number} was made with another key, {last.key}: put that key back, or tell the inspectors"
            " of the new one and begin it with --after-another-key"
        )


def _links(after: int, upto: int) -> Iterator[Link]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [after, upto])
        for n, number_id, numbered_at, row_id, row in cursor:
            if row_id is None:
                raise NotSealed(f"row {n} is gone from the trail: run `manage.py verify_trail`")
            yield link(n, number_id, numbered_at, json.loads(row))
