"""Keeping what names subjects, with a reason; telling owners ahead of a review."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.models import Record
from bulletins.retention.rules import keep_refusals
from hub.accounts.viewer import Viewer
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, regrant
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.retention.querysets import warnings_due


def keep(
    record: Record,
    *,
    reason: str,
    review_due: date | None,
    checked: bool,
    seen: date | None,
    viewer: Viewer,
    at: datetime,
) -> Changes:
    """Validate that the record's identifiers are kept, until a new review date of at most five years from now.

    `checked` is the reviewer's tick; `seen` the review date they looked at: when somebody reviewed it meanwhile nothing
    is written. Those who lost the identifiers to the old date have them again. Raises ValidationError by field.
    """
    today = at.astimezone(UTC).date()
    lock_records([record.pk])
    record.refresh_from_db()
    if record.purged_at or record.entered_on is None:
        raise ValidationError(_("It names no subjects: there is nothing to review."))
    if record.review_due != seen:
        raise ValidationError(_("Somebody has reviewed it since you looked. Look again."))
    if found := keep_refusals(reason=reason, review_due=review_due, checked=checked, today=today):
        raise ValidationError(found)
    Record.objects.filter(pk=record.pk).update(
        review_due=review_due,
        review_told=None,
        validated_on=max(today, record.entered_on),
        validated_by_id=viewer.person_id,
        validated_why=reason.strip(),
    )
    record.refresh_from_db()
    changes = regrant([record.pk], at=at)
    write_trail(
        "record.keep",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
        reason=reason.strip(),
        review_due=record.review_due,
    )
    return changes


def tell_owners(*, at: datetime) -> int:
    """Tell each owner's desk what comes up for review, 90, 30 and 0 days ahead, once each; return how many notices.

    The notice says neither which nor how many: not everybody at a desk may open all of them.
    """
    due = warnings_due(at)
    for (owner, days), records in sorted(due.items()):
        queue_notice(
            AlertKind.REVIEW,
            [owner],
            at=at,
            path=f"/reviews/?days={days}",
            facts={"what": f"review.due.{days}"},
        )
        with engine():
            Record.objects.filter(pk__in=records).update(review_told=days)
    return len(due)
