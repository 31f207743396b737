"""The outbox: alerts and deliveries written in the transaction of what they tell of."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from hub.accounts.viewer import Viewer
from hub.celery import app
from hub.database.context import engine
from sharing.deliveries.models import AlertKind, Channel, Delivery, NoticeRead

log = logging.getLogger(__name__)

# A page waits for the broker no longer than this, however it fails.
HASTEN_S = 0.5
SEND_DUE = "sharing.deliveries.tasks.send_due"

# Who is told, as (record, agency, person): at TLP:RED the people named, otherwise the agency.
RECIPIENTS = {
    "granted": """
        select distinct g.record_id as record, g.group_id as agency, g.person_id as person
        from wanted w join sharing_grant g on g.record_id = w.record and g.group_id = w.agency
         and g.emergency_id is null""",
    "withdrawn": """
        select distinct r.id as record, t.agency_id as agency, t.person_id as person
        from wanted w join bulletins_record r on r.id = w.record
        join sharing_withdrawal t on t.ref = r.ref and t.agency_id = w.agency and t.at = %(at)s
         and t.kind = 'recalled'""",
}

# A recall follows by mail and webhook wherever an attempt was ever begun, and nowhere else.
BEGUN = """exists (
    select 1 from sharing_delivery p join sharing_alert b on b.id = p.alert_id
    where b.record_id = c.record and p.agency_id = c.agency and p.person_id is not distinct from c.person
      and p.channel = c.channel and p.endpoint_id is not distinct from c.endpoint
      and p.begun_at is not null)"""

QUEUE = """
    with wanted as (select * from unnest(%(records)s::bigint[], %(agencies)s::int[]) w(record, agency)),
    recipients as ({recipients}),
    alerts as (
        insert into sharing_alert (uid, kind, record_id, record_kind, ref, version, owner_id, hazard, at, path, facts)
        select gen_random_uuid(), %(kind)s, r.id, r.kind, r.ref, r.latest, r.owner_id,
               coalesce((v.content -> 'core' ->> 'hazard')::boolean, false), %(at)s, '', '{{}}'
        from bulletins_record r join bulletins_version v on v.record_id = r.id and v.number = r.latest
        where r.id in (select record from recipients)
        returning id, record_id, hazard),
    choices as (
        select t.record, t.agency, t.person, o.channel, o.endpoint
        from recipients t join hub_agency g on g.group_id = t.agency and g.state = 'active'
        left join hub_person p on p.id = t.person
        cross join lateral (
            select %(inbox)s as channel, null::bigint as endpoint
            union all select %(mail)s, null
             where case when t.person is null then g.desk_email else p.email end <> ''
            union all select %(webhook)s, e.id from sharing_endpoint e
             where e.agency_id = t.agency and e.disabled_at is null and t.person is null
        ) o)
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, endpoint_id, urgency, state,
                                  attempts, due_at, failure, notes)
    select gen_random_uuid(), a.id, c.agency, c.person, c.channel, c.endpoint,
           case when a.hazard or %(kind)s = 'recalled' then 0 when c.channel = 'inbox' then 1 else 2 end, 'waiting', 0,
           %(at)s, '', '{{}}'
    from choices c join alerts a on a.record_id = c.record
    where {condition}
"""

# In the order of ids, whoever else locks them: what is begun at this moment is waited for, and is no longer waiting.
CANCEL = """
    with lost as (
        select d.id from sharing_delivery d join sharing_alert a on a.id = d.alert_id
        where a.kind <> 'recalled' and d.state = 'waiting'
          and (a.record_id, d.agency_id) in (select * from unnest(%s::bigint[], %s::int[]))
        order by d.id for update of d)
    update sharing_delivery d set state = 'cancelled', notes = notes || %s::varchar from lost where lost.id = d.id
"""


# A notice: one alert without a record, to each desk's inbox and mailbox, or to one person of it.
NOTICE = """
    with told as (
        insert into sharing_alert (uid, kind, record_kind, ref, version, hazard, at, path, facts)
        values (gen_random_uuid(), %(kind)s, '', %(ref)s, 0, false, %(at)s, %(path)s, %(facts)s) returning id)
    insert into sharing_delivery (uid, alert_id, agency_id, person_id, channel, urgency, state, attempts, due_at,
                                  failure, notes)
    select gen_random_uuid(), told.id, g.group_id, p.id, c.channel, case c.channel when 'inbox' then 1 else 2 end,
           'waiting', 0, %(at)s, '', '{}'
    from told cross join hub_agency g
    left join hub_person p on p.id = %(person)s
    cross join (values ('inbox'), ('mail')) c(channel)
    where g.group_id = any(%(agencies)s) and g.state = 'active'
      and (c.channel = 'inbox' or coalesce(p.email, g.desk_email) <> '')
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
) -> int:
    """Tell agencies' desks (or one person of an agency) of something that is no record given to them.

    `facts` are codes, references, numbers, dates and what one side wrote for the other; never content of a record.
    `path` is a page of the hub that asks for itself who may read it. Returns how many deliveries were written.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            NOTICE,
            {
                "kind": kind.value,
                "agencies": sorted(set(agencies)),
                "at": at,
                "path": path,
                "ref": ref,
                "facts": json.dumps(facts or {}),
                "person": person,
            },
        )
        count: int = cursor.rowcount
    transaction.on_commit(hasten, robust=True)
    return count


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

    Fan-out is one statement: to each agency's inbox, its desk's mail and its webhooks; at TLP:RED to the
    people named alone. A recall first cancels what still waits for those `losing` it (if not given, all it is told to).
    The broker is told on commit.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return 0
    recall = kind == AlertKind.RECALLED
    if recall:
        _cancel(wanted if losing is None else sorted(set(losing)))
    parameters: dict[str, Any] = {
        "records": [record for record, agency in wanted],
        "agencies": [agency for record, agency in wanted],
        "kind": kind.value,
        "at": at,
        "inbox": Channel.INBOX.value,
        "mail": Channel.MAIL.value,
        "webhook": Channel.WEBHOOK.value,
    }
    query = QUEUE.format(
        recipients=RECIPIENTS["withdrawn" if recall else "granted"],
        condition=f"c.channel = %(inbox)s or {BEGUN}" if recall else "true",
    )
    with engine(), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        count: int = cursor.rowcount
    transaction.on_commit(hasten, robust=True)
    return count


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
