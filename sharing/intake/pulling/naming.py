"""The photographs that a record of another hub names, and what they are called here. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bulletins.publishing.models import PhotographGroup
from bulletins.publishing.photographs.actions import MOST
from sharing.intake.reading import extension_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Named:
    """A photograph as its hub names it. `sha256` is empty where that is not said."""

    there: UUID
    group: str
    caption: str
    sha256: str


def named_in(stix: Mapping[str, Any]) -> list[Named]:
    """The photographs that a record of a hub names, in their order: each once, as many as a record holds."""
    extension = extension_of(stix)
    facts = extension.get("facts") if extension else None
    found: dict[UUID, Named] = {}
    for group in PhotographGroup.values:
        of_group = facts.get(group) if isinstance(facts, dict) else None
        rows = of_group.get("photographs") if isinstance(of_group, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and (there := _uuid(row.get("uid"))):
                caption, digest = str(row.get("caption") or ""), str(row.get("sha256") or "")
                found.setdefault(
                    there, Named(there, group, caption[:200], digest if _DIGEST.fullmatch(digest) else "")
                )
    return list(found.values())[:MOST]


def uid_here(record: UUID, there: UUID) -> UUID:
    """Made of both names: fetched again it takes its own place, and no hub chooses a name here."""
    return UUID(bytes=hashlib.blake2b(there.bytes, key=record.bytes, digest_size=16).digest(), version=4)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
