"""The outbox in numbers: how much waits and for how long, what fails and why. Nothing of any record.

Read as the engine, for operators belong to no agency; what leaves is counts, ages, our own words for failures, and of
an endpoint whose it is and how it fares: not its address, and not what it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Role
from hub.database.context import engine
from sharing.deliveries.endpoints.health import State, state_of
from sharing.deliveries.models import Channel, Endpoint, Urgency

# The order in which waiting rows are taken: hazards and recalls first.
DEPTHS = """
    with open as (
        select urgency, channel, due_at, attempts from sharing_delivery where state = 'waiting'
        union all select urgency, channel, due_at, attempts from sharing_delivery where state = 'sending')
    select d.urgency, d.channel, count(*), count(*) filter (where d.attempts > 0),
           min(d.due_at) filter (where d.due_at <= %(at)s)
    from open d group by 1, 2 order by 1, 2
"""

FAILURES = """
    select d.channel, d.failure, count(*), max(a.at)
    from sharing_delivery d join sharing_alert a on a.id = d.alert_id
    left join sharing_endpoint e on e.id = d.endpoint_id
    where d.state = 'failed' and e.removed_at is null group by 1, 2 order by 3 desc, 1, 2
"""

OF_ENDPOINTS = """
    select endpoint_id, count(*) from sharing_delivery where state = %(state)s and endpoint_id is not null group by 1
"""

RECENT = """
    select count(*), count(*) filter (where d.state = 'sent'), percentile_cont(array[0.5, 0.95]) within group (
               order by extract(epoch from d.sent_at - a.at)) filter (where d.state = 'sent')
    from (select * from sharing_delivery order by id desc limit %(most)s) d
    join sharing_alert a on a.id = d.alert_id
"""
RECENT_MOST = 1000


@dataclass(frozen=True)
class Depth:
    """What waits or is being sent, of one urgency and channel. `since` is when the oldest of it was due."""

    urgency: int
    channel: str
    waiting: int
    again: int
    since: datetime | None

    @property
    def urgency_label(self) -> str:
        return str(Urgency(self.urgency).label)

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)


@dataclass(frozen=True)
class Failure:
    channel: str
    reason: str
    count: int
    last_at: datetime

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)


@dataclass(frozen=True)
class EndpointFare:
    """`name` is the beginning of its uid: enough to tell an agency which one."""

    name: str
    agency: str
    state: State
    waiting: int
    failed: int
    failures: int
    failing_since: datetime | None
    resting_until: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Recent:
    """Of the newest deliveries: how many, how many are sent, and how long half and nearly all of those took, s."""

    count: int
    sent: int
    median_s: float
    slow_s: float

    @property
    def median(self) -> str:
        return lasting(self.median_s)

    @property
    def slow(self) -> str:
        return lasting(self.slow_s)


@dataclass(frozen=True)
class Outbox:
    depths: tuple[Depth, ...]
    failures: tuple[Failure, ...]
    endpoints: tuple[EndpointFare, ...]
    recent: Recent

    @property
    def waiting(self) -> int:
        return sum(depth.waiting for depth in self.depths)

    @property
    def failed(self) -> int:
        return sum(failure.count for failure in self.failures)

    def age(self, at: datetime) -> timedelta:
        """For how long the oldest that is due has been so."""
        return at - min((depth.since for depth in self.depths if depth.since), default=at)


def lasting(seconds: float) -> str:
    """ "0.4 s", "12 min", "15 h"."""
    if seconds < 90:
        return _("%(n).1f s") % {"n": seconds}
    minutes = seconds / 60
    return _("%(n)d min") % {"n": minutes} if minutes < 90 else _("%(n)d h") % {"n": minutes / 60}


def may_operate(viewer: Viewer) -> bool:
    """Stewards and inspectors, who stand above agencies and read no record."""
    return viewer.agency_id is None and viewer.can(Role.STEWARD, Role.INSPECTOR)


def outbox(at: datetime) -> Outbox:
    with engine(), connection.cursor() as cursor:
        depths = tuple(Depth(*row) for row in _rows(cursor, DEPTHS, at=at))
        failures = tuple(Failure(*row) for row in _rows(cursor, FAILURES))
        waiting = dict(_rows(cursor, OF_ENDPOINTS, state="waiting"))
        failed = dict(_rows(cursor, OF_ENDPOINTS, state="failed"))
        ((count, sent, times),) = _rows(cursor, RECENT, most=RECENT_MOST)
        rows = list(Endpoint.objects.filter(removed_at=None).order_by("agency_id", "id"))
    codes = dict(Agency.objects.filter(pk__in={row.agency_id for row in rows}).values_list("pk", "code"))
    return Outbox(
        depths=depths,
        failures=failures,
        endpoints=tuple(
            EndpointFare(
                name=str(row.uid)[:8],
                agency=codes[row.agency_id],
                state=state_of(row),
                waiting=waiting.get(row.pk, 0),
                failed=failed.get(row.pk, 0),
                failures=row.failures,
                failing_since=row.failing_since,
                resting_until=row.resting_until,
                answered_at=row.answered_at,
            )
            for row in rows
        ),
        recent=Recent(count, sent, *(float(each) for each in times or (0, 0))),
    )


def _rows(cursor: Any, query: str, **values: Any) -> list[Any]:
    cursor.execute(query, values)
    return list(cursor.fetchall())
