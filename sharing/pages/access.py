"""Whose record may be released here: the one door of the pages below a record that are for its releasers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking, marking_of
from bulletins.models import Record, Version
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.audiences.models import Received
from sharing.disclosures.reading import shown_to
from sharing.releases.models import Release

Q = TypeVar("Q", bound=QuerySet[Any])


@dataclass(frozen=True)
class Head:
    """What these pages say of the record itself."""

    ref: str
    kind: str
    title: str
    marking: Marking
    version: int
    edited: bool
    recalled: bool

    @property
    def section(self) -> str:
        return "bulletins" if self.kind == Kind.BULLETIN else "seizures"

    @property
    def path(self) -> str:
        return f"/{self.section}/{self.ref}/"

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        label = _("Bulletins") if self.kind == Kind.BULLETIN else _("Seizures")
        return [(label, f"/{self.section}/"), (self.ref, self.path)]


def own_record(
    request: HttpRequest,
    kind: str,
    ref: str,
    event: str,
    *,
    may: Callable[[Viewer], bool] = may_release,
    who: str = "",
) -> Record:
    """The record of the viewer's agency, for a releaser of that agency, or whoever else `may` (in words, `who`).

    Whoever may see it without being one is refused, which goes on the trail as `event`; to all others it does
    not exist.
    """
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = working_copies(Record, viewer).filter(ref=ref, kind=kind).select_related("owner").first()
    if found is not None and may(viewer):
        return found
    if found is None and not Received.objects.visible_to(viewer).filter(ref=ref, kind=kind).exists():
        raise Http404
    raise denied(
        event,
        viewer,
        "no releaser of the agency that owns it",
        kind=kind,
        ref=ref,
        said=who or _("Only a releaser of the agency that owns it may do this."),
    )


def head_of(record: Record, viewer: Viewer) -> Head:
    """What the page says of the record: the viewer's disclosure, or where there is none its newest version.

    A releaser works on what is marked TLP:RED before anybody has been named.
    """
    shown = shown_to(viewer, record.kind, record.ref) if record.latest else None
    if shown is not None:
        return outline(record, shown.title)
    version = Version.objects.filter(record=record, number=record.latest).first()
    return outline(record, str(version.content.get("core", {}).get("title", "")) if version else "")


def outline(record: Record, title: str = "") -> Head:
    """The same without its words."""
    return Head(
        ref=record.ref,
        kind=record.kind,
        title=title or record.ref,
        marking=marking_of(record),
        version=record.latest,
        edited=bool(record.latest_at and record.edited_at > record.latest_at),
        recalled=record.recalled_at is not None,
    )


def with_nobody(rows: Q) -> Q:
    """Of rows of the viewer's own records, those released to nobody, and never recalled."""
    releases = Release.objects.filter(record_id=OuterRef("record_id"))
    return rows.exclude(Exists(releases.filter(ended_at=None))).exclude(
        Exists(releases.exclude(recalled_at=None))
    )
