"""What an amendment changed for somebody who had the version before: the parts, as far as their faces show them.

The face they had before is theirs no longer, so the engine compares the two; what leaves is which of the parts they are
shown differ, and the author's note where nothing is withheld from them, nor worded otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.database.context import engine, require_viewer

PAIR = """
    select o.version, o.shown, f.version, f.shown,
           case when f.wording = '' and o.wording = '' then coalesce(v.note, '') else '' end
    from sharing_grant g
    join bulletins_face f on f.id = g.face_id
    join bulletins_face o on o.id = g.before and o.record_id = g.record_id and o.version < f.version
    left join bulletins_version v on v.record_id = g.record_id and v.number = f.version
    where g.record_id = %s and g.group_id = %s and g.group_id <> f.owner_id
      and (g.person_id is null or g.person_id = %s)
"""


@dataclass(frozen=True)
class Amended:
    """`changed` are parts that say something else than in version `before`, `added` those withheld until now."""

    before: int
    version: int
    changed: tuple[str, ...]
    added: tuple[str, ...]
    note: str

    @property
    def changed_labels(self) -> tuple[str, ...]:
        return tuple(str(FieldGroup(group).label) for group in self.changed)

    @property
    def added_labels(self) -> tuple[str, ...]:
        return tuple(str(FieldGroup(group).label) for group in self.added)


def amended_for(viewer: Viewer, record_id: int) -> Amended | None:
    """What changed between the version the viewer has of the record and the one they had before, if they had one.

    For whoever was just shown the record: it is asked by internal id.
    """
    require_viewer(viewer)
    if viewer.agency_id is None:
        return None
    with engine(), connection.cursor() as cursor:
        cursor.execute(PAIR, [record_id, viewer.agency_id, viewer.person_id])
        row = cursor.fetchone()
    if row is None:
        return None
    return compared(row[0], _read(row[1]), row[2], _read(row[3]), row[4])


def compared(before: int, older: dict[str, Any], version: int, newer: dict[str, Any], note: str) -> Amended:
    """By part, of what two faces show."""
    hidden, was_hidden = set(newer.get("withheld", [])), set(older.get("withheld", []))
    open_now = [group for group in FieldGroup if group not in hidden]
    return Amended(
        before=before,
        version=version,
        changed=tuple(
            group.value
            for group in open_now
            if group not in was_hidden and older.get(group) != newer.get(group)
        ),
        added=tuple(group.value for group in open_now if group in was_hidden and newer.get(group)),
        note="" if hidden or was_hidden else note,
    )


def _read(shown: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown) if isinstance(shown, str) else shown
    return found
