"""The outbox: alerts and deliveries written in the transaction of what they tell of."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from hub.accounts.viewer import Viewer
from hub.celery import app
from hub.database.context import engine
from hub.trail.actions import origin
from sharing.audiences.querysets import from_elsewhere
from sharing.deliveries.models import AlertKind, Channel, Delivery, NoticeRead
from sharing.subscriptions.matching import matches

log = logging.getLogger(__name__)

# A page waits for the broker no longer than this, however it fails.
HASTEN_S = 0.5
SEND_DUE = "sharing.deliveries.tasks.send_due"

# Ways to a recipient {0}: (record, agency, person, mailbox). Endpoints are the desk's alone, each the channel it is of.
WAYS = """(select %(inbox)s::varchar as channel, null::bigint as endpoint
            union all select %(mail)s, null where {0}.mailbox <> ''
            union all select e.kind, e.id from sharing_endpoint e
             where e.agency_id = {0}.agency and e.verified_at is not null and e.disabled_at is null
              and {0}.person is null)"""

ALERT = """
    insert into sharing_alert (uid, kind, record_id, record_kind, ref, version, owner_id, hazard, at, path, facts,
                               request_id)
    select gen_random_uuid(), t.kind, r.id, r.kind, r.ref, r.latest, r.owner_id,
           coalesce((v.content -> 'core' ->> 'hazard')::boolean, false), %(at)s, '', '{}', %(request)s
    from (select distinct record, kind from told) t join bulletins_record r on r.id = t.record
    join bulletins_version v on v.record_id = r.id and v.number = r.latest
    returning id, record_id, kind, hazard"""

DELIVERY = """
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, endpoint_id, urgency, state, attempts,
                                  due_at, failure, notes, matched)
    select gen_random_uuid(), a.id, t.agency, t.person, t.channel, t.endpoint,
           case when a.hazard or a.kind = 'recalled' then 0 when t.channel = 'inbox' then 1 else 2 end, 'waiting', 0,
           t.due_at, '', '{}', t.matched
    from told t join alerts a on a.record_id = t.record and a.kind = t.kind"""

WANTED = "select * from unnest(%(records)s::bigint[], %(agencies)s::int[]) w(record, agency)"

# Told are: at TLP:RED the people named; of a hazard, and of what it is to acknowledge by a time, the desk; and whoever
# has a subscription that asks for what the recipient's face shows. A recipient is told once by each way, however many
# of theirs match. An endpoint that one names is the only one of its kind for it.
CHOICES = f"""
    given as (
        select g.record_id as record, g.group_id as agency, g.person_id as person, g.face_id as face, f.hazard,
               coalesce(g.acknowledge_by > g.visible_since, false) as due,
               case when g.person_id is null then h.desk_email else p.email end as mailbox
        from wanted w join sharing_grant g on g.record_id = w.record and g.group_id = w.agency
         and g.emergency_id is null
        join bulletins_face f on f.id = g.face_id and {from_elsewhere("f", "g.group_id")}
        join hub_agency h on h.group_id = g.group_id and h.state = 'active'
        left join hub_person p on p.id = g.person_id),
    asked as (
        select t.record, t.agency, s.person_id as person, t.hazard, s.id as subscription, s.channels, s.endpoint_id,
               n.kind as endpoint_kind,
               case when s.person_id is null then h.desk_email else p.email end as mailbox
        from given t join bulletins_face f on f.id = t.face
        join sharing_subscription s on s.agency_id = t.agency and s.frequency = 'at_once' and s.paused_at is null
         and (t.person is null or t.person = s.person_id) and {matches(face="f", sub="s")}
        join hub_agency h on h.group_id = t.agency
        left join hub_person p on p.id = s.person_id
        left join sharing_endpoint n on n.id = s.endpoint_id
        where s.person_id is null or p.is_active and p.agency_id = s.agency_id),
    choices as (
        select row_number() over () as n, record, agency, person, channel, endpoint, bool_or(hazard) as hazard,
               coalesce(array_agg(distinct subscription) filter (where subscription is not null), '{{}}') as matched
        from (
            select t.record, t.agency, t.person, t.hazard, null::bigint as subscription, o.channel, o.endpoint
            from given t cross join lateral {WAYS.format("t")} o
            where t.hazard or t.due or t.person is not null
            union all
            select t.record, t.agency, t.person, t.hazard, t.subscription, o.channel, o.endpoint
            from asked t cross join lateral {WAYS.format("t")} o
            where o.channel = any(t.channels)
              and (o.channel is distinct from t.endpoint_kind or o.endpoint = t.endpoint_id)) c
        group by record, agency, person, channel, endpoint)"""  # noqa: S608  all of it is ours

# News of what was given. What waits unbegun for whom it is told is overtaken: it would say the same. What a desk or
# person was not yet told of stays new, and of several edits none is due later than the first.
QUEUE = f"""
    with wanted as ({WANTED}),
    {CHOICES},
    behind as (
        select d.id, c.n, d.due_at, b.kind
        from choices c join sharing_alert b on b.record_id = c.record and b.kind in (%(new)s, %(amended)s)
        join sharing_delivery d on d.alert_id = b.id and d.agency_id = c.agency
         and d.person_id is not distinct from c.person
         and d.channel = c.channel and d.endpoint_id is not distinct from c.endpoint
        where d.state in ('waiting', 'sending') and d.begun_at is null
        order by d.id for update of d),
    overtaken as (
        update sharing_delivery d set state = 'cancelled', claimed_at = null, notes = notes || %(overtaken)s::varchar
        from behind b where d.id = b.id returning b.n, b.due_at, b.kind),
    told as (
        select c.*, case when o.new then %(new)s else %(kind)s end::varchar as kind,
               case when c.hazard or c.channel = %(inbox)s or %(kind)s <> %(amended)s then %(at)s
                    else least(o.due_at, %(settled)s) end as due_at
        from choices c left join (
            select n, min(due_at) as due_at, bool_or(kind = %(new)s) as new from overtaken group by n) o using (n)),
    alerts as ({ALERT})
    {DELIVERY}
"""  # noqa: S608  all of it is ours

# A recall goes to the inbox of all who are told of it, and by mail and webhook wherever an attempt was ever begun and
# nowhere else: to the desk, to people named at TLP:RED, and to whoever was told by a subscription of their own.
RECALL = f"""
    with wanted as ({WANTED}),
    withdrawn as (
        select distinct r.id as record, t.agency_id as agency, t.person_id as person
        from wanted w join bulletins_record r on r.id = w.record
        join sharing_withdrawal t on t.ref = r.ref and t.agency_id = w.agency and t.at = %(at)s
         and t.kind = 'recalled'),
    recipients as (
        select record, agency, person, true as whole from withdrawn
        union
        select w.record, w.agency, d.person_id, false
        from withdrawn w join sharing_alert b on b.record_id = w.record
        join sharing_delivery d on d.alert_id = b.id and d.agency_id = w.agency and d.person_id is not null
         and d.begun_at is not null
        where w.person is null),
    told as (
        select t.record, t.agency, t.person, o.channel, o.endpoint, %(kind)s::varchar as kind,
               %(at)s::timestamptz as due_at, '{{}}'::bigint[] as matched
        from (select r.*, case when r.person is null then h.desk_email else p.email end as mailbox
              from recipients r join hub_agency h on h.group_id = r.agency and h.state = 'active'
              left join hub_person p on p.id = r.person) t
        cross join lateral {WAYS.format("t")} o
        where t.whole and o.channel = %(inbox)s or exists (
            select 1 from sharing_delivery d join sharing_alert b on b.id = d.alert_id
            where b.record_id = t.record and d.agency_id = t.agency and d.person_id is not distinct from t.person
              and d.channel = o.channel and d.endpoint_id is not distinct from o.endpoint
              and d.begun_at is not null and d.channel <> %(inbox)s)),
    alerts as ({ALERT})
    {DELIVERY}
"""  # noqa: S608  all of it is ours

# In the order of ids, whoever else locks them: what is begun at this moment is waited for, and is no longer waiting.
CANCEL = """
    with lost as (
        select d.id from sharing_delivery d join sharing_alert a on a.id = d.alert_id
        where a.kind <> 'recalled' and d.state = 'waiting'
          and (a.record_id, d.agency_id) in (select * from unnest(%s::bigint[], %s::int[]))
        order by d.id for update of d)
    update sharing_delivery d set state = 'cancelled', notes = notes || %s::varchar from lost where lost.id = d.id
"""


IN_PERSON = """
    select distinct d.person_id from sharing_delivery d join sharing_alert a on a.id = d.alert_id
    where a.record_id = %s and a.kind in ('new', 'amended') and d.agency_id = %s and d.person_id is not null
      and d.begun_at is not null
"""

# A notice: one alert without a record, to each desk's inbox and mailbox, or to one person of it; and to more people.
NOTICE = """
    with told as (
        insert into sharing_alert (uid, kind, record_kind, ref, version, hazard, at, path, facts, request_id)
        values (gen_random_uuid(), %(kind)s, '', %(ref)s, 0, false, %(at)s, %(path)s, %(facts)s, %(request)s)
        returning id)
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, urgency, state, attempts, due_at,
                                  failure, notes)
    select gen_random_uuid(), told.id, g.group_id, p.id, c.channel, case c.channel when 'inbox' then 1 else 2 end,
           'waiting', 0, %(at)s, '', '{}'
    from told cross join hub_agency g
    cross join lateral (
        select null::bigint as id, g.desk_email as email where %(person)s::bigint is null
        union all select p.id, p.email from hub_person p
         where p.agency_id = g.group_id and p.is_active and (p.id = %(person)s or p.id = any(%(also)s))) p
    cross join (values ('inbox'), ('mail')) c(channel)
    where g.group_id = any(%(agencies)s) and g.state = 'active'
      and (c.channel = 'inbox' or p.email <> '')
"""


def queue_notice(
    kind: AlertKind,
    agencies: Iterable[int],
    *,
    at: datetime,
    path: str = "",
    ref: str = "",
    facts: dict[str, str | int] | None = None,
    person: int | None = None,
    also: Iterable[int] = (),
) -> int:
    """Tell agencies' desks (or one person of an agency) of something that is no record given to them; `also` tells
    people of those agencies in person.

    `facts` are codes, references, numbers, dates and what one side wrote for the other; never content of a record.
    `path` is a page of the hub that asks for itself who may read it. Returns how many deliveries were written.
    """
    request = current_request()
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            NOTICE,
            {
                "request": request,
                "kind": kind.value,
                "agencies": sorted(set(agencies)),
                "at": at,
                "path": path,
                "ref": ref,
                "facts": json.dumps(facts or {}),
                "person": person,
                "also": sorted(also),
            },
        )
        count: int = cursor.rowcount
    note_queued(kind, request, count)
    transaction.on_commit(hasten, robust=True)
    return count


def told_in_person(record: int, agency: int) -> list[int]:
    """The people of the agency whom a subscription of their own told of the record."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(IN_PERSON, [record, agency])
        return [person for (person,) in cursor.fetchall()]


def mark_notice_read(delivery: Delivery, *, viewer: Viewer, at: datetime) -> None:
    NoticeRead.objects.get_or_create(
        delivery=delivery,
        person_id=viewer.person_id or 0,
        defaults={"agency_id": viewer.agency_id, "read_at": at},
    )


def queue_alerts(
    kind: AlertKind,
    pairs: Iterable[tuple[int, int]],
    *,
    at: datetime,
    losing: Iterable[tuple[int, int]] | None = None,
) -> int:
    """Queue the news of `kind` for (record, agency) pairs; return how many deliveries.

    Fan-out is one statement: at TLP:RED to the people named alone; of a hazard to the desk; to desks and people by
    the subscriptions that ask for what their face shows. An amendment that is no hazard waits a moment for the next.
    A recall first cancels what still waits for those `losing` it (if not given, all it is told to).
    The broker is told on commit.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return 0
    recall = kind == AlertKind.RECALLED
    if recall:
        _cancel(wanted if losing is None else sorted(set(losing)))
    request = current_request()
    parameters: dict[str, Any] = {
        "request": request,
        "records": [record for record, agency in wanted],
        "agencies": [agency for record, agency in wanted],
        "kind": kind.value,
        "new": AlertKind.NEW.value,
        "amended": AlertKind.AMENDED.value,
        "at": at,
        "settled": at + timedelta(seconds=settings.SETTLE_EDITS_S),
        "overtaken": "a newer version was told in its place",
        "inbox": Channel.INBOX.value,
        "mail": Channel.MAIL.value,
    }
    with engine(), connection.cursor() as cursor:
        cursor.execute(RECALL if recall else QUEUE, parameters)
        count: int = cursor.rowcount
    note_queued(kind, request, count)
    transaction.on_commit(hasten, robust=True)
    return count


def current_request() -> str:
    """The id of what is being done, as on the trail; what no request caused gets one of its own."""
    return origin.get().request_id or uuid4().hex


def note_queued(kind: AlertKind, request: str, count: int) -> None:
    facts = {"request_id": request, "kind": kind.value, "count": count}
    transaction.on_commit(partial(log.info, "queued", extra=facts), robust=True)


def hasten(task: str = SEND_DUE) -> None:
    """Ask the workers to look now: at what is due to be sent, or whatever `task` looks for.

    A broker that is away or hangs costs the page half a second and loses nothing: the sweep finds the rows.
    """
    limits = {"socket_timeout": HASTEN_S, "socket_connect_timeout": HASTEN_S, "max_retries": 0}
    options = {**app.conf.broker_transport_options, **limits}
    try:
        # A connection of its own: one of the pool's waits for a broker for as long as it stays away.
        with app.connection_for_write(connect_timeout=HASTEN_S, transport_options=options) as broker:
            app.send_task(task, connection=broker, ignore_result=True, retry=False)
    except Exception as error:
        # Whatever the transport raises: the rows are written, and the page must not fail.
        log.warning(
            "the broker was not told of %s (%s): the sweep finds what waits", task, type(error).__name__
        )


def _cancel(pairs: Sequence[tuple[int, int]]) -> None:
    """Cancel what waits for these (record, agency)."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            CANCEL,
            [
                [record for record, _a in pairs],
                [agency for _r, agency in pairs],
                "recalled before it was sent",
            ],
        )
        count: int = cursor.rowcount
    if count:
        facts = {"request_id": origin.get().request_id, "count": count}
        transaction.on_commit(partial(log.info, "cancelled", extra=facts), robust=True)
