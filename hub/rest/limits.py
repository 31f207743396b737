"""How much a caller may send and ask: the size of a body, requests a minute."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hub.accounts.problems import TooLarge
from hub.rest.pace import Pace, pace_of
from hub.trail.middleware import client_address

# More is received than a photograph may have, so that its own limit can be said in words.
MOST_BYTES = 30 * 2**20


def check_length(request: Request) -> None:
    """Refuse a body by the length it declares, before any is read. One that declares none is never read."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or int(declared) > MOST_BYTES:
        raise TooLarge


class PerMinute(BaseThrottle):
    """So many requests a minute for each token or person; far fewer for an address that shows neither."""

    pace: Pace

    def allow_request(self, request: Request, view: Any) -> bool:
        person = request.user if request.user and request.user.is_authenticated else None
        token = request.auth
        if person is None:
            caller, allowed = f"address:{client_address(request._request)}", settings.API_STRANGERS_A_MINUTE
        elif token is not None:
            caller, allowed = f"token:{token.pk}", settings.API_REQUESTS_A_MINUTE
        else:
            caller, allowed = f"person:{person.pk}", settings.API_REQUESTS_A_MINUTE
        self.pace = view.pace = pace_of(caller, allowed)
        return self.pace.within

    def wait(self) -> float:
        return self.pace.ends_s
