"""The pages of an agency's endpoints, for its administrators and liaisons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.deliveries.dead_letters import dead_letters, resend_all
from sharing.deliveries.endpoints import actions
from sharing.deliveries.endpoints.forms import CollectionForm, EndpointForm
from sharing.deliveries.endpoints.health import fare_of
from sharing.deliveries.endpoints.rules import may_run_endpoints
from sharing.deliveries.models import Endpoint, EndpointKind
from sharing.deliveries.notifiers.base import Undelivered

Act = Callable[[Endpoint, Viewer, datetime], str]


@login_required
@require_safe
def endpoints(request: HttpRequest) -> HttpResponse:
    """How each fares, in words; those that need somebody first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    require(viewer, "endpoint.list")
    context = {"fares": fare_of(viewer, timezone.now()), "failed": dead_letters(viewer).count()}
    return render(request, "sharing/endpoints.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add a receiver of webhooks. The answer shows its secret, and nothing else ever does."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    require(viewer, "endpoint.add")
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = actions.add_endpoint(
                form.cleaned_data["url"], viewer=viewer, at=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _secret(request, endpoint, secret)
    return _new(request, EndpointKind.WEBHOOK, form)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_collection(request: HttpRequest) -> HttpResponse:
    """Add a collection of a TAXII server, with what lets the hub in: no page shows that."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    require(viewer, "endpoint.add")
    form = CollectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = actions.add_collection(
                form.cleaned_data["url"], form.secret, viewer=viewer, at=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return HttpResponseRedirect(f"/endpoints/{endpoint.uid}/")
    return _new(request, EndpointKind.COLLECTION, form)


@login_required
@never_cache
@require_safe
def endpoint(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    require(viewer, "endpoint.list", uid)
    return _page(request, found, _form_of(found)(initial={"url": found.url}))


@login_required
@never_cache
@require_POST
def move(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Another address; one in use has to answer there first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    require(viewer, "endpoint.move", uid)
    form = _form_of(found)(request.POST)
    if form.is_valid():
        url, at = form.cleaned_data["url"], timezone.now()
        try:
            if isinstance(form, CollectionForm):
                actions.move_collection(found, url, form.secret, viewer=viewer, at=at)
            else:
                actions.move_endpoint(found, url, viewer=viewer, at=at)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The address is changed."))
            return HttpResponseRedirect(f"/endpoints/{uid}/")
    return _page(request, found, form, status=400)


@login_required
@never_cache
@require_POST
def rotate(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A new secret, shown once; both sign for a while."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    require(viewer, "endpoint.rotate", uid)
    try:
        secret = actions.rotate_secret(found, viewer=viewer, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(f"/endpoints/{uid}/")
    return _secret(request, found, secret)


@login_required
@never_cache
@require_POST
def act(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """The verbs that need nothing typed; what became of it stands on the page that follows."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    require(viewer, f"endpoint.{verb}", uid)
    try:
        messages.success(request, VERBS[verb](found, viewer, timezone.now()))
    except Undelivered as error:
        said = _("Not verified: %(why)s.") if verb == "verify" else _("It did not take the test: %(why)s.")
        messages.error(request, said % {"why": error.reason})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    gone = verb == "remove"
    return HttpResponseRedirect("/endpoints/" if gone else f"/endpoints/{uid}/")


def require(viewer: Viewer, event: str, uid: UUID | str = "") -> None:
    """Refuse, and put it on the trail, what is for an agency's administrators and liaisons."""
    if may_run_endpoints(viewer):
        return
    reason = _("Where an agency's alerts go is for its administrators and liaisons.")
    kind = "endpoint" if uid else ""
    raise denied(event, viewer, reason, kind=kind, ref=str(uid))


def _own(viewer: Viewer, uid: UUID) -> Endpoint:
    found: Endpoint = get_object_or_404(Endpoint.objects.visible_to(viewer), uid=uid)
    return found


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Endpoints"), "/endpoints/")]


def _form_of(found: Endpoint) -> type[EndpointForm | CollectionForm]:
    return CollectionForm if found.kind == EndpointKind.COLLECTION else EndpointForm


def _new(request: HttpRequest, kind: EndpointKind, form: EndpointForm | CollectionForm) -> HttpResponse:
    segments = [
        {"label": label, "href": href, "current": kind == each}
        for each, label, href in (
            (EndpointKind.WEBHOOK, _("Webhooks"), "/endpoints/new/"),
            (EndpointKind.COLLECTION, _("A TAXII collection"), "/endpoints/new/collection/"),
        )
    ]
    context = {"form": form, "kind": kind.value, "segments": segments, "crumbs": _crumbs()}
    return render(request, "sharing/endpoint_new.html", context, status=400 if form.errors else 200)


def _page(
    request: HttpRequest, found: Endpoint, form: EndpointForm | CollectionForm, status: int = 200
) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    fare = next(each for each in fare_of(viewer, timezone.now()) if each.uid == found.uid)
    context: dict[str, Any] = {"fare": fare, "form": form, "crumbs": _crumbs()}
    return render(request, "sharing/endpoint.html", context, status=status)


def _secret(request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    context = {
        "secret": secret,
        "href": f"/endpoints/{endpoint.uid}/",
        "ends_at": endpoint.old_secret_ends_at,
        "verified": endpoint.verified_at is not None,
        "crumbs": _crumbs(),
    }
    return render(request, "sharing/endpoint_secret.html", context)


def _verify(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    actions.verify_endpoint(found, viewer=viewer, at=at)
    return _("Verified: alerts go there from now on.")


def _test(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    actions.ping_endpoint(found, viewer=viewer, at=at)
    return _("It answered the test.")


def _end_old(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    actions.end_old_secret(found, viewer=viewer, at=at)
    return _("From now on the newest secret alone signs.")


def _disable(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    actions.disable_endpoint(found, viewer=viewer, at=at)
    return _("Disabled: nothing is sent there from now on.")


def _remove(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    actions.remove_endpoint(found, viewer=viewer, at=at)
    return _("Removed: its address and secrets are forgotten.")


def _resend(found: Endpoint, viewer: Viewer, at: datetime) -> str:
    return sent_again(resend_all(found, viewer, at))


def sent_again(count: int) -> str:
    return ngettext("%(n)d alert is being sent again.", "%(n)d alerts are being sent again.", count) % {
        "n": count
    }


VERBS: dict[str, Act] = {
    "verify": _verify,
    "test": _test,
    "end_old_secret": _end_old,
    "disable": _disable,
    "remove": _remove,
    "resend": _resend,
}
