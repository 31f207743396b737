"""The page of a digest: what it brought, read anew as the reader each time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from sharing.deliveries.actions import mark_notice_read
from sharing.deliveries.digests.reading import (
    LISTED,
    Line,
    Piece,
    period_of,
    pieces_of,
    subscription_of,
)
from sharing.deliveries.models import AlertKind, Delivery, DeliveryState
from sharing.deliveries.querysets import notices
from sharing.disclosures.actions import disclose
from sharing.disclosures.presenting import row_of
from sharing.disclosures.reading import marking_of_page
from sharing.disclosures.rules import Channel


@login_required
@require_safe
def digest(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    sent = list(
        Delivery.objects.visible_to(viewer)
        .filter(alert__uid=uid, alert__kind=AlertKind.DIGEST)
        .exclude(state=DeliveryState.CANCELLED)
        .select_related("alert")
        .order_by("id")
    )
    if not sent:
        raise Http404
    if request.method == "GET":
        for unread in notices(viewer, unread=True).filter(alert__uid=uid):
            mark_notice_read(unread, viewer=viewer, at=timezone.now())
    period = period_of(sent[0].alert.facts)
    pieces = _pieces(viewer, sent)
    new = {piece.record: piece.new for piece in pieces[:LISTED]}
    shown = disclose(viewer, list(new), Channel.PAGE)
    lines = [Line(each, new[each.key]) for each in shown]
    subscription = subscription_of(viewer, period)
    sections = [section for section in _sections(lines) if section["n"]]
    return render(
        request,
        "sharing/digest.html",
        {
            "title": sent[0].alert.facts["title"],
            "period": period,
            "gone": subscription is None,
            "changed": subscription is not None and subscription.changed_at > period.until,
            "sections": sections,
            "jumps": [
                {"label": f"{each['title']}: {each['n']}", "href": f"#group-{each['name']}"}
                for each in sections
            ],
            "more": len(pieces) > LISTED,
            "crumbs": [(_("Inbox"), "/inbox/")],
            "page_marking": marking_of_page(shown),
        },
    )


def _pieces(viewer: Viewer, sent: Sequence[Delivery]) -> list[Piece]:
    """What any of its ways brought: by one something may have been told at once, and not by the other."""
    period = period_of(sent[0].alert.facts)
    found: dict[int, Piece] = {}
    for channel in sorted({each.channel for each in sent}):
        for piece in pieces_of(viewer, period, channel, person=sent[0].person_id):
            found.setdefault(piece.record, piece)
    return sorted(found.values(), key=lambda piece: (not piece.hazard, not piece.new))


def _sections(lines: Sequence[Line]) -> Iterable[dict[str, Any]]:
    hazards = [line for line in lines if line.shown.hazard]
    rest = [line for line in lines if not line.shown.hazard]
    yield _section("hazards", _("Hazards"), hazards)
    yield _section("new", _("New"), [line for line in rest if line.new])
    yield _section("amended", _("Amended"), [line for line in rest if not line.new])


def _section(name: str, title: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Its lines by owner, and of each owner by method."""

    def place(line: Line) -> tuple[str, str]:
        return line.shown.owner.code, next(iter(line.shown.core.get("methods", [])), "")

    # The heading says of hazards that they are.
    owners = [
        {"code": code, "rows": [replace(row_of(line.shown, with_kind=True), hazard=False) for line in found]}
        for code, found in (
            (code, list(found))
            for code, found in groupby(sorted(lines, key=place), lambda line: place(line)[0])
        )
    ]
    return {"name": name, "title": title, "n": len(lines), "owners": owners}
