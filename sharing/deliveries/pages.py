"""The inbox of a shift; and opening a notice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.accounts.viewer import Viewer
from sharing.deliveries.actions import mark_notice_read
from sharing.deliveries.away import CAME, came, come_back, meanwhile, note_visit
from sharing.deliveries.lines import disclosed, due_rows, matched_by, notice_rows, row_of_item, to_acknowledge
from sharing.deliveries.models import AlertKind, InboxItem
from sharing.deliveries.querysets import InboxItemQuerySet, asked_of, inbox_items, notices
from sharing.deliveries.watching import look
from sharing.disclosures.presenting import RecordRow
from sharing.disclosures.reading import marking_of_page

SIZE = 25
NOTICES = 50
HAZARDS = 50
RECALLS_SHOWN = timedelta(days=14)


@dataclass(frozen=True)
class Question:
    """What an address of the inbox asks for: everything, or what came `since`; from the item `after` on."""

    everything: bool = False
    after: UUID | None = None
    came: str = ""
    since: datetime | None = None
    owner: str = ""
    method: str = ""

    @property
    def first(self) -> bool:
        """Whether it is the page that a shift keeps open: what waits, from the top."""
        return not self.after and not self.came

    @property
    def query(self) -> str:
        asked = {"show": "all" if self.everything else "", "came": self.came}
        if self.since:
            asked["since"] = f"{self.since.timestamp():.0f}"
        asked |= {"owner": self.owner, "method": self.method}
        return urlencode({name: value for name, value in asked.items() if value})

    @classmethod
    def of(cls, request: HttpRequest) -> Question:
        """Raises BadRequest for anything else in the address."""
        given = request.GET
        if set(given) - {"show", "after", "came", "since", "owner", "method"} or given.get(
            "show", ""
        ) not in (
            "",
            "all",
        ):
            raise BadRequest
        what, narrowed = given.get("came", ""), {name: given.get(name, "") for name in ("owner", "method")}
        if (
            what not in ("", *CAME)
            or bool(what) != ("since" in given)
            or (not what and any(narrowed.values()))
        ):
            raise BadRequest
        try:
            since = datetime.fromtimestamp(int(given["since"]), UTC) if what else None
            after = UUID(given["after"]) if given.get("after") else None
        except (ValueError, OverflowError, OSError):
            raise BadRequest from None
        return cls(given.get("show") == "all", after, what, since, **narrowed)


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Hazards on top, then what is asked for by a time, recalls, what is unread; below, what waits to be acknowledged.

    `?show=all` is everything; `?came=` what came in a while that the reader was away.
    """
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    question = Question.of(request)
    # Before the lists: what arrives in between is then on the page and asked for once more, never left out.
    sight = look(viewer) if question.first else None
    back = request.get_full_path()
    hazards, found = _items(viewer, question)
    listed = [*hazards, *found[:SIZE]]
    waits = question.first and not question.everything
    asked = list(asked_of(viewer).exclude(record_id__in=[item.record_id for item in hazards])[:HAZARDS])
    shown = disclosed(viewer, listed, asked if waits else ())
    by = sight.asked if sight else dict(asked_of(viewer).values_list("record_id", "acknowledge_by"))
    told_by = matched_by(viewer, listed)
    rows = {
        item.pk: row_of_item(viewer, item, shown, by, back=back, titles=told_by[item.pk]) for item in listed
    }
    due = due_rows(viewer, asked, shown, back=back) if waits else []
    groups = _groups(hazards, due, found[:SIZE], rows, question)
    plain = [item.ref for item in found[:SIZE] if to_acknowledge(item) and not item.hazard and rows[item.pk]]
    at = timezone.now()
    away = note_visit(viewer, at=at) if request.method == "GET" else None
    return render(
        request,
        "sharing/inbox.html",
        {
            "groups": groups,
            "any": any(group["rows"] for group in groups),
            "notices": notice_rows(viewer, NOTICES, unread=not question.everything) if question.first else [],
            "segments": [
                {
                    "label": _("Unread"),
                    "href": "/inbox/",
                    "current": not (question.everything or question.came),
                },
                {"label": _("All"), "href": "/inbox/?show=all", "current": question.everything},
            ],
            "everything": question.everything,
            "came": question.came,
            "since": question.since,
            "plain": plain if waits else [],
            "next": _next(question, found),
            "sight": sight,
            "meanwhile": meanwhile(viewer, away) if away and waits else None,
            "page_marking": marking_of_page(shown.values()),
        },
    )


@login_required
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """The reader has seen what came while they were away."""
    come_back(request.viewer)  # type: ignore[attr-defined]
    return HttpResponseRedirect("/inbox/")


def _items(viewer: Viewer, question: Question) -> tuple[list[InboxItem], list[InboxItem]]:
    """Hazards, and the rest of the page with one more that tells whether it goes on."""
    items = inbox_items(viewer).select_related("owner")
    hazards: list[InboxItem] = []
    rest: InboxItemQuerySet
    if question.came and question.since:
        narrowed = {"owner": question.owner, "method": question.method}
        rest = came(viewer, question.came, question.since, **narrowed).select_related("owner")
    elif question.everything:
        rest = items
    else:
        open_ones = items.filter(acknowledged_at=None)
        recent = timezone.now() - RECALLS_SHOWN
        rest = open_ones.filter(~Q(alert=AlertKind.RECALLED, at__lt=recent))
        rest = rest.filter(Q(hazard=False) | Q(alert=AlertKind.RECALLED))
        rest = rest.exclude(
            Q(record_id__in=asked_of(viewer).values("record_id")) & ~Q(alert=AlertKind.RECALLED)
        )
        if not question.after:
            hazards = list(open_ones.filter(hazard=True).exclude(alert=AlertKind.RECALLED)[:HAZARDS])
    return hazards, list((rest.before(question.after) if question.after else rest)[: SIZE + 1])


def _next(question: Question, found: Sequence[InboxItem]) -> str:
    if len(found) <= SIZE:
        return ""
    return "?" + "&".join(part for part in (question.query, f"after={found[SIZE - 1].uid}") if part)


def titles() -> dict[str, str]:
    """The heading of each group."""
    return {
        "hazards": _("Hazards"),
        "due": _("Asked for by a time"),
        "recalled": _("Recalled"),
        "unread": _("Unread"),
        "read": _("Read, not yet acknowledged"),
    }


def group_of(item: InboxItem) -> str:
    """Which group of what waits an item belongs to, apart from what is asked for by a time."""
    if item.alert == AlertKind.RECALLED:
        return "recalled"
    return "hazards" if item.hazard else "read" if item.read_at else "unread"


def _groups(
    hazards: Iterable[InboxItem],
    due: list[RecordRow],
    rest: Sequence[InboxItem],
    rows: dict[int, RecordRow | None],
    question: Question,
) -> list[dict[str, Any]]:
    def lines(items: Iterable[InboxItem]) -> list[RecordRow]:
        return [row for item in items if (row := rows[item.pk])]

    if question.everything or question.came:
        return [{"name": "all", "title": "", "rows": lines(rest)}]
    # The heading says it for all of them; what is asked for by a time comes first.
    found = {"hazards": [replace(row, hazard=False) for row in lines(hazards)], "due": due}
    found["hazards"].sort(key=lambda row: (row.due is None, row.due and row.due.timestamp()))
    for name in ("recalled", "unread", "read"):
        found[name] = lines(item for item in rest if group_of(item) == name)
    return [{"name": name, "title": title, "rows": found[name]} for name, title in titles().items()]


@login_required
@require_safe
def notice(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Opening a notice is its reading; it leads to the page it tells of, which asks for itself who may read it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(notices(viewer), uid=uid)
    if request.method == "GET" and found.read_at is None:
        mark_notice_read(found, viewer=viewer, at=timezone.now())
    return HttpResponseRedirect(found.alert.path or "/inbox/?show=all")
