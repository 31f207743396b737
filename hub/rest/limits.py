"""How much a caller may send and ask: the size of a body, requests a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from hub.trail.middleware import client_address

log = logging.getLogger(__name__)
MINUTE_S = 60


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The body is too large.")
    default_code = "too_large"


def within(most_bytes: int, parser_context: Mapping[str, Any] | None) -> None:
    """Refuse a body by the length it declares. One that declares none is not read at all."""
    request = (parser_context or {}).get("request")
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0) if request else 0
    except ValueError:
        length = 0
    if length > most_bytes:
        raise TooLarge


class BoundedJSON(JSONParser):
    """JSON up to the size that the hub takes: the framework's own parser would read on without end."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        within(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, parser_context)
        try:
            found: dict[str, Any] = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from None
        return found


class BoundedForm(MultiPartParser):
    """A form with a file: more is received than a photograph may have, so that its own limit can be said."""

    most_bytes = 30 * 2**20

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        within(self.most_bytes, parser_context)
        return super().parse(stream, media_type, parser_context)


class PerMinute(BaseThrottle):
    """So many requests a minute for each token or person; far fewer for an address that shows neither."""

    def allow_request(self, request: Request, view: Any) -> bool:
        person = request.user if request.user and request.user.is_authenticated else None
        if person is None:
            return self._within(
                f"address:{client_address(request._request)}", settings.API_STRANGERS_A_MINUTE
            )
        token = request.auth
        caller = f"token:{token.pk}" if token is not None else f"person:{person.pk}"
        return self._within(caller, settings.API_REQUESTS_A_MINUTE)

    def wait(self) -> float:
        return MINUTE_S - time.time() % MINUTE_S

    def _within(self, caller: str, allowed: int) -> bool:
        key = f"hub:api:{caller}:{int(time.time() // MINUTE_S)}"
        try:
            cache.add(key, 0, 2 * MINUTE_S)
            return cache.incr(key) <= allowed
        except (RedisError, ValueError):
            # A cache that is away must not stop the work: the limit is courtesy, not access.
            log.warning("requests are not being counted: the cache does not answer")
            return True
