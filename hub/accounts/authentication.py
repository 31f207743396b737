"""How the REST API knows its caller: the viewer that the middleware has already resolved."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class TokenOrSession(BaseAuthentication):
    """A token (`Authorization: Token <key>`) or, from the hub's pages, the session with its CSRF check."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        raw = request._request
        if getattr(raw, "bad_credentials", False):
            raise exceptions.AuthenticationFailed(
                _("This token is not valid here. Make a new one with `manage.py token`, or sign in.")
            )
        token = getattr(raw, "token", None)
        if token is not None:
            return token.person, token
        found = SessionAuthentication().authenticate(request)
        viewer = raw.viewer  # type: ignore[attr-defined]
        if found is not None and viewer.agency_id is None and not viewer.roles:
            # Nobody's person, or of an agency that is suspended.
            raise exceptions.AuthenticationFailed(_("Your account has no agency at work here."))
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class ScopeAllows(BasePermission):
    """Signed in, and not writing with a token that only reads."""

    message = gettext_lazy("This token may only read. Use one with the scope `write`.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        viewer = request._request.viewer  # type: ignore[attr-defined]
        return request.method in SAFE_METHODS or viewer.scope == "write"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenOrSession
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>`, from `manage.py token <username> --scope read|write`",
        }
