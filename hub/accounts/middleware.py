"""Each request has one viewer and one transaction that sees what the viewer may see."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hub.accounts.models import Token, TokenScope
from hub.accounts.tokens import note_use, resolve_token
from hub.accounts.viewer import NOBODY, viewer_of
from hub.database.context import viewing

# Basic carries a token where a client knows nothing else: TAXII clients and feed readers.
FEEDS = ("/taxii2/", "/feeds/")
# What feeds name and do not carry: whoever fetches one is asked again what they are shown.
PHOTOGRAPH = re.compile(r"/(bulletins|seizures)/[0-9A-Z-]{9}/photographs/[0-9a-f-]{36}/")


class ViewerMiddleware:
    """Resolves session or token to `request.viewer`, and opens the request's database context for the view.

    `request.token` is the token used, if any; `request.bad_credentials` is true for a header that resolves to
    nothing: such a request is nobody, also when it carries a session. With a header, right or wrong, nobody is signed
    in: pages ask for that, and a token is for programs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        token = _token(header, request.path) if header else None
        request.token = token  # type: ignore[attr-defined]
        request.bad_credentials = bool(header) and token is None  # type: ignore[attr-defined]
        if header:
            request.user = AnonymousUser()
        if token is not None:
            request.viewer = viewer_of(token.person, scope=token.scope)  # type: ignore[attr-defined]
        elif header:
            request.viewer = NOBODY  # type: ignore[attr-defined]
        else:
            request.viewer = viewer_of(request.user)  # type: ignore[attr-defined]
        viewer = request.viewer  # type: ignore[attr-defined]
        with viewing(viewer), timezone.override(viewer.time_zone):
            if token is not None:
                note_use(token, at=timezone.now())
            return self.get_response(request)


def _token(header: str, path: str) -> Token | None:
    scheme, _, credentials = header.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "token":
        found = resolve_token(credentials, at=timezone.now())
        # A feed's token opens feeds alone, and the photographs that they name.
        if found and found.scope == TokenScope.TAXII and not _of_feeds(path):
            return None
        return found
    if scheme.lower() == "basic" and _of_feeds(path):
        try:
            username, _, key = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        found = resolve_token(key, at=timezone.now())
        return found if found and found.person.username == username else None
    return None


def _of_feeds(path: str) -> bool:
    return f"{path}/".startswith(FEEDS) or PHOTOGRAPH.fullmatch(path) is not None
