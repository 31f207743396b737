"""The addresses of TAXII 2.1: who asks, for what, how, and only then which filters."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from hub.accounts.viewer import Viewer
from hub.rest.pace import MINUTE_S, within
from hub.trail.actions import record as write_trail
from hub.trail.middleware import client_address
from sharing.feeds.taxii.answers import CHALLENGE, MEDIA_TYPE, STIX_TYPE, Refused, answer, not_found
from sharing.feeds.taxii.asking import (
    Asked,
    check_accept,
    check_content_type,
    filters,
    moment,
    read,
    seal,
    uid,
)
from sharing.feeds.taxii.collections import Collection, collection_of, collections_of
from sharing.feeds.taxii.inbox import INBOX, Inbox, Unreadable, inbox_resource
from sharing.feeds.taxii.reading import Page, page_of
from sharing.stix.ids import stamp

log = logging.getLogger(__name__)
ROOT = "/taxii2/hub/"


@method_decorator(csrf_exempt, name="dispatch")
class TaxiiView(View):
    """Programs alone are answered, by their token: a session opens nothing here.

    What the address names is looked up before method, media type and filters are judged: hidden and missing are alike.
    `inbox` takes what is sent; without one there is no collection to send to.
    """

    inbox: Inbox | None = None
    request: HttpRequest

    @property
    def viewer(self) -> Viewer:
        return self.request.viewer  # type: ignore[attr-defined]

    def find(self, **kwargs: Any) -> None:
        """Look up what the address names, keep it on the view, or raise not_found()."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            found = self._answered(request, **kwargs)
        except Refused as refused:
            # Nothing was given: whatever was written on the way there is not true.
            transaction.set_rollback(True)
            found = refused.answer()
        except Exception:
            log.exception("TAXII: an error of the hub's own")
            transaction.set_rollback(True)
            found = Refused(500, _("An error of the hub"), _("It is in the hub's log. Try again.")).answer()
        found["Cache-Control"] = "private, no-store"
        patch_vary_headers(found, ("Authorization", "Accept"))
        return found

    def _answered(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        token = getattr(request, "token", None)
        caller = f"token:{token.pk}" if token else f"address:{client_address(request)}"
        allowed = settings.API_REQUESTS_A_MINUTE if token else settings.API_STRANGERS_A_MINUTE
        if not within(caller, allowed):
            wait = {"Retry-After": str(math.ceil(MINUTE_S - time.time() % MINUTE_S))}
            raise Refused(429, _("Too many requests in this minute"), headers=wait)
        if token is None:
            raise Refused(
                401,
                _("Bring a valid token"),
                _("Authorization: Token <key>, or Basic with your user name and the key as password."),
                headers={"WWW-Authenticate": CHALLENGE},
            )
        self.find(**kwargs)
        handler = getattr(self, (request.method or "").lower(), None)
        if request.method not in self._methods() or handler is None:
            raise Refused(405, _("Not with this method"), headers={"Allow": ", ".join(self._methods())})
        check_accept(request)
        found: HttpResponse = handler(request)
        if request.method == "HEAD":
            # Its content is not sent, so that it was given is not written down.
            transaction.set_rollback(True)
        return found

    def _methods(self) -> list[str]:
        return [name.upper() for name in ("get", "head", "post", "delete") if hasattr(self, name)]


class Discovery(TaxiiView):
    def get(self, request: HttpRequest) -> HttpResponse:
        filters(request)
        root = f"{settings.SITE_URL}{ROOT}"
        return answer(
            {
                "title": _("Drug concealment hub"),
                "description": _(
                    "What agencies share of how drugs are hidden: to each caller, what is shared with it."
                ),
                "default": root,
                "api_roots": [root],
            }
        )


class Root(TaxiiView):
    def get(self, request: HttpRequest) -> HttpResponse:
        filters(request)
        return answer(
            {
                "title": _("Drug concealment hub"),
                "versions": [MEDIA_TYPE],
                "max_content_length": self.inbox.MAX_BYTES
                if self.inbox
                else settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            }
        )


class Collections(TaxiiView):
    def get(self, request: HttpRequest) -> HttpResponse:
        filters(request)
        found = [each.resource for each in collections_of(self.viewer)]
        if self.inbox is not None and self.inbox.may_send(self.viewer):
            found.append(inbox_resource(self.viewer, self.inbox))
        found.sort(key=lambda each: str(each["id"]))
        return answer({"collections": found} if found else {})


class OfCollection(TaxiiView):
    """Addresses below a collection. `collection` is None for the inbox, which is written to alone."""

    collection: Collection | None = None

    def find(self, **kwargs: Any) -> None:
        wanted = uid(kwargs["collection"])
        self.collection = collection_of(self.viewer, wanted)
        if self.collection is None and not (wanted == INBOX and self._may_send):
            raise not_found()

    @property
    def _may_send(self) -> bool:
        return self.inbox is not None and self.inbox.may_send(self.viewer)

    def readable(self) -> Collection:
        if self.collection is None:
            raise Refused(403, _("This collection is written to"), _("Nothing can be read from the inbox."))
        return self.collection

    def page(self, *, names: bool = False) -> tuple[Page, dict[str, Any]]:
        """The page asked for, and what its body says of the next; with `names`, for an answer that gives no content."""
        collection = self.readable()
        place, who = str(collection.id), str(self.viewer.person_id)
        asked = read(self.request, place, who)
        page = page_of(self.viewer, collection, asked, names=names, at=timezone.now())
        ahead: dict[str, Any] = {}
        if page.more:
            ahead = {"more": True, "next": seal(asked, place, who, after=page.after, seen=page.seen)}
        return page, ahead

    def pulled(self, page: Page, body: bytes, what: str) -> None:
        write_trail(
            "feed.pulled",
            viewer=self.viewer,
            at=timezone.now(),
            object_type="collection",
            object_id=str(self.readable().id),
            rows=len(page.items),
            bytes_out=len(body),
            what=what,
        )


class CollectionView(OfCollection):
    def get(self, request: HttpRequest) -> HttpResponse:
        filters(request)
        if self.collection is None:
            assert self.inbox is not None
            return answer(inbox_resource(self.viewer, self.inbox))
        return answer(self.collection.resource)


class Manifest(OfCollection):
    def get(self, request: HttpRequest) -> HttpResponse:
        page, ahead = self.page(names=True)
        rows = [
            {
                "id": each.object.id,
                "date_added": stamp(moment(each.at)),
                "version": each.version,
                "media_type": STIX_TYPE,
            }
            for each in page.items
        ]
        body = orjson.dumps(({"objects": rows} if rows else {}) | ahead)
        self.pulled(page, body, "manifest")
        return answer(body, headers=page.dates)


class Objects(OfCollection):
    def get(self, request: HttpRequest) -> HttpResponse:
        page, ahead = self.page()
        body = envelope(page, ahead)
        self.pulled(page, body, "objects")
        return answer(body, headers=page.dates)

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.collection is not None or self.inbox is None:
            raise Refused(
                403, _("This collection is read"), _("Send to the inbox collection, where you have one.")
            )
        filters(request)
        check_content_type(request)
        declared = request.headers.get("Content-Length", "")
        if not declared.isdecimal():
            raise Refused(411, _("Say how long the body is"))
        if int(declared) > self.inbox.MAX_BYTES:
            raise Refused(
                413,
                _("The body is too large"),
                _("At most %(most)d bytes at a time.") % {"most": self.inbox.MAX_BYTES},
            )
        try:
            status = self.inbox.take_envelope(self.viewer, request.body, timezone.now())
        except Unreadable as error:
            title = _("The envelope was not taken")
            raise Refused(error.status, title, str(error), failures=error.details) from None
        return answer(status.resource, status=202)


class OfObject(OfCollection):
    """Addresses of one object, found by its name before the filters are judged. It has one version: the current one."""

    asked: Asked
    found: Page

    def find(self, **kwargs: Any) -> None:
        super().find(**kwargs)
        self.asked = Asked(limit=1, matches={"id": frozenset({kwargs["object"]})})
        with transaction.atomic():
            self.found = page_of(self.viewer, self.readable(), self.asked, names=True, at=timezone.now())
            # Looked up is not given.
            transaction.set_rollback(True)
        if not self.found.items:
            raise not_found()


class ObjectView(OfObject):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = read(request, "", "", matches=("spec_version", "version"))
        asked = replace(asked, limit=1, matches=asked.matches | self.asked.matches)
        page = page_of(self.viewer, self.readable(), asked, at=timezone.now())
        body = envelope(page, {})
        self.pulled(page, body, "object")
        return answer(body, headers=page.dates)

    def delete(self, request: HttpRequest) -> HttpResponse:
        raise Refused(
            403,
            _("Nothing is deleted here"),
            _("What others share with you is theirs to take back; your own you recall in the hub."),
        )


class Versions(OfObject):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = read(request, "", "", matches=("spec_version",))
        page = Page([each for each in self.found.items if asked.takes(each)])
        versions = [each.version for each in page.items]
        return answer({"versions": versions} if versions else {}, headers=page.dates)


class StatusView(TaxiiView):
    """What became of what the caller sent."""

    def find(self, **kwargs: Any) -> None:
        wanted: UUID | None = uid(kwargs["status"])
        self.status = self.inbox.status_of(self.viewer, wanted) if self.inbox and wanted else None
        if self.status is None:
            raise not_found()

    def get(self, request: HttpRequest) -> HttpResponse:
        filters(request)
        assert self.status is not None
        return answer(self.status.resource)


class NoSuchAddress(TaxiiView):
    def find(self, **kwargs: Any) -> None:
        raise not_found()


def envelope(page: Page, ahead: dict[str, Any]) -> bytes:
    """The objects as they were rendered, joined."""
    parts = [b'"objects":[%b]' % b",".join([each.object.text for each in page.items])] if page.items else []
    if ahead:
        parts.append(orjson.dumps(ahead)[1:-1])
    return b"{%b}" % b",".join(parts)
