"""The outbox: alerts and deliveries written in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from hub.database.context import engine
from sharing.deliveries.models import AlertKind, Channel


def queue_alerts(kind: AlertKind, pairs: Iterable[tuple[int, int]], *, at: datetime) -> int:
    """Queue the news of `kind` about records for agencies, given as (record, agency); return how many deliveries.

    Fan-out is one statement: to each agency's inbox, its desk's mail and its webhooks. The broker is told on commit.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return 0
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            with wanted as (select * from unnest(%s::bigint[], %s::int[]) w(record, agency)),
            alerts as (
                insert into sharing_alert (uid, kind, record_id, record_kind, ref, version, owner_id, hazard, at)
                select gen_random_uuid(), %s, r.id, r.kind, r.ref, r.latest, r.owner_id, r.hazard, %s
                from bulletins_record r where r.id in (select record from wanted)
                returning id, record_id)
            insert into sharing_delivery (uid, alert_id, agency_id, channel, endpoint_id, state, attempts, due_at,
                                          failure, notes)
            select gen_random_uuid(), a.id, w.agency, c.channel, c.endpoint, 'waiting', 0, %s, '', '{}'
            from wanted w join alerts a on a.record_id = w.record
            join hub_agency g on g.group_id = w.agency and g.state = 'active'
            cross join lateral (
                select %s as channel, null::bigint as endpoint
                union all select %s, null where g.desk_email <> ''
                union all select %s, e.id from sharing_endpoint e where e.agency_id = w.agency and e.disabled_at is null
            ) c
            """,
            [
                [record for record, agency in wanted],
                [agency for record, agency in wanted],
                kind.value,
                at,
                at,
                Channel.INBOX.value,
                Channel.MAIL.value,
                Channel.WEBHOOK.value,
            ],
        )
        count: int = cursor.rowcount
    transaction.on_commit(_hasten)
    return count


def _hasten() -> None:
    """Ask the workers to look now. A broker that is away loses nothing: the sweep finds the rows."""
    from sharing.deliveries.tasks import send_due

    send_due.apply_async(ignore_result=True, retry=False)
