"""Make a briefing; and say on the trail that one was opened or taken away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from sharing.briefings.models import Briefing
from sharing.briefings.packs import Pack
from sharing.briefings.rules import may_make


def make(
    *,
    title: str,
    month: date,
    agencies: Iterable[int],
    communities: Iterable[int],
    viewer: Viewer,
    at: datetime,
) -> Briefing:
    """A briefing of the viewer's agency on its month. Raises PermissionError for others than a liaison."""
    if not may_make(viewer) or viewer.person_id is None:
        raise PermissionError("only a liaison makes a briefing")
    briefing = Briefing.objects.create(
        owner_id=viewer.agency_id,
        title=title,
        month=month.replace(day=1),
        made_by_id=viewer.person_id,
        made_at=at,
    )
    briefing.agencies.set(list(agencies))
    briefing.communities.set(list(communities))
    _tell("briefing.make", briefing, viewer=viewer, at=at, rows=None, month=f"{month:%Y-%m}")
    return briefing


def opened(briefing: Briefing, pack: Pack, *, viewer: Viewer, at: datetime) -> None:
    _tell_of(pack, "briefing.open", briefing, viewer, at)


def downloaded(briefing: Briefing, pack: Pack, *, viewer: Viewer, at: datetime) -> None:
    _tell_of(pack, "briefing.download", briefing, viewer, at)


def _tell_of(pack: Pack, event: str, briefing: Briefing, viewer: Viewer, at: datetime) -> None:
    marking = pack.marking.banner if pack.marking else ""
    _tell(event, briefing, viewer=viewer, at=at, rows=len(pack.records), marking=marking)


def _tell(
    event: str,
    briefing: Briefing,
    *,
    viewer: Viewer,
    at: datetime,
    rows: int | None,
    marking: str = "",
    **facts: Any,
) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="briefing",
        object_id=briefing.ref,
        marking=marking[:100],
        rows=rows,
        **facts,
    )
