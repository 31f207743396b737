"""Whether a notice that asks for an acknowledgement still has something to ask, as each recipient has it now."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from sharing.deliveries.due import Due

# As the engine, whom no policy holds: what the view `sharing_asked` says to each recipient, of many at once.
STILL = """
    select w.place from unnest(%s::int[], %s::bigint[], %s::bigint[]) with ordinality w(agency, person, alert, place)
    join sharing_alert a on a.id = w.alert
    join bulletins_record r on r.ref = a.ref
    where exists (
        select 1 from sharing_grant g join bulletins_face f on f.id = g.face_id
         where g.record_id = r.id and g.group_id = w.agency and g.emergency_id is null
           and (g.person_id is null or g.person_id = w.person) and (g.until is null or g.until > hub_now())
           and g.acknowledge_by > g.visible_since and g.acknowledge_by = (a.facts ->> 'due')::timestamptz
           and not exists (
               select 1 from sharing_receipt s
                where s.record_id = g.record_id and s.version = f.version and s.agency_id = g.group_id
                  and (g.person_id is null or s.person_id = g.person_id) and s.acknowledged_at is not null))
"""


def still_asked(rows: Sequence[Due]) -> list[bool]:
    """In the engine's transaction: of each row, whether its recipient is still to acknowledge what it tells of."""
    places: set[int] = set()
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                STILL, [[getattr(row, name) for row in rows] for name in ("agency", "person", "alert")]
            )
            places = {place - 1 for (place,) in cursor.fetchall()}
    return [place in places for place in range(len(rows))]
