"""From decisions to grants, as the engine: the only writer of guardian rows.

Deny first, recompute after: `regrant` brings the grants of some records to what the rule says now, in the
transaction of whatever caused it. `rebuild_grants` does so for all; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from bulletins.faces.actions import Cut, faces_of, make_faces, mark_faces
from bulletins.faces.wording import digest_of
from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.database.context import engine, hold_ground, lock_records
from sharing.audiences.models import EntryKind, Grant, WithdrawalKind
from sharing.audiences.permission import view_record
from sharing.releases.facts import World, load
from sharing.releases.grounds import Opening, Treaty
from sharing.releases.models import Recall
from sharing.releases.rules import Decision, decide, decide_emergency


@dataclass
class Changes:
    """What a recomputation did, as (record, agency) pairs; owners' own grants are not among them."""

    granted: list[tuple[int, int]] = field(default_factory=list)
    changed: list[tuple[int, int]] = field(default_factory=list)
    withdrawn: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A grant as it should be."""

    record: int
    agency: int
    person: int | None
    face: int
    release: int | None
    agreement: int | None
    directions: tuple[int, ...]
    until: datetime | None
    since: datetime
    emergency: int | None = None
    acknowledge_by: datetime | None = None
    communities: tuple[int, ...] = ()


@dataclass(frozen=True)
class Narrowed:
    """What is still covered after a narrowing, in terms of faces. `drugs` is None where every substance is."""

    kinds: list[str]
    tlps: list[str]
    withheld: list[str]
    drugs: list[str] | None


# Grants that crossed under any of the directions. Most crossed under one agreement alone: each half has its index.
UNDER = """(g.agreement_id in (select d.agreement_id from sharing_direction d where d.id = any(%(directions)s))
             and g.directions && %(directions)s::bigint[]
         or cardinality(g.directions) > 1 and g.directions && %(directions)s::bigint[])"""

COVERED = """(cardinality(g.directions) = 1 and f.kind = any(%(kinds)s::varchar[]) and f.tlp = any(%(tlps)s::varchar[])
    and f.withheld @> %(withheld)s::varchar[] and cardinality(f.linked) = 0
    and (%(drugs)s::varchar[] is null or f.drugs <@ %(drugs)s::varchar[]))"""

GONE = "g.record_id, g.group_id, g.person_id, g.face_id, g.visible_since, g.release_id, g.emergency_id"
# What follows the deletion of grants, as `gone`: withdrawals for recipients, entries, and who lost what.
TOLD = """
    told as (
        insert into sharing_withdrawal (agency_id, person_id, record_kind, owner_id, uid, ref, version, tlp,
                                        kind, reason, had_since, at, recall_id, only_version, basis)
        select gone.group_id, gone.person_id, f.kind, f.owner_id, f.uid, f.ref, f.version, f.tlp,
               %(ending)s, %(reason)s, gone.visible_since, %(at)s, %(recall)s, %(only)s,
               coalesce(gone.release_id, -gone.emergency_id, 0)
        from gone join bulletins_face f on f.id = gone.face_id where gone.group_id <> f.owner_id),
    entered as (
        insert into sharing_entry (agency_id, record_id, kind)
        select group_id, record_id, %(withdrawn)s from gone where emergency_id is null)
    select gone.record_id, gone.group_id from gone join bulletins_record r on r.id = gone.record_id
    where gone.group_id <> r.owner_id
"""

REMARKED = """
    insert into sharing_entry (agency_id, record_id, face_id, kind)
    select g.group_id, g.record_id, g.face_id, %s from sharing_grant g
    where g.record_id = any(%s) and g.emergency_id is null order by g.record_id, g.group_id
"""
RECALLED = """
    insert into sharing_entry (agency_id, record_id, kind)
    select s.agency_id, s.record_id, %s from sharing_standing s
    where s.record_id = %s and s.state <> 'recalled' and not exists (
        select from sharing_grant g
        where g.record_id = s.record_id and g.group_id = s.agency_id and g.emergency_id is null)
"""


def _telling(at: datetime, recall: Recall | None = None) -> dict[str, Any]:
    return {
        "at": at,
        "ending": (WithdrawalKind.RECALLED if recall else WithdrawalKind.ENDED).value,
        "reason": recall.reason if recall else "",
        "recall": recall.pk if recall else None,
        "only": recall.version if recall else None,
        "withdrawn": EntryKind.WITHDRAWN.value,
    }


def regrant(ids: Iterable[int], *, at: datetime, recall: Recall | None = None) -> Changes:
    """Bring the grants of the records to what the rule says at `at`; what is withdrawn is so by `recall`, or has ended.

    Locks the records first, all in id order. Returns what changed for recipients.
    """
    wanted = sorted(set(ids))
    with engine():
        lock_records(wanted)
        hold_ground()
        world = load(wanted)
        faces = faces_of(wanted)
        rows = [row for pk in wanted if pk in world.records for row in _rows(world, pk, faces, at)]
        changes = _remove(wanted, rows, at, recall)
        _write(rows, changes, at)
        subjects = {pk: world.subjects[pk] for pk in wanted if world.sources.get(pk)}
        note_remarked(
            pk
            for pk, subject in subjects.items()
            if mark_faces(pk, tlp=subject.tlp, controls=subject.controls, rel_to=subject.rel_to)
        )
        if recall is not None and recall.version is None:
            note_recalled(recall.record_id)
    return changes


def note_remarked(ids: Iterable[int]) -> None:
    """Leave an entry for everybody who holds these records: their marking is another, on the face they have."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(REMARKED, [EntryKind.REMARKED.value, sorted(ids)])


def note_recalled(record: int) -> None:
    """Leave an entry for every agency that machines carried the record to and that has it no more: it is recalled."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(RECALLED, [EntryKind.RECALLED.value, record])


def rebuild_grants(at: datetime) -> Changes:
    """Recompute the grants of every published record, in batches. After a healthy life it changes nothing.

    Outside a transaction each batch commits by itself.
    """
    with engine():
        ids = list(Record.objects.filter(latest__gt=0).order_by("id").values_list("id", flat=True))
    total = Changes()
    for start in range(0, len(ids), 500):
        part = regrant(ids[start : start + 500], at=at)
        total.granted += part.granted
        total.changed += part.changed
        total.withdrawn += part.withdrawn
    return total


def holders_behind(record: Record, releases: Iterable[int]) -> dict[tuple[int, int | None], list[int]]:
    """(version, person) -> agencies that hold that older version of the record by one of these releases.

    Whom they reach and something else gives it is not among them. For the engine's own work: it names members of
    hidden rosters.
    """
    found: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    with engine():
        rows = Grant.objects.filter(
            content_object=record, face__version__lt=record.latest, release_id__in=list(releases)
        )
        for agency, person, version in rows.order_by("group_id").values_list(
            "group_id", "person_id", "face__version"
        ):
            found[version, person].append(agency)
    return dict(found)


def basis_of(record: int, viewer: Viewer) -> int:
    """What the viewer has the record by, as in the ledger: a release, or 0."""
    with engine():
        rows = Grant.objects.filter(content_object_id=record, group=viewer.agency_id or 0, emergency=None)
        mine = rows.filter(Q(person=None) | Q(person_id=viewer.person_id))
        return mine.values_list("release_id", flat=True).first() or 0


def decisions(world: World, pk: int, at: datetime) -> dict[int, Decision]:
    """The decision for every agency that a release of the record could reach, and for its owner."""
    subject = world.subjects[pk]
    reached = world.reachable(pk) | {subject.owner.id}
    # Whoever waited for the record's lock was called before what they waited for took effect.
    at = max(at, world.applied.get(pk, at))
    return {
        agency: decide(subject, world.parties[agency], world.facts[pk], at)
        for agency in sorted(reached)
        if agency in world.parties
    }


def _rows(
    world: World, pk: int, faces: dict[tuple[int, int, frozenset[str], str], int], at: datetime
) -> list[Row]:
    """The grants a record should have. `faces` are those there are; what is missing is made."""
    record = world.records[pk]
    if not record.latest or record.purged_at:
        return []
    allowed = {agency: found for agency, found in decisions(world, pk, at).items() if found.allowed}
    opened = _opened(world, pk, at)
    _make_missing(record, [*allowed.values(), *(found for _opening, found in opened)], faces)
    rows = []
    for agency, found in allowed.items():
        own = agency == record.owner_id and not found.persons
        people: list[int | None] = [*sorted(found.persons)]
        for person in people or [None]:
            rows.append(
                Row(
                    record=pk,
                    agency=agency,
                    person=person,
                    face=faces[_face_key(pk, found)],
                    release=None if own else found.release,
                    agreement=found.agreement,
                    directions=found.directions,
                    until=found.until,
                    # The owner has had it since it was published, whenever the grant is written.
                    since=record.latest_at if own and record.latest_at else at,
                    acknowledge_by=found.acknowledge_by,
                    communities=found.communities,
                )
            )
    rows += [
        Row(
            record=pk,
            agency=opening.agency,
            person=opening.person,
            face=faces[_face_key(pk, found)],
            release=None,
            agreement=found.agreement,
            directions=found.directions,
            until=found.until,
            since=at,
            emergency=opening.id,
        )
        for opening, found in opened
    ]
    return rows


def _opened(world: World, pk: int, at: datetime) -> list[tuple[Opening, Decision]]:
    """What emergencies open now, one for each person: that which lasts longest."""
    facts, found = world.facts[pk], {}
    for opening in facts.emergencies:
        if party := world.parties.get(opening.agency):
            decided = decide_emergency(world.subjects[pk], party, opening, facts, at)
            if decided.allowed:
                found[opening.agency, opening.person] = (opening, decided)
    return list(found.values())


def _face_key(pk: int, found: Decision) -> tuple[int, int, frozenset[str], str]:
    return pk, found.version, found.withheld, digest_of(found.wording)


def _make_missing(
    record: Record,
    allowed: Iterable[Decision],
    faces: dict[tuple[int, int, frozenset[str], str], int],
) -> None:
    """Add to `faces` those the decisions need and that are not made yet."""
    missing: dict[int, set[Cut]] = defaultdict(set)
    for found in allowed:
        if _face_key(record.pk, found) not in faces:
            missing[found.version].add(Cut(found.withheld, found.wording))
    for version, cuts in missing.items():
        for cut, face in make_faces(record, version, cuts).items():
            faces[record.pk, version, cut.withheld, digest_of(cut.wording)] = face


def _remove(ids: list[int], rows: list[Row], at: datetime, recall: Recall | None) -> Changes:
    """Delete the grants that should not be, with a withdrawal and an entry for each that was visible."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            with wanted as (select * from unnest(%(records)s::bigint[], %(agencies)s::int[], %(people)s::bigint[],
                                                 %(emergencies)s::bigint[])
                                          w(record, agency, person, emergency)),
            gone as (
                delete from sharing_grant g where g.record_id = any(%(ids)s) and not exists (
                    select 1 from wanted w where w.record = g.record_id and w.agency = g.group_id
                       and w.person is not distinct from g.person_id
                       and w.emergency is not distinct from g.emergency_id)
                returning {GONE}),
            {TOLD}
            """,  # noqa: S608  parts of our own
            {
                "records": [row.record for row in rows],
                "agencies": [row.agency for row in rows],
                "people": [row.person for row in rows],
                "emergencies": [row.emergency for row in rows],
                "ids": ids,
                **_telling(at, recall),
            },
        )
        return Changes(withdrawn=list(cursor.fetchall()))


def deny_under(directions: Iterable[int], *, at: datetime, unless: Narrowed | None = None) -> Changes:
    """End the grants that crossed under any of these directions, in one statement, however many there are.

    Grants under two agreements end with either. `unless` keeps those that it still covers, and names under what.
    Nothing is decided anew here: what may be given by another way is the caller's to recompute. The caller holds the
    records' locks and the ground alone.
    """
    ids = sorted(directions)
    kept = "" if unless is None else f"and not coalesce({COVERED}, false)"
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            with gone as (
                delete from sharing_grant g using bulletins_face f
                where f.id = g.face_id and {UNDER} {kept}
                returning {GONE}),
            {TOLD}
            """,  # noqa: S608  parts of our own
            {"directions": ids, **_telling(at), **(vars(unless) if unless else {})},
        )
        return Changes(withdrawn=list(cursor.fetchall()))


def move_under(direction: int, *, until: datetime, to: Treaty | None = None) -> None:
    """Let the grants that crossed under a direction end by `until` at the latest; `to` names another they stand under.

    In one statement. It takes away and gives nothing: what else changes for them is recomputed.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            with moved as (
                update sharing_grant g
                   set until = least(g.until, %(until)s),
                       directions = array_replace(g.directions, %(from)s, %(to)s),
                       agreement_id = case when g.agreement_id = (select d.agreement_id from sharing_direction d
                                                                  where d.id = %(from)s)
                                           then coalesce(%(agreement)s::bigint, g.agreement_id)
                                           else g.agreement_id end
                 where {UNDER}
                returning g.group_id, g.record_id, g.face_id, g.emergency_id)
            insert into sharing_entry (agency_id, record_id, face_id, kind)
            select group_id, record_id, face_id, %(remarked)s from moved
            where %(to)s <> %(from)s and emergency_id is null
            """,  # noqa: S608  parts of our own
            {
                "directions": [direction],
                "from": direction,
                "to": to.direction if to else direction,
                "agreement": to.id if to else None,
                "until": until,
                "remarked": EntryKind.REMARKED.value,
            },
        )


def records_under(directions: Iterable[int]) -> list[int]:
    """The records of which a grant crossed under any of these directions, in order of id."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            f"select distinct g.record_id from sharing_grant g where {UNDER} order by 1",  # noqa: S608
            {"directions": sorted(directions)},
        )
        return [record for (record,) in cursor.fetchall()]


# Every grant that should be. What differs is written, and what of it anybody sees leaves an entry: another face; the
# same under other terms, by other communities, asked to be acknowledged by another time, or after an end that had
# passed, when it could not be read.
WRITE = """
    with wanted as (
        select * from unnest(%(records)s::bigint[], %(agencies)s::int[], %(people)s::bigint[], %(faces)s::bigint[],
                             %(releases)s::bigint[], %(agreements)s::bigint[], %(directions)s::text[],
                             %(communities)s::text[], %(until)s::timestamptz[], %(since)s::timestamptz[],
                             %(emergencies)s::bigint[], %(acknowledge_by)s::timestamptz[])
                 w(record, agency, person, face, release, agreement, directions, communities, until, since, emergency,
                   acknowledge_by)),
    old as (
        select g.id, g.face_id, g.directions, g.communities, g.until, g.acknowledge_by
        from sharing_grant g where g.record_id = any(%(ids)s)),
    written as (
        insert into sharing_grant as g (permission_id, record_id, group_id, person_id, face_id, release_id,
                                        agreement_id, directions, communities, visible_since, until, emergency_id,
                                        acknowledge_by)
        select %(permission)s, record, agency, person, face, release, agreement, directions::bigint[],
               communities::bigint[], since, until, emergency, acknowledge_by
        from wanted
        order by record, agency, person, emergency
        on conflict (record_id, group_id, person_id, emergency_id) do update
           set face_id = excluded.face_id, release_id = excluded.release_id,
               agreement_id = excluded.agreement_id, directions = excluded.directions,
               communities = excluded.communities, until = excluded.until,
               acknowledge_by = excluded.acknowledge_by,
               before = case when g.face_id = excluded.face_id then g.before else g.face_id end,
               visible_since = case when g.face_id = excluded.face_id then g.visible_since
                                    else excluded.visible_since end
         where (g.face_id, g.release_id, g.agreement_id, g.directions, g.communities, g.until, g.acknowledge_by)
               is distinct from (excluded.face_id, excluded.release_id, excluded.agreement_id, excluded.directions,
                                 excluded.communities, excluded.until, excluded.acknowledge_by)
        returning g.id, g.record_id, g.group_id, g.face_id, g.directions, g.communities, g.emergency_id,
                  g.acknowledge_by),
    told as (
        select w.*, case when old.id is null then %(granted)s when old.face_id <> w.face_id then %(changed)s
                         else %(remarked)s end as kind
        from written w left join old on old.id = w.id
        where w.emergency_id is null and (
            old.id is null or old.face_id <> w.face_id or old.directions <> w.directions
            or old.communities <> w.communities or old.until <= %(at)s
            or old.acknowledge_by is distinct from w.acknowledge_by)),
    entered as (
        insert into sharing_entry (agency_id, record_id, face_id, kind)
        select group_id, record_id, face_id, kind from told)
    select t.record_id, t.group_id, t.kind = %(granted)s from told t join bulletins_record r on r.id = t.record_id
    where t.group_id <> r.owner_id and t.kind <> %(remarked)s
"""


def _write(rows: list[Row], changes: Changes, at: datetime) -> None:
    """Write the grants that should be, in one statement, with an entry for each written or changed."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "records": [row.record for row in rows],
                "agencies": [row.agency for row in rows],
                "people": [row.person for row in rows],
                "faces": [row.face for row in rows],
                "releases": [row.release for row in rows],
                "agreements": [row.agreement for row in rows],
                "directions": [_array(row.directions) for row in rows],
                "communities": [_array(row.communities) for row in rows],
                "until": [row.until for row in rows],
                "since": [row.since for row in rows],
                "emergencies": [row.emergency for row in rows],
                "acknowledge_by": [row.acknowledge_by for row in rows],
                "ids": sorted({row.record for row in rows}),
                "permission": view_record(),
                "at": at,
                "granted": EntryKind.GRANTED.value,
                "changed": EntryKind.CHANGED.value,
                "remarked": EntryKind.REMARKED.value,
            },
        )
        for record, agency, fresh in cursor.fetchall():
            (changes.granted if fresh else changes.changed).append((record, agency))


def _array(numbers: Iterable[int]) -> str:
    """A text: PostgreSQL's arrays of arrays are rectangles."""
    return "{" + ",".join(map(str, numbers)) + "}"
