"""The pages of an agency's peers, for its administrators and liaisons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.intake.pulling import actions
from sharing.intake.pulling.fares import fare_of, fares_of
from sharing.intake.pulling.forms import PeerForm
from sharing.intake.pulling.models import Peer
from sharing.intake.pulling.rules import may_run_peers


@login_required
@require_safe
def peers(request: HttpRequest) -> HttpResponse:
    """How each fares, in words; those that need somebody first."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    _require(viewer, "peer.list")
    return render(request, "sharing/peers.html", {"fares": fares_of(viewer, timezone.now())})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add one: it is asked before it is saved."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    _require(viewer, "peer.add")
    form = PeerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            peer = actions.add_peer(form.wanted, viewer=viewer, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It answered. What it holds is being fetched."))
            return HttpResponseRedirect(f"/peers/{peer.uid}/")
    status = 400 if form.errors else 200
    return render(request, "sharing/peer_new.html", {"form": form, "crumbs": _crumbs()}, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def peer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """How it fares; and to change it, which it has to answer."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    _require(viewer, "peer.change" if request.method == "POST" else "peer.list", uid)
    form = PeerForm(request.POST if request.method == "POST" else None, peer=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_peer(found, form.wanted, viewer=viewer, at=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It answered, and is changed."))
            return HttpResponseRedirect(f"/peers/{uid}/")
    fare = fare_of(_own(viewer, uid), timezone.now())
    context = {"fare": fare, "form": form, "crumbs": _crumbs()}
    return render(request, "sharing/peer.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_POST
def act(request: HttpRequest, uid: UUID, verb: str) -> HttpResponse:
    """The verbs that need nothing typed."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _own(viewer, uid)
    _require(viewer, f"peer.{verb}", uid)
    try:
        messages.success(request, VERBS[verb](found, viewer, timezone.now()))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect("/peers/" if verb == "remove" else f"/peers/{uid}/")


def _require(viewer: Viewer, event: str, uid: UUID | str = "") -> None:
    """Refuse, and put it on the trail, what is for an agency's administrators and liaisons."""
    if may_run_peers(viewer):
        return
    reason = _("From where an agency fetches is for its administrators and liaisons.")
    kind = "peer" if uid else ""
    raise denied(event, viewer, reason, kind=kind, ref=str(uid))


def _own(viewer: Viewer, uid: UUID) -> Peer:
    found: Peer = get_object_or_404(Peer.objects.visible_to(viewer), uid=uid)
    return found


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Peers"), "/peers/")]


def _pause(found: Peer, viewer: Viewer, at: datetime) -> str:
    actions.pause_peer(found, viewer=viewer, at=at)
    return _("Paused: nothing is fetched from now on.")


def _resume(found: Peer, viewer: Viewer, at: datetime) -> str:
    actions.resume_peer(found, viewer=viewer, at=at)
    return _("Taken up again: it goes on where it was.")


def _pull(found: Peer, viewer: Viewer, at: datetime) -> str:
    actions.pull_now(found, viewer=viewer, at=at)
    return _("It is fetched from as soon as a worker is free.")


def _refetch(found: Peer, viewer: Viewer, at: datetime) -> str:
    actions.refetch(found, viewer=viewer, at=at)
    return _("It is fetched from its beginning as soon as a worker is free.")


def _remove(found: Peer, viewer: Viewer, at: datetime) -> str:
    actions.remove_peer(found, viewer=viewer, at=at)
    return _("Removed: its address and password are forgotten.")


VERBS: dict[str, Callable[[Peer, Viewer, datetime], str]] = {
    "pause": _pause,
    "resume": _resume,
    "pull": _pull,
    "refetch": _refetch,
    "remove": _remove,
}
