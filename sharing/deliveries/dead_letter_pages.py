"""What was given up: why, what to do about it, and sending it again, one or all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hub.accounts.viewer import Viewer
from sharing.deliveries.dead_letters import dead_letters, resend, resend_all, what_to_do
from sharing.deliveries.endpoints.pages import require, sent_again
from sharing.deliveries.models import AlertKind, Channel, Delivery
from sharing.deliveries.querysets import DeliveryQuerySet

# Of each address so many are shown, the newest.
SHOWN = 25


@dataclass(frozen=True)
class Reason:
    failure: str
    count: int
    last_at: datetime
    advice: str


@dataclass(frozen=True)
class Line:
    """One delivery, by its webhook-id or Message-ID: that is what a receiver's log has of it."""

    uid: UUID
    kind: str
    at: datetime
    attempts: int
    failure: str


@dataclass(frozen=True)
class Group:
    """All of one address. `resend` is where sending all of it again is asked for; empty while it is not in use."""

    name: str
    href: str
    resend: str
    count: int
    reasons: tuple[Reason, ...]
    lines: tuple[Line, ...]


@login_required
@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    require(viewer, "delivery.list")
    return render(request, "sharing/dead_letters.html", {"groups": groups_for(viewer)})


@login_required
@never_cache
@require_POST
def resend_one(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not dead_letters(viewer).filter(uid=uid).exists():
        raise Http404
    require(viewer, "delivery.resend")
    if resend(uid, viewer, timezone.now()):
        messages.success(request, sent_again(1))
    else:
        messages.error(request, _("Its endpoint is not in use: verify it first."))
    return HttpResponseRedirect("/deliveries/")


@login_required
@never_cache
@require_POST
def resend_mail(request: HttpRequest) -> HttpResponse:
    """All that the desk's mailbox did not take."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    require(viewer, "delivery.resend")
    messages.success(request, sent_again(resend_all(None, viewer, timezone.now())))
    return HttpResponseRedirect("/deliveries/")


def groups_for(viewer: Viewer) -> list[Group]:
    """The viewer's dead letters by address, the address with the most first."""
    rows = dead_letters(viewer)
    by = rows.order_by().values("channel", "endpoint_id", "failure")
    reasons: dict[tuple[str, int | None], list[Reason]] = {}
    for row in by.annotate(n=Count("id"), last_at=Max("alert__at")).order_by("-n"):
        reason = row["failure"].partition(": ")[0]
        told = Reason(reason, row["n"], row["last_at"], what_to_do(row["failure"]))
        reasons.setdefault((row["channel"], row["endpoint_id"]), []).append(told)
    found = [
        _group(rows.filter(channel=channel, endpoint_id=endpoint), channel, tuple(told))
        for (channel, endpoint), told in reasons.items()
    ]
    return sorted(found, key=lambda group: -group.count)


def _group(rows: DeliveryQuerySet, channel: str, reasons: tuple[Reason, ...]) -> Group:
    newest: list[Delivery] = list(rows.select_related("alert", "endpoint").order_by("-id")[:SHOWN])
    endpoint = newest[0].endpoint if newest else None
    if endpoint is not None:
        name, href = urlsplit(endpoint.url).netloc, f"/endpoints/{endpoint.uid}/"
        again = "" if endpoint.disabled_at is not None else f"{href}resend/"
    else:
        mail = channel == Channel.MAIL
        name, href = (_("The desk's mailbox"), "") if mail else (_("The inbox"), "")
        again = "/deliveries/resend/" if mail else ""
    return Group(name, href, again, sum(each.count for each in reasons), reasons, tuple(map(_line, newest)))


def _line(row: Delivery) -> Line:
    kind = str(AlertKind(row.alert.kind).label)
    return Line(row.uid, kind, row.alert.at, row.attempts, row.failure.partition(": ")[0])
