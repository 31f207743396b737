"""What a collection is given of a record: its STIX objects as the agency is shown it, or what stands in their place."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from hub.database.numbering import number_rows
from sharing.deliveries.due import Due
from sharing.disclosures.disclosure import Disclosure
from sharing.stix.finishing import Finished, finished, source_of, stubs, tail_of
from sharing.stix.rendering import heads

log = logging.getLogger(__name__)

# Later with each delivery: with the grant, or with what is told of it after that.
DATED = """
    select w.place, r.uid, v.published_at, greatest(w.at, (
               select g.visible_since from sharing_grant g where g.record_id = w.record and g.group_id = w.agency
                  and g.person_id is null and g.emergency_id is null)), array[]::varchar[], o.code, o.name
    from unnest(%s::bigint[], %s::int[], %s::timestamptz[]) with ordinality w(record, agency, at, place)
    join bulletins_record r on r.id = w.record join hub_agency o on o.group_id = r.owner_id
    join bulletins_version v on v.record_id = r.id and v.number = 1
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


def dated(rows: Sequence[Due]) -> list[Dated]:
    """Of each row's record, for its agency. In the engine's transaction."""
    found: dict[int, Dated] = {}
    with connection.cursor() as cursor:
        cursor.execute(DATED, [[getattr(row, name) for row in rows] for name in ("record", "agency", "at")])
        for place, uid, created, modified, parts, *owner in cursor.fetchall():
            found[place] = Dated(uid, created, modified, tuple(parts), *owner)
    return [found[place] for place in range(1, len(rows) + 1)]


def bring_up_to_date() -> None:
    """Before `dated` is asked: what was committed since the last numbers has its own."""
    number_rows("sharing_entry")


class Rendering:
    """Of one set of deliveries: what several are shown alike is rendered once."""

    def __init__(self) -> None:
        self._heads: dict[tuple[int, UUID], str] = {}

    def of(self, shown: Disclosure, stand: Dated) -> Finished | None:
        """The record's objects; None where they cannot be rendered, which is logged."""
        same = id(shown), stand.uid
        try:
            if same not in self._heads:
                self._heads[same] = heads(replace(source_of(shown, created=stand.created), uid=stand.uid))
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
        parts=stand.parts,
    )
