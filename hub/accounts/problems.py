"""Errors of the REST API as problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as Refusal
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
API = "/api/"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = gettext_lazy("The body is too large.")
    default_code = "too_large"


def problem_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error: `type`, `title`, `status`, `detail`, and `errors` by field for a bad body.

    Hidden and missing are one answer: a 404's detail is the same whatever raised it. What an action refuses
    (Django's ValidationError) is a bad body like any other. `facts` of an error are added to its answer.
    """
    if isinstance(error, Refusal):
        error = exceptions.ValidationError(by_field(error))
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {"type": "about:blank", "status": response.status_code}
    if isinstance(error, Http404 | exceptions.NotFound):
        body |= {"title": _("Not found"), "detail": _("There is no such thing here, or not for you.")}
    elif isinstance(error, exceptions.ValidationError):
        errors = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        body |= {"title": _("The request was not understood"), "detail": _said(errors), "errors": errors}
    else:
        detail = getattr(error, "detail", None) or str(error)
        body |= {
            "title": str(getattr(error, "default_detail", _("Not allowed"))),
            "detail": str(detail or _("You may not do this.")),
        }
    response.data = body | getattr(error, "facts", {})
    response.content_type = MEDIA_TYPE
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself refuses: an unknown host, a body past all bounds."""
    if not request.path.startswith(API):
        return defaults.bad_request(request, exception)
    return _plain(400, _("The request was not understood"), _("The hub cannot read this request."))


def server_error(request: HttpRequest) -> HttpResponse:
    """An error of the hub's own, which says nothing of itself."""
    if not request.path.startswith(API):
        return defaults.server_error(request)
    return _plain(
        500, _("An error of the hub"), _("It is in the hub's log. Try again, or tell its operators.")
    )


def by_field(error: Refusal) -> dict[str, Any]:
    if hasattr(error, "error_dict"):
        return {
            "non_field_errors" if name == "__all__" else name: messages
            for name, messages in error.message_dict.items()
        }
    return {"non_field_errors": error.messages}


def _said(errors: dict[str, Any]) -> str:
    """What was refused as a whole, in words; otherwise where to look."""
    whole = errors.get("non_field_errors")
    return " ".join(map(str, whole)) if whole else _("Correct the fields named in `errors`.")


def _plain(status: int, title: str, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "status": status, "title": title, "detail": detail}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)
