"""What a community's releases mean for one agency: what history would give it, what leaving takes away.

As the engine, past every policy: what leaves are numbers over records the asking viewer holds, and work to be done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import engine
from sharing.audiences.models import Grant, Received
from sharing.releases.facts import load
from sharing.releases.grounds import Facts, Roster
from sharing.releases.models import Release
from sharing.releases.rules import decide

PART = 500


@dataclass(frozen=True)
class Extent:
    """So many records of so many owners."""

    records: int = 0
    owners: int = 0


def released_to(community: int) -> list[int]:
    """The records that have been released to the community and not ended, in order of id."""
    with engine():
        rows = Release.objects.filter(community_id=community, ended_at=None)
        return sorted(set(rows.values_list("record_id", flat=True)))


def owners_releasing_to(community: int) -> set[int]:
    """The agencies whose releases to the community stand."""
    with engine():
        rows = Release.objects.filter(community_id=community, ended_at=None)
        return set(rows.order_by().values_list("owner_id", flat=True).distinct())


# What decisions rest on an agency's parent for: what reaches either, and what rests on the agency's own word.
REACHING = """
    select distinct l.record_id from sharing_release l
    where l.ended_at is null and (
        l.agency_id = any(%(both)s) or l.agency_id is null and l.community_id is null
        or l.community_id in (select m.community_id from sharing_membership m
                              where m.agency_id = any(%(both)s) and m.left_at is null))
"""
RESTING = """
    select distinct r.id from bulletins_record r join sharing_release l on l.record_id = r.id and l.ended_at is null
    where %(child)s in (r.owner_id, r.originator_id) or exists (
        select 1 from bulletins_version v join bulletins_record s on s.id = any(v.linked)
        where v.record_id = r.id and %(child)s in (s.owner_id, s.originator_id))
"""
# Of records, per owner, those that reach either agency in a way the owner may know: a hidden roster names nobody.
OPENLY = """
    select r.owner_id, count(*) from bulletins_record r where r.id = any(%(ids)s) and exists (
        select 1 from sharing_release l left join sharing_community c on c.id = l.community_id
        where l.record_id = r.id and l.ended_at is null and (
            l.agency_id = any(%(both)s) or l.agency_id is null and l.community_id is null or c.roster_visible
            and exists (select 1 from sharing_membership m where m.community_id = c.id and m.left_at is null
                        and m.agency_id = any(%(both)s))))
    group by 1
"""


def reaching_either(child: int, parent: int) -> list[int]:
    """The records of which a release reaches either agency, in order of id."""
    return _ids(REACHING, both=[child, parent])


def resting_on(child: int) -> list[int]:
    """The released records that are the agency's, or rest on its word."""
    return _ids(RESTING, child=child)


def openly_reached(ids: Iterable[int], child: int, parent: int) -> dict[int, int]:
    """Owner -> how many of the records reached the child in a way that the owner may be told of."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(OPENLY, {"ids": sorted(set(ids)), "both": [child, parent]})
        return dict(cursor.fetchall())


def for_client(child: int, *, viewer: Viewer, at: datetime) -> Extent:
    """What the viewer's agency holds that would go on to the agency as its client."""
    parent, found = viewer.agency_id or 0, dict[int, int]()
    for ids in _parts(_held_by(viewer, reaching_either(parent, parent))):
        world = load(ids)
        client = replace(world.parties[child], parent=parent)
        for pk in ids:
            facts, subject = world.facts[pk], world.subjects[pk]
            through = tuple(
                reach
                for reach in facts.releases
                if reach.agency == parent
                or (reach.community in facts.rosters and parent in facts.rosters[reach.community].members)
            )
            if (
                subject.owner.id != child
                and decide(subject, client, replace(facts, releases=through), at).allowed
            ):
                found[pk] = subject.owner.id
    return Extent(len(found), len(set(found.values())))


def _ids(query: str, **values: Any) -> list[int]:
    with engine(), connection.cursor() as cursor:
        cursor.execute(query, values)
        return sorted(pk for (pk,) in cursor.fetchall())


def history(community: int, agency: int, *, viewer: Viewer, at: datetime) -> Extent:
    """What joining with history would give the agency through this community, of what the viewer holds too.

    The viewer is its lead: what itself has not been given is not counted, or the number would tell of it. And only
    through this community: what the agency may have otherwise would show in the difference.
    """
    found: dict[int, int] = {}
    for ids in _parts(_held_by(viewer, released_to(community))):
        world = load(ids, whole=True)
        for pk in ids:
            facts = _with_member(world.facts[pk], community, agency)
            subject = world.subjects[pk]
            if subject.owner.id != agency and decide(subject, world.parties[agency], facts, at).allowed:
                found[pk] = subject.owner.id
    return Extent(len(found), len(set(found.values())))


def losses(community: int, *, viewer: Viewer, at: datetime) -> Extent:
    """What the viewer's own agency would lose by leaving: what it holds and no other way gives it."""
    found: dict[int, int] = {}
    agency = viewer.agency_id or 0
    for ids in _parts(_held_by(viewer, released_to(community))):
        world = load(ids, whole=True)
        for pk in ids:
            facts, subject = _without_member(world.facts[pk], community, agency), world.subjects[pk]
            if not decide(subject, world.parties[agency], facts, at).allowed:
                found[pk] = subject.owner.id
    return Extent(len(found), len(set(found.values())))


def reached(granted: Iterable[tuple[int, int]], agencies: Iterable[int]) -> dict[int, int]:
    """Owner -> how many of its records reached any of the agencies, out of what was granted."""
    wanted = set(agencies)
    records = {record for record, agency in granted if agency in wanted}
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            "select owner_id, count(*) from bulletins_record where id = any(%s) group by 1", [sorted(records)]
        )
        return dict(cursor.fetchall())


def reaching(ids: Iterable[int], agencies: Iterable[int], *, at: datetime) -> set[tuple[int, int]]:
    """What the rule gives the agencies that they do not hold yet, as (record, agency): before grants are written."""
    wanted, found = sorted(agencies), set[tuple[int, int]]()
    for part in _parts(sorted(ids)):
        world = load(part)
        with engine():
            grants = Grant.objects.filter(content_object_id__in=part, group_id__in=wanted)
            held = set(grants.values_list("content_object_id", "group_id"))
        for pk in part:
            subject = world.subjects[pk]
            for agency in wanted:
                fresh = (pk, agency) not in held and subject.owner.id != agency
                if fresh and decide(subject, world.parties[agency], world.facts[pk], at).allowed:
                    found.add((pk, agency))
    return found


def deny_through(ids: Collection[int], agencies: Iterable[int], *, at: datetime) -> None:
    """End at `at` what these agencies hold of the records, whichever way it came: deny first.

    For many records at once. What is theirs in another way comes back when it is computed anew; an end that lies
    before stays.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            update sharing_grant g set until = %s from bulletins_record r
            where r.id = g.record_id and r.owner_id <> g.group_id and g.record_id = any(%s) and g.group_id = any(%s)
              and (g.until is null or g.until > %s)
            """,
            [at, sorted(ids), sorted(agencies), at],
        )


def deny_crossing(ids: Collection[int], *, at: datetime) -> None:
    """End at `at` what of these records went across a border: under whose agreement, is computed anew."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            update sharing_grant g set until = %s
            where g.record_id = any(%s) and g.agreement_id is not null and (g.until is null or g.until > %s)
            """,
            [at, sorted(ids), at],
        )


def with_clients(agencies: Iterable[int]) -> frozenset[int]:
    """The agencies and those that belong to them."""
    found = set(agencies)
    clients = Agency.objects.filter(parent_id__in=found, parent_confirmed_at__isnull=False)
    return frozenset(found | set(clients.values_list("pk", flat=True)))


def _held_by(viewer: Viewer, ids: list[int]) -> list[int]:
    rows = Received.objects.visible_to(viewer).filter(record_id__in=ids)
    return sorted({pk for (pk,) in rows.look("record_id", most=len(ids))})


def _parts(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))


def _with_member(facts: Facts, community: int, agency: int) -> Facts:
    roster = facts.rosters[community]
    joined = replace(
        roster,
        members=roster.members | {agency},
        since={pk: since for pk, since in roster.since.items() if pk != agency},
    )
    through = tuple(reach for reach in facts.releases if reach.community == community)
    return replace(facts, releases=through, rosters={**facts.rosters, community: joined})


def _without_member(facts: Facts, community: int, agency: int) -> Facts:
    roster: Roster = facts.rosters[community]
    left = replace(roster, members=roster.members - {agency})
    return replace(facts, rosters={**facts.rosters, community: left})
