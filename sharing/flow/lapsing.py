"""What time does to agreements: they begin, come near their end, and what a change of them left is brought up to date.

An end needs nothing here: grants carry it, and deny from that instant.
"""

from __future__ import annotations

from datetime import datetime

from hub.database.context import engine
from sharing.agreements.models import Agreement
from sharing.agreements.rules import day, days_left, due_warning
from sharing.audiences.actions import regrant
from sharing.audiences.models import Grant
from sharing.audiences.settling import concerned, settle, settle_some, treaties_of
from sharing.deliveries.actions import queue_alerts, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.flow.agreeing import announce, mark_settled, path_of
from sharing.releases.models import Release

# An agreement may lapse behind many records: so many are computed anew in one run.
REFRESHED_AT_ONCE = 1_000


def begin_due(*, at: datetime) -> int:
    """Give what waited for agreements that have begun meanwhile; return how many began."""
    with engine():
        rows = Agreement.objects.told().filter(accepted_at__isnull=False, settled_at=None, valid_from__lte=at)
        begun = list(rows.order_by("pk"))
        old = [row.replaces for row in begun if row.replaces]
        treaties = [treaty for row in (*begun, *old) for treaty in treaties_of(row)]
    if not begun:
        return 0
    touched = concerned(treaties, at=at)
    mark_settled([row.pk for row in begun], at)
    announce(settle(touched, at=at), at)
    return len(begun)


def settle_left(*, at: datetime) -> int:
    """Recompute one batch of what a change left; return how many records."""
    count, changes = settle_some(at=at)
    announce(changes, at)
    return count


def warn_of_lapsing(*, at: datetime) -> int:
    """Tell both sides 60, 30 and 7 days ahead, once each, also after days without a look; return how many notices."""
    with engine():
        near = Agreement.objects.standing(at).filter(replaced_at=None, valid_from__lte=at).order_by("pk")
        due = [(row, found) for row in near if (found := due_warning(row.valid_to, row.warned, at))]
    told = 0
    for row, (nearest, reached) in due:
        with engine():
            fresh = Agreement.objects.filter(pk=row.pk).exclude(warned__contains=[nearest])
            claimed = fresh.update(warned=[*row.warned, *reached])
        if claimed:
            facts: dict[str, str | int] = {
                "what": "agreement.lapses",
                "code": row.code,
                "n": days_left(row.valid_to, at),
                "day": day(row.valid_to),
            }
            parties = [row.first_id, row.second_id]
            queue_notice(AlertKind.AGREEMENT, parties, at=at, path=path_of(row), facts=facts)
            told += 1
    return told


def refresh(*, at: datetime) -> int:
    """Recompute records where time alone changed something: a release that began, an end that passed."""
    with engine():
        begun = Release.objects.filter(applied_at=None, ended_at=None, starts_at__lte=at).exclude(
            record__embargo_until__gt=at
        )
        ids = set(begun.values_list("record_id", flat=True))
        ids |= set(Grant.objects.filter(until__lte=at).values_list("content_object_id", flat=True))
    # An agreement may lapse behind many: they deny already, and the next run goes on.
    ids = set(sorted(ids)[:REFRESHED_AT_ONCE])
    if not ids:
        return 0
    changes = regrant(ids, at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    with engine():
        Release.objects.filter(record_id__in=ids, applied_at=None, starts_at__lte=at).update(applied_at=at)
    return len(ids)
