"""From decisions to grants, as the engine: the only writer of guardian rows.

Deny first, recompute after: `regrant` brings the grants of some records to what the rule says now, in the
transaction of whatever caused it. `rebuild_grants` does so for all; a test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from bulletins.faces.actions import Cut, faces_of, make_faces
from bulletins.faces.wording import digest_of
from bulletins.models import Record
from hub.database.context import engine, lock_records
from sharing.audiences.models import EntryKind, WithdrawalKind
from sharing.audiences.permission import view_record
from sharing.releases.facts import World, load
from sharing.releases.rules import Decision, decide


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
    until: datetime | None
    since: datetime


def regrant(
    ids: Iterable[int], *, at: datetime, ending: WithdrawalKind = WithdrawalKind.ENDED, reason: str = ""
) -> Changes:
    """Bring the grants of the records to what the rule says at `at`; `ending` and `reason` go on what is withdrawn.

    Locks the records first, all in id order. Returns what changed for recipients.
    """
    wanted = sorted(set(ids))
    with engine():
        lock_records(wanted)
        world = load(wanted)
        faces = faces_of(wanted)
        rows = [row for pk in wanted if pk in world.records for row in _rows(world, pk, faces, at)]
        changes = _remove(wanted, rows, at, ending, reason)
        _write(rows, changes)
    return changes


def rebuild_grants(at: datetime) -> Changes:
    """Recompute the grants of every published record. After a healthy life it changes nothing."""
    with engine():
        ids = list(Record.objects.filter(latest__gt=0).order_by("id").values_list("id", flat=True))
    total = Changes()
    for start in range(0, len(ids), 500):
        part = regrant(ids[start : start + 500], at=at)
        total.granted += part.granted
        total.changed += part.changed
        total.withdrawn += part.withdrawn
    return total


def decisions(world: World, pk: int, at: datetime) -> dict[int, Decision]:
    """The decision for every agency that a release of the record could reach, and for its owner."""
    subject = world.subjects[pk]
    reached = world.reachable(pk) | {subject.owner.id}
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
    if not record.latest:
        return []
    allowed = {agency: found for agency, found in decisions(world, pk, at).items() if found.allowed}
    _make_missing(record, allowed.values(), faces)
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
                    until=found.until,
                    # The owner has had it since it was published, whenever the grant is written.
                    since=record.latest_at if own and record.latest_at else at,
                )
            )
    return rows


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


def _remove(ids: list[int], rows: list[Row], at: datetime, ending: WithdrawalKind, reason: str) -> Changes:
    """Delete the grants that should not be, with a withdrawal and an entry for each that was visible."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with wanted as (select * from unnest(%s::bigint[], %s::int[], %s::bigint[]) w(record, agency, person)),
            gone as (
                delete from sharing_grant g where g.record_id = any(%s) and not exists (
                    select 1 from wanted w where w.record = g.record_id and w.agency = g.group_id
                       and w.person is not distinct from g.person_id)
                returning g.record_id, g.group_id, g.person_id, g.face_id, g.visible_since),
            told as (
                insert into sharing_withdrawal (agency_id, person_id, record_kind, owner_id, uid, ref, version, tlp,
                                                kind, reason, had_since, at)
                select gone.group_id, gone.person_id, f.kind, f.owner_id, f.uid, f.ref, f.version, f.tlp,
                       %s, %s, gone.visible_since, %s
                from gone join bulletins_face f on f.id = gone.face_id where gone.group_id <> f.owner_id),
            entered as (
                insert into sharing_entry (agency_id, record_id, kind)
                select group_id, record_id, %s from gone)
            select gone.record_id, gone.group_id from gone join bulletins_record r on r.id = gone.record_id
            where gone.group_id <> r.owner_id
            """,
            [
                [row.record for row in rows],
                [row.agency for row in rows],
                [row.person for row in rows],
                ids,
                ending.value,
                reason,
                at,
                EntryKind.WITHDRAWN.value,
            ],
        )
        return Changes(withdrawn=list(cursor.fetchall()))


def _write(rows: list[Row], changes: Changes) -> None:
    """Write the grants that should be, in one statement, with an entry for each written or changed."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with wanted as (
                select * from unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                                     %s::timestamptz[], %s::timestamptz[])
                         w(record, agency, person, face, release, agreement, until, since)),
            old as (
                select g.id, g.face_id from sharing_grant g where g.record_id = any(%s)),
            written as (
                insert into sharing_grant as g (permission_id, record_id, group_id, person_id, face_id, release_id,
                                                agreement_id, visible_since, until)
                select %s, record, agency, person, face, release, agreement, since, until from wanted
                order by record, agency, person
                on conflict (record_id, group_id, person_id) do update
                   set face_id = excluded.face_id, release_id = excluded.release_id,
                       agreement_id = excluded.agreement_id, until = excluded.until,
                       visible_since = case when g.face_id = excluded.face_id then g.visible_since
                                            else excluded.visible_since end
                 where (g.face_id, g.release_id, g.agreement_id, g.until)
                       is distinct from (excluded.face_id, excluded.release_id, excluded.agreement_id, excluded.until)
                returning g.id, g.record_id, g.group_id, g.face_id),
            moved as (
                select w.*, old.id is null as fresh from written w left join old on old.id = w.id
                where old.face_id is distinct from w.face_id),
            entered as (
                insert into sharing_entry (agency_id, record_id, face_id, kind)
                select group_id, record_id, face_id, case when fresh then %s else %s end from moved)
            select m.record_id, m.group_id, m.fresh from moved m join bulletins_record r on r.id = m.record_id
            where m.group_id <> r.owner_id
            """,
            [
                [row.record for row in rows],
                [row.agency for row in rows],
                [row.person for row in rows],
                [row.face for row in rows],
                [row.release for row in rows],
                [row.agreement for row in rows],
                [row.until for row in rows],
                [row.since for row in rows],
                sorted({row.record for row in rows}),
                view_record(),
                EntryKind.GRANTED.value,
                EntryKind.CHANGED.value,
            ],
        )
        for record, agency, fresh in cursor.fetchall():
            (changes.granted if fresh else changes.changed).append((record, agency))
