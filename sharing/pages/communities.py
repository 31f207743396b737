"""The pages on which a community is made, changed, closed, joined and left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Role
from hub.trail.actions import denied
from sharing.audiences.membership import losses
from sharing.communities.forms import CommunityForm, InviteForm, OperationForm, ReasonForm, SettingsForm
from sharing.communities.models import Community, CommunityKind
from sharing.communities.querysets import members_of, own_membership
from sharing.communities.rules import is_closed, may_convene, may_invite, may_lead, may_leave, may_set
from sharing.flow.admitting import leave, remove
from sharing.flow.convening import close, convene, set_community, show_roster
from sharing.flow.joining import invite

WRITES = ["GET", "HEAD", "POST"]


@login_required
@never_cache
@require_http_methods(WRITES)
def new_community(request: HttpRequest) -> HttpResponse:
    """An agency makes an operation group that it leads; the steward a community of any kind."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    allow(may_convene(viewer), viewer, "community.open")
    form_of = CommunityForm if viewer.can(Role.STEWARD) else OperationForm
    form = form_of(request.POST if request.method == "POST" else None)
    made: list[Community] = []

    def deed() -> None:
        given = form.cleaned_data
        made.append(
            convene(
                name=given["name"],
                description=given["description"],
                closes_at=form.closes_at,
                roster_visible=given["roster"] == "listed",
                kind=given.get("kind", CommunityKind.OPERATION),
                code=given.get("code", ""),
                lead=given.get("lead", ""),
                viewer=viewer,
                at=timezone.now(),
            )
        )

    if request.method == "POST" and form.is_valid() and done(form, deed, renamed={"closes_at": "last_day"}):
        messages.success(request, _("%(name)s stands. Invite its members.") % {"name": made[0].name})
        return HttpResponseRedirect(made[0].path)
    context = {"form": form, "steward": form_of is CommunityForm, "crumbs": _crumbs()}
    return render(request, "sharing/community_new.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def edit_community(request: HttpRequest, code: str) -> HttpResponse:
    """What is said of it and when it closes; for its lead also who sees the roster."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    allow(may_set(viewer, row.lead_id) and not _over(row), viewer, "community.change", row)
    form = SettingsForm(request.POST if request.method == "POST" else None, community=row)

    def deed() -> None:
        set_community(
            row,
            description=form.cleaned_data["description"],
            closes_at=form.closes_at,
            viewer=viewer,
            at=timezone.now(),
        )

    if request.method == "POST" and form.is_valid() and done(form, deed, renamed={"closes_at": "last_day"}):
        messages.success(request, _("Changed. Its members are told of another closing day."))
        return HttpResponseRedirect(row.path)
    context = {"form": form, "community": row.name, "code": row.code, "crumbs": _crumbs(row)}
    return render(request, "sharing/community_edit.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def community_roster(request: HttpRequest, code: str) -> HttpResponse:
    """List the members for each other, or keep the roster to the lead."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    allow(may_lead(viewer, row.lead_id) and not _over(row), viewer, "community.roster", row)
    form = forms.Form(request.POST if request.method == "POST" else None)
    wanted = not row.roster_visible

    def deed() -> None:
        # A stale page asks for what is so already.
        visible = request.POST.get("roster", "") == "listed"
        show_roster(row, visible=visible, viewer=viewer, at=timezone.now())

    if request.method == "POST" and form.is_valid() and done(form, deed):
        messages.success(request, _("Changed. The members are told."))
        return HttpResponseRedirect(row.path)
    context = {
        "form": form,
        "community": row.name,
        "code": row.code,
        "wanted": "listed" if wanted else "unlisted",
        "members": members_of(row).count(),
        "crumbs": _crumbs(row),
    }
    return render(request, "sharing/community_roster.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def close_community(request: HttpRequest, code: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    allow(may_lead(viewer, row.lead_id) and not _over(row), viewer, "community.close", row)
    form = forms.Form(request.POST if request.method == "POST" else None)
    now = timezone.now()
    if request.method == "POST" and form.is_valid() and done(form, lambda: close(row, viewer=viewer, at=now)):
        messages.success(request, _("%(name)s is closed. Its members are told.") % {"name": row.name})
        return HttpResponseRedirect("/communities/")
    context = {
        "form": form,
        "community": row.name,
        "code": row.code,
        "members": members_of(row).count(),
        "own": losses(row.pk, viewer=viewer, at=now),
        "crumbs": _crumbs(row),
    }
    return render(request, "sharing/community_close.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def invite_agency(request: HttpRequest, code: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    allow(may_invite(viewer, row.lead_id) and not _over(row), viewer, "community.invite", row)
    members = set(members_of(row).values_list("agency_id", flat=True))
    form = InviteForm(request.POST if request.method == "POST" else None, besides=members)

    def deed() -> None:
        invite(row, form.cleaned_data["agency"], viewer=viewer, at=timezone.now())

    if request.method == "POST" and form.is_valid() and done(form, deed):
        agency = form.cleaned_data["agency"]
        messages.success(
            request, _("%(agency)s is invited. You confirm it once it has answered.") % {"agency": agency}
        )
        return HttpResponseRedirect(row.path)
    context = {"form": form, "community": row.name, "code": row.code, "crumbs": _crumbs(row)}
    return render(request, "sharing/community_invite.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def leave_community(request: HttpRequest, code: str) -> HttpResponse:
    """Says first what the agency would lose."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    if own_membership(row, viewer) is None:
        raise Http404
    allow(may_leave(viewer) and row.lead_id != viewer.agency_id, viewer, "community.leave", row)
    form, now = forms.Form(request.POST if request.method == "POST" else None), timezone.now()
    if request.method == "POST" and form.is_valid() and done(form, lambda: leave(row, viewer=viewer, at=now)):
        messages.success(request, _("Your agency has left %(name)s.") % {"name": row.name})
        return HttpResponseRedirect("/communities/")
    context = {
        "form": form,
        "community": row.name,
        "code": row.code,
        "lost": losses(row.pk, viewer=viewer, at=now),
        "crumbs": _crumbs(row),
    }
    return render(request, "sharing/community_leave.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(WRITES)
def remove_member(request: HttpRequest, code: str, agency: str) -> HttpResponse:
    """What the agency has otherwise is not the lead's to know: no number stands here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(code)
    allow(may_lead(viewer, row.lead_id), viewer, "community.remove", row)
    member = get_object_or_404(Agency, pk__in=members_of(row).values("agency_id"), code=agency)
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def deed() -> None:
        remove(row, member, reason=form.cleaned_data["reason"], viewer=viewer, at=timezone.now())

    if request.method == "POST" and form.is_valid() and done(form, deed):
        messages.success(
            request, _("%(agency)s is out of %(name)s.") % {"agency": member.code, "name": row.name}
        )
        return HttpResponseRedirect(row.path)
    context = {
        "form": form,
        "community": row.name,
        "code": row.code,
        "agency": member.code,
        "lead": member.pk == row.lead_id,
        "crumbs": _crumbs(row),
    }
    return render(request, "sharing/community_remove.html", context, status=400 if form.errors else 200)


def done(form: forms.Form, deed: Callable[[], Any], *, renamed: dict[str, str] | None = None) -> bool:
    """Carry out the deed; what it refuses is said at the form's fields, and nothing is written."""
    try:
        with transaction.atomic():
            deed()
    except ValidationError as error:
        said = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, words in said.items():
            field = (renamed or {}).get(name, name)
            for word in words:
                form.add_error(field if field in form.fields else None, word)
        return False
    return True


def allow(allowed: bool, viewer: Viewer, event: str, row: Community | None = None) -> None:
    """Refuse with 403, and put it on the trail, what the viewer may see but not do."""
    if allowed:
        return
    closed = row is not None and _over(row)
    why = "the community is closed" if closed else "neither lead nor agency admin"
    raise denied(
        event,
        viewer,
        why,
        kind="community",
        ref=row.code if row else "",
        said=_("It is closed.") if closed else _("Your role does not allow this."),
    )


def _found(code: str) -> Community:
    """A community that the viewer's agency is in or leads, or any for the steward; the others do not exist."""
    return get_object_or_404(Community.objects.select_related("lead"), code=code)


def _over(row: Community) -> bool:
    return is_closed(row.closes_at, timezone.now())


def _crumbs(row: Community | None = None) -> list[tuple[str, str]]:
    return [(_("Communities"), "/communities/"), *([(row.code, row.path)] if row else [])]
