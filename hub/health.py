"""`/healthz`: whether the process reaches its database and its cache; says nothing else."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """200 or 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        cache.get("healthz")
    except Exception:
        log.exception("not healthy")
        connection.close()
        return answer("unavailable", 503)
    return answer("ok", 200)


def answer(status: str, code: int) -> HttpResponse:
    return JsonResponse({"status": status}, status=code, headers={"Cache-Control": "no-store"})


class HealthMiddleware:
    """Answers before sessions and the viewer's transaction: those need the very database that may be away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path == "/healthz" else self.get_response(request)
