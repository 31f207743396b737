"""The rows of a collection in the order of its dates: how each record stands for the caller's agency."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from sharing.feeds.taxii.asking import Asked, moment
from sharing.feeds.taxii.collections import Collection

# A record's objects lie within so many microseconds of it: those it refers to before, its parts after.
BEFORE, AFTER = 199, 290
# A collection of a choice looks through so many records for one page, whatever it finds.
WINDOW = 5_000
# So many at least are read together where most may not match.
LEAST = 100

# By the date of each, and in a subscription's collection by its place there where that is later.
BY_DATE = """
    select s.*, s.numbered_at as at from sharing_standing s
    where agency_id = hub_agency() and numbered_at > %(after)s {narrowed}
    order by numbered_at limit %(window)s"""
LATER = "from sharing_placed p where p.collection = %(collection)s and p.standing_id = s.id and p.at > s.numbered_at"
BY_PLACE = f"""
    select * from (
        (select s.*, s.numbered_at as at from sharing_standing s
         where s.agency_id = hub_agency() and s.numbered_at > %(after)s {{narrowed}} and not exists (select {LATER})
         order by s.numbered_at limit %(window)s)
        union all
        (select s.*, p.at from sharing_placed p join sharing_standing s on s.id = p.standing_id
         where p.agency_id = hub_agency() and p.collection = %(collection)s and p.at > %(after)s
           and p.at > s.numbered_at {{narrowed}}
         order by p.at limit %(window)s)) e
    order by at limit %(window)s"""  # noqa: S608  all of it is ours

# Of what is live only what is needed is read: a page holds thousands.
ROWS = """
    with ahead as materialized ({ahead})
    select e.n, (extract(epoch from e.last) * 1000000)::bigint, s.*
    from (select count(*) as n, max(at) as last from ahead) e
    left join lateral (
        select s.record_id, s.life, (extract(epoch from s.at) * 1000000)::bigint as at,
               (extract(epoch from s.numbered_at) * 1000000)::bigint as changed, s.state,
               case when s.parts <> '{{}}' then s.parts end, case when s.life > 0 then s.uid end, a.uid, a.created_at,
               a.code, a.name, a.renamed_at
        from ahead s left join lateral (
            select s.uid, s.created_at, o.code, o.name, o.renamed_at from hub_agency o
            where o.group_id = s.owner_id and s.state <> 'live') a on true
        where {within} order by s.at limit %(most)s) s on true
    order by s.at
"""


class Row(NamedTuple):
    """How a record stands for the caller's agency, and since when (`changed`, microseconds since 1970); `at` is its
    date in the collection. Of what is live the rest is empty; `other_uid` is there where it began another life."""

    record: int
    life: int
    at: int
    changed: int
    state: str
    parts: list[str] | None
    other_uid: UUID | None
    uid: UUID
    created_at: datetime
    owner: str
    owner_name: str
    owner_renamed_at: datetime | None


class Found(NamedTuple):
    """`ends` is the date up to which everything was looked at (microseconds since 1970), `looked` at how many."""

    rows: list[Row]
    ends: int
    looked: int
    more: bool


def rows_after(
    collection: Collection, asked: Asked, *, uids: list[UUID] | None = None, after: int, room: int
) -> Found:
    """The next rows, as many as may fill the room and one more; of these `uids` alone, where there are any given."""
    most = max(room + 1, LEAST) if asked.matches else room + 1
    window = WINDOW if collection.within else most
    # What cannot match is left out; what may, is looked at object by object.
    narrowed = "" if uids is None else "and s.uid = any(%(uids)s)"
    ahead = BY_PLACE if collection.subscription else BY_DATE
    with connection.cursor() as cursor:
        cursor.execute(
            ROWS.format(ahead=ahead.format(narrowed=narrowed), within=collection.within or "true"),
            {
                "after": moment(max(0, after - AFTER)),
                "window": window,
                "most": most,
                "collection": collection.id,
                "key": collection.key,
                "uids": uids,
            },
        )
        found = cursor.fetchall()
    looked, last = found[0][:2]
    rows = [Row._make(row[2:]) for row in found if row[2] is not None]
    fitting = rows if asked.matches else _fitting(rows, room)
    if len(fitting) < len(rows) or len(rows) == most < looked:
        return Found(fitting, fitting[-1].at + AFTER, len(fitting), more=True)
    return Found(rows, last + AFTER if looked else 0, looked, more=looked >= window)


def _fitting(rows: list[Row], room: int) -> list[Row]:
    """As many of them as fill the room: the content of those beyond would be read in vain."""
    for place, row in enumerate(rows, 1):
        room -= 1 + len(row.parts or ())
        if room < 0:
            return rows[:place]
    return rows
