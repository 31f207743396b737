"""`disclose`: the only way a record becomes output. It asks for the grant again, by a query of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from bulletins.markings.rules import Marking
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from hub.trail.actions import origin
from sharing.disclosures.disclosure import TERMS, Desk, Disclosure, Terms, Withheld
from sharing.disclosures.rules import Carries, Channel, carries

# `terms` are what binds the recipient, by the directions it crossed under, owner's and originator's.
GRANTED = """
    with terms as materialized (select * from hub_terms(%s::bigint[]))
    select g.record_id, f.uid, f.ref, f.kind, f.version, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat,
           f.reliability, f.credibility, f.issued_at, g.visible_since, g.until, f.shown, f.linked, f.withheld,
           a.group_id, a.code, a.name, a.desk_email, a.desk_phone, a.desk_hours,
           (select json_agg(t order by array_position(g.directions, t.direction)) from terms t
             where t.direction = any(g.directions)),
           g.release_id, g.agreement_id, g.emergency_id,
           case when g.acknowledge_by > g.visible_since and g.group_id <> f.owner_id then g.acknowledge_by end
    from unnest(%s::bigint[]) with ordinality as wanted(id, place)
    join sharing_grant g on g.record_id = wanted.id and g.group_id = hub_agency()
     and (g.person_id is null or g.person_id = %s) and (g.until is null or g.until > hub_now())
     and {which}
    join bulletins_face f on f.id = g.face_id
    join hub_agency a on a.group_id = f.owner_id
    order by wanted.place
"""
BY_RELEASE = GRANTED.format(which="g.emergency_id is null")
# One record: what an emergency opened to this person comes before what their agency has.
OPENED = GRANTED.format(which="true") + ", g.emergency_id nulls last limit 1"


def disclose(
    viewer: Viewer,
    records: Sequence[int],
    channel: Channel,
    *,
    own_endpoint: bool = True,
    opened: bool = False,
    at: datetime | None = None,
) -> list[Disclosure]:
    """What `viewer` may be shown of `records` by `channel`, in their order; what may not leave is simply absent.

    With `opened`, of one record and for its page alone, what an emergency opened to the person counts as well.
    Writes one ledger row for the answer, unless it gives nothing. Records are internal ids, as visible_to gives them.
    """
    require_viewer(viewer)
    if not records:
        return []
    with connection.cursor() as cursor:
        page = opened and channel == Channel.PAGE and len(records) == 1
        query = OPENED if page else BY_RELEASE
        cursor.execute(query, [list(records), list(records), viewer.person_id])
        rows = cursor.fetchall()
    found = []
    given = []
    for row in rows:
        marking = Marking(row[5], tuple(row[6]), tuple(row[7]), tuple(row[8]), row[9], row[10], row[11])
        extent = carries(marking, channel, own_endpoint=own_endpoint)
        if extent == Carries.NOTHING:
            continue
        found.append(_disclosure(row, viewer, marking, extent))
        given.append((row[0], row[4], ",".join(row[17]), -row[27] if row[27] else row[25] or 0, row[26] or 0))
    if given:
        _enter(viewer, channel, given, at or timezone.now())
    return found


def _disclosure(row: tuple[Any, ...], viewer: Viewer, marking: Marking, extent: Carries) -> Disclosure:
    shown = json.loads(row[15]) if isinstance(row[15], str) else row[15]
    owner = Desk(row[18], row[19], row[20], row[21], row[22], row[23])
    found = json.loads(row[24]) if isinstance(row[24], str) else row[24] or []
    terms = tuple(Terms(**{name: each[name] for name in TERMS}) for each in found)
    originator = str(shown.get("core", {}).get("originator", ""))
    withheld = tuple(_withheld(group, owner.code, originator, found) for group in shown.get("withheld", []))
    return Disclosure(
        key=row[0],
        uid=row[1],
        ref=row[2],
        kind=row[3],
        version=row[4],
        owner=owner,
        own=owner.id == viewer.agency_id,
        marking=marking,
        issued_at=row[12],
        visible_since=row[13],
        until=row[14],
        facts=_reduced(shown, extent),
        linked=tuple(row[16]) if extent == Carries.ALL else (),
        withheld=withheld if extent == Carries.ALL else (),
        agreement=terms[0].agreement if terms else "",
        terms=terms,
        emergency=row[27] is not None,
        acknowledge_by=row[28],
    )


def _withheld(group: str, owner: str, originator: str, terms: list[dict[str, Any]]) -> Withheld:
    """By whom it is withheld and under what. An agreement of the originator's withholds in the originator's name."""
    under = next((each for each in terms if group in each["withheld"]), None)
    by = originator if under and under["giver"] == originator else owner
    label = str(FieldGroup(group).label)
    return Withheld(group=group, label=label, by=by, under=under["agreement"] if under else "")


def _reduced(shown: dict[str, Any], extent: Carries) -> dict[str, Any]:
    """The facts that the channel carries."""
    if extent == Carries.ALL:
        return shown
    kept = {
        Carries.WAITING: (),
        Carries.MARKING: ("hazard",),
        Carries.TITLE: ("hazard", "title"),
        Carries.TEAR_LINE: ("hazard", "title", "tear_line", "safety_note"),
    }[extent]
    return {"core": {name: shown["core"][name] for name in kept if name in shown["core"]}}


def _enter(
    viewer: Viewer, channel: Channel, given: list[tuple[int, int, str, int, int]], at: datetime
) -> None:
    """The ledger: one row an answer, its arrays parallel."""
    records, versions, withheld, basis, agreements = (list(column) for column in zip(*given, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into sharing_ledger (at, agency_id, person_id, person, channel, request_id, records, versions,"
            " withheld, basis, agreements) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                at,
                viewer.agency_id,
                viewer.person_id,
                viewer.username,
                channel.value,
                origin.get().request_id,
                records,
                versions,
                withheld,
                basis,
                agreements,
            ],
        )
