"""Receipts: somebody of a partner agency has read a version, or acknowledged it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from sharing.deliveries.models import Channel
from sharing.deliveries.querysets import told_of
from sharing.deliveries.telling import tell
from sharing.disclosures.disclosure import Disclosure
from sharing.receipts.models import Receipt

# Who tells the hub that something came from: says so when the apps are ready.
_told_there: list[Callable[[Viewer, Disclosure, datetime], None]] = []


def tell_there_by(tell: Callable[[Viewer, Disclosure, datetime], None]) -> None:
    """Registers (viewer, disclosure, at): tells the hub a record came from that it is acknowledged here."""
    _told_there[:] = [tell]


def mark_read(viewer: Viewer, disclosure: Disclosure, at: datetime) -> Receipt | None:
    """The reader's receipt of what they were just shown, made on the first reading.

    None for what the reader's own agency wrote, of which reading is no receipt, for a desk, which is nobody in person,
    and for what an emergency opened: of that the owner is told at once, and the ledger has each reading.
    """
    if disclosure.emergency or not disclosure.from_elsewhere:
        return None
    if viewer.person_id is None or viewer.agency_id is None:
        return None
    receipt, made = Receipt.objects.get_or_create(
        record_id=disclosure.key,
        version=disclosure.version,
        person_id=viewer.person_id,
        defaults={"agency_id": viewer.agency_id, "read_at": at},
    )
    if made:
        _write("record.read", viewer, disclosure, at)
        _log("read", viewer, disclosure)
    return receipt


def acknowledge(viewer: Viewer, disclosure: Disclosure, at: datetime) -> Receipt | None:
    """The reader's receipt with its acknowledgement; the first one counts. None as in `mark_read`."""
    receipt = mark_read(viewer, disclosure, at)
    if receipt is None or receipt.acknowledged_at is not None:
        return receipt
    when = max(at, receipt.read_at)
    if Receipt.objects.filter(pk=receipt.pk, acknowledged_at=None).update(acknowledged_at=when):
        _write("record.acknowledge", viewer, disclosure, at)
        _log("acknowledged", viewer, disclosure)
        for tell in _told_there if disclosure.own else ():
            tell(viewer, disclosure, at)
    receipt.refresh_from_db()
    return receipt


def _write(event: str, viewer: Viewer, disclosure: Disclosure, at: datetime) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=disclosure.kind,
        object_id=disclosure.ref,
        version=disclosure.version,
        marking=disclosure.marking.tlp,
    )


def _log(event: str, viewer: Viewer, disclosure: Disclosure) -> None:
    """Under the id of the deed that brought it here: the end of what its release began."""
    if told := told_of(viewer, disclosure.key):
        delivery, request_id = told
        tell(event, delivery=delivery, channel=Channel.INBOX.value, request_id=request_id)
