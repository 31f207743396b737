"""Numbers for entries once they are committed, and with them, in the same transaction, how each record stands."""

from __future__ import annotations

from django.db import connection

from hub.database.context import engine
from sharing.audiences.models import EntryKind

# Held by whoever numbers: one at a time, so that numbers rise in the order in which entries became visible.
LOCK = 7_301
# So many at once: a release to everybody must not hold up what comes after it.
AT_ONCE = 20_000
# The dates of two entries of an agency lie so far apart: a record's objects have theirs in between.
STEP = "interval '500 microseconds'"

# The first line of a rendering: which objects it has, and what they refer to. Of what is kept compressed its beginning
# alone is unpacked, which is twice as fast as reading all of it; few lines are longer.
ABOUT = """case when strpos(left(f.stix, 800), E'\\n') > 0 then split_part(left(f.stix, 800), E'\\n', 1)
             else split_part(f.stix, E'\\n', 1) end"""

# What machines carry now of a pair of agency and record; the same table as `carries` in sharing/disclosures/rules.py.
CARRIED = f"""
    select f.id as face, {ABOUT} as about
      from sharing_grant g join bulletins_face f on f.id = g.face_id
     where g.record_id = {{pair}}.record_id and g.group_id = {{pair}}.agency_id
       and g.person_id is null and g.emergency_id is null
       and f.tlp <> 'TLP:RED' and not f.controls @> '{{{{DISPLAY ONLY}}}}'"""  # noqa: S608  all of it is ours

# The names of a rendering's parts, from its first line.
PARTS = """array(select jsonb_array_elements_text(nullif({about}, '')::jsonb -> 'parts'))::varchar[]"""

# Numbers are given in the order of ids. Dates go by the agency's own last one, never by what others were given, and by
# what comes to stand alone, never by what a colleague at TLP:RED was given: in between lies nothing that could be
# counted. A life that was recalled stays so; what is given again begins another. A collection whose choice was changed
# may have given places that lie ahead of the clock (see sharing/subscriptions/placing.py): what comes now, comes after.
# No date lies before the version was published, by whatever clock that was told: nothing changes before it is made.
NUMBER = f"""
    with fresh as materialized (
        select id, agency_id, record_id, kind,
               (select coalesce(max(n), 0) from sharing_entry) + row_number() over (order by id) as n
        from (select * from sharing_entry where n is null order by id limit %(most)s) e),
    pairs as materialized (
        select p.*, c.id as current, coalesce(c.life, 0) as life, coalesce(c.state, '') as state,
               g.face, coalesce(g.about, '') as about,
               p.recall_n is not null and c.state <> 'recalled' as recalls
        from (select agency_id, record_id, max(n) as n, max(n) filter (where kind = 'recalled') as recall_n
              from fresh group by agency_id, record_id) p
        left join lateral (select s.id, s.life, s.state from sharing_standing s
                           where s.record_id = p.record_id and s.agency_id = p.agency_id
                           order by s.life desc limit 1) c on true
        left join lateral ({CARRIED.format(pair="p")}) g on true),
    moved as materialized (
        select agency_id, record_id, current, recall_n as n, 'recalled' as state from pairs where recalls
        union all
        select agency_id, record_id, current, n, 'ended' from pairs
         where face is null and state = 'live' and not recalls),
    lives as materialized (
        select *, life + (recalls or state = 'recalled')::int as next from pairs where face is not null),
    begins as materialized (
        select a.agency_id, greatest(statement_timestamp(), max(a.published_at), (
                   select max(s.numbered_at) + {STEP} from sharing_standing s where s.agency_id = a.agency_id)) as at
        from (select agency_id, null::timestamptz as published_at from fresh
              union all
              select l.agency_id, v.published_at from lives l join bulletins_face f on f.id = l.face
              join bulletins_version v on v.record_id = l.record_id and v.number in (1, f.version)
              union all
              select m.agency_id, v.published_at from moved m
              join bulletins_version v on v.record_id = m.record_id and v.number = 1) a
        group by a.agency_id),
    dated as materialized (
        select f.id, f.n, f.numbered_at + (row_number() over (partition by f.agency_id, f.stands order by f.n) - 1)
                          * {STEP} * f.stands::int as numbered_at
        from (select f.id, f.n, f.agency_id, b.at as numbered_at,
                     f.n in (select n from moved union all select n from lives) as stands
              from fresh f join begins b using (agency_id)) f),
    ended as (
        update sharing_standing s set state = m.state, n = m.n, numbered_at = d.numbered_at
        from moved m join dated d on d.n = m.n where s.id = m.current
        returning s.id, s.agency_id, s.n),
    live as (
        insert into sharing_standing as s (agency_id, record_id, life, uid, kind, owner_id, created_at, n, numbered_at,
                                           state, parts)
        select l.agency_id, l.record_id, l.next, hub_life(r.uid, l.next), r.kind, r.owner_id, v.published_at, l.n,
               d.numbered_at, 'live', {PARTS.format(about="l.about")}
        from lives l join dated d on d.n = l.n join bulletins_record r on r.id = l.record_id
        join bulletins_version v on v.record_id = r.id and v.number = 1
        on conflict (record_id, agency_id, life) do update
           set n = excluded.n, numbered_at = excluded.numbered_at, state = 'live',
               parts = case when s.parts @> excluded.parts then s.parts
                       else array(select distinct unnest(s.parts || excluded.parts) order by 1) end
        returning s.id, s.agency_id, s.n),
    placed as (
        insert into sharing_placed as p (agency_id, collection, standing_id, at)
        select c.agency_id, c.collection, s.id,
               c.last + {STEP} * row_number() over (partition by c.agency_id, c.collection order by s.n, s.id)
        from (select p.agency_id, p.collection, max(p.at) as last
              from sharing_placed p join begins b on b.agency_id = p.agency_id and p.at > b.at - {STEP}
              group by 1, 2) c
        join (select * from ended union all select * from live) s on s.agency_id = c.agency_id
        on conflict (standing_id, collection) do update set at = excluded.at)
    update sharing_entry t set n = d.n, numbered_at = d.numbered_at, stood = d.stood
    from (select d.id, d.n, d.numbered_at, coalesce(m.state, case when l.n is not null then 'live' end, '') as stood
          from dated d left join moved m on m.n = d.n left join lives l on l.n = d.n) d
    where t.id = d.id
"""  # noqa: S608  all of it is ours

# A rendering that came after its entry was numbered: what parts it has is noted where it is given now.
NOTE_PARTS = f"""
    update sharing_standing s set parts = array(select distinct unnest(s.parts || w.parts) order by 1)
    from (select t.id, {PARTS.format(about="g.about")} as parts
          from sharing_standing t join lateral ({CARRIED.format(pair="t")}) g on g.face = any(%(faces)s)
          where t.record_id = any(%(records)s) and t.state = 'live') w
    where s.id = w.id and not s.parts @> w.parts
"""  # noqa: S608  all of it is ours


# What could not be said of a face until now is news to everybody who has the face.
SAY_ANEW = """
    insert into sharing_entry (agency_id, record_id, face_id, kind)
    select g.group_id, g.record_id, g.face_id, %s from sharing_grant g
    where g.face_id = any(%s) and g.person_id is null and g.emergency_id is null order by g.record_id, g.group_id
"""


def number_entries() -> int:
    """Give all committed entries their numbers and dates, and write down how their records stand; return how many.

    In parts, each a transaction of its own unless the caller holds one.
    """
    total = 0
    while found := _number():
        total += found
        if found < AT_ONCE:
            break
    return total


def note_parts(records: list[int], faces: list[int]) -> None:
    """Note which parts the renderings of `faces` have, for those who are given them. As the engine, who has made them.

    Under the lock of numbering: of an entry that is being numbered at this moment one of the two sees the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(NOTE_PARTS, {"records": records, "faces": faces})


def say_anew(faces: list[int]) -> None:
    """Leave an entry for each agency that has one of these faces. As the engine, who has made them sayable."""
    with connection.cursor() as cursor:
        cursor.execute(SAY_ANEW, [EntryKind.REMARKED.value, faces])


def _number() -> int:
    with engine(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(NUMBER, {"most": AT_ONCE})
        return cursor.rowcount
