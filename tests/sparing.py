"""What a run of tests does again and again and need not: what comes of it stays the same."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login
from django.http import HttpRequest
from django.test import Client
from whitenoise.base import StaticFile
from whitenoise.middleware import WhiteNoiseMiddleware

_signs_in, _looks_for_files = Client._login, WhiteNoiseMiddleware.add_files_from_finders
_files: dict[str, StaticFile] = {}


def spare() -> None:
    """Every client signs in with one session, not with two, and takes the static files that the first one found."""
    Client._login = _sign_in
    WhiteNoiseMiddleware.add_files_from_finders = _take_files


def keep_what_is_there() -> None:
    """Thousands of tests and all they import are never garbage: they are not looked through each time anew."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def _sign_in(client: Client, user: Any, backend: str | None = None) -> None:
    """Django's own begins a session for nobody, which signing in replaces: this one begins as the person's."""
    if settings.SESSION_COOKIE_NAME in client.cookies:
        return _signs_in(client, user, backend)
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    request.session[SESSION_KEY] = str(user.pk)
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    login(request, user, backend)
    request.session.save()
    client._set_login_cookies(request)


def _take_files(server: WhiteNoiseMiddleware) -> None:
    if not _files:
        _looks_for_files(server)
        _files.update(server.files)
    server.files.update(_files)
