"""Many records as one STIX bundle, written as it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import uuid4

from sharing.stix.context import Ready, context_objects
from sharing.stix.finishing import ALWAYS, Finished


def bundle_of(records: Iterable[Finished]) -> Iterator[bytes]:
    """The bytes of one bundle, in pieces: context objects once, each before the first that refers to it.

    A bundle of nothing holds the extension's definition: STIX has no empty lists, and readers fail without one.
    """
    lead = b'{"type":"bundle","id":"bundle--%b","objects":[' % str(uuid4()).encode()
    for each in _once(records):
        yield lead + each.text
        lead = b",\n"
    yield b"]}"


def _once(records: Iterable[Finished]) -> Iterator[Ready]:
    always = context_objects(ALWAYS)
    yield from always
    seen = {each.id for each in always}
    for record in records:
        for each in record.context:
            if each.id not in seen:
                seen.add(each.id)
                yield each
        yield from record.objects
