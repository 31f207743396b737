"""Questions about reviews: what of one's own agency names subjects, and when somebody must look at it again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Kind
from bulletins.retention.rules import WARNED_DAYS, warning_due
from hub.accounts.viewer import Viewer
from hub.database.context import engine

AHEAD = timedelta(days=max(WARNED_DAYS))


def under_review(viewer: Viewer) -> QuerySet[Record]:
    """What the viewer may review: working copies they may open that name subjects, the most urgent first."""
    entered = working_copies(Record, viewer).filter(entered_on__isnull=False, latest__gt=0)
    return entered.order_by("review_due", "id")


def due_by(viewer: Viewer, day: date) -> QuerySet[Record]:
    return under_review(viewer).filter(review_due__lte=day)


@dataclass(frozen=True)
class Due:
    """A record in the queue; nothing of its content. `days` are those left; from 0 on partners see no identifiers."""

    key: int
    ref: str
    kind: str
    entered_on: date
    review_due: date
    days: int

    @property
    def path(self) -> str:
        return f"/{'bulletins' if self.kind == Kind.BULLETIN else 'seizures'}/{self.ref}/"

    @property
    def said(self) -> str:
        if self.days <= 0:
            return _("overdue: partners are shown no identifiers")
        return ngettext("in %(days)d day", "in %(days)d days", self.days) % {"days": self.days}


def lines(records: QuerySet[Record], today: date, most: int) -> list[Due]:
    return [
        Due(
            key=row.pk,
            ref=row.ref,
            kind=row.kind,
            entered_on=row.entered_on,
            review_due=row.review_due,
            days=(row.review_due - today).days,
        )
        for row in records[:most]
        if row.entered_on and row.review_due
    ]


def warnings_due(at: datetime) -> dict[tuple[int, int], list[int]]:
    """(owner, days ahead) -> records whose owner is to be told now and has not been."""
    today = at.astimezone(UTC).date()
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    with engine():
        rows = Record.objects.filter(
            Q(review_told=None) | Q(review_told__gt=0),
            entered_on__isnull=False,
            purged_at=None,
            review_due__lte=today + AHEAD,
        )
        for pk, owner, due, told in rows.values_list("pk", "owner_id", "review_due", "review_told"):
            if due is not None and (days := warning_due(due, told, today)) is not None:
                found[owner, days].append(pk)
    return found
