"""Emergencies, for inspectors: ask, confirm or decline what another asked, end what is open. No word of any record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bulletins.publishing.actions import by_field
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.trail.actions import denied
from sharing.emergencies.models import Emergency, EmergencyState
from sharing.emergencies.rules import ANSWERED_WITHIN, LONGEST_DANGER
from sharing.flow.breakglass import ask, confirm, decline, end

MOST = 100


@dataclass(frozen=True)
class Line:
    """An emergency in words. `state` is asked, expired, open, over, declined or impossible."""

    href: str
    ref: str
    state: str
    said: str
    person: str
    agency: str
    danger: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    until: datetime | None
    ended_at: datetime | None
    own: bool


DEEDS: dict[str, Callable[..., Emergency]] = {"confirm": confirm, "decline": decline, "end": end}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def emergencies(request: HttpRequest) -> HttpResponse:
    """The form to ask, and what was asked lately, the newest first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not viewer.can(Role.INSPECTOR) or viewer.agency_id is not None:
        raise denied(
            "emergency.list", viewer, "no inspector", said=_("Emergencies are for the hub's inspectors.")
        )
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in ("ref", "username", "danger")}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            with transaction.atomic():
                row = ask(**typed, viewer=viewer, at=timezone.now())
        except ValidationError as refused:
            errors = by_field(refused)
        else:
            messages.success(request, _("Asked. An inspector of another agency has to confirm it."))
            return HttpResponseRedirect(f"/emergencies/{row.uid}/")
    context = {
        "lines": [_line(row, viewer) for row in _rows(viewer).order_by("-asked_at", "-id")[:MOST]],
        "typed": typed,
        "errors": errors,
        "said": errors.get("__all__", []),
        "longest": LONGEST_DANGER,
    }
    return render(request, "sharing/emergencies.html", context, status=400 if errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One of them: who is in danger, of what, and what the reader may do about it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _rows(viewer).filter(uid=uid).first()
    if row is None:
        raise Http404
    said: list[str] = []
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("do", ""))
        try:
            if deed is None:
                raise ValidationError(_("Choose what to do."))
            with transaction.atomic():
                done = deed(row, viewer=viewer, at=timezone.now())
        except ValidationError as refused:
            said = refused.messages
        else:
            _report(request, done)
            return HttpResponseRedirect(request.path)
        row = _rows(viewer).get(uid=uid)
    line = _line(row, viewer)
    return render(
        request, "sharing/emergency.html", {"line": line, "said": said}, status=400 if said else 200
    )


def waiting(viewer: Viewer) -> int:
    """How many wait for an inspector other than who asked."""
    late = timezone.now() - ANSWERED_WITHIN
    rows = _rows(viewer).filter(state=EmergencyState.ASKED, asked_at__gt=late)
    return int(rows.exclude(asked_by_id=viewer.person_id).count())


def _rows(viewer: Viewer) -> Any:
    found = Emergency.objects.for_inspectors(viewer)
    return found.select_related("person", "agency", "asked_by", "asked_from", "decided_by", "decided_from")


def _report(request: HttpRequest, row: Emergency) -> None:
    if row.state == EmergencyState.IMPOSSIBLE:
        messages.error(request, _("It cannot be opened."))
    elif row.state == EmergencyState.DECLINED:
        messages.success(request, _("Declined. Nothing was opened."))
    elif row.ended_at:
        messages.success(request, _("Closed. It is open to nobody any more."))
    else:
        messages.success(request, _("Opened for one hour. Its owner and originator have been told."))


def _line(row: Emergency, viewer: Viewer) -> Line:
    now = timezone.now()
    state = {
        EmergencyState.ASKED: "asked" if now < row.asked_at + ANSWERED_WITHIN else "expired",
        EmergencyState.CONFIRMED: "open" if not row.ended_at and row.until and now < row.until else "over",
        EmergencyState.DECLINED: "declined",
        EmergencyState.IMPOSSIBLE: "impossible",
    }[EmergencyState(row.state)]
    words = {
        "asked": _("waits for an inspector of another agency"),
        "expired": _("never confirmed"),
        "open": _("open"),
        "over": _("closed"),
        "declined": _("declined"),
        "impossible": _("cannot be opened"),
    }
    return Line(
        href=f"/emergencies/{row.uid}/",
        ref=row.ref,
        state=state,
        said=words[state],
        person=row.person.get_full_name() or row.person.username,
        agency=row.agency.code,
        danger=row.danger,
        asked_by=f"{row.asked_by.username} ({row.asked_from.code})",
        asked_at=row.asked_at,
        decided_by=f"{row.decided_by.username} ({row.decided_from.code if row.decided_from else '-'})"
        if row.decided_by
        else "",
        decided_at=row.decided_at,
        until=row.until,
        ended_at=row.ended_at,
        own=row.asked_by_id == viewer.person_id,
    )
