"""Working copies: who may open which, and what is unfinished. Partners never come here, they read faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.publishing.models import Bulletin
from bulletins.publishing.rules import publish_refusals
from bulletins.publishing.titles import suggested_title
from bulletins.records.models import Kind, Record
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import require_viewer

R = TypeVar("R", bound=Record)

# Arrows point to publishing: who knows what is shown to a viewer says so when the apps are ready.
_shown: list[Callable[[Viewer], QuerySet[Any]]] = []


def open_what_is_shown_by(shown: Callable[[Viewer], QuerySet[Any]]) -> None:
    """Registers viewer -> rows, by `record_id`, of what is shown to them."""
    _shown[:] = [shown]


def working_copies(model: type[R], viewer: Viewer, *, purged: bool = False) -> QuerySet[R]:
    """The working copies `viewer` may open: their own agency's; of drafts their own, or all as a releaser.

    TLP:RED is for the people named, inside the agency too: its author and the releasers alone work on it. So it is
    where a source has become TLP:RED: what is not shown to the viewer is not theirs to work on either.
    """
    require_viewer(viewer)
    own: QuerySet[R] = model._default_manager.filter(  # type: ignore[assignment]
        owner_id=viewer.agency_id
    )
    if not purged:  # of such a record only its tombstone and the proof of who was told are left
        own = own.filter(purged_at=None, ended_at=None)
    if viewer.can(Role.RELEASER):
        return own
    open_ones = Q(latest__gt=0) & ~Q(tlp=TLP.RED)
    for shown in _shown:
        rows = shown(viewer).filter(record_id=OuterRef("pk"))
        open_ones &= Q(purged_at__isnull=False) | Q(Exists(rows))
    return own.filter(open_ones | Q(poster_id=viewer.person_id))


def drafts(model: type[R], viewer: Viewer) -> QuerySet[R]:
    """Of those, what has words that are not published: never published, or edited since. Newest first."""
    unpublished = Q(latest=0) | Q(edited_at__gt=F("latest_at"))
    return working_copies(model, viewer).filter(unpublished, recalled_at=None).order_by("-edited_at", "-id")


@dataclass(frozen=True)
class DraftLine:
    """An unfinished record in a list. `missing` says in words what it needs before it can be posted."""

    ref: str
    kind: str
    title: str
    saved_at: datetime
    missing: list[str]
    href: str
    tlp: str
    methods: list[str]
    mode: str
    hazard: bool
    amends: bool
    by: str


def draft_lines(viewer: Viewer, limit: int = 50) -> list[DraftLine]:
    """What `viewer` has unfinished, bulletins and seizure reports together, newest first."""
    found = chain.from_iterable(
        drafts(model, viewer).select_related("owner", "poster").prefetch_related("substances")[:limit]
        for model in (Bulletin, SeizureReport)
    )
    newest: list[Any] = sorted(found, key=lambda record: record.edited_at, reverse=True)[:limit]
    return [_line(record) for record in newest]


def _line(record: Bulletin | SeizureReport) -> DraftLine:
    title = record.title if isinstance(record, Bulletin) else ""
    words = Truncator(record.tear_line).chars(80) if isinstance(record, Bulletin) else ""
    if not title.strip():
        title = suggested_title([row.drug_id for row in record.substances.all()], record.methods)
    return DraftLine(
        ref=record.ref,
        kind=record.kind,
        title=title or words or _("Nothing written yet"),
        saved_at=record.edited_at,
        missing=_missing(record),
        href=reverse("bulletin_edit" if record.kind == Kind.BULLETIN else "seizure_edit", args=[record.ref]),
        tlp=record.tlp,
        methods=list(record.methods),
        mode=record.mode_id or "",
        hazard=record.hazard,
        amends=record.latest > 0,
        by=record.poster.username if record.poster else "",
    )


def _missing(record: Record) -> list[str]:
    words = {
        "tear_line": _("tear line missing"),
        "methods": _("place of concealment missing"),
        "substances": _("what was seized is missing"),
        "safety_note": _("safety note missing"),
        "tlp": _("marking to correct"),
    }
    # A title is made when none is written.
    return [words[name] for name in publish_refusals(record) if name in words]
