"""Sessions end: after half an hour without a request, and after twelve hours in any case (CJIS policy)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

# Written at most this often, so that reading pages does not write a session row each time.
STAMP_EVERY_S = 60
# What an open page asks for by itself is no use of the hub: it must not keep a session alive.
BY_ITSELF = ("/inbox/news/",)


@receiver(user_logged_in, dispatch_uid="hub.accounts.session_began")
def session_began(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    request.session["began_at"] = request.session["seen_at"] = int(time.time())


class IdleMiddleware:
    """Signs out whoever came back too late. Stands after authentication; the next page is the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and not request.headers.get("Authorization"):
            now = int(time.time())
            began, seen = request.session.get("began_at", now), request.session.get("seen_at", now)
            if now - seen > settings.SESSION_IDLE_S or now - began > settings.SESSION_ABSOLUTE_S:
                logout(request)
            elif now - seen >= STAMP_EVERY_S and request.path not in BY_ITSELF:
                request.session["seen_at"] = now
        return self.get_response(request)
