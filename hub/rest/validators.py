"""Validators of one record: its ETag, and what a request makes depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class Changed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = gettext_lazy(
        "It has changed since you read it. Read it again, and send If-Match with its ETag."
    )
    default_code = "changed"


def tag_of(viewer: Viewer, shown: Any) -> str:
    """The ETag of what `viewer` is shown, made of all of it and of nothing else.

    It is theirs alone: whoever was not given the answer can neither guess the tag nor use another's.
    """
    said = orjson.dumps(shown, default=str, option=orjson.OPT_SORT_KEYS)
    whose = f"{viewer.agency_id}:{viewer.person_id}:".encode()
    return f'"{salted_hmac("hub.rest.validators", whose + said, algorithm="sha256").hexdigest()[:40]}"'


def names(header: str, tag: str) -> bool:
    """Whether an If-Match or If-None-Match names the tag.

    A server or proxy that compresses an answer marks its tag as weak (`W/`): it is still of the same facts.
    """
    given = parse_etags(header)
    return given == ["*"] or tag in [each.removeprefix("W/") for each in given]
