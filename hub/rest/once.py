"""`Idempotency-Key`: a POST sent again under the same key is answered again, and not done again, for a day."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.database.context import engine
from hub.rest.models import Done

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
LONGEST = 255


class OtherRequest(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = gettext_lazy(
        "This Idempotency-Key was used for another request, or in another role. Send a new key with a new request."
    )
    default_code = "other_request"


class Unreadable(Exception):
    """A body under a key cannot be read, and `why`. What its address names is looked up before that is said."""

    def __init__(self, why: exceptions.APIException) -> None:
        super().__init__()
        self.why = why


class UnderWay(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy(
        "A request with this Idempotency-Key is under way. Send it again in a moment."
    )
    default_code = "under_way"


@dataclass(frozen=True)
class Ticket:
    """A key as its caller used it, and the request it was used for; both as digests."""

    viewer: Viewer
    token: int | None
    key: str
    request: str

    @classmethod
    def of(cls, request: Request, viewer: Viewer) -> Ticket | None:
        """The ticket of a POST that bears a key; None for others, and for people of no agency, who write nothing.

        Raises Unreadable where the body cannot be read: it is read once, and not to be taken for an empty one later.
        """
        given = request.headers.get(HEADER)
        if request.method != "POST" or given is None or viewer.agency_id is None:
            return None
        key = given.strip().strip('"')
        if not key or len(key) > LONGEST or not key.isascii() or not key.isprintable():
            raise exceptions.ParseError(
                _("Give the Idempotency-Key 1 to %(most)d printable ASCII characters.") % {"most": LONGEST}
            )
        try:
            body = _canonical(request.data)
        except exceptions.APIException as why:
            raise Unreadable(why) from None
        roles = ",".join(sorted(viewer.roles))
        asked = b"\0".join([request.get_full_path().encode(), roles.encode(), body])
        token = request.auth.pk if request.auth is not None else None
        return cls(viewer, token, _digest(key.encode()), _digest(asked))

    def done(self, at: datetime) -> Done | None:
        """What was done under the key, if anything was. Holds the key until the transaction ends.

        Raises UnderWay while another request holds it, OtherRequest where it was used for something else.
        """
        lock = hashlib.sha256(f"{self.viewer.person_id}:{self.token}:{self.key}".encode()).digest()
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_try_advisory_xact_lock(%s)", [int.from_bytes(lock[:8], "big", signed=True)]
            )
            if not cursor.fetchone()[0]:
                raise UnderWay
        rows = Done.objects.filter(**self._whose(), key=self.key)
        found = rows.first()
        if found is not None and found.at <= at - KEPT_FOR:
            rows.delete()
            return None
        if found is not None and found.request != self.request:
            raise OtherRequest
        return found

    def note(self, response: Response, *, place: str, said: Any, at: datetime) -> None:
        """Note, in the transaction of the deed, that it was done."""
        Done.objects.create(
            **self._whose(),
            key=self.key,
            request=self.request,
            status=response.status_code,
            place=place,
            said=said,
            at=at,
        )

    def _whose(self) -> dict[str, Any]:
        return {
            "agency_id": self.viewer.agency_id,
            "person_id": self.viewer.person_id,
            "token_id": self.token,
        }


def forget_done(at: datetime) -> int:
    """Delete what is older than a day; return how many."""
    with engine():
        return Done.objects.filter(at__lte=at - KEPT_FOR).delete()[0]


def _digest(said: bytes) -> str:
    return salted_hmac("hub.rest.once", said, algorithm="sha256").hexdigest()


def _canonical(data: Any) -> bytes:
    """A body whatever its spaces, order and boundary; of a file its digest."""
    if hasattr(data, "lists"):
        data = {name: [_plain(value) for value in values] for name, values in data.lists()}
    # Not orjson, which refuses numbers past 64 bits: the endpoint says in words what is wrong with them.
    return json.dumps(data, default=str, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    found = hashlib.sha256()
    for chunk in value.chunks():
        found.update(chunk)
    value.seek(0)
    return found.hexdigest()
