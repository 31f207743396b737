"""Ids and instants of STIX objects: the same thing has the same id each time it is rendered."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from django.conf import settings

# The same in every hub, so that one hub knows what another's objects carry.
EXTENSION = "extension-definition--6f1d3a52-9c0e-4b7a-8a55-2c7d1f90be34"
MAKER = "identity--0a9f4c1e-57d2-4c38-9b06-d1f7a2e8c943"
RECORD = "report"
# A record has no more of one kind: forms and bodies bound its lists.
MOST_PARTS = 100
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORM_BITS = 0xF << 76 | 0x3 << 62


def made_id(kind: str, *names: str) -> str:
    """The id of this hub's `kind` so named. In the form of version 4, as STIX asks of all but observables."""
    return _made_id(settings.HUB_ID.bytes, kind, names)


@lru_cache(maxsize=4096)
def _made_id(hub: bytes, kind: str, names: tuple[str, ...]) -> str:
    text = "\0".join((kind, *names)).encode()
    digest = blake2b(text, digest_size=16, key=hub).digest()
    return f"{kind}--{UUID(bytes=digest, version=4)}"


def record_id(uid: UUID) -> str:
    """Bulletins and seizure reports are both reports: STIX has incidents as a stub alone, which MISP drops whole."""
    return f"{RECORD}--{uid}"


def part_id(uid: UUID, part: str) -> str:
    """The id of a record's `note`, `sighting-1`, `indicator-2`: parts are numbered, so a name tells nothing."""
    return f"{part.partition('-')[0]}--{UUID(int=uid.int ^ _mask(settings.HUB_ID.bytes, part))}"


def named_by(id_: str) -> set[UUID]:
    """The uids of the records that an object of this id could be of: its own, or one of its numbered parts."""
    type_, _separator, name = id_.partition("--")
    if not UUID_FORM.fullmatch(name):
        return set()
    uid = UUID(name)
    if type_ == RECORD:
        return {uid}
    parts = {
        "note": ["note"],
        "sighting": [f"sighting-{number}" for number in range(1, MOST_PARTS + 1)],
        "indicator": [f"indicator-{number}" for number in range(1, MOST_PARTS + 1)],
    }
    return {UUID(int=uid.int ^ _mask(settings.HUB_ID.bytes, part)) for part in parts.get(type_, [])}


@lru_cache(maxsize=1024)
def _mask(hub: bytes, part: str) -> int:
    """What turns a record's uid into a part's, and back; the bits that say which form it is stay."""
    digest = blake2b(part.encode(), digest_size=16, key=hub).digest()
    return int.from_bytes(digest) & ~FORM_BITS


def identity_id(agency: str) -> str:
    return made_id("identity", agency)


def method_id(code: str) -> str:
    return made_id("attack-pattern", code)


def location_id(list_name: str, code: str) -> str:
    """Of a `port`, a `country` or a `region`."""
    return made_id("location", list_name, code)


@lru_cache(maxsize=4096)
def stamp(at: datetime) -> str:
    """`2026-03-01T12:00:00.000000Z`: always to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
