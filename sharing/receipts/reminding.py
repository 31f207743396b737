"""Who was asked to acknowledge and has not: reminded ahead, and told to desk and administrators when time is up.

Both are found by the clock and written down as they are told, so that a task that runs twice, late, or under a clock
that jumps tells each of them once. Sending asks again, as the recipient, whether it is still to be done.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from hub.agencies.models import Person, Role
from hub.database.context import engine
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.receipts.models import Step

# A reminder comes when half of the time is over, and not earlier than this before it is.
AHEAD = timedelta(hours=24)
# What is over for longer is told to nobody any more: after a standstill of days there is enough else to see.
LATE = timedelta(days=14)

# What grants ask for, is not acknowledged, and is due to be told; written down in the same statement. When time is up
# the reminder is past: only the escalation goes out.
CLAIM = """
    with asked as (
        select g.record_id, f.version, g.group_id as agency_id, g.person_id, g.acknowledge_by,
               case when g.acknowledge_by <= %(at)s then %(escalation)s else %(reminder)s end as step
          from sharing_grant g join bulletins_face f on f.id = g.face_id
          join hub_agency a on a.group_id = g.group_id and a.state = 'active'
         where g.acknowledge_by > g.visible_since and g.emergency_id is null and g.group_id <> f.owner_id
           and g.acknowledge_by > %(at)s - make_interval(secs => %(late_s)s)
           and g.visible_since <= %(at)s and (g.until is null or g.until > %(at)s)
           and (g.acknowledge_by <= %(at)s
                or %(at)s >= greatest(g.visible_since + (g.acknowledge_by - g.visible_since) / 2,
                                      g.acknowledge_by - make_interval(secs => %(ahead_s)s)))
           and not exists (
               select 1 from sharing_reminded b
                where b.record_id = g.record_id and b.version = f.version and b.agency_id = g.group_id
                  and b.person_id is not distinct from g.person_id and b.acknowledge_by = g.acknowledge_by
                  and b.step = case when g.acknowledge_by <= %(at)s then %(escalation)s else %(reminder)s end)
           and not exists (
               select 1 from sharing_receipt r
                where r.record_id = g.record_id and r.version = f.version and r.agency_id = g.group_id
                  and (g.person_id is null or r.person_id = g.person_id) and r.acknowledged_at is not null)),
    told as (
        insert into sharing_reminded (record_id, version, agency_id, person_id, acknowledge_by, step, at)
        select record_id, version, agency_id, person_id, acknowledge_by, step, %(at)s from asked
        order by record_id, version, agency_id, person_id
        on conflict do nothing
        returning record_id, agency_id, person_id, acknowledge_by, step)
    select r.ref, r.kind, o.code, t.agency_id, t.person_id, t.acknowledge_by, t.step
      from told t join bulletins_record r on r.id = t.record_id join hub_agency o on o.group_id = r.owner_id
     order by t.acknowledge_by, r.id, t.agency_id
"""


@dataclass(frozen=True)
class Due:
    """What is told alike: of one record, by one time. `person` is set where it is for people named (TLP:RED)."""

    ref: str
    kind: str
    owner: str
    by: datetime
    step: str
    person: int | None


def remind(*, at: datetime) -> int:
    """Remind, and tell on, whoever is due at `at`; return how many notices were written.

    An escalation goes to the agency's desk and to each of its active administrators in person; at TLP:RED both go to
    the people named alone.
    """
    agencies = _claimed(at)
    admins = admins_of({pk for due, ids in agencies.items() if due.step == Step.ESCALATION for pk in ids})
    for due, ids in agencies.items():
        alone = due.person is not None
        queue_notice(
            AlertKind.ACTION,
            ids,
            at=at,
            path=f"/{'bulletins' if due.kind == 'bulletin' else 'seizures'}/{due.ref}/",
            ref=due.ref,
            facts={
                "what": f"acknowledge.{due.step}{'.person' if alone else ''}",
                "ref": due.ref,
                "owner": due.owner,
                "due": due.by.isoformat(),
            },
            person=due.person,
            also=[] if alone or due.step != Step.ESCALATION else [who for pk in ids for who in admins[pk]],
        )
    return len(agencies)


def _claimed(at: datetime) -> dict[Due, list[int]]:
    found: dict[Due, list[int]] = defaultdict(list)
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "at": at,
                "ahead_s": AHEAD.total_seconds(),
                "late_s": LATE.total_seconds(),
                "reminder": Step.REMINDER.value,
                "escalation": Step.ESCALATION.value,
            },
        )
        for ref, kind, owner, agency, person, by, step in cursor.fetchall():
            found[Due(ref, kind, owner, by, step, person)].append(agency)
    return found


def admins_of(agencies: set[int]) -> dict[int, list[int]]:
    """Of each agency its active administrators."""
    found: dict[int, list[int]] = defaultdict(list)
    if agencies:
        people = Person.objects.filter(agency_id__in=agencies, is_active=True, roles__contains=[Role.ADMIN])
        for agency, pk in people.order_by("pk").values_list("agency_id", "pk"):
            found[agency or 0].append(pk)
    return found
