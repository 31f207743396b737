"""What a client asks for: media types, filters, and the place where the last page ended."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from sharing.feeds.taxii.answers import MEDIA_TYPE, Refused, bad_filter
from sharing.feeds.taxii.packing import packed, unpacked
from sharing.stix.context import Ready

PAGE, MOST = 500, 2_000
MOST_VALUES = 100
SALT = "hub.feeds.taxii"
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# There is one version of each object, the current one: it is the first, the last and all there are.
CURRENT = frozenset({"first", "last", "all"})
MATCHES = ("id", "type", "spec_version", "version")


def check_accept(request: HttpRequest) -> None:
    """406 unless the client takes TAXII 2.1; it may leave out the version, and write spaces."""
    for part in request.headers.get("Accept", "").split(","):
        said = _said(part)
        if said is not None and said.get("q") not in ("0", "0.0"):
            return
    raise Refused(
        406,
        _("This media type is not served here"),
        _("Ask with the header Accept: %(media)s.") % {"media": MEDIA_TYPE},
    )


def check_content_type(request: HttpRequest) -> None:
    """415 unless the body is said to be TAXII 2.1."""
    if _said(request.headers.get("Content-Type", "")) is None:
        raise Refused(
            415,
            _("This media type is not taken here"),
            _("Send with the header Content-Type: %(media)s.") % {"media": MEDIA_TYPE},
        )


def _said(media: str) -> dict[str, str] | None:
    """The parameters of TAXII's media type, of which the version alone matters; None for another type or version."""
    try:
        kind, said = parse_header_parameters(media)
    except (ValueError, LookupError):  # in an encoding that is none
        return None
    return said if kind == "application/taxii+json" and said.get("version", "2.1") == "2.1" else None


class Item(NamedTuple):
    """An object that may be given, and since when the caller could have it (microseconds since 1970)."""

    at: int
    version: str
    object: Ready


@dataclass(frozen=True)
class Asked:
    """Of which objects, how many at most, and after which instant (microseconds since 1970).

    An empty match asks for everything. `seen` is which objects of context earlier pages gave, as `Given` packs it.
    """

    limit: int
    after: int = 0
    added_after: str = ""
    matches: dict[str, frozenset[str]] = field(default_factory=dict)
    seen: bytes = b""

    def takes(self, item: Item) -> bool:
        if item.at <= self.after:
            return False
        if not self.matches:
            return True
        ids, types, specs, versions = (self.matches.get(name) for name in MATCHES)
        return (
            (not ids or item.object.id in ids)
            and (not types or item.object.type in types)
            and (not specs or "2.1" in specs)
            and (not versions or bool(versions & CURRENT) or _exact(item.version) in versions)
        )


def read(request: HttpRequest, place: str, who: str, *, matches: Iterable[str] = MATCHES) -> Asked:
    """The filters of a request for objects. `next` brings those of the first page along: it may not contradict them.

    Raises Refused for what is unknown, repeated or unreadable, and for a `next` from elsewhere.
    """
    given = filters(request, ("added_after", "limit", "next", *(f"match[{name}]" for name in matches)))
    limit = _limit(given.get("limit"))
    found = {name: _values(given, name) for name in MATCHES if f"match[{name}]" in given}
    added_after = given.get("added_after", "")
    after = instant("added_after", added_after) if added_after else 0
    if "next" not in given:
        return Asked(limit, after, added_after, found)
    was = _open(given["next"], place, who)
    for name, values in found.items():
        if was.matches.get(name) != values:
            raise bad_filter(f"match[{name}]", _("With next, leave it as it was or leave it out."))
    if added_after and added_after != was.added_after:
        raise bad_filter("added_after", _("With next, leave it as it was or leave it out."))
    return Asked(limit, was.after, was.added_after, was.matches, was.seen)


def filters(request: HttpRequest, known: Iterable[str] = ()) -> dict[str, str]:
    """What stands behind the question mark, each once."""
    wanted = set(known)
    for name, values in request.GET.lists():
        if name not in wanted:
            raise bad_filter(name, _("There is no such filter here."))
        if len(values) > 1:
            raise bad_filter(name, _("Give this once; separate several values by commas."))
    return request.GET.dict()


def instant(name: str, text: str) -> int:
    """Microseconds since 1970 of a timestamp of STIX; what is finer is cut off."""
    found = TIMESTAMP.fullmatch(text)
    try:
        at = datetime.fromisoformat(f"{found[1]}+00:00") if found else None
    except ValueError:
        at = None
    if found is None or at is None:
        raise bad_filter(name, _("Give an instant such as 2026-03-01T12:00:00.000000Z."))
    return micros(at) + int((found[2] or "")[:6].ljust(6, "0"))


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(after: int) -> datetime:
    return EPOCH + timedelta(microseconds=after)


def seal(asked: Asked, place: str, who: str, *, after: int, seen: bytes) -> str:
    """`next`: the whole query and where it stands, for its own asker alone, and to be read by nobody else."""
    matches = {name: sorted(values) for name, values in asked.matches.items()}
    counts, odd, uids = packed(matches.pop("id", ()))
    kept = {
        "at": [place, who],
        "after": after,
        "added_after": asked.added_after,
        "matches": matches,
        "ids": [counts, odd],
    }
    return _box().encrypt(orjson.dumps(kept) + b"\0" + uids + seen).decode().rstrip("=")


def _open(text: str, place: str, who: str) -> Asked:
    try:
        query, _nothing, seen = _box().decrypt((text + "=" * (-len(text) % 4)).encode()).partition(b"\0")
        kept: dict[str, Any] = orjson.loads(query)
    except (InvalidToken, ValueError):
        kept, seen = {}, b""
    if kept.get("at") != [place, who]:
        raise bad_filter("next", _("Take it from the page before, of the same collection."))
    matches = {name: frozenset(values) for name, values in kept["matches"].items()}
    counts, odd = kept["ids"]
    ids, seen = unpacked(counts, odd, seen)
    return Asked(MOST, kept["after"], kept["added_after"], matches | ({"id": ids} if ids else {}), seen)


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not re.fullmatch(r"0*[1-9]\d{0,17}", text):
        raise bad_filter("limit", _("Give a whole number above 0."))
    return min(int(text), MOST)


def _values(given: dict[str, str], name: str) -> frozenset[str]:
    values = frozenset(part for part in given[f"match[{name}]"].split(",") if part)
    if not values:
        raise bad_filter(f"match[{name}]", _("Give a value, or leave it out."))
    if len(values) > MOST_VALUES:
        raise bad_filter(f"match[{name}]", _("Give %(most)d values at most.") % {"most": MOST_VALUES})
    if name == "version":
        words = values & CURRENT
        return words | {str(instant("match[version]", value)) for value in values - words}
    return values


@lru_cache(maxsize=4096)
def _exact(version: str) -> str:
    """Of an instant, however many digits it is written with."""
    return str(instant("version", version))


@cache
def _box() -> Fernet:
    key = salted_hmac(SALT, "next", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def uid(text: str) -> UUID | None:
    """A UUID as TAXII writes it."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
