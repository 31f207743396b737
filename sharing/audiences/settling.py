"""What a change of agreements means for grants: which records it touches, and bringing them up to date in batches.

Denying is done at once (`deny_under` in actions.py); what may be given, or given again another way, is recomputed at
once where it is little, and by a task where it is much.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection

from hub.agencies.models import Agency
from hub.database.context import engine
from sharing.agreements.models import Agreement
from sharing.audiences.actions import Changes, regrant
from sharing.releases.facts import party_of, treaties_among, treaty_of
from sharing.releases.grounds import Party, Treaty
from sharing.releases.rules import gives, takes

# So many records are recomputed within the transaction that changes what they rest on; so many in each batch after it.
AT_ONCE = 500

# Records of which a live release reaches the takers, and that are the givers' or rest on others'; and what an emergency
# opened to somebody of theirs, to whom nothing need have been released.
CONCERNED = """
    select distinct r.id from bulletins_record r join sharing_release l on l.record_id = r.id
    where l.ended_at is null and (l.ends_at is null or l.ends_at > %(at)s) and r.latest > 0
      and (r.owner_id = any(%(givers)s) or r.originator_id = any(%(givers)s)
           or exists (select 1 from bulletins_version v where v.record_id = r.id and cardinality(v.linked) > 0))
      and (l.agency_id = any(%(targets)s) or l.agency_id is null and l.community_id is null
           or l.community_id in (select m.community_id from sharing_membership m
                                 where m.agency_id = any(%(targets)s) and m.left_at is null
                                   and m.confirmed_at is not null))
    union
    select e.record_id from sharing_emergency e
    where e.agency_id = any(%(targets)s) and e.ended_at is null and e.until > %(at)s
"""

CLAIM = """
    with claimed as (
        select id from sharing_unsettled order by id limit %s for update skip locked)
    delete from sharing_unsettled u using claimed c where c.id = u.id returning u.record_id, u.quiet
"""


def concerned(treaties: Iterable[Treaty], *, at: datetime) -> list[int]:
    """The records that these directions could let through to somebody, in order of id: rather more than fewer."""
    found: set[int] = set()
    parties = _parties()
    for treaty in treaties:
        takers = {party.id: party for party in parties if takes(treaty, party)}
        targets = takers.keys() | {party.parent for party in takers.values() if party.parent}
        with engine(), connection.cursor() as cursor:
            cursor.execute(
                CONCERNED,
                {
                    "at": at,
                    "givers": [party.id for party in parties if gives(treaty, party)],
                    "targets": sorted(targets),
                },
            )
            found |= {record for (record,) in cursor.fetchall()}
    return sorted(found)


def reached_otherwise(treaties: Collection[Treaty], *, at: datetime) -> set[int]:
    """The agencies on the taking side of these directions that another agreement in force reaches from their givers."""
    parties = _parties()
    known = {treaty.direction for treaty in treaties}
    with engine():
        every = treaties_among({party.id: party for party in parties})
    others = [
        other
        for other in every
        if other.direction not in known and not other.suspended and other.valid_from <= at < other.valid_to
    ]
    return {
        party.id
        for treaty in treaties
        for other in others
        if any(gives(treaty, giver) and gives(other, giver) for giver in parties)
        for party in parties
        if takes(treaty, party) and takes(other, party)
    }


def treaties_of(row: Agreement) -> list[Treaty]:
    """The directions of an agreement of one's own as the rule sees them, a draft's too."""
    parties = {party.id: party for party in _parties()}
    both = {row.first_id: row.second_id, row.second_id: row.first_id}
    return [
        treaty_of(each, row, parties[each.giver_id], parties[both[each.giver_id]])
        for each in row.directions.all()
    ]


def settle(ids: Collection[int], *, at: datetime, quiet: bool = False) -> Changes | None:
    """Recompute the records now if they are few, otherwise leave them to the task and return None."""
    if len(ids) <= AT_ONCE:
        return regrant(ids, at=at)
    leave(ids, at=at, quiet=quiet)
    return None


def leave(ids: Iterable[int], *, at: datetime, quiet: bool = False) -> None:
    """Leave records to be recomputed soon, in batches. With `quiet` none of them is alerted: it was told as a whole."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            "insert into sharing_unsettled (record_id, since, quiet) select unnest(%s::bigint[]), %s, %s",
            [sorted(ids), at, quiet],
        )


def settle_some(*, at: datetime) -> tuple[int, Changes]:
    """Recompute one batch of what was left; return how many records, and what changed that is to be told.

    A batch whose transaction fails stays: the sweep takes it up again.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [AT_ONCE])
        claimed = cursor.fetchall()
    ids = {record for record, _quiet in claimed}
    changes = regrant(ids, at=at) if ids else Changes()
    silent = ids - {record for record, quiet in claimed if not quiet}
    changes.granted = [pair for pair in changes.granted if pair[0] not in silent]
    return len(ids), changes


def had_before(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of (record, agency) pairs, those where the agency had the record earlier and lost it."""
    if not pairs:
        return set()
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            select w.record, w.agency from unnest(%s::bigint[], %s::int[]) w(record, agency)
            join bulletins_record r on r.id = w.record
            where exists (select 1 from sharing_withdrawal t where t.agency_id = w.agency and t.ref = r.ref)
            """,
            [[record for record, _a in pairs], [agency for _r, agency in pairs]],
        )
        return set(cursor.fetchall())


def _parties() -> list[Party]:
    return [party_of(agency) for agency in Agency.objects.all()]
