"""Questions about releases. Row-level security answers them for the record's own agency alone."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from sharing.releases.models import Recall, Release


def live_releases(record_id: int, *, at: datetime | None = None) -> QuerySet[Release]:
    """Releases of the record that stand: not ended, and not past their end. Oldest first."""
    now = at or timezone.now()
    standing = Release.objects.filter(record_id=record_id, ended_at=None)
    return (
        standing.filter(Q(ends_at=None) | Q(ends_at__gt=now))
        .select_related("agency", "community", "released_by")
        .order_by("released_at", "id")
    )


def releases_behind(record_id: int) -> int:
    """How many live releases stand on an older version than the newest; 0 for whoever is not the owner."""
    return live_releases(record_id).filter(version__lt=F("record__latest")).count()


def was_recalled(record_id: int, version: int) -> bool:
    """Whether that version was taken back and has not been released anew since. Answered for the owner alone."""
    return (
        Recall.objects.filter(record_id=record_id, version=version).exists()
        and not live_releases(record_id).filter(version=version).exists()
    )
