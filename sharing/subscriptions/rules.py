"""When a digest is due, who may change a subscription, and what makes one impossible. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub.agencies.models import Role

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

# The fan-out of a release asks every one of them.
MOST = 50
MOST_SHIFTS = 6
FURTHEST_KM = 1000


def next_due(
    frequency: str,
    after: datetime,
    zone: ZoneInfo,
    *,
    times: Sequence[time] = (),
    weekday: int = 0,
    day: int = 1,
) -> datetime | None:
    """The first instant past `after` at which a digest is due, in UTC; None for what is told at once.

    Wall times are of `zone`. One that a clock put forward leaves out is due when the clock has moved; of one that comes
    twice the first is meant: so each is due once on its day, and the periods between follow each other without gap or
    overlap. Hours are hours of time, no clock's. The day of a month that has fewer is its last.
    """
    if frequency == "at_once":
        return None
    if frequency == "hourly":
        hour = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=1)
    for each in _days(frequency, after.astimezone(zone).date(), weekday, day):
        due = sorted(instant_of(datetime.combine(each, at), zone) for at in times)
        if later := [at for at in due if at > after]:
            return later[0]
    raise ValueError("a digest without a time is never due")


def _days(frequency: str, today: date, weekday: int, day: int) -> Iterator[date]:
    """The days on which one may be due, in order, from the day before `today` for two months on."""
    for number in range(-1, 64):
        each = today + timedelta(days=number)
        last = (each.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if frequency == "weekly" and each.weekday() != weekday:
            continue
        if frequency == "monthly" and each.day != min(day, last.day):
            continue
        yield each


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in `zone` show `wall` for the first time, or pass over it; in UTC."""
    found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    # Left out: between these two the clock moves; the later of them reads it by the old offset.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    return after.replace(microsecond=0)


def may_subscribe(viewer: Viewer) -> bool:
    """Everybody of an agency, for themselves."""
    return viewer.agency_id is not None and viewer.person_id is not None


def may_manage_desk(viewer: Viewer) -> bool:
    """What the desk is told is its liaison's to say, and its administrator's."""
    return may_subscribe(viewer) and viewer.can(Role.LIAISON, Role.ADMIN)


def may_change(viewer: Viewer, *, agency: int, person: int | None) -> bool:
    if viewer.agency_id != agency:
        return False
    return may_manage_desk(viewer) if person is None else viewer.person_id == person
