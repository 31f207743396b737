"""Where the copies of a photograph lie, and that files and rows come and go together."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

SIZES = ("full", "thumb")


def stored_name(uid: UUID | str, size: str) -> str:
    """The name in storage of one copy: `photographs/3f/3f…-thumb`. `size` is one of SIZES."""
    if size not in SIZES:
        raise ValueError(f"a photograph has no size {size!r}")
    return f"photographs/{str(uid)[:2]}/{uid}-{size}"


def keep(uid: UUID, copies: dict[str, bytes]) -> None:
    """Store the copies now, in place of any of that name; they go again if the transaction does."""
    remove([uid])
    watch = _Watch([uid])
    transaction.on_commit(watch.committed)
    for size, content in copies.items():
        default_storage.save(stored_name(uid, size), ContentFile(content))


def forget_when_committed(uids: Iterable[UUID]) -> None:
    """Remove the copies once the transaction that gave them up has committed."""
    gone = list(uids)
    if gone:
        transaction.on_commit(lambda: remove(gone))


class _Watch:
    """Removes files unless told that the transaction committed.

    Django tells of a commit and never of a rollback; but a rollback drops what waited for the commit, and
    with it the last reference to this.
    """

    def __init__(self, uids: list[UUID]) -> None:
        self.rollback = weakref.finalize(self, remove, uids)

    def committed(self) -> None:
        self.rollback.detach()


def remove(uids: Iterable[UUID]) -> None:
    """Remove both copies of each, as far as they are there."""
    for uid in uids:
        for size in SIZES:
            default_storage.delete(stored_name(uid, size))
