"""One look at the ledger, the same for page, program and export: what is asked, which lines, and where it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from hub.trail.cursor import seal, unseal
from sharing.audiences.models import Received
from sharing.ledger.lines import (
    LedgerLine,
    UnlistedLine,
    given_lines,
    received_lines,
    unlisted_lines,
)
from sharing.ledger.models import LedgerGiven, LedgerTaken
from sharing.ledger.querysets import Asked
from sharing.ledger.rules import Side

PLACES = 100_000
MOST_UNLISTED = 200
LINES: dict[Side, Callable[[Sequence[Any]], list[LedgerLine]]] = {
    Side.GIVEN: given_lines,
    Side.RECEIVED: received_lines,
}


@dataclass(frozen=True)
class Look:
    """`after` is where the next page begins, sealed; empty on the last."""

    lines: tuple[LedgerLine, ...]
    unlisted: tuple[UnlistedLine, ...]
    after: str = ""


class NoSuchPlace(ValueError):
    """A cursor that this hub did not give for this list."""


def entries(viewer: Viewer, side: Side, asked: Asked) -> QuerySet[Any]:
    """The rows of one side, narrowed, newest first."""
    if side == Side.GIVEN:
        return LedgerGiven.objects.visible_to(viewer).narrowed(asked, other="agency").newest_first()
    return LedgerTaken.objects.visible_to(viewer).narrowed(asked, other="owner").newest_first()


def look(
    viewer: Viewer, side: Side, asked: Asked, *, at: datetime, size: int, after: str = "", more: bool = True
) -> Look:
    """`size` lines. The first page of what was given also says which releases have members that are not listed."""
    rows = entries(viewer, side, asked)
    if after:
        rows = rows.filter(_beyond(rows, after))
    found = list(rows[: size + 1])
    shown = found[:size]
    unlisted = (
        unlisted_lines(viewer, asked, at=at, most=MOST_UNLISTED) if side == Side.GIVEN and not after else []
    )
    return Look(
        lines=tuple(LINES[side](shown)),
        unlisted=tuple(unlisted),
        after=seal(shown[-1].ledger_id * PLACES + shown[-1].place) if len(found) > size else "",
    )


def is_known(viewer: Viewer, asked: Asked) -> bool:
    """Whether the reader may know of the one record that is asked for: it is theirs to read, or in their ledger."""
    one = {"uid": asked.uid} if asked.uid else {"ref": asked.ref}
    return (
        Received.objects.visible_to(viewer).filter(**one).exists()
        or LedgerGiven.objects.visible_to(viewer).filter(**one).exists()
        or LedgerTaken.objects.visible_to(viewer).filter(**one).exists()
    )


def on_trail(
    event: str, viewer: Viewer, side: Side, asked: Asked, *, at: datetime, rows: int, **more: Any
) -> None:
    """That the ledger was read or taken out, and by what it was narrowed."""
    said = {
        "agency": asked.agency,
        "channel": asked.channel,
        "since": asked.since,
        "until": asked.until,
    }
    told = {name: str(value) for name, value in said.items() if value}
    facts: dict[str, Any] = {"side": side.value, **({"filters": told} if told else {}), **more}
    one = asked.ref or (str(asked.uid) if asked.uid else "")
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="ledger" if not one else "record",
        object_id=one,
        rows=rows,
        **facts,
    )


def _beyond(rows: QuerySet[Any], after: str) -> Q:
    """Rows past the cursor's. Its instant is read again: the cursor says which row, and that to nobody."""
    number = unseal(after)
    if number is None:
        raise NoSuchPlace(after)
    ledger_id, place = divmod(number, PLACES)
    at = rows.order_by().filter(ledger_id=ledger_id, place=place).values_list("at", flat=True).first()
    if at is None:
        raise NoSuchPlace(after)
    same = Q(at=at) & (Q(ledger_id__lt=ledger_id) | Q(ledger_id=ledger_id, place__lt=place))
    return Q(at__lte=at) & (Q(at__lt=at) | same)
