"""Telling programs that what they were told of is no longer shared, whatever ended it; and of it again if it is.

No caller asks for it: it follows from entries, which every change of a grant leaves, and from how each record stands at
that moment. People find the tombstone and a line on Today; a program would keep what it has and never ask.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from hub.database.context import engine
from sharing.audiences.querysets import from_elsewhere
from sharing.deliveries.actions import CHOICES, current_request, hasten, note_queued
from sharing.deliveries.models import AlertKind, Channel, Urgency
from sharing.subscriptions.matching import matches

# Entries looked at in one transaction, at most.
AT_ONCE = 20_000

# Looked at by one process at a time, so that nothing is told twice.
LOOKED = """
    insert into sharing_looked as l (id, n) values (1, 0) on conflict (id) do update set n = l.n returning n
"""
UPTO = "select max(n) from (select n from sharing_entry where n > %(after)s order by n limit %(most)s) e"
SEEN = "update sharing_looked set n = %(upto)s"

BY_ENTRY = """
    select distinct record_id as record, agency_id as agency from sharing_entry where n > %(after)s and n <= %(upto)s"""
REMARKED = BY_ENTRY + " and kind = 'remarked'"
# One that has to be caught up with is told of recalls first.
IN_USE = "not e.behind"
COLLECTIONS = "not e.behind and e.kind = 'taxii'"
# Of an endpoint that is in use again all that it was ever told of.
OF_ENDPOINT = """
    select distinct a.record_id as record, d.agency_id as agency
    from sharing_endpoint e join sharing_delivery d on d.agency_id = e.agency_id and d.channel = e.kind
     and d.endpoint_id = e.id join sharing_alert a on a.id = d.alert_id and a.record_id is not null
    where e.id = %(endpoint)s and d.begun_at is not null"""
THIS_ONE = "e.id = %(endpoint)s"

# Whether programs of the agency may be told what is in the record now; as `carries` in sharing/disclosures/rules.py.
CARRIED = """exists (
    select from sharing_grant g join bulletins_face f on f.id = g.face_id
     where g.record_id = {0}.record and g.group_id = {0}.agency and g.person_id is null and g.emergency_id is null
       and (g.until is null or g.until > hub_now()) and f.tlp <> 'TLP:RED' and not f.controls @> '{{DISPLAY ONLY}}')"""

# What each endpoint in use was told of the wanted, as the newest deliveries say. `content` counts what it was to be
# given, `given` that without what was called off before any attempt; in the same way `ended` and `over`, recalls too.
TOLD = """
    known as materialized (
        select w.record, w.agency, e.id as endpoint, e.kind as channel,
               bool_or(d.begun_at is not null) filter (where a.kind in ('new', 'amended')) as knows,
               coalesce(max(d.id) filter (where a.kind in ('new', 'amended')), 0) as content,
               coalesce(max(d.id) filter (where a.kind in ('new', 'amended')
                                          and (d.begun_at is not null or d.state <> 'cancelled')), 0) as given,
               coalesce(max(d.id) filter (where a.kind = 'ended'), 0) as ended,
               coalesce(max(d.id) filter (where a.kind in ('ended', 'recalled')
                                          and (d.begun_at is not null or d.state <> 'cancelled')), 0) as over
        from {wanted} w
        join sharing_alert a on a.record_id = w.record and a.kind in ('new', 'amended', 'ended', 'recalled')
        join sharing_delivery d on d.alert_id = a.id and d.agency_id = w.agency
        join sharing_endpoint e on e.id = d.endpoint_id and e.verified_at is not null and e.disabled_at is null
         and {which}
        join hub_agency h on h.group_id = w.agency and h.state = 'active'
        group by w.record, w.agency, e.id, e.kind)"""

# One alert of a record and instant, its deliveries behind all that is news. Their ids are given in `told`: joined
# afterwards, thousands would be compared with thousands, since nobody can foresee how many rows `told` has.
ALERT_ID = "min(nextval(pg_get_serial_sequence('sharing_alert', 'id')))"
QUEUED = """
    alerts as (
        insert into sharing_alert (id, uid, kind, record_id, record_kind, ref, version, owner_id, hazard, at, path,
                                   facts, request_id)
        select t.alert, gen_random_uuid(), %(kind)s, r.id, r.kind, r.ref, r.latest, r.owner_id,
               %(hazard)s and coalesce((v.content -> 'core' ->> 'hazard')::boolean, false), t.since, '',
               '{}', %(request)s
        from (select distinct alert, record, since from told) t join bulletins_record r on r.id = t.record
        left join bulletins_version v on v.record_id = r.id and v.number = r.latest)
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, endpoint_id, urgency, state, attempts,
                                  due_at, failure, notes, matched)
    select gen_random_uuid(), alert, agency, null, channel, endpoint, %(urgency)s, 'waiting', 0, %(at)s, '', '{}',
           matched
    from told"""

# The end is the instant at which the agency lost it, as its tombstone says; what stayed on pages ends now.
SINCE = """coalesce((
    select max(t.at) from sharing_withdrawal t
     where t.agency_id = k.agency and t.ref = r.ref and t.person_id is null and not exists (
           select from sharing_grant g where g.record_id = k.record and g.group_id = k.agency and g.person_id is null
            and g.emergency_id is null)), %(at)s)"""


def _ends(wanted: str, which: str) -> str:
    return f"""
        with wanted as ({wanted}), {TOLD.format(wanted="wanted", which=which)},
        over as materialized (
            select k.*, {SINCE} as since from known k join bulletins_record r on r.id = k.record
            where k.knows and k.content > k.over and not {CARRIED.format("k")}),
        told as materialized (
            select record, agency, channel, endpoint, since, '{{}}'::bigint[] as matched,
                   {ALERT_ID} over (partition by record, since) as alert from over),
        {QUEUED}"""  # noqa: S608  all of it is ours


def _again(wanted: str, which: str) -> str:
    """What is theirs again is news to the endpoints that were told its end, as their subscriptions ask for it now."""
    return f"""
        with sought as ({wanted}), {TOLD.format(wanted="sought", which=which)},
        back as materialized (select k.* from known k where k.ended > k.given and {CARRIED.format("k")}),
        wanted as (select distinct record, agency from back),
        {CHOICES},
        chosen as (
            select record, agency, endpoint, max(channel) as channel, max(matched) as matched
            from (select record, agency, endpoint, channel, matched, true as asked from choices
                  where endpoint is not null and person is null
                  union all select record, agency, endpoint, channel, null, false from back) c
            group by record, agency, endpoint having bool_or(asked) and not bool_and(asked)),
        told as materialized (
            select *, %(at)s::timestamptz as since, {ALERT_ID} over (partition by record) as alert from chosen),
        {QUEUED}"""  # noqa: S608  all of it is ours


def _remarked(wanted: str, which: str) -> str:
    """What a collection holds bears its marking and terms: where these alone are others now, it is given it anew."""
    return f"""
        with wanted as ({wanted}), {TOLD.format(wanted="wanted", which=which)},
        told as materialized (
            select k.record, k.agency, k.channel, k.endpoint, %(at)s::timestamptz as since, '{{}}'::bigint[] as matched,
                   {ALERT_ID} over (partition by k.record) as alert
            from known k join sharing_delivery d on d.id = k.given
            where k.knows and k.given > k.over and {CARRIED.format("k")}
              and (d.begun_at is not null or d.state <> 'waiting')),
        {QUEUED}"""  # noqa: S608  all of it is ours


# Recalls that an endpoint was not told of since it was not in use: what it knew before is taken back.
MISSED = """
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, endpoint_id, urgency, state, attempts,
                                  due_at, resent_at, failure, notes, matched)
    select distinct on (a.id) gen_random_uuid(), a.id, e.agency_id, null::bigint, e.kind, e.id, %(first)s, 'waiting', 0,
           %(at)s, %(at)s, '', '{}'::varchar[], '{}'::bigint[]
    from sharing_endpoint e
    join sharing_withdrawal t on t.agency_id = e.agency_id and t.kind = 'recalled' and t.person_id is null
    join bulletins_record r on r.ref = t.ref
    join sharing_alert a on a.record_id = r.id and a.kind = 'recalled' and a.at = t.at
    where e.id = %(endpoint)s and e.verified_at is not null and e.disabled_at is null and exists (
        select from sharing_alert b join sharing_delivery d on d.alert_id = b.id
         where b.record_id = r.id and d.agency_id = e.agency_id and d.endpoint_id = e.id
           and b.kind in ('new', 'amended') and b.id < a.id and d.begun_at is not null)
    on conflict (alert_id, agency_id, person_id, channel, endpoint_id) do update
       set state = 'waiting', due_at = excluded.due_at, resent_at = excluded.resent_at
     where sharing_delivery.state = 'cancelled'
"""
BEHIND = """
    select id from sharing_endpoint where behind and verified_at is not null and disabled_at is null order by id limit 1
    for update skip locked
"""
CAUGHT_UP = "update sharing_endpoint set behind = false where id = %(endpoint)s"


# What a changed subscription asks for and its collections do not hold as it is now.
CHANGED = """
    select id from sharing_subscription where asks_anew and paused_at is null order by id limit 1
    for update skip locked
"""
ASKED = "update sharing_subscription set asks_anew = false where id = %(subscription)s"
ANEW = f"""
    with wanted as (
        select g.record_id as record, g.group_id as agency, f.version
        from sharing_subscription s join sharing_grant g on g.group_id = s.agency_id and g.person_id is null
         and g.emergency_id is null and (g.until is null or g.until > hub_now())
        join bulletins_face f on f.id = g.face_id and {from_elsewhere("f", "g.group_id")}
         and f.tlp <> 'TLP:RED' and not f.controls @> '{{DISPLAY ONLY}}'
        where s.id = %(subscription)s and {matches(face="f", sub="s")}),
    {CHOICES},
    told as materialized (
        select c.record, c.agency, c.channel, c.endpoint, %(at)s::timestamptz as since, c.matched,
               {ALERT_ID} over (partition by c.record) as alert
        from choices c join wanted w on w.record = c.record
        join sharing_endpoint e on e.id = c.endpoint and e.kind = 'taxii' and not e.behind
        where c.person is null and %(subscription)s = any(c.matched) and not exists (
            select from sharing_delivery d join sharing_alert a on a.id = d.alert_id
            where a.record_id = c.record and a.kind in ('new', 'amended') and a.version >= w.version
              and d.agency_id = c.agency and d.endpoint_id = c.endpoint
              and (d.begun_at is not null or d.state <> 'cancelled'))),
    {QUEUED}"""  # noqa: S608  all of it is ours


def tell_ends(*, at: datetime) -> int:
    """Queue what programs are to be told of what has changed since the last look; return how many deliveries.

    In parts, each a transaction of its own unless the caller holds one. They go out behind all that is news.
    """
    total = 0
    while (found := _tell_some(at)) is not None:
        total += found
    while (found := _catch_up(at)) is not None:
        total += found
    while (found := _ask_anew(at)) is not None:
        total += found
    return total


def _tell_some(at: datetime) -> int | None:
    """None when there is no entry that was not looked at."""
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        cursor.execute(LOOKED)
        after = cursor.fetchone()[0]
        cursor.execute(UPTO, {"after": after, "most": AT_ONCE})
        upto = cursor.fetchone()[0]
        if upto is None:
            return None
        count = _queue(
            cursor,
            {
                AlertKind.ENDED: _ends(BY_ENTRY, IN_USE),
                AlertKind.NEW: _again(BY_ENTRY, IN_USE),
                AlertKind.AMENDED: _remarked(REMARKED, COLLECTIONS),
            },
            at,
            after=after,
            upto=upto,
        )
        cursor.execute(SEEN, {"upto": upto})
    return count


def _catch_up(at: datetime) -> int | None:
    """Of one endpoint that is in use again; None when there is none."""
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        cursor.execute(LOOKED)
        cursor.execute(BEHIND)
        found = cursor.fetchone()
        if found is None:
            return None
        cursor.execute(MISSED, {"endpoint": found[0], "at": at, "first": Urgency.FIRST.value})
        queries = {
            AlertKind.ENDED: _ends(OF_ENDPOINT, THIS_ONE),
            AlertKind.NEW: _again(OF_ENDPOINT, THIS_ONE),
        }
        count = cursor.rowcount + _queue(cursor, queries, at, endpoint=found[0])
        cursor.execute(CAUGHT_UP, {"endpoint": found[0]})
    return count


def _ask_anew(at: datetime) -> int | None:
    """Of one subscription that asks for something else since; None when there is none."""
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        cursor.execute(LOOKED)
        cursor.execute(CHANGED)
        found = cursor.fetchone()
        if found is None:
            return None
        count = _queue(cursor, {AlertKind.NEW: ANEW}, at, subscription=found[0])
        cursor.execute(ASKED, {"subscription": found[0]})
    return count


def _queue(cursor: Any, queries: dict[AlertKind, str], at: datetime, **values: int) -> int:
    request = current_request()
    parameters = {
        **values,
        "at": at,
        "request": request,
        "urgency": Urgency.DIGEST.value,
        "inbox": Channel.INBOX.value,
        "mail": Channel.MAIL.value,
    }
    total = 0
    for kind, query in queries.items():
        cursor.execute(query, {**parameters, "kind": kind.value, "hazard": kind != AlertKind.ENDED})
        if count := int(cursor.rowcount):
            note_queued(kind, request, count)
        total += count
    if total:
        transaction.on_commit(hasten, robust=True)
    return total
