"""What a collection is given of a record: its STIX objects as the agency is shown it, or what stands in their place."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sharing.audiences.numbering import number_entries
from sharing.deliveries.due import Due
from sharing.disclosures.disclosure import Disclosure
from sharing.stix.finishing import Finished, finished, renamed, source_of, stubs, tail_of
from sharing.stix.rendering import heads

log = logging.getLogger(__name__)

# As feeds give it. Of what was `recalled` the life that was, also where the record has begun another since.
DATED = """
    select w.place, coalesce(s.uid, r.uid), coalesce(s.created_at, v.published_at, r.created_at),
           coalesce(s.numbered_at, w.at), coalesce(s.parts, '{}'), o.code, o.name,
           o.renamed_at
    from unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::boolean[])
         with ordinality w(record, agency, at, recalled, place)
    join bulletins_record r on r.id = w.record join hub_agency o on o.group_id = r.owner_id
    left join bulletins_version v on v.record_id = r.id and v.number = 1
    left join lateral (
        select s.* from sharing_standing s where s.record_id = w.record and s.agency_id = w.agency
           and (s.state = 'recalled' or not w.recalled) order by s.life desc limit 1) s on true
"""

# What is pushed before any feed has rendered it has parts too, which are to be withdrawn with it.
GIVEN = """
    update sharing_standing s set parts = array(select distinct unnest(s.parts || %s::varchar[]) order by 1)
     where s.agency_id = %s and s.uid = %s
"""


@dataclass(frozen=True)
class Dated:
    """How a record stands for an agency in STIX: under which id, since when, as of when, whose.

    `parts` names what else was ever among its objects.
    """

    uid: UUID
    created: datetime
    modified: datetime
    parts: tuple[str, ...]
    owner: str
    owner_name: str
    owner_renamed_at: datetime | None


def dated(rows: Sequence[Due], *, recalled: Sequence[bool] = ()) -> list[Dated]:
    """Of each row's record, for its agency; `recalled` where all of it was taken back. In the engine's transaction."""
    found: dict[int, Dated] = {}
    columns: list[list[Any]] = [[getattr(row, name) for row in rows] for name in ("record", "agency", "at")]
    with connection.cursor() as cursor:
        cursor.execute(DATED, [*columns, list(recalled) or [False] * len(rows)])
        for place, uid, created, modified, parts, *owner in cursor.fetchall():
            found[place] = Dated(uid, created, modified, tuple(parts), *owner)
    return [found[place] for place in range(1, len(rows) + 1)]


def bring_up_to_date() -> None:
    """Before `dated` is asked: what was committed since the last numbers has its own."""
    number_entries()


class Rendering:
    """Of one set of deliveries: what several are shown alike is rendered once. In the engine's transaction."""

    def __init__(self) -> None:
        self._heads: dict[tuple[int, UUID], str] = {}

    def of(self, row: Due, shown: Disclosure, stand: Dated) -> Finished | None:
        """The record's objects; None where they cannot be rendered, which is logged."""
        found = self._rendered(shown, stand)
        if found and not set(found.parts) <= set(stand.parts):
            with connection.cursor() as cursor:
                cursor.execute(GIVEN, [list(found.parts), row.agency, stand.uid])
        return found

    def _rendered(self, shown: Disclosure, stand: Dated) -> Finished | None:
        same = id(shown), stand.uid
        try:
            if same not in self._heads:
                kept = heads(source_of(shown, created=stand.created))
                self._heads[same] = kept if stand.uid == shown.uid else renamed(kept, stand.uid)
            return finished(self._heads[same], tail_of(shown, modified=stand.modified), gone=stand.parts)
        except Exception:
            log.exception("a record cannot be rendered as STIX")
            return None


def stub_of(stand: Dated, *, revoked: bool) -> Finished:
    """What stands in its place once it is theirs no more; `revoked` for good."""
    return stubs(
        stand.uid,
        created=stand.created,
        modified=stand.modified,
        revoked=revoked,
        owner=stand.owner,
        owner_name=stand.owner_name,
        owner_renamed_at=stand.owner_renamed_at,
        parts=stand.parts,
    )
