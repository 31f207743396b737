"""The page of a subscription's feeds: their addresses, and its secret link."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.feeds.actions import make_link, revoke_link
from sharing.feeds.atom import name_of
from sharing.feeds.models import FeedLink
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.rules import may_change


@login_required
@never_cache
@require_safe
def feeds(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    feed = _found(uid, viewer)
    link = FeedLink.objects.filter(subscription=feed, revoked_at=None).select_related("made_by").first()
    context = _context(feed) | {
        "changeable": may_change(viewer, agency=feed.agency_id, person=feed.person_id),
        "link": _said(link, timezone.now()) if link else None,
        "atom": f"{settings.SITE_URL}/feeds/{feed.uid}/atom.xml",
        "cap": f"{settings.SITE_URL}/feeds/{feed.uid}/cap.xml",
    }
    return render(request, "sharing/feeds.html", context)


@login_required
@never_cache
@require_POST
def make(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A new link, in place of the one that there is: it stands in this answer, and nowhere after."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    feed = _found(uid, viewer)
    _allow(feed, viewer, "feed.make")
    secret = make_link(feed, viewer=viewer, at=timezone.now())
    address = f"{settings.SITE_URL}/feeds/{secret}/atom.xml"
    answer = render(request, "sharing/feed_link.html", _context(feed) | {"address": address})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@login_required
@require_POST
def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    feed = _found(uid, viewer)
    _allow(feed, viewer, "feed.revoke")
    try:
        revoke_link(feed, viewer=viewer, at=timezone.now())
        messages.success(request, _("Revoked: the address leads nowhere from now on."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(f"/subscriptions/{feed.uid}/feeds/")


def _found(uid: UUID, viewer: Viewer) -> Subscription:
    found: Subscription = get_object_or_404(
        Subscription.objects.visible_to(viewer).select_related("agency"), uid=uid
    )
    return found


def _allow(feed: Subscription, viewer: Viewer, event: str) -> None:
    if may_change(viewer, agency=feed.agency_id, person=feed.person_id):
        return
    why = _("The link of a desk's feed is its liaison's and administrators' to make.")
    uid = str(feed.uid)
    raise denied(event, viewer, why, kind="subscription", ref=uid)


def _context(feed: Subscription) -> dict[str, Any]:
    here = f"/subscriptions/{feed.uid}/"
    return {
        "title": feed.title,
        "name": name_of(feed),
        "here": here,
        "crumbs": [
            (_("Inbox"), "/inbox/"),
            (_("Subscriptions"), "/subscriptions/"),
            (feed.title, here),
        ],
    }


def _said(link: FeedLink, now: datetime) -> dict[str, Any]:
    return {
        "made_at": link.made_at,
        "made_by": link.made_by.username,
        "expires_at": link.expires_at,
        "expired": link.expires_at <= now,
        "used_at": link.used_at,
    }
