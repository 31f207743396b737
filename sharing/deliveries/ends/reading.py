"""What a program is told of an end, as it stands at the moment of sending."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from sharing.deliveries.due import Due
from sharing.deliveries.ends.actions import CARRIED
from sharing.deliveries.message import Ended

STANDS = f"""
    select w.place, r.uid, {CARRIED.format("w")}
    from unnest(%s::bigint[], %s::int[]) with ordinality w(record, agency, place)
    join bulletins_record r on r.id = w.record
"""  # noqa: S608  all of it is ours


def ended_for_each(rows: Sequence[Due]) -> list[Ended | None]:
    """None where the record is the agency's again. In the engine's transaction."""
    found: list[Ended | None] = [None] * len(rows)
    with connection.cursor() as cursor:
        cursor.execute(STANDS, [[row.record for row in rows], [row.agency for row in rows]])
        for place, uid, carried in cursor.fetchall():
            row = rows[place - 1]
            if not carried:
                found[place - 1] = Ended(uid, row.ref, row.record_kind, row.at)
    return found
