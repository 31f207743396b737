"""What stands in the inbox at one moment, told by names alone: what a page that is open compares itself with.

Nothing of a record is read here, so nothing is disclosed: only rows that are new to the page are, when it asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from hub.accounts.viewer import Viewer
from sharing.deliveries.models import AlertKind, InboxItem
from sharing.deliveries.querysets import COUNTED, asked_of, inbox_items, notices

# Of the newest 200 these many may be new: whatever slides in at the far end was there before.
FRESH = 150
# The same of notices; all names together must fit into an address.
NAMED, FRESH_NOTICES = 100, 50
# A row's name on a page: the beginning of the delivery's own, which is random.
NAME = 10


@dataclass(frozen=True)
class Sight:
    """The newest items and unread notices, and until when what is asked for. Numbers are as the badge counts."""

    viewer: Viewer
    items: tuple[InboxItem, ...]
    notices: tuple[UUID, ...]
    asked: dict[int, datetime]
    asked_refs: tuple[str, ...]

    @property
    def unread(self) -> int:
        return len(self.notices) + sum(
            1 for item in self.items if item.read_at is None and item.alert != AlertKind.RECALLED
        )

    @property
    def whole(self) -> bool:
        """Whether there is no more than this."""
        return len(self.items) < COUNTED

    @property
    def names(self) -> str:
        """Names of all of it, one after the other: what a page has that was made of it."""
        return "".join([*(_name(item.uid) for item in self.items), *map(_name, self.notices[:NAMED])])

    @cached_property
    def tag(self) -> str:
        """Differs wherever anything that a page shows of it does."""
        parts = [
            (self.viewer.person_id, self.viewer.agency_id),
            [
                (str(item.uid), item.version, item.read_at is None, item.acknowledged_at is None)
                for item in self.items
            ],
            [str(uid) for uid in self.notices],
            sorted((record, by.isoformat()) for record, by in self.asked.items()),
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def fresh(self, had: str) -> list[InboxItem]:
        """The items that a page with the names `had` has not."""
        names = _split(had)
        return [item for item in self.items[:FRESH] if _name(item.uid) not in names]

    def fresh_notices(self, had: str) -> list[UUID]:
        names = _split(had)
        return [uid for uid in self.notices[:FRESH_NOTICES] if _name(uid) not in names]


def look(viewer: Viewer) -> Sight:
    """In three queries, however much there is."""
    asked = list(asked_of(viewer).values_list("record_id", "acknowledge_by", "ref")[:COUNTED])
    return Sight(
        viewer,
        tuple(inbox_items(viewer).select_related("owner")[:COUNTED]),
        tuple(notices(viewer, unread=True).values_list("uid", flat=True)[:COUNTED]),
        {record: by for record, by, _ref in asked},
        tuple(ref for _record, _by, ref in asked),
    )


def _name(uid: UUID) -> str:
    return uid.hex[:NAME]


def _split(names: str) -> Collection[str]:
    return {names[start : start + NAME] for start in range(0, len(names), NAME)}
