"""What is new for a page that stays open: asked again and again, and answered by 304 while nothing has changed.

Only rows that the page has not are disclosed, so that waiting leaves nothing in the ledger. These requests are no use
of the hub: they keep no session alive (hub/accounts/sessions.py) and are no visit.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from bulletins.markings.rules import Marking, highest
from hub.accounts.viewer import Viewer
from sharing.audiences.models import Received
from sharing.deliveries.lines import disclosed, matched_by, notice_rows, row_of_item, to_acknowledge
from sharing.deliveries.models import AlertKind, InboxItem
from sharing.deliveries.pages import group_of
from sharing.deliveries.watching import NAME, Sight, look
from sharing.disclosures.presenting import RecordRow

NAMES = re.compile(rf"(?:[0-9a-f]{{{NAME}}})*")
# The most that a page shows at first: hazards, and the rest of it.
MARKED = 75
MARKS = ("tlp", "controls", "rel_to", "cui_categories", "caveat")


@login_required
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """The unread count and, for an open inbox that says what it has (`have`), the rows that are new to it.

    `states` says of every item that still stands there, by reference, whether it is unread (u), read (r) or
    acknowledged (a); where that is the `whole` inbox, whatever else the page shows has gone.
    """
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    have, show = request.GET.get("have"), request.GET.get("show", "")
    if set(request.GET) - {"have", "show"} or show not in ("", "all") or not NAMES.fullmatch(have or ""):
        raise BadRequest
    sight = look(viewer)
    tag = f'"{sight.tag}{"" if have is None else "-all" if show else "-open"}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    said: dict[str, Any] = {
        "count": sight.unread,
        "badge": render_to_string("parts/count.html", {"count": sight.unread}) if sight.unread else "",
        "unread": _("%(n)d unread") % {"n": sight.unread},
    }
    if have is not None:
        said |= _rows(request, viewer, sight, have, everything=show == "all")
    return JsonResponse(said, headers={"ETag": tag})


def _rows(
    request: HttpRequest, viewer: Viewer, sight: Sight, have: str, *, everything: bool
) -> dict[str, Any]:
    fresh = [item for item in sight.fresh(have) if everything or item.acknowledged_at is None]
    shown = disclosed(viewer, fresh)
    told_by = matched_by(viewer, fresh)
    # The rows acknowledge from the page they are put into.
    back = "/inbox/?show=all" if everything else "/inbox/"
    groups: dict[str, list[RecordRow]] = {}
    for item in fresh:
        if row := row_of_item(viewer, item, shown, sight.asked, back=back, titles=told_by[item.pk]):
            name = "all" if everything else _group(item, sight)
            groups.setdefault(name, []).append(replace(row, hazard=False) if name == "hazards" else row)
    fresh_notices = sight.fresh_notices(have)
    if fresh_notices:
        groups["notices"] = notice_rows(viewer, len(fresh_notices), only=fresh_notices)
    marking = _marking(viewer, sight, everything=everything)
    return {
        "groups": {
            name: "".join(
                render_to_string("parts/record_row.html", {"row": row, "size": "s"}, request) for row in rows
            )
            for name, rows in groups.items()
        },
        "states": {
            **dict.fromkeys(sight.asked_refs, "u"),
            **{item.ref: _state(item) for item in sight.items},
            **{str(uid): "u" for uid in sight.notices},
        },
        "asked": sight.asked_refs,
        "whole": sight.whole,
        "have": sight.names,
        "announce": _announce(groups),
        "rank": marking.rank if marking else -1,
        "marking": [
            render_to_string("parts/marking.html", {"page_marking": marking, "place": place})
            for place in ("top", "bottom")
        ]
        if marking
        else [],
    }


def _group(item: InboxItem, sight: Sight) -> str:
    name = group_of(item)
    return "due" if name in ("unread", "read") and item.record_id in sight.asked else name


def _state(item: InboxItem) -> str:
    if item.acknowledged_at:
        return "a"
    return "u" if item.read_at is None and item.alert != AlertKind.RECALLED else "r"


def _announce(groups: dict[str, list[RecordRow]]) -> str:
    """What a screen reader says of the new rows."""
    number = sum(len(rows) for rows in groups.values())
    if not number:
        return ""
    said = ngettext("%(n)d new message", "%(n)d new messages", number) % {"n": number}
    hazards = len(groups.get("hazards", [])) + sum(row.hazard for row in groups.get("all", []))
    if hazards:
        said += ", " + ngettext("%(n)d hazard", "%(n)d hazards", hazards) % {"n": hazards}
    return said


def _marking(viewer: Viewer, sight: Sight, *, everything: bool) -> Marking | None:
    """The highest marking of what the page shows by now: of the labels alone, which gives nothing of the records."""
    items = sight.items[:MARKED] if everything else [item for item in sight.items if to_acknowledge(item)]
    ids = [item.record_id for item in items[:MARKED] if item.alert != AlertKind.RECALLED]
    rows = Received.objects.visible_to(viewer).filter(record_id__in=ids).order_by()
    return highest(
        Marking(tlp, tuple(controls), tuple(rel_to), tuple(categories), caveat)
        for tlp, controls, rel_to, categories, caveat in rows.look(*MARKS, most=MARKED)
    )
