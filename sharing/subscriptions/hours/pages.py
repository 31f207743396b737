"""The page where somebody says when mail may reach them, or their agency's desk."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.subscriptions.hours.actions import hours_of, set_hours
from sharing.subscriptions.hours.forms import HoursForm
from sharing.subscriptions.rules import may_manage_desk, may_subscribe

OWN, DESK = "/subscriptions/settings/", "/subscriptions/settings/desk/"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, desk: bool = False) -> HttpResponse:
    """The reader's own; with `desk` their agency's, which its liaison and administrator set."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not (may_manage_desk(viewer) if desk else may_subscribe(viewer)):
        why = _("The desk's are set by its liaison and administrators; who is of no agency has none.")
        raise denied("subscription.hours", viewer, why)
    here = DESK if desk else OWN
    of_desk = hours_of(viewer, desk=True)
    form = HoursForm(
        request.POST if request.method == "POST" else None,
        hours=of_desk if desk else hours_of(viewer, desk=False),
        agency_zone="" if desk else of_desk.zone,
    )
    if form.is_bound and form.is_valid():
        try:
            set_hours(form.hours, desk=desk, viewer=viewer, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(here)
    segments = [
        {"label": _("Yours"), "href": OWN, "current": not desk},
        {"label": _("The desk's"), "href": DESK, "current": desk},
    ]
    return render(
        request,
        "sharing/hours.html",
        {
            "form": form,
            "desk": desk,
            "segments": segments if may_manage_desk(viewer) else [],
            "crumbs": [(_("Subscriptions"), "/subscriptions/")],
        },
        status=400 if form.is_bound else 200,
    )
