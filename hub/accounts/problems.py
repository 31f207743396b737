"""Errors of the REST API as problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"


def problem_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error: `type`, `title`, `status`, `detail`, and `errors` by field for a bad body.

    Hidden and missing are one answer: a 404's detail is the same whatever raised it.
    """
    response = exception_handler(error, context)
    if response is None:
        return None
    body: dict[str, Any] = {"type": "about:blank", "status": response.status_code}
    if isinstance(error, Http404 | exceptions.NotFound):
        body |= {"title": _("Not found"), "detail": _("There is no such thing here, or not for you.")}
    elif isinstance(error, exceptions.ValidationError):
        body |= {
            "title": _("The request was not understood"),
            "detail": _("Correct the fields named in `errors`."),
        }
        body["errors"] = (
            response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        )
    elif isinstance(error, PermissionDenied | exceptions.APIException):
        detail = getattr(error, "detail", None) or str(error)
        body |= {
            "title": str(getattr(error, "default_detail", _("Not allowed"))),
            "detail": str(detail or _("You may not do this.")),
        }
    response.data = body
    response.content_type = MEDIA_TYPE
    return response
