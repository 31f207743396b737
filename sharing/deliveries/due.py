"""What is due: rows locked for this process, the most urgent first, as many of each endpoint as may be under way.

Waits for no lock: what another process begins, or a recall cancels at this moment, is passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from hub.accounts.viewer import Viewer
from sharing.deliveries.models import Urgency

# Attempts of one endpoint that may be under way at once.
PER_ENDPOINT = 8
# Longer than any attempt, and than the task that makes it: whoever holds an older one is dead.
CLAIM_S = settings.DELIVERY_CLAIM_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Due(NamedTuple):
    """A row that is due, with what decides whether and where it goes. `since` is where its three days count from.

    `rested` says that its endpoint has been at rest and was not found back since.
    """

    id: int
    uid: str
    channel: str
    urgency: int
    attempts: int
    since_us: int
    agency: int
    code: str
    agency_active: bool
    desk_mail: str
    person: int | None
    username: str
    person_mail: str
    person_there: bool
    endpoint: int | None
    url: str
    sealed_secrets: list[str]
    endpoint_verified: bool
    endpoint_open: bool
    rested: bool
    failures: int
    answered_us: int
    alert: int
    kind: str
    record: int | None
    record_kind: str
    ref: str
    request_id: str
    at_us: int
    path: str
    matched: list[int]

    @property
    def told(self) -> dict[str, Any]:
        """What log lines say of it."""
        return {"delivery": self.uid, "channel": self.channel, "request_id": self.request_id}

    @property
    def since(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.since_us)

    @property
    def at(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.at_us)

    @property
    def viewer(self) -> Viewer:
        """Who it is read as: the person named, or the agency's desk."""
        return Viewer(
            person_id=self.person, username=self.username, agency_id=self.agency, agency_code=self.code
        )


DUE = """
    with due as materialized (
        select d.* from sharing_delivery d
        where d.channel = %(channel)s and d.state = 'waiting' and d.urgency <= %(urgency)s and d.due_at <= %(at)s
          and (d.endpoint_id is null or d.endpoint_id <> all(%(full)s::bigint[] || array(
               select e.id from sharing_endpoint e where e.resting_until > %(at)s)))
          and {which}
        order by d.urgency, d.due_at, d.id limit %(limit)s for update of d skip locked)
    select due.id, due.uid::text, due.channel, due.urgency, due.attempts, {since},
           due.agency_id, g.code, g.state = 'active', g.desk_email,
           due.person_id, coalesce(p.username, ''), coalesce(p.email, ''),
           coalesce(p.is_active and p.agency_id = due.agency_id, false),
           due.endpoint_id, coalesce(e.url, ''),
           array_remove(
               array[e.sealed_secret, case when e.old_secret_ends_at > %(at)s then e.sealed_old_secret end], null),
           e.verified_at is not null, e.disabled_at is null, e.resting_until is not null, coalesce(e.failures, 0),
           coalesce({answered}, 0), a.id, a.kind, a.record_id, a.record_kind, a.ref, a.request_id, {at}, a.path,
           due.matched
    from due join sharing_alert a on a.id = due.alert_id
    join hub_agency g on g.group_id = due.agency_id
    left join hub_person p on p.id = due.person_id
    left join sharing_endpoint e on e.id = due.endpoint_id
    order by due.urgency, due.due_at, due.id
"""
# Instants as microseconds: made into Python's own where they are needed.
for name, column in {
    "since": "coalesce(due.resent_at, a.at)",
    "answered": "e.answered_at",
    "at": "a.at",
}.items():
    DUE = DUE.replace(f"{{{name}}}", f"(extract(epoch from {column}) * 1000000)::bigint")
ANY, ONE = DUE.replace("{which}", "true"), DUE.replace("{which}", "d.id = %(only)s")

# An endpoint whose rest is over is tried with one delivery, by whoever changes this first.
PROBE = """
    with probed as (select id from sharing_endpoint where id = any(%s) and resting_until <= %s
                    order by id for update skip locked)
    update sharing_endpoint e set resting_until = %s from probed where probed.id = e.id returning e.id
"""


def due(
    channel: str,
    *,
    limit: int,
    at: datetime,
    under_way: Mapping[int, int],
    urgency: int = Urgency.DIGEST,
    only: int | None = None,
) -> tuple[list[Due], int]:
    """(rows to begin, rows passed over since their endpoint has enough under way). In the engine's transaction.

    `under_way` counts attempts by endpoint; `urgency` is the least urgent to take.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            ANY if only is None else ONE,
            {
                "channel": channel,
                "urgency": urgency,
                "at": at,
                "full": [endpoint for endpoint, count in under_way.items() if count >= PER_ENDPOINT],
                "only": only,
                "limit": limit,
            },
        )
        found = [Due._make(row) for row in cursor.fetchall()]
    kept = _within(found, under_way, _probed(found, at))
    return kept, len(found) - len(kept)


def _within(found: Sequence[Due], under_way: Mapping[int, int], probed: set[int]) -> list[Due]:
    counted, kept = Counter(under_way), []
    for row in found:
        if row.endpoint is not None:
            most = PER_ENDPOINT if not row.rested else int(row.endpoint in probed)
            if counted[row.endpoint] >= most:
                continue
            counted[row.endpoint] += 1
        kept.append(row)
    return kept


def _probed(found: Sequence[Due], at: datetime) -> set[int]:
    """Of the endpoints whose rest is over, those that this process tries."""
    rested = sorted({row.endpoint for row in found if row.endpoint is not None and row.rested})
    if not rested:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(PROBE, [rested, at, at + timedelta(seconds=CLAIM_S)])
        return {endpoint for (endpoint,) in cursor.fetchall()}
