"""Many records as one STIX bundle, written as it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import uuid4

from sharing.stix.context import Ready
from sharing.stix.finishing import Finished


def bundle_of(records: Iterable[Finished]) -> Iterator[bytes]:
    """The bytes of one bundle, in pieces: context objects once, each before the first that refers to it."""
    head = b'{"type":"bundle","id":"bundle--%b"' % str(uuid4()).encode()
    # STIX has no empty lists: a bundle of nothing has no objects.
    lead = head + b',"objects":['
    for each in _once(records):
        yield lead + each.text
        lead = b",\n"
    yield b"]}" if lead == b",\n" else head + b"}"


def _once(records: Iterable[Finished]) -> Iterator[Ready]:
    seen: set[str] = set()
    for record in records:
        for each in record.context:
            if each.id not in seen:
                seen.add(each.id)
                yield each
        yield from record.objects
