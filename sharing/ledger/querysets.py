"""Questions asked of the ledger. Both begin at `visible_to`, over a view that knows the transaction's agency alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from hub.agencies.models import Agency, Role
from hub.database.context import require_viewer
from hub.days import begin_of, end_of
from sharing.ledger.rules import CLOSE

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

# Newest first; the last two tell apart what one answer gave at one instant.
ORDER = ("at", "ledger_id", "place")


@dataclass(frozen=True)
class Asked:
    """What a reader narrows the ledger by. Days are whole days in the reader's zone."""

    ref: str = ""
    uid: UUID | None = None
    agency: str = ""
    channel: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def begins(self) -> datetime | None:
        return begin_of(self.since) if self.since else None

    @property
    def ends(self) -> datetime | None:
        """The first instant after the last day."""
        return end_of(self.until)

    @property
    def one_record(self) -> bool:
        return bool(self.ref or self.uid)


class EntryQuerySet(models.QuerySet[Any]):
    def newest_first(self) -> Self:
        return self.order_by(*(f"-{name}" for name in ORDER))

    def narrowed(self, asked: Asked, *, other: str) -> Self:
        """`other` is the column of the agency on the far side. One that is not in the directory gives nothing."""
        # Looked up first: as a number it is what the index on (agency, at) answers.
        far = (
            Agency.objects.filter(code=asked.agency).values_list("pk", flat=True).first()
            if asked.agency
            else None
        )
        if asked.agency and far is None:
            return self.none()
        wanted: dict[str, Any] = {
            "ref": asked.ref,
            "uid": asked.uid,
            f"{other}_id": far,
            "channel": asked.channel,
            "at__gte": asked.begins,
            "at__lt": asked.ends,
        }
        return self.filter(**{name: value for name, value in wanted.items() if value})


class GivenQuerySet(EntryQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """What of the viewer's agency went to others. At TLP:RED for its author, releasers and auditors."""
        require_viewer(viewer)
        if viewer.can(*CLOSE):
            return self.all()
        return self.filter(Q(red=False) | Q(poster_id=viewer.person_id))


class TakenQuerySet(EntryQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """What people and desk of the viewer's agency were given. At TLP:RED for those named and its auditors."""
        require_viewer(viewer)
        if viewer.can(Role.AUDITOR):
            return self.all()
        return self.filter(Q(red=False) | Q(person_id=viewer.person_id))
