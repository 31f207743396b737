"""The view that every endpoint is: who asks, for what, may they, and only then what they sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.rest.filters import Filters
from hub.rest.limits import check_length
from hub.trail.actions import refuse

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class HubView(APIView):
    """Whatever the method, what the address names is looked up before anything else is judged.

    So a hidden record and one that never was answer alike to every method and every body.
    `query` holds the filters given, read after the caller's right to ask is settled.
    """

    filters: type[Filters] = Filters
    query: dict[str, Any]

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
        self.find(request, **kwargs)
        self.check_permissions(request)
        self.query = self.filters.read(request)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """The methods, in `Allow`. What can be sent stands in the schema."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = "private, no-store"
        patch_vary_headers(found, ("Authorization", "Cookie"))
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
