"""Whose eyes a transaction has: the viewer's settings, and the engine's role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

SETTINGS = ("hub.mine", "hub.agency", "hub.powers")


class WrongViewer(RuntimeError):
    """A query was asked for one viewer while the transaction belongs to another."""


@contextmanager
def viewing(viewer: Viewer) -> Iterator[Viewer]:
    """Run the block in one transaction that sees what `viewer` may see, and nothing else.

    The old settings are put back by hand: `set_config(..., true)` outlives a released savepoint. After an
    error the rollback has already restored them.
    """
    wanted = (
        "{" + ",".join(str(number) for number in viewer.mine) + "}",
        str(viewer.agency_id or ""),
        ",".join(sorted(viewer.powers)),
    )
    with transaction.atomic():
        old = _set(wanted)
        yield viewer
        if not connection.needs_rollback:
            _set(old)


@contextmanager
def engine() -> Iterator[None]:
    """Run the block as hub_engine, the sole writer of grants and faces. A test lists the modules that may.

    It opens no savepoint: the role is put back by hand, except where an SQL error has spoiled the transaction, for
    the rollback to whatever savepoint the caller holds restores it.
    """
    with transaction.atomic() if not connection.in_atomic_block else nullcontext():
        with connection.cursor() as cursor:
            cursor.execute("select current_user, set_config('role', 'hub_engine', true)")
            old = cursor.fetchone()[0]
        try:
            yield
        finally:
            spoilt = connection.connection.info.transaction_status == TransactionStatus.INERROR
            if not spoilt and not connection.needs_rollback and old != "hub_engine":
                with connection.cursor() as cursor:
                    cursor.execute("select set_config('role', %s, true)", [old])


def require_viewer(viewer: Viewer) -> None:
    """Raise WrongViewer unless the transaction's settings are those of `viewer`.

    Asked by every `visible_to`: a queryset built for one person must not run under another's settings.
    """
    with connection.cursor() as cursor:
        cursor.execute("select hub_mine()")
        (mine,) = cursor.fetchone()
    if tuple(mine or ()) != tuple(viewer.mine):
        raise WrongViewer("the transaction's context is not this viewer's: open viewing(viewer) first")


def lock_records(ids: list[int]) -> None:
    """Lock the records of a decision, all in id order in one statement: unordered locks deadlock."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            "select id from bulletins_record where id = any(%s) order by id for no key update", [sorted(ids)]
        )


def _set(values: tuple[str, ...]) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        reads = ", ".join("coalesce(current_setting(%s, true), '')" for _ in SETTINGS)
        cursor.execute(f"select {reads}", SETTINGS)
        old = tuple(cursor.fetchone())
        writes = ", ".join("set_config(%s, %s, true)" for _ in SETTINGS)
        cursor.execute(
            f"select {writes}", [part for pair in zip(SETTINGS, values, strict=True) for part in pair]
        )
    return old
