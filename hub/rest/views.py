"""The view that every endpoint is: who asks, for what, may they, and only then what they sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404
from django.urls import resolve
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from hub.rest.filters import Filters
from hub.rest.limits import check_length
from hub.rest.models import Done
from hub.rest.once import Ticket, Unreadable
from hub.rest.pace import Pace
from hub.rest.validators import Changed, names, tag_of
from hub.trail.actions import refuse

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class Answered(Exception):
    """The request was done before: this is its answer."""

    def __init__(self, response: Response) -> None:
        self.response = response


class HubView(APIView):
    """Whatever the method, what the address names is looked up before anything else is judged.

    So a hidden record and one that never was answer alike to every method and every body.
    `query` holds the filters given, read after the caller's right to ask is settled.
    """

    filters: type[Filters] = Filters
    query: dict[str, Any]
    # Reading gives one thing, with its ETag; writing is held to If-Match.
    tagged = False
    matched = False
    # Of a POST sent again under its Idempotency-Key: doing it twice is doing it once, so it is done again; or its
    # answer holds no words of a record, and is kept. Every other names in Content-Location where it is read anew.
    repeats = False
    keeps_answer = False
    pace: Pace | None = None
    ticket: Ticket | None = None
    done: Done | None = None

    def find(self, request: Request, **kwargs: Any) -> None:
        """Look up what the address names, keep it on the view, or raise Http404."""

    @property
    def viewer(self) -> Viewer:
        return self.request._request.viewer  # type: ignore[attr-defined]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = None, None
        check_length(request)
        try:
            self.perform_authentication(request)
            if not request.user.is_authenticated:
                raise exceptions.NotAuthenticated
        except (exceptions.AuthenticationFailed, exceptions.NotAuthenticated):
            self.check_throttles(request)  # a stranger, counted by address
            raise
        self.check_throttles(request)
        unreadable = None
        try:
            self.ticket = Ticket.of(request, self.viewer)
        except Unreadable as found:
            unreadable = found.why
        self.done = self.ticket.done(timezone.now()) if self.ticket else None
        if self.done is not None and not self.repeats:
            raise Answered(self._again(self.done))
        self.find(request, **kwargs)
        self.check_permissions(request)
        if unreadable is not None:
            raise unreadable
        self.query = self.filters.read(request)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """The methods, in `Allow`. What can be sent stands in the schema."""
        return Response(status=204)

    def handle_exception(self, exc: Exception) -> Response:
        return exc.response if isinstance(exc, Answered) else super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if self.ticket is not None and self.done is None and response.status_code < 300:
            self._note_done(self.ticket, response)
        found = super().finalize_response(request, self._validated(response), *args, **kwargs)
        if request.method == "HEAD":
            set_rollback()  # its content is not sent, so that it was given is not written down
        if self.pace is not None:
            for name, value in self.pace.headers.items():
                found[name] = value
        found["Cache-Control"] = "private, no-store"
        patch_vary_headers(found, ("Authorization", "Cookie"))
        return found

    def answer(self, shown: Any, place: str, status: int = 200) -> Response:
        """The answer to a deed: what a GET of `place`, a path of the API, answers from now on."""
        headers = {"Content-Location": place}
        if status == 201:
            headers["Location"] = self.request.build_absolute_uri(place)
        if resolve(place.partition("?")[0]).func.view_class.tagged:  # type: ignore[attr-defined]
            headers["ETag"] = tag_of(self.viewer, shown)
        return Response(shown, status=status, headers=headers)

    def precondition(self, current: Callable[[], Any]) -> None:
        """Refuse with 412 where If-Match names something else than what `current` shows. Lock it before."""
        asked = self.request.headers.get("If-Match")
        if asked is not None and not names(asked, tag_of(self.viewer, current())):
            raise Changed

    def _validated(self, response: Response) -> Response:
        """With its ETag; or nothing but that, where the caller has it. Then it left no trace either: the ledger
        has the row of the answer in which the tag was given."""
        if not self.tagged or self.request.method not in ("GET", "HEAD") or response.status_code != 200:
            return response
        tag = response["ETag"] = tag_of(self.viewer, response.data)
        asked = self.request.headers.get("If-None-Match")
        if asked is None or not names(asked, tag):
            return response
        set_rollback()
        return Response(status=304, headers={"ETag": tag})

    def _note_done(self, ticket: Ticket, response: Response) -> None:
        place = response.headers.get("Content-Location", "")
        said = response.data if self.keeps_answer else None
        assert place or self.repeats or self.keeps_answer or response.status_code == 204, type(self).__name__
        ticket.note(response, place=place, said=said, at=timezone.now())

    def _again(self, done: Done) -> Response:
        """The answer to what was done before: read anew, by whoever the caller is by now."""
        if not done.place:
            return Response(done.said, status=done.status, headers={"Idempotency-Replayed": "true"})
        found = self._read(done.place)
        if found.status_code != 200:
            return found
        answer = self.answer(found.data, done.place, done.status)
        answer["Idempotency-Replayed"] = "true"
        return answer

    def _read(self, place: str) -> Response:
        """What a GET of a path of the API answers to this caller."""
        raw = self.request._request
        path, _mark, query = place.partition("?")
        kept = {
            name: value
            for name, value in raw.META.items()
            if not name.startswith(("HTTP_IF_", "CONTENT_", "HTTP_IDEMPOTENCY"))
        }
        asked = WSGIRequest(kept | {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query})
        for name in ("user", "viewer", "token", "bad_credentials", "session"):
            if hasattr(raw, name):
                setattr(asked, name, getattr(raw, name))
        match = resolve(path)
        found: Response = match.func(asked, *match.args, **match.kwargs)
        return found

    def require(self, allowed: bool, event: str, *, kind: str = "", ref: str = "", why: str = "") -> None:
        """Refuse with 403, and put it on the trail, what the caller may see but not do."""
        if not allowed:
            why = why or _("Your role does not allow this.")
            refuse(event, viewer=self.viewer, at=timezone.now(), object_type=kind, object_id=ref, reason=why)
            raise exceptions.PermissionDenied(why)


class NoSuchAddress(HubView):
    """Whatever lies under the API and is nothing."""

    schema = None

    def find(self, request: Request, **kwargs: Any) -> None:
        raise Http404
