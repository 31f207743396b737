"""What another hub asks one's own agency to acknowledge by a time: reminded ahead, told on when time is up.

As what is asked for here (sharing/receipts/reminding.py): found by the clock, written down as it is told, once each.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from hub.database.context import engine
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.receipts.models import Step
from sharing.receipts.reminding import AHEAD, LATE, admins_of

AT_ONCE = 500
# What is recalled or ended, and what a peer gave that is fetched from no more, can be acknowledged to nobody.
CLAIM = """
    with due as (
        select a.id, r.ref, r.kind, p.title,
               case when a.acknowledge_by <= %(at)s then %(escalation)s else %(reminder)s end as step
          from sharing_arrival a join bulletins_record r on r.id = a.record_id
          join sharing_peer p on p.id = a.peer_id
          join hub_agency g on g.group_id = a.agency_id and g.state = 'active'
         where a.acknowledge_by > %(at)s - make_interval(secs => %(late_s)s)
           and a.acknowledged_version <> a.version and p.removed_at is null
           and r.recalled_at is null and r.ended_at is null
           and case when a.acknowledge_by <= %(at)s then a.told <> %(escalation)s
                    else a.told = '' and %(at)s >= greatest(a.asked_at + (a.acknowledge_by - a.asked_at) / 2,
                                             a.acknowledge_by - make_interval(secs => %(ahead_s)s)) end
         order by a.id limit %(most)s for update of a skip locked)
    update sharing_arrival a set told = due.step from due where a.id = due.id
    returning a.agency_id, due.ref, due.kind, due.title, a.acknowledge_by, due.step
"""
WHAT = {Step.REMINDER.value: "hub.asks", Step.ESCALATION.value: "hub.overdue"}


def remind_of_hubs(*, at: datetime) -> int:
    """Tell the desks, and when time is up their administrators too; return how many notices were written."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "at": at,
                "ahead_s": AHEAD.total_seconds(),
                "late_s": LATE.total_seconds(),
                "reminder": Step.REMINDER.value,
                "escalation": Step.ESCALATION.value,
                "most": AT_ONCE,
            },
        )
        rows = cursor.fetchall()
    admins = admins_of({row[0] for row in rows if row[5] == Step.ESCALATION})
    for agency, ref, kind, hub, by, step in rows:
        queue_notice(
            AlertKind.HUB,
            [agency],
            at=at,
            path=f"/{'bulletins' if kind == 'bulletin' else 'seizures'}/{ref}/",
            ref=ref,
            facts={"what": WHAT[step], "hub": hub, "ref": ref, "due": by.isoformat()},
            also=admins[agency] if step == Step.ESCALATION else [],
        )
    return len(rows)
