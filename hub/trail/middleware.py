"""Gives each request its origin for the trail, and writes what was refused once the view has ended."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hub.log import without_secrets
from hub.trail.actions import Origin, origin, record, refuse

DIGITS = 16


class TrailMiddleware:
    """Stands inside ViewerMiddleware: same transaction, outside the view's own savepoint."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        source = Origin(
            request_id=uuid.uuid4().hex,
            ip=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            method="token" if getattr(request, "token", None) else "session",
            credential=shown_by(request),
        )
        reset = origin.set(source)
        try:
            response = self.get_response(request)
            viewer = request.viewer  # type: ignore[attr-defined]
            if viewer.is_authenticated and response.status_code in (401, 403, 404) and not source.refusals:
                refuse(
                    "request.refused",
                    viewer=viewer,
                    at=timezone.now(),
                    object_type="path",
                    object_id=without_secrets(request.path),
                    reason=str(response.status_code),
                )
            elif getattr(request, "bad_credentials", False) and response.status_code == 401:
                # Whose it was, or that it ever was one, is not told: a digest of what was shown, under nobody's name.
                refuse(
                    "token.use",
                    viewer=viewer,
                    at=timezone.now(),
                    object_type="token",
                    object_id=_shown(request),
                    reason="not valid here",
                )
            for refusal in source.refusals:
                record(outcome="refused", **refusal)
        finally:
            origin.reset(reset)
        response["X-Request-ID"] = source.request_id
        return response


def shown_by(request: HttpRequest) -> str:
    """The token or session of the request, by the beginning of a digest: tells two apart and opens nothing."""
    token = getattr(request, "token", None)
    if token is not None:
        return str(token.digest[:DIGITS])
    key = getattr(getattr(request, "session", None), "session_key", None)
    return _digest(key) if key else ""


def _shown(request: HttpRequest) -> str:
    return _digest(request.headers.get("Authorization", "").partition(" ")[2].strip())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def client_address(request: HttpRequest) -> str | None:
    """The caller's address; behind `TRUSTED_PROXIES` proxies, the one the outermost of them saw."""
    hops: int = getattr(settings, "TRUSTED_PROXIES", 0)
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    if hops and len(forwarded) >= hops:
        return forwarded[-hops]
    return request.META.get("REMOTE_ADDR") or None
