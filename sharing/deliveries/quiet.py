"""Mails that wait for their recipients' quiet hours to be over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from sharing.deliveries.due import Due
from sharing.deliveries.models import AlertKind, Urgency
from sharing.subscriptions.hours.rules import quiet_until

QUIET = """
    select w.id, q.begins, q.ends, coalesce(nullif(p.time_zone, ''), g.time_zone)
    from unnest(%s::bigint[], %s::int[], %s::bigint[]) w(id, agency, person)
    join sharing_quiethours q on q.agency_id = w.agency and q.person_id is not distinct from w.person
    join hub_agency g on g.group_id = w.agency left join hub_person p on p.id = w.person
"""
PUT_OFF = """
    update sharing_delivery d set due_at = w.until from unnest(%s::bigint[], %s::timestamptz[]) w(id, until)
    where d.id = w.id
"""


def put_off_quiet(rows: Sequence[Due], *, at: datetime) -> list[Due]:
    """Put off those mails whose recipients have quiet hours at `at`, until these are over; return the others.

    Hazards, recalls and what an emergency opened wait for nobody's sleep. In the engine's transaction, which has the
    rows locked.
    """
    quiet = dict(_quiet([row for row in rows if _waits(row)], at))
    if quiet:
        with connection.cursor() as cursor:
            cursor.execute(PUT_OFF, [list(quiet), list(quiet.values())])
    return [row for row in rows if row.id not in quiet]


def _waits(row: Due) -> bool:
    return row.urgency > Urgency.FIRST and row.kind != AlertKind.EMERGENCY


def _quiet(rows: Sequence[Due], at: datetime) -> Iterable[tuple[int, datetime]]:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            QUIET, [[row.id for row in rows], [row.agency for row in rows], [row.person for row in rows]]
        )
        for pk, begins, ends, zone in cursor.fetchall():
            if until := quiet_until(at, ZoneInfo(zone), begins, ends):
                yield pk, until
