"""What came from another hub ends when that hub shares it no more, and begins again when it does."""

from __future__ import annotations

from datetime import datetime

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.database.context import lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, regrant
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind


def end_by_source(record: Record, *, viewer: Viewer, at: datetime) -> Changes:
    """From now on nobody has it here, its owner's people neither; what it says stays for when it is shared again."""
    return _change(record, at, "record.end", viewer=viewer, at=at)


def begin_by_source(record: Record, *, viewer: Viewer, at: datetime) -> Changes:
    """It is shared again: its owner has it, and whom releases that stand reach. To all of them it is news."""
    changes = _change(record, None, "record.begin", viewer=viewer, at=at)
    queue_alerts(AlertKind.NEW, [*changes.granted, (record.pk, record.owner_id)], at=at)
    return changes


def _change(
    record: Record, ended_at: datetime | None, event: str, *, viewer: Viewer, at: datetime
) -> Changes:
    lock_records([record.pk])
    Record.objects.filter(pk=record.pk).update(ended_at=ended_at)
    record.ended_at = ended_at
    changes = regrant([record.pk], at=at)
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
    )
    return changes
