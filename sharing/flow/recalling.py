"""Recall: all of a record, or one version, is taken back from everybody, and all who ever had it are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, regrant
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.flow.audience import audiences_of, had, has
from sharing.recalls.actions import anyone_to_tell, bar, holders_of_version, tell_all_who_had, tell_late
from sharing.recalls.rules import nothing_to_recall
from sharing.releases.models import Recall, Release

# No answer takes longer than this to be committed, by far.
LATE = timedelta(days=3)


def recall(
    record: Record,
    *,
    reason: str,
    viewer: Viewer,
    at: datetime,
    version: int | None = None,
    fall_back: bool = False,
    by_source: bool = False,
) -> Changes:
    """Take the record back at once: tombstones, notices to all who ever had it, nothing for anyone else.

    With `version` that one alone is taken from those who hold it. They are then left with nothing: an older release
    does not step in, unless `fall_back` says that it may. `by_source`: the hub it came from takes it back, from its
    owner here too. `reason` is meant for the recipients. Raises ValidationError without one, and when there is nothing
    to take back.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": [_("Say why: the recipients are shown your reason.")]})
    lock_records([record.pk])
    record.refresh_from_db()
    if version is not None:
        _settle(record, version, at=at)
    held = holders_of_version(record.pk, version) if version is not None else []
    live = Release.objects.filter(record_id=record.pk, ended_at=None)
    taken = live if version is None else live.filter(version=version)
    if not (by_source or held or taken.exists() or anyone_to_tell(record.pk, version)):
        raise ValidationError(nothing_to_recall(version))
    made = Recall.objects.create(
        record_id=record.pk, owner_id=record.owner_id, version=version, reason=reason, at=at
    )
    before = audiences_of([record.pk], viewer)
    taken.update(ended_at=at, recalled_at=at, recalled_by_id=viewer.person_id, recall_reason=reason)
    if version is None:
        ended = {"ended_at": record.ended_at or at} if by_source else {}
        Record.objects.filter(pk=record.pk).update(recalled_at=at, **ended)
    elif held and not fall_back:
        bar(live.filter(version__lt=version), {each.agency for each in held if not each.opened})
    changes = regrant([record.pk], at=at, recall=made)
    told = tell_all_who_had(made, held, by_source=by_source)
    losing = [*changes.withdrawn, *([(record.pk, record.owner_id)] if by_source else [])]
    queue_alerts(AlertKind.RECALLED, [*changes.withdrawn, *told], at=at, losing=losing)
    left = {} if version is None else has(audiences_of([record.pk], viewer).get(record.pk))
    write_trail(
        "record.recall",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=version or record.latest,
        marking=record.tlp,
        **had(before.get(record.pk)),
        **left,
        reason=reason,
        recalled=_("all versions") if version is None else _("version %(n)d alone") % {"n": version},
    )
    return changes


def tell_who_had_it_meanwhile(*, at: datetime) -> int:
    """Tell of the recalls of the last days whoever was given the record in the instant it was taken back.

    Their ledger row is committed after the recall has looked; return how many were told, each once.
    """
    with engine():
        made = Recall.objects.filter(at__gt=at - LATE, at__lte=at).order_by("record_id", "id")
        by_record = [list(rows) for _record, rows in groupby(made, key=lambda each: each.record_id)]
    count = 0
    for rows in by_record:
        with transaction.atomic(), engine():
            lock_records([rows[0].record_id])
            for row in rows:
                told = tell_late(row)
                queue_alerts(AlertKind.RECALLED, told, at=row.at, losing=[])
                count += len(told)
    return count


def _settle(record: Record, version: int, *, at: datetime) -> None:
    """Bring grants up to date first, so that what had ended anyway is not told as recalled."""
    if not 0 < version <= record.latest:
        raise ValidationError({"version": [_("There is no such version.")]})
    changes = regrant([record.pk], at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
