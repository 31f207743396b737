"""Questions asked of the trail. Row-level security gives an auditor their agency's rows, an inspector all."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import require_viewer
from hub.days import begin_of, end_of
from hub.trail.models import Outcome, TrailRow


def may_read_trail(viewer: Viewer) -> bool:
    """An auditor their own agency's, an inspector the whole."""
    return viewer.can(Role.INSPECTOR) or (viewer.agency_id is not None and viewer.can(Role.AUDITOR))


def trail_rows(
    viewer: Viewer,
    *,
    event: str = "",
    actor: str = "",
    ref: str = "",
    refused: bool = False,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
) -> QuerySet[TrailRow]:
    """What the viewer may read, newest first. `since` and `until` are whole days in the reader's zone."""
    require_viewer(viewer)
    narrowed: dict[str, Any] = {}
    if event:
        narrowed["event"] = event
    if actor:
        narrowed["actor"] = actor
    if ref:
        narrowed["object_id__iexact"] = ref
    if refused:
        narrowed["outcome"] = Outcome.REFUSED
    if since:
        narrowed["at__gte"] = begin_of(since)
    if ends := end_of(until):
        narrowed["at__lt"] = ends
    if before is not None:
        narrowed["id__lt"] = before
    return TrailRow.objects.filter(**narrowed).order_by("-id")
