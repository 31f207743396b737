"""How much a caller may send and ask: the size of a body, requests a minute."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hub.accounts.problems import TooLarge
from hub.rest.pace import MINUTE_S, within
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

    def allow_request(self, request: Request, view: Any) -> bool:
        person = request.user if request.user and request.user.is_authenticated else None
        if person is None:
            return within(f"address:{client_address(request._request)}", settings.API_STRANGERS_A_MINUTE)
        token = request.auth
        caller = f"token:{token.pk}" if token is not None else f"person:{person.pk}"
        return within(caller, settings.API_REQUESTS_A_MINUTE)

    def wait(self) -> float:
        return MINUTE_S - time.time() % MINUTE_S
