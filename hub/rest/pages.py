"""Pages by keyset: each begins after the last row of the one before, and what arrives shifts nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

# A cursor's values are kept from its holder: a row's number would tell how many others have.
SALT = "hub.rest.pages"


@dataclass(frozen=True)
class Page:
    """The rows of one page in their order, and the addresses of its neighbours."""

    rows: list[Any]
    next: str | None
    previous: str | None

    def response(self, results: Iterable[Any]) -> Response:
        return Response({"next": self.next, "previous": self.previous, "results": list(results)})


def page(
    rows: QuerySet[Any],
    *columns: str,
    by: tuple[str, ...],
    request: Request,
    query: dict[str, Any],
    falling: bool | None = None,
) -> Page:
    """One page of `rows` as dicts of `columns`, ordered by the columns `by`, of which the last is unique.

    `falling` is newest first; where it is not said, the query's `order` says it. Raises ValidationError for a cursor
    that this hub did not give.
    """
    limit: int = query["limit"]
    if falling is None:
        falling = query.get("order") != "oldest"
    place = [request.path, *by, "down" if falling else "up"]
    given = _open(query["cursor"], place) if query.get("cursor") else None
    back = given is not None and given[0]
    down = falling != back
    if given is not None:
        rows = rows.filter(_beyond(by, given[1], down=down))
    ordered = rows.order_by(*(f"-{name}" if down else name for name in by))
    found = _taken(ordered, [*dict.fromkeys([*by, *columns])], limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if back:
        found.reverse()
    earlier = more if back else given is not None
    later = more if not back else True
    return Page(
        found,
        next=_address(request, place, False, [found[-1][name] for name in by]) if found and later else None,
        previous=_address(request, place, True, [found[0][name] for name in by])
        if found and earlier
        else None,
    )


def _taken(rows: QuerySet[Any], names: list[str], most: int) -> list[dict[str, Any]]:
    """The first rows as dicts; those of records, which say how, are looked at twice."""
    if look := getattr(rows, "look", None):
        return [dict(zip(names, row, strict=True)) for row in look(*names, most=most)]
    return list(rows.values(*names)[:most])


def _beyond(by: tuple[str, ...], values: list[Any], *, down: bool) -> Q:
    """Rows past the cursor's. The first column alone bounds them too: that is what an index can use."""
    step, bound = ("lt", "lte") if down else ("gt", "gte")
    past = Q()
    for place, name in enumerate(by):
        same = dict(zip(by[:place], values, strict=False))
        past |= Q(**same, **{f"{name}__{step}": values[place]})
    return Q(**{f"{by[0]}__{bound}": values[0]}) & past


def _address(request: Request, place: list[str], back: bool, values: list[Any]) -> str:
    kept = request.query_params.copy()
    kept["cursor"] = _seal(place, back, values)
    return request.build_absolute_uri(f"{request.path}?{kept.urlencode()}")


def _seal(place: list[str], back: bool, values: list[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    kinds = ["at" if isinstance(value, datetime) else "" for value in values]
    return _box().encrypt(json.dumps([place, back, plain, kinds]).encode()).decode()


def _open(cursor: str, place: list[str]) -> tuple[bool, list[Any]]:
    """Where a cursor stands. One of another list means nothing here."""
    try:
        at, back, plain, kinds = json.loads(_box().decrypt(cursor.encode()))
    except (InvalidToken, ValueError):
        raise _not_ours() from None
    if at != place:
        raise _not_ours()
    read: dict[str, Callable[[Any], Any]] = {"at": datetime.fromisoformat, "": lambda value: value}
    return back, [read[kind](value) for value, kind in zip(plain, kinds, strict=True)]


def _not_ours() -> serializers.ValidationError:
    return serializers.ValidationError({"cursor": [_("Take the cursor from `next` or `previous`.")]})


@cache
def _box() -> Fernet:
    key = salted_hmac(SALT, "cursor", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
