"""Ids as `next` keeps them. It stands in an address, often beside the filter that names the same hundred once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

UUID_BYTES = 16


def packed(ids: Iterable[str]) -> tuple[dict[str, int], list[str], bytes]:
    """How many there are of each type, those that are no STIX ids as they are, and the UUIDs of the others in order."""
    of: defaultdict[str, list[bytes]] = defaultdict(list)
    odd = []
    for id_ in sorted(ids):
        type_, _dashes, name = id_.partition("--")
        try:
            uid = UUID(name)
        except ValueError:
            uid = None
        if uid is not None and str(uid) == name:
            of[type_].append(uid.bytes)
        else:
            odd.append(id_)
    return (
        {type_: len(uids) for type_, uids in of.items()},
        odd,
        b"".join(b"".join(uids) for uids in of.values()),
    )


def unpacked(counts: dict[str, int], odd: list[str], rest: bytes) -> tuple[frozenset[str], bytes]:
    """The ids, and what comes after them."""
    found, place = list(odd), 0
    for type_, count in counts.items():
        for _each in range(count):
            found.append(f"{type_}--{UUID(bytes=rest[place : place + UUID_BYTES])}")
            place += UUID_BYTES
    return frozenset(found), rest[place:]
