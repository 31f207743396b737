"""Quiet hours: how long a mail waits; and which time zones there are. No database, no clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sharing.subscriptions.rules import instant_of


def quiet_until(at: datetime, zone: ZoneInfo, begins: time, ends: time) -> datetime | None:
    """When the quiet hours that `at` falls into are over, in UTC; None where it falls into none.

    Wall times of `zone`, once a day, from `begins` up to `ends`, which is the next day's where it is not later. Where
    clocks change meanwhile the night is longer or shorter than they say: it begins and ends once all the same.
    """
    found = None
    today = at.astimezone(zone).date()
    for number in (-2, -1, 0, 1):
        day = today + timedelta(days=number)
        night = timedelta(days=0 if begins < ends else 1)
        since = instant_of(datetime.combine(day, begins), zone)
        until = instant_of(datetime.combine(day + night, ends), zone)
        # Where a whole day is left out two nights follow each other.
        if since <= (found or at) < until:
            found = until
    return found.astimezone(UTC) if found else None


@cache
def zones() -> tuple[str, ...]:
    """The time zones to choose from: by place, as people know theirs, and UTC."""
    named = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return (*sorted(named), "UTC")
