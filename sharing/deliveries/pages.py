"""What needs the reader: the inbox of a shift, and Today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.pages.times import as_time
from sharing.deliveries.actions import mark_notice_read
from sharing.deliveries.models import AlertKind, InboxItem
from sharing.deliveries.notices import ICONS, notice_in_words
from sharing.deliveries.querysets import inbox_items, notices
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import Action, RecordRow, short_row
from sharing.disclosures.reading import marking_of_page
from sharing.disclosures.rules import Channel
from sharing.subscriptions.querysets import named

SIZE = 25
NOTICES = 50
HAZARDS = 50
RECALLS_SHOWN = timedelta(days=14)


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Unread first, hazards on top; below, what was read and not acknowledged. `?show=all` is everything."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    everything, after = _asked(request)
    items = inbox_items(viewer).select_related("owner")
    open_ones = items.filter(acknowledged_at=None)
    hazards: list[InboxItem] = []
    if everything:
        rest = items
    else:
        recent = timezone.now() - RECALLS_SHOWN
        rest = open_ones.filter(~Q(alert=AlertKind.RECALLED, at__lt=recent))
        rest = rest.filter(Q(hazard=False) | Q(alert=AlertKind.RECALLED))
        if not after:
            hazards = list(open_ones.filter(hazard=True).exclude(alert=AlertKind.RECALLED)[:HAZARDS])
    found = list((rest.before(after) if after else rest)[: SIZE + 1])
    listed = [*hazards, *found[:SIZE]]
    shown = disclosed(viewer, listed)
    by = matched_by(viewer, listed)
    rows = {
        item.pk: row_of_item(item, shown, back=request.get_full_path(), by=by[item.pk]) for item in listed
    }
    groups = _groups(hazards, found[:SIZE], rows, everything)
    plain = [item.ref for item in found[:SIZE] if _to_acknowledge(item) and not item.hazard and rows[item.pk]]
    return render(
        request,
        "sharing/inbox.html",
        {
            "groups": [group for group in groups if group["rows"]],
            "notices": [] if after else notice_rows(viewer, NOTICES, unread=not everything),
            "segments": [
                {"label": _("Unread"), "href": "/inbox/", "current": not everything},
                {"label": _("All"), "href": "/inbox/?show=all", "current": everything},
            ],
            "everything": everything,
            "plain": [] if everything else plain,
            "next": _next(everything, found),
            "page_marking": marking_of_page(shown.values()),
        },
    )


def _asked(request: HttpRequest) -> tuple[bool, UUID | None]:
    """(everything, after). Raises BadRequest for anything else in the address."""
    show, after = request.GET.get("show", ""), request.GET.get("after", "")
    if set(request.GET) - {"show", "after"} or show not in ("", "all"):
        raise BadRequest
    try:
        return show == "all", UUID(after) if after else None
    except ValueError:
        raise BadRequest from None


def _next(everything: bool, found: Sequence[InboxItem]) -> str:
    if len(found) <= SIZE:
        return ""
    return f"?{'show=all&' if everything else ''}after={found[SIZE - 1].uid}"


def _groups(
    hazards: Iterable[InboxItem],
    rest: Sequence[InboxItem],
    rows: dict[int, RecordRow | None],
    everything: bool,
) -> list[dict[str, Any]]:
    def lines(items: Iterable[InboxItem]) -> list[RecordRow]:
        return [row for item in items if (row := rows[item.pk])]

    if everything:
        return [{"name": "all", "title": "", "rows": lines(rest)}]
    recalled = [item for item in rest if item.alert == AlertKind.RECALLED]
    plain = [item for item in rest if item.alert != AlertKind.RECALLED]
    return [
        # The heading says it for all of them.
        {
            "name": "hazards",
            "title": _("Hazards"),
            "rows": [replace(row, hazard=False) for row in lines(hazards)],
        },
        {"name": "recalled", "title": _("Recalled"), "rows": lines(recalled)},
        {"name": "unread", "title": _("Unread"), "rows": lines(item for item in plain if not item.read_at)},
        {
            "name": "read",
            "title": _("Read, not yet acknowledged"),
            "rows": lines(item for item in plain if item.read_at),
        },
    ]


@login_required
@require_safe
def notice(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Opening a notice is its reading; it leads to the page it tells of, which asks for itself who may read it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(notices(viewer), uid=uid)
    if request.method == "GET" and found.read_at is None:
        mark_notice_read(found, viewer=viewer, at=timezone.now())
    return HttpResponseRedirect(found.alert.path or "/inbox/?show=all")


def notice_rows(
    viewer: Viewer, most: int, *, unread: bool = True, besides: Collection[str] = ()
) -> list[RecordRow]:
    """The newest notices as lines, without those that lead to pages `besides`."""
    return [
        RecordRow(
            href=f"/inbox/notices/{each.uid}/",
            title=notice_in_words(AlertKind(each.alert.kind), each.alert.facts),
            icon=ICONS[AlertKind(each.alert.kind)],
            unread=each.read_at is None,
            tags=(str(AlertKind(each.alert.kind).label),),
            meta=(as_time(each.alert.at),),
            key=str(each.uid),
        )
        for each in notices(viewer, unread=unread).exclude(alert__path__in=besides)[:most]
    ]


# --- Lines, for the inbox and for Today --------------------------------------------------------------------
def disclosed(viewer: Viewer, items: Iterable[InboxItem]) -> dict[int, Disclosure]:
    """What is shown of the records of `items`, by internal id; of a recalled one nothing."""
    ids = [item.record_id for item in items if item.alert != AlertKind.RECALLED]
    return {each.key: each for each in disclose(viewer, ids, Channel.PAGE)}


def matched_by(viewer: Viewer, items: Sequence[InboxItem]) -> dict[int, tuple[str, ...]]:
    """The titles of the reader's and their desk's subscriptions that ask for each item in particular, by its id.

    One that asks for everything says nothing by it.
    """
    known = named(viewer, ((item.record_id, pk) for item in items for pk in item.matched))
    return {
        item.pk: tuple(
            found.title for pk in item.matched if (found := known.get((item.record_id, pk))) and found.narrows
        )
        for item in items
    }


def row_of_item(
    item: InboxItem,
    shown: dict[int, Disclosure],
    *,
    back: str,
    small: bool = True,
    by: tuple[str, ...] = (),
) -> RecordRow | None:
    """A line of the inbox; None for what has stopped being shown since the list was read."""
    if item.alert == AlertKind.RECALLED:
        return _recalled(item)
    found = shown.get(item.record_id)
    if found is None:
        return None
    received = format_html(_("received {}"), as_time(item.at))
    done = _("acknowledged") if item.acknowledged_at else ""
    return short_row(
        found,
        unread=item.read_at is None,
        tags=(_("Amended"),) if item.alert == AlertKind.AMENDED else (),
        also=(received, *(_("for “%(title)s”") % {"title": title} for title in by), done),
        action=_acknowledge(found, back, small=small) if _to_acknowledge(item) else None,
    )


def _recalled(item: InboxItem) -> RecordRow:
    """A recall notice: the reference, and who took it back. Of the record nothing is left to say."""
    what = _("Bulletin") if item.kind == Kind.BULLETIN else _("Seizure report")
    title = f"{what} {item.ref}"
    if item.only_version is not None:
        title = _("%(title)s, version %(n)d") % {"title": title, "n": item.only_version}
    return RecordRow(
        href=item.path if item.only_version is None else f"{item.path}recall/answer/",
        title=title,
        icon="undo",
        recalled=True,
        meta=(
            _("recalled by %(owner)s") % {"owner": item.owner.code},
            as_time(item.recalled_at or item.at),
        ),
        key=item.ref,
    )


def _to_acknowledge(item: InboxItem) -> bool:
    return item.alert != AlertKind.RECALLED and item.acknowledged_at is None


def _acknowledge(shown: Disclosure, back: str, *, small: bool) -> Action:
    return Action(
        label=_("Acknowledge"),
        post=f"{shown.path}acknowledge/",
        icon="check" if small else "",
        key="acknowledge",
        small=small,
        name="next",
        value=back,
    )
