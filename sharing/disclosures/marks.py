"""What was given of many records, as a digest: whether the same would be given now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from django.db import connection

from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer

# Which face, since when, under which marking and terms. What a face shows never changes; its marking may.
MARKS = """
    select g.record_id, md5(concat_ws('|', g.face_id, g.visible_since, g.directions, f.tlp, f.controls, f.rel_to,
                                      f.cui_categories, f.caveat, f.reliability, f.credibility))
    from unnest(%s::bigint[]) wanted(id)
    join sharing_grant g on g.record_id = wanted.id and g.group_id = hub_agency()
     and (g.person_id is null or g.person_id = %s) and (g.until is null or g.until > hub_now())
     and g.emergency_id is null
    join bulletins_face f on f.id = g.face_id
"""


def marks_of(viewer: Viewer, records: Sequence[int]) -> dict[int, str]:
    """Of each record that the viewer has now, what is given of it."""
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute(MARKS, [list(records), viewer.person_id])
        return dict(cursor.fetchall())


class Mark:
    """One digest of many marks, in the order they are added."""

    def __init__(self) -> None:
        self._whole = hashlib.sha256()

    def add(self, marks: Iterable[str]) -> None:
        for mark in marks:
            self._whole.update(mark.encode())

    @property
    def digest(self) -> str:
        return self._whole.hexdigest()


def given_still(viewer: Viewer, records: Sequence[int], mark: str, *, size: int = 5_000) -> bool:
    """Whether each of `records` would be given to the viewer now just as when `mark` was taken."""
    found = Mark()
    for start in range(0, len(records), size):
        part = records[start : start + size]
        marks = marks_of(viewer, part)
        if len(marks) < len(part):
            return False
        found.add(marks[pk] for pk in part)
    return found.digest == mark
