"""What is asked for by its id: the records to read for it. An object of context is found where a page would give it."""

from __future__ import annotations

from collections.abc import Collection as Ids
from typing import Any
from uuid import UUID

from django.db import connection

from bulletins.markings.rules import Marking
from sharing.disclosures.kept import terms_of
from sharing.feeds.taxii.collections import Collection
from sharing.stix.context import everywhere
from sharing.stix.finishing import statements_of
from sharing.stix.ids import identity_id, named_by

# Of records that are marked and bound alike the first.
WORDED = """
    select distinct on (f.controls, f.rel_to, f.cui_categories, f.caveat, g.directions)
           s.uid, s.record_id, f.controls, f.rel_to, f.cui_categories, f.caveat, g.directions
    from sharing_standing s
    join sharing_grant g on g.record_id = s.record_id and g.group_id = s.agency_id and g.person_id is null
     and g.emergency_id is null and (g.until is null or g.until > hub_now())
    join bulletins_face f on f.id = g.face_id and f.tlp <> 'TLP:RED' and not f.controls @> '{{DISPLAY ONLY}}'
     and (f.controls <> '{{}}' or f.cui_categories <> '{{}}' or f.caveat <> '' or g.directions <> '{{}}')
    where s.agency_id = hub_agency() and s.state = 'live' and {within}
    order by f.controls, f.rel_to, f.cui_categories, f.caveat, g.directions, s.numbered_at
"""
# Of an owner's records the first, also where nothing of it is shared any more: what stands in its place names it.
OWNED = """
    select distinct on (s.owner_id) s.uid, o.code
    from sharing_standing s join hub_agency o on o.group_id = s.owner_id
    where s.agency_id = hub_agency() and {within}
    order by s.owner_id, s.numbered_at
"""


def read_for(collection: Collection, ids: Ids[str]) -> list[UUID]:
    """The uids of the caller's records that may have objects of these ids, or refer to them."""
    found = set[UUID]().union(*map(named_by, ids))
    strange = {id_ for id_ in ids if id_ not in everywhere()}
    if any(id_.startswith("marking-definition--") for id_ in strange):
        found |= _worded(collection, strange)
    if any(id_.startswith("identity--") for id_ in strange):
        found |= {uid for uid, owner in _rows(OWNED, collection) if identity_id(owner) in strange}
    return sorted(found)


def _worded(collection: Collection, ids: set[str]) -> set[UUID]:
    rows = _rows(WORDED, collection)
    terms = terms_of({row[1] for row in rows if row[6]})
    found = set()
    for uid, _record, controls, rel_to, categories, caveat, directions in rows:
        marking = Marking(
            controls=tuple(controls), rel_to=tuple(rel_to), cui_categories=tuple(categories), caveat=caveat
        )
        bound = [terms[direction][0] for direction in directions if direction in terms]
        if any(each.id in ids for each in statements_of(marking, bound)):
            found.add(uid)
    return found


def _rows(query: str, collection: Collection) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            query.format(within=collection.within or "true"),
            {"collection": collection.id, "key": collection.key},
        )
        return cursor.fetchall()
