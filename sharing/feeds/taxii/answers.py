"""What TAXII 2.1 answers with: bodies of its media type, errors in its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext as _

MEDIA_TYPE = "application/taxii+json;version=2.1"
STIX_TYPE = "application/stix+json;version=2.1"
# Basic for clients that know nothing else; the user name is the person's, the password their token.
CHALLENGE = 'Token realm="hub", Basic realm="hub", charset="UTF-8"'


class Refused(Exception):
    """An error as the client is told of it: `status` is HTTP's; `failures` are the reasons by object, as a status
    resource has them."""

    def __init__(
        self,
        status: int,
        title: str,
        description: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        failures: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(title)
        self.failures = list(failures)
        self.status, self.title, self.description = status, title, description
        self.headers = dict(headers or {})

    def answer(self) -> HttpResponse:
        body: dict[str, Any] = {"title": self.title, "http_status": str(self.status)}
        if self.description:
            body["description"] = self.description
        if self.failures:
            body["details"] = {"failures": self.failures}
        return answer(orjson.dumps(body), status=self.status, headers=self.headers)


def answer(
    body: bytes | dict[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    found = HttpResponse(
        body if isinstance(body, bytes) else orjson.dumps(body), status=status, content_type=MEDIA_TYPE
    )
    for name, value in (headers or {}).items():
        found[name] = value
    return found


def not_found() -> Refused:
    """Hidden and missing are one answer."""
    return Refused(404, _("Not found"), _("There is no such thing here, or not for you."))


def bad_filter(name: str, why: str) -> Refused:
    return Refused(400, _("The request was not understood"), f"{name}: {why}")
