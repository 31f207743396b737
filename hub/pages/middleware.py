"""What holds for every request and answer, whatever is asked for."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _


class CharsetMiddleware:
    """Refuses a body whose charset is an encoding, but none of texts: its address too would be decoded by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = request.encoding
        if named and not codecs.lookup(named)._is_text_encoding:
            request.encoding = "utf-8"
            raise BadRequest(_("The charset of the body is no encoding of texts: send UTF-8."))
        return self.get_response(request)


class NoStoreMiddleware:
    """What differs by reader is kept by nobody, neither by a browser's disk nor by a cache on the way: forbids keeping
    any answer that does not say otherwise itself, as the drawings and static files do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
