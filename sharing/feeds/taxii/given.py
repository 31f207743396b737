"""Which objects of context the pages of one run have given so far: each is given once, and none is ever left out.

It travels in `next`, which clients keep and send in an address: it stays short. What everybody's answers have alike
(vocabulary, TLP, the extension) is a bit each, in an order that both ends know. The rest, agencies and statements, are
traces of what they say: long enough that no two are alike, and few; of those beyond, some are given once more.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from sharing.stix.context import Ready, everywhere

# With 48 traces of 8 bytes, one object in 10**17 is taken for given that was not.
TRACE, MOST_TRACES = 8, 48


class _Vocabulary(NamedTuple):
    """`places` by id. Other words, or another list, have another `name`: bits of the one say nothing of the other."""

    of: dict[str, Ready]
    name: bytes
    places: dict[str, int]


class Given:
    def __init__(self, packed: bytes = b"") -> None:
        """`packed` as `packed()` made it, in this hub."""
        self._vocabulary = _vocabulary()
        size = (len(self._vocabulary.places) + 7) // 8
        self._bits = bytearray(size)
        name, bits = packed[:TRACE], int.from_bytes(packed[TRACE : TRACE + 2])
        begin = TRACE + 2 + bits
        if name == self._vocabulary.name and bits == size:
            self._bits[:] = packed[TRACE + 2 : begin]
        rest = packed[begin:]
        # In the order of their last use.
        self._traces = dict.fromkeys(rest[at : at + TRACE] for at in range(0, len(rest), TRACE))

    def has(self, each: Ready) -> bool:
        place = self._vocabulary.places.get(each.id)
        if place is None:
            return _trace(each) in self._traces
        return bool(self._bits[place >> 3] >> (place & 7) & 1)

    def add(self, each: Ready) -> None:
        place = self._vocabulary.places.get(each.id)
        if place is None:
            trace = _trace(each)
            self._traces.pop(trace, None)
            self._traces[trace] = None
        else:
            self._bits[place >> 3] |= 1 << (place & 7)

    def packed(self) -> bytes:
        head = self._vocabulary.name + len(self._bits).to_bytes(2)
        return head + bytes(self._bits) + b"".join([*self._traces][-MOST_TRACES:])


_kept: list[_Vocabulary] = []


def _vocabulary() -> _Vocabulary:
    known = everywhere()
    if not _kept or _kept[0].of is not known:
        rows = sorted(known.values())
        name = blake2b(b"\n".join(each.text for each in rows), digest_size=TRACE).digest()
        _kept[:] = [_Vocabulary(known, name, {each.id: place for place, each in enumerate(rows)})]
    return _kept[0]


def _trace(each: Ready) -> bytes:
    return blake2b(each.text, digest_size=TRACE).digest()
