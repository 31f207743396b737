"""`disclose`: the only way a record becomes output. It asks for the grant again, by a query of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from django.db import connection
from django.utils import timezone

from bulletins.markings.rules import Marking
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.database.context import engine, require_viewer
from hub.trail.actions import origin
from sharing.disclosures.disclosure import TERMS, Desk, Disclosure, Terms, Withheld
from sharing.disclosures.rules import Carries, Channel, carries

# What is read of a grant and the face it gives; `terms` are what binds the recipient, by the directions it crossed
# under, owner's and originator's. The same for one viewer and for many: only who is asked for differs.
READ = """
    select g.record_id, f.uid, f.ref, f.kind, f.version, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat,
           f.reliability, f.credibility, f.issued_at, g.visible_since, g.until, f.shown, f.linked, f.withheld,
           a.group_id, a.code, a.name, a.desk_email, a.desk_phone, a.desk_hours,
           (select json_agg(t order by array_position(g.directions, t.direction)) from terms t
             where t.direction = any(g.directions)),
           g.release_id, g.agreement_id, g.emergency_id,
           case when g.acknowledge_by > g.visible_since and g.group_id <> f.owner_id then g.acknowledge_by end,
           a.renamed_at"""
GIVEN_TO_ME = """
    from unnest(%s::bigint[]) with ordinality as wanted(id, place)
    join sharing_grant g on g.record_id = wanted.id and g.group_id = hub_agency()
     and (g.person_id is null or g.person_id = %s) and (g.until is null or g.until > hub_now())
     and {which}
    join bulletins_face f on f.id = g.face_id
    join hub_agency a on a.group_id = f.owner_id
    order by wanted.place
"""
RELEASED = "g.emergency_id is null"
GRANTED = f"""
    with terms as materialized (select * from hub_terms(%s::bigint[]))
    {READ} {GIVEN_TO_ME}
"""  # noqa: S608
BY_RELEASE = GRANTED.format(which=RELEASED)
# One record: what an emergency opened to this person comes before what their agency has.
OPENED = GRANTED.format(which="true") + ", g.emergency_id nulls last limit 1"
# Of many recipients at once, as the engine, whom no policy holds: so the audience of the face is asked as well, as
# its policy would (bulletins/migrations/0002_locks.py). What a face shows is read once, whoever it is given to.
AUDIENCE = """
     and (f.audience @> array[wanted.agency] or f.audience @> array[-wanted.person::int])
     and (f.lapses_at is null or f.lapses_at > hub_now() or exists (
         select 1 from sharing_grant s where s.face_id = f.id and s.group_id = wanted.agency
          and (s.person_id is null or s.person_id = wanted.person) and (s.until is null or s.until > hub_now())))"""
OF_EACH = f"""
    from wanted
    join sharing_grant g on g.record_id = wanted.id and g.group_id = wanted.agency
     and (g.person_id is null or g.person_id = wanted.person) and (g.until is null or g.until > hub_now())
     and g.emergency_id is null
    join bulletins_face f on f.id = g.face_id {AUDIENCE}"""
WANTED = """
    with wanted as materialized (
        select * from unnest(%s::int[], %s::bigint[], %s::bigint[]) with ordinality w(agency, person, id, place))"""
HELD = f"{WANTED} select distinct wanted.place {OF_EACH}"
SAME = "f.id, g.visible_since, g.until, g.acknowledge_by, g.directions, f.owner_id = wanted.agency"
# Those who are shown the same are numbered alike, and what they are shown is read once.
EACH = f"""
    {WANTED},
    given as materialized (
        select wanted.place, g.id, f.version, f.withheld, g.record_id, g.release_id, g.agreement_id,
               dense_rank() over (order by {SAME}) as same,
               row_number() over (partition by {SAME} order by wanted.place) as nth
        {OF_EACH}),
    terms as materialized (
        select d.id as direction, a.code as agreement, p.code as giver, d.caveat, d.legal_basis, d.permitted_use,
               d.keep_days, d.withheld
        from sharing_direction d join sharing_agreement a on a.id = d.agreement_id
        join hub_agency p on p.group_id = d.giver_id
        where d.id in (select unnest(g.directions) from given join sharing_grant g on g.id = given.id))
    select given.place, given.same, given.record_id, given.version, given.withheld, given.release_id,
           given.agreement_id, first.*
    from given left join lateral (
        {READ}
        from sharing_grant g join bulletins_face f on f.id = g.face_id join hub_agency a on a.group_id = f.owner_id
        where g.id = given.id and given.nth = 1) first on true
    order by given.place
"""  # noqa: S608

COLUMNS = ("records", "versions", "withheld", "basis", "agreements")
ENTER = f"""
    insert into sharing_ledger (at, agency_id, person_id, person, channel, request_id, {", ".join(COLUMNS)})
    select %s, r.agency_id, r.person_id, r.person, %s, %s, {", ".join(f"r.{name}" for name in COLUMNS)}
    from jsonb_to_recordset(%s::jsonb) r(agency_id int, person_id bigint, person varchar, records bigint[],
        versions int[], withheld varchar[], basis bigint[], agreements bigint[])
"""  # noqa: S608

Row: TypeAlias = tuple[Any, ...]
# (record, version, groups withheld, basis, agreement), as the ledger has them.
Given: TypeAlias = tuple[int, int, str, int, int]
# The terms of a direction, and the groups that it withholds.
Bound: TypeAlias = tuple[Terms, frozenset[str]]


def disclose(
    viewer: Viewer,
    records: Sequence[int],
    channel: Channel,
    *,
    own_endpoint: bool = True,
    opened: bool = False,
    groups: Collection[str] | None = None,
    at: datetime | None = None,
) -> list[Disclosure]:
    """What `viewer` may be shown of `records` by `channel`, in their order; what may not leave is simply absent.

    With `groups` the answers have the facts of these alone, and the ledger says what they are without.
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
    found, given = [], []
    for row in rows:
        answer = _carried(row, viewer, channel, own_endpoint=own_endpoint)
        if answer is not None:
            found.append(answer if groups is None else _narrowed(answer, groups))
            given.append(_given(row, groups))
    enter([(viewer, given)], channel, at or timezone.now())
    return found


def disclose_each(
    wanted: Sequence[tuple[Viewer, int]], channel: Channel, *, at: datetime | None = None
) -> list[Disclosure | Carries | None]:
    """What each viewer may be shown of one record by `channel`, in the order of `wanted`, each an answer of its own.

    NOTHING where the channel carries nothing of what the viewer has, None where there is no access. Recipients who
    are shown the same share one Disclosure. Writes a ledger row for each answer that gives something. In the caller's
    transaction: nobody's context is needed, or set.
    """
    answers: list[Disclosure | Carries | None] = [None] * len(wanted)
    shared: dict[int, Disclosure | None] = {}
    given: list[tuple[Viewer, list[Given]]] = []
    with engine():
        for place, same, record, version, withheld, basis, agreement, *row in _of_each(EACH, wanted):
            viewer = wanted[place - 1][0]
            if same not in shared:
                shared[same] = _carried(tuple(row), viewer, channel)
            answer = shared[same]
            answers[place - 1] = Carries.NOTHING if answer is None else answer
            if answer is not None:
                given.append((viewer, [(record, version, ",".join(withheld), basis or 0, agreement or 0)]))
        enter(given, channel, at or timezone.now())
    return answers


def held_by_each(wanted: Sequence[tuple[Viewer, int]]) -> list[bool]:
    """Whether each viewer has the record now, in the order of `wanted`: by the same question, with nothing given."""
    with engine():
        places = {place - 1 for (place,) in _of_each(HELD, wanted)}
    return [place in places for place in range(len(wanted))]


def _of_each(query: str, wanted: Sequence[tuple[Viewer, int]]) -> list[Row]:
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            [
                [viewer.agency_id for viewer, _record in wanted],
                [viewer.person_id for viewer, _record in wanted],
                [record for _viewer, record in wanted],
            ],
        )
        return cursor.fetchall()


def _read(found: Any) -> Any:
    return orjson.loads(found) if isinstance(found, str) else found


def _carried(row: Row, viewer: Viewer, channel: Channel, *, own_endpoint: bool = True) -> Disclosure | None:
    """What the channel carries of a row; None where that is nothing."""
    marking = Marking(row[5], tuple(row[6]), tuple(row[7]), tuple(row[8]), row[9], row[10], row[11])
    extent = carries(marking, channel, own_endpoint=own_endpoint)
    return None if extent == Carries.NOTHING else _disclosure(row, viewer, marking, extent)


def _given(row: Row, groups: Collection[str] | None = None) -> Given:
    left_out = [] if groups is None else [group for group in FieldGroup.values if group not in groups]
    withheld = ",".join(dict.fromkeys([*row[17], *left_out]))
    return row[0], row[4], withheld, -row[27] if row[27] else row[25] or 0, row[26] or 0


def _narrowed(shown: Disclosure, groups: Collection[str]) -> Disclosure:
    """The same with the facts of `groups` alone."""
    return replace(
        shown, facts={name: facts for name, facts in shown.facts.items() if name in (*groups, "withheld")}
    )


def _disclosure(row: Row, viewer: Viewer, marking: Marking, extent: Carries) -> Disclosure:
    shown = _read(row[15])
    owner = Desk(row[18], row[19], row[20], row[21], row[22], row[23], row[29])
    bound = [
        (Terms(**{name: each[name] for name in TERMS}), frozenset(each["withheld"]))
        for each in _read(row[24]) or []
    ]
    terms = tuple(term for term, _withholds in bound)
    originator = str(shown.get("core", {}).get("originator", ""))
    withheld = tuple(withheld_by(group, owner.code, originator, bound) for group in shown.get("withheld", []))
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


def withheld_by(group: str, owner: str, originator: str, bound: Sequence[Bound]) -> Withheld:
    """By whom it is withheld and under what. An agreement of the originator's withholds in the originator's name."""
    under = next((term for term, withholds in bound if group in withholds), None)
    by = originator if under and under.giver == originator else owner
    label = str(FieldGroup(group).label)
    return Withheld(group=group, label=label, by=by, under=under.agreement if under else "")


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


def enter(answers: Sequence[tuple[Viewer, list[Given]]], channel: Channel, at: datetime) -> None:
    """The ledger: one row for each answer that gave something, its arrays parallel."""
    rows = [
        {
            "agency_id": viewer.agency_id,
            "person_id": viewer.person_id,
            "person": viewer.username,
            **dict(zip(COLUMNS, zip(*given, strict=True), strict=True)),
        }
        for viewer, given in answers
        if given
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(ENTER, [at, channel.value, origin.get().request_id, orjson.dumps(rows).decode()])
