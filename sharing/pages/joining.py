"""The ways into a community as pages: ask by a code, answer an invitation, confirm or decline as its lead."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.accounts.viewer import Viewer
from sharing.audiences.membership import Extent, history
from sharing.communities.forms import AcceptForm, AskForm
from sharing.communities.models import Community, Joining
from sharing.communities.querysets import invitations, led_by, to_confirm
from sharing.communities.rules import JoiningState, is_closed, joining_state, may_join, may_lead
from sharing.disclosures.presenting import RecordRow
from sharing.flow.admitting import confirm
from sharing.flow.joining import accept, ask, decline, withdraw
from sharing.pages.communities import WRITES, allow, done


@login_required
@never_cache
@require_http_methods(WRITES)
def ask_page(request: HttpRequest) -> HttpResponse:
    """The answer to a code is the same whether there is such a community or not."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    allow(may_join(viewer), viewer, "community.ask")
    form = AskForm(
        request.POST if request.method == "POST" else None, initial={"code": request.GET.get("code", "")[:20]}
    )

    def deed() -> None:
        given = form.cleaned_data
        ask(
            given["code"],
            with_history=form.with_history,
            reason=given["reason"],
            viewer=viewer,
            at=timezone.now(),
        )

    if request.method == "POST" and form.is_valid() and done(form, deed):
        said = _(
            "Asked. If there is a community of that code, its lead decides; until then nothing is said of it."
        )
        messages.success(request, said)
        return HttpResponseRedirect("/communities/")
    context = {"form": form, "crumbs": [(_("Communities"), "/communities/")]}
    return render(request, "sharing/community_join.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def joining_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One way into a community, from the side the viewer stands on: the agency's, or the lead's."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = get_object_or_404(Joining.objects.select_related("agency"), uid=uid)
    if viewer.agency_id is not None and row.agency_id == viewer.agency_id:
        return _own(request, row, viewer)
    community = led_by(viewer).filter(code=row.code).first()
    if community is None:
        raise Http404
    return _led(request, row, community, viewer)


def _own(request: HttpRequest, row: Joining, viewer: Viewer) -> HttpResponse:
    now = timezone.now()
    state = joining_state(row, now, lead=False)
    invited = next((each for each in invitations(viewer) if each.uid == row.uid), None)
    form = AcceptForm(request.POST if request.POST.get("deed") == "accept" else None)
    errors: list[Any] = []
    if request.method == "POST":
        allow(may_join(viewer), viewer, "community.ask")
        deed = request.POST.get("deed", "")
        if deed == "accept" and form.is_valid():
            reason = form.cleaned_data["reason"]
            if done(
                form,
                lambda: accept(row, with_history=form.with_history, reason=reason, viewer=viewer, at=now),
            ):
                messages.success(request, _("Answered. The lead confirms it, and you are told."))
                return HttpResponseRedirect("/communities/")
        elif deed == "withdraw":
            plain = forms.Form(request.POST)
            if done(plain, lambda: withdraw(row, viewer=viewer, at=now)):
                messages.success(request, _("Done. The lead is told."))
                return HttpResponseRedirect("/communities/")
            errors = list(plain.non_field_errors())
        elif deed != "accept":
            raise BadRequest
    context = {
        "form": form,
        "errors": [*errors, *(form.non_field_errors() if form.is_bound else [])],
        "state": state.name,
        "code": row.code,
        "invitation": invited
        and {
            "name": invited.name,
            "kind": invited.get_kind_display(),
            "lead": invited.lead.code,
            "lead_name": invited.lead.label,
            "description": invited.description,
            "closes_at": invited.closes_at,
        },
        "with_history": row.with_history,
        "lapses_at": row.lapses_at,
        "may_join": may_join(viewer),
        "crumbs": [(_("Communities"), "/communities/")],
    }
    return render(request, "sharing/joining_own.html", context, status=400 if form.errors or errors else 200)


def _led(request: HttpRequest, row: Joining, community: Community, viewer: Viewer) -> HttpResponse:
    now = timezone.now()
    state = joining_state(row, now, lead=True)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        allow(may_lead(viewer, community.lead_id), viewer, "community.confirm", community)
        deed = request.POST.get("deed", "")
        if deed == "confirm":
            seen = _seen(request)
            if done(form, lambda: confirm(row, community, seen=seen, viewer=viewer, at=now)):
                said = _("%(agency)s is a member of %(name)s.")
                messages.success(request, said % {"agency": row.agency.code, "name": community.name})
                return HttpResponseRedirect(community.path)
        elif deed == "decline":
            if done(form, lambda: decline(row, community, viewer=viewer, at=now)):
                messages.success(request, _("Declined."))
                return HttpResponseRedirect(community.path)
        else:
            raise BadRequest
    waits = state == JoiningState.WAITING and not is_closed(community.closes_at, now)
    with_number = waits and row.with_history
    context = {
        "errors": form.non_field_errors() if form.is_bound else [],
        "state": state.name,
        "agency": row.agency.code,
        "agency_name": row.agency.label,
        "community": community.name,
        "listed": community.roster_visible,
        "code": community.code,
        "invited": row.invited_at is not None,
        "with_history": row.with_history,
        "reason": row.reason,
        "waits": waits,
        "gives": history(community.pk, row.agency_id, viewer=viewer, at=now) if with_number else None,
        "asked_at": row.asked_at,
        "lapses_at": row.lapses_at,
        "may_lead": may_lead(viewer, community.lead_id),
        "crumbs": [(_("Communities"), "/communities/"), (community.code, community.path)],
    }
    return render(request, "sharing/joining_led.html", context, status=400 if form.errors else 200)


def _seen(request: HttpRequest) -> Extent | None:
    """What the lead was shown that history gives, as the form carries it."""
    try:
        return Extent(int(request.POST["records"]), int(request.POST["owners"]))
    except (KeyError, ValueError):
        return None


def joinings_to_decide(viewer: Viewer) -> list[RecordRow]:
    """For Today: agencies that ask to join what the viewer's agency leads."""
    if viewer.agency_id is None or not may_lead(viewer, viewer.agency_id):
        return []
    rows = list(to_confirm(viewer, timezone.now())[:20])
    names = dict(led_by(viewer).values_list("code", "name")) if rows else {}
    return [
        RecordRow(
            href=row.path,
            title=_("%(agency)s asks to join %(community)s")
            % {"agency": row.agency.code, "community": names[row.code]},
            icon="group_add",
            tags=(_("Community"),),
            meta=(_("with history") if row.with_history else _("from now"),),
            key=str(row.uid),
        )
        for row in rows
    ]
