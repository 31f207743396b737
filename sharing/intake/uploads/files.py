"""Where an upload's files lie: in the store of photographs, whose addresses are handed to nobody."""

from __future__ import annotations

from typing import IO
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

# As it was sent, where that was a workbook; the rows as CSV; the refused ones, with the reasons.
WORKBOOK, ROWS, REFUSED = PARTS = ("workbook", "rows", "refused")


def stored_name(uid: UUID | str, part: str) -> str:
    if part not in PARTS:
        raise ValueError(f"an upload has no part {part!r}")
    return f"uploads/{str(uid)[:2]}/{uid}-{part}"


def keep(uid: UUID, part: str, content: IO[bytes]) -> None:
    """Store the file in place of any of that name."""
    remove(uid, part)
    content.seek(0)
    default_storage.save(stored_name(uid, part), File(content, name=part))


def opened(uid: UUID, part: str) -> IO[bytes]:
    """Raises FileNotFoundError."""
    found: IO[bytes] = default_storage.open(stored_name(uid, part)).file  # type: ignore[assignment]
    return found


def is_kept(uid: UUID, part: str) -> bool:
    return default_storage.exists(stored_name(uid, part))


def remove(uid: UUID, *parts: str) -> None:
    for part in parts or PARTS:
        default_storage.delete(stored_name(uid, part))
