"""Convening digests: each subscription whose digest is due gets one alert, of all that it has not told yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
from django.db import connection, transaction

from hub.database.context import engine
from sharing.deliveries.actions import WAYS, current_request, hasten, note_queued
from sharing.deliveries.models import AlertKind, Channel, Urgency
from sharing.subscriptions.rules import next_due

AT_ONCE = 500
# Clocks of several machines differ by less.
SKEW = timedelta(minutes=5)

THERE = """
    from sharing_subscription s
    join hub_agency g on g.group_id = s.agency_id and g.state = 'active'
    left join hub_person p on p.id = s.person_id
    where (s.person_id is null or p.is_active and p.agency_id = s.agency_id)
      and s.paused_at is null and s.next_at is not null"""

DUE = f"""
    select s.id, s.frequency, s.times, s.weekday, s.day, coalesce(nullif(p.time_zone, ''), g.time_zone) {THERE}
      and {{which}} order by s.next_at, s.id limit %(limit)s for update of s skip locked
"""

# What was numbered since the last one, up to the newest number: the numbers follow the commits, so that nothing that is
# committed late is lost, and no clock can bring anything twice. Where nothing came there is no alert.
CONVENE = f"""
    with due as (select * from jsonb_to_recordset(%(due)s::jsonb) d(id bigint, next_at timestamptz)),
    newest as (select coalesce(max(n), 0) as n from sharing_entry),
    moved as (
        update sharing_subscription s set since_at = %(at)s, since_n = newest.n, next_at = due.next_at
        from due join sharing_subscription o on o.id = due.id, newest where s.id = due.id
        returning s.id, s.title, s.agency_id as agency, s.person_id as person, s.channels, s.endpoint_id,
                  coalesce(o.since_at, s.created_at) as since_at, coalesce(o.since_n, newest.n) as after,
                  newest.n as upto),
    news as materialized (
        select m.*, gen_random_uuid() as uid,
               case when m.person is null then h.desk_email else p.email end as mailbox
        from moved m join hub_agency h on h.group_id = m.agency left join hub_person p on p.id = m.person
        where exists (select from sharing_entry e where e.agency_id = m.agency and e.n > m.after and e.n <= m.upto
                      and e.kind in ('granted', 'changed'))),
    alerts as (
        insert into sharing_alert (uid, kind, record_kind, ref, version, hazard, at, path, request_id, facts)
        select uid, %(digest)s, '', '', 0, false, %(at)s, '/inbox/digests/' || uid || '/', %(request)s,
               jsonb_build_object('what', 'digest', 'title', title, 'subscription', id, 'since', since_at,
                                  'until', %(at)s::timestamptz, 'after', after, 'upto', upto)
        from news returning id, uid)
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, endpoint_id, urgency, state, attempts,
                                  due_at, failure, notes, matched)
    select gen_random_uuid(), a.id, n.agency, n.person, o.channel, o.endpoint, %(urgency)s, 'waiting', 0,
           %(at)s, '', '{{}}', array[n.id]
    from news n join alerts a on a.uid = n.uid cross join lateral {WAYS.format("n")} o
    where o.channel = any(n.channels) and (o.endpoint is null or n.endpoint_id is null or o.endpoint = n.endpoint_id)
"""  # noqa: S608  all of it is ours

MEND = """
    with due as (select * from jsonb_to_recordset(%(due)s::jsonb) d(id bigint, next_at timestamptz))
    update sharing_subscription s set since_at = %(at)s, next_at = due.next_at from due where s.id = due.id
"""


def convene_digests(*, at: datetime) -> int:
    """Convene up to 500 digests that are due; return how many subscriptions were.

    After an outage there is one for all the time missed. Whoever convenes others at this moment is not waited for.
    """
    request = current_request()
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        due = _due(cursor, "s.next_at <= %(at)s", at)
        if due:
            cursor.execute(
                CONVENE,
                {
                    "due": orjson.dumps(due).decode(),
                    "at": at,
                    "request": request,
                    "digest": AlertKind.DIGEST.value,
                    "urgency": Urgency.DIGEST.value,
                    "inbox": Channel.INBOX.value,
                    "mail": Channel.MAIL.value,
                },
            )
            if cursor.rowcount:
                note_queued(AlertKind.DIGEST, request, cursor.rowcount)
                transaction.on_commit(hasten, robust=True)
    return len(due)


def mend_digests(*, at: datetime) -> int:
    """Bring back those that a clock which was ahead made due too late; return how many. They go on where they were."""
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        due = _due(cursor, "s.since_at > %(at)s + %(skew)s", at)
        if due:
            cursor.execute(MEND, {"due": orjson.dumps(due).decode(), "at": at})
    return len(due)


def _due(cursor: object, which: str, at: datetime) -> list[dict[str, object]]:
    """The subscriptions locked, with when each one's next digest is due after `at`."""
    cursor.execute(  # type: ignore[attr-defined]
        DUE.format(which=which), {"at": at, "skew": SKEW, "limit": AT_ONCE}
    )
    return [
        {
            "id": pk,
            "next_at": next_due(frequency, at, ZoneInfo(zone), times=times, weekday=weekday, day=day),
        }
        for pk, frequency, times, weekday, day, zone in cursor.fetchall()  # type: ignore[attr-defined]
    ]
