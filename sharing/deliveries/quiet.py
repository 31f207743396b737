"""Mails that wait for their recipients' quiet hours to be over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.db import connection

from sharing.deliveries.due import Due
from sharing.deliveries.models import AlertKind, Channel, Urgency
from sharing.subscriptions.hours.rules import quiet_until

# An agency's desk, or a person of it.
Recipient: TypeAlias = tuple[int, int | None]

QUIET = """
    select w.agency, w.person, q.begins, q.ends, coalesce(nullif(p.time_zone, ''), g.time_zone)
    from unnest(%s::int[], %s::bigint[]) w(agency, person)
    join sharing_quiethours q on q.agency_id = w.agency and q.person_id is not distinct from w.person
    join hub_agency g on g.group_id = w.agency left join hub_person p on p.id = w.person
"""
# All that waits for them at once, so that ten thousand mails to a desk that sleeps cost one statement.
PUT_OFF = """
    with asleep as (
        select d.id, w.until from unnest(%(agencies)s::int[], %(people)s::bigint[], %(until)s::timestamptz[])
                                  w(agency, person, until)
        join sharing_delivery d on d.agency_id = w.agency and d.person_id is not distinct from w.person
        join sharing_alert a on a.id = d.alert_id and a.kind <> %(emergency)s
        where d.channel = %(mail)s and d.state = 'waiting' and d.urgency > %(first)s and d.due_at <= %(at)s
        order by d.id for update of d skip locked)
    update sharing_delivery d set due_at = asleep.until from asleep where d.id = asleep.id
"""


def put_off_quiet(rows: Sequence[Due], *, at: datetime) -> list[Due]:
    """Put off those mails whose recipients have quiet hours at `at`, until these are over; return the others.

    Hazards, recalls and what an emergency opened wait for nobody's sleep. In the engine's transaction, which has the
    rows locked.
    """
    quiet = _quiet({(row.agency, row.person) for row in rows if _waits(row)}, at)
    if not quiet:
        return list(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            PUT_OFF,
            {
                "agencies": [agency for agency, _person in quiet],
                "people": [person for _agency, person in quiet],
                "until": list(quiet.values()),
                "at": at,
                "first": Urgency.FIRST.value,
                "mail": Channel.MAIL.value,
                "emergency": AlertKind.EMERGENCY.value,
            },
        )
    return [row for row in rows if not (_waits(row) and (row.agency, row.person) in quiet)]


def _waits(row: Due) -> bool:
    return row.urgency > Urgency.FIRST and row.kind != AlertKind.EMERGENCY


def _quiet(recipients: Collection[Recipient], at: datetime) -> dict[Recipient, datetime]:
    """Those who have quiet hours now, with when these are over."""
    if not recipients:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            QUIET, [[agency for agency, _person in recipients], [person for _agency, person in recipients]]
        )
        found = {
            (agency, person): quiet_until(at, ZoneInfo(zone), begins, ends)
            for agency, person, begins, ends, zone in cursor.fetchall()
        }
    return {recipient: until for recipient, until in found.items() if until}
