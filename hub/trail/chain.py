"""The hash chain over trail rows and the signed seals upon it, as functions of plain data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

START = "0" * 64
DIGEST_BYTES = 32
PURPOSE = "drug concealment hub, seal of the trail, 1"


@dataclass(frozen=True)
class Link:
    """A numbered row as the chain sees it."""

    n: int
    id: int
    digest: bytes


@dataclass(frozen=True)
class SealedAs:
    """What a seal says of itself, and what is signed."""

    number: int
    first: int
    last: int
    previous: str
    head: str
    at: datetime

    @property
    def words(self) -> bytes:
        """The bytes under the signature: one form, whatever the database or library writes."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        said = [PURPOSE, self.number, self.first, self.last, self.previous, self.head, at]
        return json.dumps(said, separators=(",", ":")).encode()


def link(n: int, number_id: int, numbered_at: datetime, row: dict[str, Any]) -> Link:
    """The link of the row numbered `n`; `row` is all its columns by name, as PostgreSQL writes them into JSON.

    Empty columns are left out, so that a column added to the table later leaves earlier digests as they are.
    """
    kept = {name: value for name, value in row.items() if value not in (None, "", [], {})}
    told = {
        "n": n,
        "number": number_id,
        "numbered_at": numbered_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "row": kept,
    }
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return Link(n, row["id"], hashlib.sha256(canonical.encode()).digest())


def head_after(previous: str, links: Iterable[Link]) -> str:
    """The chain's head after `links`: each step takes the step before it, the number, the id and the row's digest."""
    head = bytes.fromhex(previous)
    for each in links:
        step = head + each.n.to_bytes(8, "big") + each.id.to_bytes(8, "big", signed=True) + each.digest
        head = hashlib.sha256(step).digest()
    return head.hex()


def links_of(first: int, ids: list[int], digests: bytes) -> Iterator[Link]:
    """What a seal kept of its rows, as links."""
    for place, row_id in enumerate(ids):
        yield Link(first + place, row_id, digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES])


def sign(sealed: SealedAs, key: Ed25519PrivateKey) -> str:
    return key.sign(sealed.words).hex()


def is_signed(sealed: SealedAs, *, key: str, signature: str) -> bool:
    """Whether the signature is that of the public key (hexadecimal) over what the seal says."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), sealed.words)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_half(key: Ed25519PrivateKey) -> str:
    """The public key in hexadecimal: who checks needs no more."""
    return key.public_key().public_bytes_raw().hex()
