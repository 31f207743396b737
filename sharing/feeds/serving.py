"""Answering programs that poll a feed: by a secret link, or by a token."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.rest.pace import MINUTE_S, within
from hub.trail.actions import origin, refuse
from hub.trail.actions import record as write_trail
from hub.trail.middleware import client_address
from sharing.disclosures.rules import Channel
from sharing.feeds import atom as atoms
from sharing.feeds import cap as caps
from sharing.feeds.actions import SHOWN, Opened, digest_of, opened_by
from sharing.feeds.models import FeedLink
from sharing.feeds.querysets import one_said, said_by
from sharing.subscriptions.models import Subscription

# A change in the very second of an answer would be hidden behind its Last-Modified: then there is none.
SETTLED = timedelta(seconds=2)

View = Callable[..., HttpResponse]


class TooMany(Exception):
    """Asked more often than is allowed in a minute."""


def for_programs(view: View) -> View:
    """Answers that nobody keeps, in one language: what a feed says must not change with who polls it."""

    @wraps(view)
    @require_safe
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with translation.override(settings.LANGUAGE_CODE):
                answer = view(request, *args, **kwargs)
        except Http404:
            answer = HttpResponse("Not found", status=404, content_type="text/plain")
        except TooMany:
            answer = HttpResponse(
                _("Too many requests. Wait a minute."), status=429, content_type="text/plain"
            )
            answer["Retry-After"] = str(int(MINUTE_S - time.time() % MINUTE_S) + 1)
        answer["Cache-Control"] = "private, no-store"
        answer["Referrer-Policy"] = "no-referrer"
        patch_vary_headers(answer, ("Authorization", "Cookie"))
        return answer

    return inner


def with_token(view: View) -> View:
    """A token, or Basic with a token for its password. A session is not enough: feeds are for programs."""

    @wraps(view)
    def inner(request: HttpRequest, uid: UUID, **kwargs: Any) -> HttpResponse:
        token = getattr(request, "token", None)
        if token is None:
            _pace(f"feeds:{client_address(request)}", settings.API_STRANGERS_A_MINUTE)
            answer = HttpResponse(_("Show a token."), status=401, content_type="text/plain")
            answer["WWW-Authenticate"] = 'Basic realm="feeds", charset="UTF-8"'
            return answer
        _pace(f"token:{token.pk}", settings.API_REQUESTS_A_MINUTE)
        viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        feed = Subscription.objects.visible_to(viewer).select_related("agency").filter(uid=uid).first()
        if feed is None:
            raise Http404
        return view(request, feed, viewer, **kwargs)

    return inner


@for_programs
def atom_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever holds the secret reads as the subscription's recipient. Every secret that opens nothing is a ghost."""
    now = timezone.now()
    opened = opened_by(secret)
    if opened is None:
        _pace(f"feeds:{client_address(request)}", settings.API_STRANGERS_A_MINUTE)
        refuse(
            "feed.pull",
            viewer=request.viewer,  # type: ignore[attr-defined]
            at=now,
            object_type="feed link",
            object_id=digest_of(secret)[:SHOWN],
            reason="opens nothing",
        )
        raise Http404
    _pace(f"link:{opened.link}", settings.API_STRANGERS_A_MINUTE)
    with viewing(opened.reader) as reader:
        feed = Subscription.objects.visible_to(reader).select_related("agency").get(pk=opened.subscription)
        FeedLink.objects.filter(pk=opened.link).update(used_at=now)
        _come_by(opened, secret)
        return _atom(request, feed, reader, now)


@for_programs
@with_token
def atom(request: HttpRequest, feed: Subscription, viewer: Viewer) -> HttpResponse:
    return _atom(
        request, feed, viewer, timezone.now(), address=f"{settings.SITE_URL}/feeds/{feed.uid}/atom.xml"
    )


@for_programs
@with_token
def cap(request: HttpRequest, feed: Subscription, viewer: Viewer) -> HttpResponse:
    """The list of alerts."""
    now = timezone.now()
    address = f"{settings.SITE_URL}/feeds/{feed.uid}/cap.xml"

    def made() -> tuple[bytes, datetime, int]:
        said = said_by(feed, viewer, Channel.CAP, lambda shown: caps.shape_of(feed, shown), at=now)
        return caps.index(feed, said, address=address), atoms.updated_of(feed, said), len(said)

    return _answer(request, made, atoms.TYPE, feed, viewer, now)


@for_programs
@with_token
def cap_alert(request: HttpRequest, feed: Subscription, viewer: Viewer, message: UUID) -> HttpResponse:
    """One alert: the newest of its record. An older one, and one of another feed, was never there."""

    def made() -> tuple[bytes, datetime, int]:
        said = one_said(feed, viewer, Channel.CAP, message, lambda shown: caps.shape_of(feed, shown))
        if said is None:
            raise Http404
        return caps.alert(feed, said), said.changed_at, 1

    return _answer(request, made, caps.TYPE, feed, viewer, timezone.now())


def _atom(
    request: HttpRequest, feed: Subscription, reader: Viewer, at: datetime, *, address: str = ""
) -> HttpResponse:
    def made() -> tuple[bytes, datetime, int]:
        said = said_by(feed, reader, Channel.ATOM, atoms.title_of, at=at)
        return atoms.atom(feed, said, address=address), atoms.updated_of(feed, said), len(said)

    return _answer(request, made, atoms.TYPE, feed, reader, at)


def _answer(
    request: HttpRequest,
    made: Callable[[], tuple[bytes, datetime, int]],
    content_type: str,
    feed: Subscription,
    reader: Viewer,
    at: datetime,
) -> HttpResponse:
    """200 with what was made, on the trail; 304 where the caller has just that.

    Tag and date are taken of what was disclosed. A 304 gives nothing, and HEAD no more: what was written to disclose
    it, the ledger's row too, is rolled back.
    """
    with transaction.atomic():
        content, changed_at, rows = made()
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        modified = int(changed_at.timestamp()) if at - changed_at > SETTLED else None
        answer = HttpResponse(content, content_type=content_type)
        answer["ETag"] = tag
        if modified:
            answer["Last-Modified"] = http_date(modified)
        found = get_conditional_response(request, etag=tag, last_modified=modified, response=answer)
        if found is not None and (found.status_code == 304 or request.method == "HEAD"):
            transaction.set_rollback(True)
            return found
        write_trail(
            "feed.pull",
            viewer=reader,
            at=at,
            object_type="subscription",
            object_id=str(feed.uid),
            rows=rows,
            bytes_out=len(content),
            channel=content_type.partition(";")[0],
        )
    return answer


def _come_by(opened: Opened, secret: str) -> None:
    """On the trail such a pull came by a link, told apart by its digest."""
    source = origin.get()
    source.method, source.credential = "link", digest_of(secret)[:SHOWN]


def _pace(caller: str, allowed: int) -> None:
    if not within(caller, allowed):
        raise TooMany
