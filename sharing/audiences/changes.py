"""What an amendment changed for somebody who had the version before: the parts, as far as their faces show them.

The face they had before is theirs no longer, so the engine compares the two; what leaves is which of the parts they are
shown differ, and the author's note where nothing is withheld from them, nor worded otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.database.context import engine, require_viewer
from sharing.audiences.querysets import from_elsewhere

# What two faces show is read once, whoever had the one and has the other.
PAIRS = f"""
    select w.place, o.id, f.id, o.version, f.version,
           case when f.wording = '' and o.wording = '' then coalesce(v.note, '') else '' end,
           case when row_number() over pair = 1 then o.shown end, case when row_number() over pair = 1 then f.shown end
    from unnest(%s::int[], %s::bigint[], %s::bigint[]) with ordinality w(agency, person, record, place)
    join sharing_grant g on g.record_id = w.record and g.group_id = w.agency
     and (g.person_id is null or g.person_id = w.person)
    join bulletins_face f on f.id = g.face_id and {from_elsewhere("f", "g.group_id")}
    join bulletins_face o on o.id = g.before and o.record_id = g.record_id and o.version < f.version
    left join bulletins_version v on v.record_id = g.record_id and v.number = f.version
    window pair as (partition by o.id, f.id order by w.place)
    order by w.place
"""  # noqa: S608  all of it is ours


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
    return amended_for_each([(viewer, record_id)])[0]


def amended_for_each(wanted: Sequence[tuple[Viewer, int]]) -> list[Amended | None]:
    """The same for many, in the order of `wanted`; for those who were just shown the record."""
    found: list[Amended | None] = [None] * len(wanted)
    if not wanted:
        return found
    agencies, persons = ([getattr(who, name) for who, _r in wanted] for name in ("agency_id", "person_id"))
    pairs: dict[tuple[int, int], Amended] = {}
    with engine(), connection.cursor() as cursor:
        cursor.execute(PAIRS, [agencies, persons, [record for _who, record in wanted]])
        for place, old, new, before, version, note, older, newer in cursor.fetchall():
            if older is not None:
                pairs[old, new] = compared(before, _read(older), version, _read(newer), note)
            found[place - 1] = pairs[old, new]
    return found


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
