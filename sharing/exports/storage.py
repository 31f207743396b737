"""Where files lie until they are fetched: in the store of photographs, whose addresses are handed to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage


def stored_name(uid: UUID | str) -> str:
    return f"exports/{str(uid)[:2]}/{uid}"


def keep(uid: UUID, content: IO[bytes]) -> int:
    """Store the file in place of any of that name; its size in bytes."""
    remove([uid])
    default_storage.save(stored_name(uid), File(content, name="export"))
    return default_storage.size(stored_name(uid))


def remove(uids: Iterable[UUID | str]) -> None:
    for uid in uids:
        default_storage.delete(stored_name(uid))
