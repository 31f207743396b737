"""Whose eyes a transaction has: the viewer's settings, and the engine's role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

SETTINGS = ("hub.mine", "hub.agency", "hub.powers")
# In one statement: what they were, and what they are to be.
EXCHANGE = "select {}, {}".format(
    ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS),
    ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS),
)
# Held together by those who decide, alone by whoever changes what all decisions rest on.
GROUND = 7_303
# Held together by those who mark records anew, alone by whoever lets one rest on others.
LINKS = 7_304
_is_engine: ContextVar[bool] = ContextVar("is_engine", default=False)
# Whose settings the transaction has, as `viewing` left them: it alone sets them, and puts this back with them.
_mine: ContextVar[tuple[int, ...]] = ContextVar("mine", default=())


class WrongViewer(RuntimeError):
    """A query was asked for one viewer while the transaction belongs to another."""


@contextmanager
def viewing(viewer: Viewer) -> Iterator[Viewer]:
    """Run the block in one transaction that sees what `viewer` may see, and nothing else.

    Inside another transaction the old settings are put back by hand: `set_config(..., true)` outlives a released
    savepoint. After an error the rollback has already restored them; with the transaction they end by themselves.
    """
    wanted = (
        "{" + ",".join(str(number) for number in viewer.mine) + "}",
        str(viewer.agency_id or ""),
        ",".join(sorted(viewer.powers)),
    )
    inner = connection.in_atomic_block
    with transaction.atomic():
        old = _exchange(wanted)
        before = _mine.set(viewer.mine)
        try:
            yield viewer
        finally:
            _mine.reset(before)
        if inner and not connection.needs_rollback:
            _exchange(old)


@contextmanager
def engine() -> Iterator[None]:
    """Run the block as hub_engine, the sole writer of grants and faces. A test lists the modules that may.

    It opens no savepoint: the role is put back by hand, except where an SQL error has spoiled the transaction, for
    the rollback to whatever savepoint the caller holds restores it; with a transaction of its own it ends by itself.
    Inside another engine() it is nothing.
    """
    if _is_engine.get():
        yield
        return
    inner = connection.in_atomic_block
    with nullcontext() if inner else transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select current_user, set_config('role', 'hub_engine', true)")
            old = cursor.fetchone()[0]
        inside = _is_engine.set(True)
        try:
            yield
        finally:
            _is_engine.reset(inside)
            spoilt = connection.connection.info.transaction_status == TransactionStatus.INERROR
            if inner and not spoilt and not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute("select set_config('role', %s, true)", [old])


def require_viewer(viewer: Viewer) -> None:
    """Raise WrongViewer unless the transaction's settings are those of `viewer`.

    Asked by every `visible_to`: a queryset built for one person must not run under another's settings.
    """
    if _mine.get() != viewer.mine or not connection.in_atomic_block:
        raise WrongViewer("the transaction's context is not this viewer's: open viewing(viewer) first")


def lock_records(ids: list[int]) -> None:
    """Lock the records of a decision, all in id order in one statement: unordered locks deadlock.

    Who is not the engine locks only records of their own agency.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from bulletins_record where id = any(%s) order by id for no key update", [sorted(ids)]
        )


def hold_ground(*, alone: bool = False) -> None:
    """Keep what decisions rest on beside the record itself (agreements) as it is, until the transaction ends.

    Whoever decides holds it together with others, after the records' locks; whoever changes it holds it `alone`:
    so no grant is written by what was read before a suspension and committed after it.
    """
    _hold(GROUND, alone)


def hold_links(*, alone: bool = False) -> None:
    """Keep what rests on what as it is, until the transaction ends; `alone`, to change it. After the records' locks.

    A record's sources are not locked instead: whoever publishes holds the record before it is known what it is to rest
    on, and would take the sources' locks out of their order.
    """
    _hold(LINKS, alone)


def _hold(key: int, alone: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [key])


def _exchange(values: tuple[str, ...]) -> tuple[str, ...]:
    """Set the viewer's settings for the rest of the transaction; return what they were."""
    with connection.cursor() as cursor:
        cursor.execute(EXCHANGE, values)
        return tuple(cursor.fetchone()[: len(SETTINGS)])
