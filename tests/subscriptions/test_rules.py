"""When digests are due: under every zone and change of clocks each is due once, and no hour is told twice or lost."""

from __future__ import annotations

import itertools
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.subscriptions.rules import instant_of, may_change, may_manage_desk, next_due
from tests.cast import viewer

# Clocks that are put on and back by an hour, by half an hour, at midnight, out of step with summer, by a whole day.
ZONES = [
    "America/Los_Angeles", "America/Toronto", "America/Mexico_City", "America/Santiago", "America/Sao_Paulo",
    "Europe/Dublin", "Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu", "Asia/Beirut", "Australia/Lord_Howe",
    "Pacific/Apia", "Pacific/Chatham", "UTC",
]  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2010, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def chain(frequency, start, zone, number, **how):
    """The next so many, each asked for at the one before."""
    found = [start]
    while len(found) <= number:
        found.append(next_due(frequency, found[-1], zone, **how))
    return found[1:]


@given(instants, zones)
def test_hours_follow_each_other_by_an_hour(start, zone):
    found = chain("hourly", start, zone, 30)
    assert timedelta(0) < found[0] - start <= timedelta(hours=1)
    assert {after - before for before, after in itertools.pairwise(found)} == {timedelta(hours=1)}


@given(instants, zones, st.lists(clocks, min_size=1, max_size=6, unique=True))
def test_each_shift_is_due_once_on_its_day(start, zone, times):
    found = chain("shift", start, zone, 4 * len(times), times=times)
    assert all(before < after for before, after in zip([start, *found], found, strict=False))
    # Whatever wall time there was between the first and the last, one of them stands for it.
    days = {start.astimezone(zone).date() + timedelta(days=number) for number in range(-1, 8)}
    due = {instant_of(datetime.combine(day, at), zone) for day in days for at in times}
    assert set(found) == {at for at in due if start < at <= found[-1]}


@given(instants, zones, clocks)
def test_a_day_is_due_at_its_time_and_never_twice(start, zone, at):
    found = chain("daily", start, zone, 9, times=[at])
    for instant in found:
        wall = instant.astimezone(zone)
        if wall.time() != at:
            # The clock passed over it: due when the clock had moved.
            before = (instant - timedelta(seconds=1)).astimezone(zone)
            assert (
                before.replace(tzinfo=None) < datetime.combine(before.date(), at)
                or before.date() < wall.date()
            )
            assert wall.utcoffset() > before.utcoffset()
    days = [instant.astimezone(zone).date() for instant in found]
    gaps = {(after - before).days for before, after in itertools.pairwise(days)}
    assert gaps <= ({1} if zone.key != "Pacific/Apia" else {0, 1, 2})


@given(instants, zones, clocks, st.integers(0, 6))
def test_a_week_is_due_on_its_day(start, zone, at, weekday):
    found = chain("weekly", start, zone, 3, times=[at], weekday=weekday)
    assert found[0] - start <= timedelta(days=8, hours=2)
    if zone.key != "Pacific/Apia":
        assert {instant.astimezone(zone).weekday() for instant in found} == {weekday}


@given(instants, zones, clocks, st.integers(1, 31))
def test_a_month_is_due_on_its_day_or_on_its_last(start, zone, at, day):
    found = chain("monthly", start, zone, 14, times=[at], day=day)
    walls = [instant.astimezone(zone) for instant in found]
    months = [wall.year * 12 + wall.month for wall in walls]
    assert months == list(range(months[0], months[0] + 14))
    if zone.key != "Pacific/Apia":
        assert all(wall.day == min(day, monthrange(wall.year, wall.month)[1]) for wall in walls)


@given(instants, st.sampled_from(sorted(available_timezones())).map(ZoneInfo), clocks)
def test_every_zone_has_a_next_day(start, zone, at):
    found = next_due("daily", start, zone, times=[at])
    assert timedelta(0) < found - start <= timedelta(hours=50)


@pytest.mark.parametrize(
    ("zone", "wall", "said"),
    [
        # 2:30 is left out on 8 March 2026, and comes twice on 1 November.
        ("America/Los_Angeles", "2026-03-08T02:30", "2026-03-08T10:00+00:00"),
        ("America/Los_Angeles", "2026-11-01T01:30", "2026-11-01T08:30+00:00"),
        ("America/Los_Angeles", "2026-11-01T02:30", "2026-11-01T10:30+00:00"),
        # Midnight itself is left out.
        ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00+00:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30+00:00"),
        # A day that never was.
        ("Pacific/Apia", "2011-12-30T08:00", "2011-12-30T10:00+00:00"),
    ],
)
def test_wall_times_that_do_not_come_or_come_twice(zone, wall, said):
    assert instant_of(datetime.fromisoformat(wall), ZoneInfo(zone)) == datetime.fromisoformat(said)


def test_two_shifts_in_the_hour_that_is_left_out_are_one():
    zone = ZoneInfo("America/Toronto")
    start = datetime(2026, 3, 8, 0, 0, tzinfo=zone)
    found = chain("shift", start, zone, 3, times=[time(2, 15), time(2, 45), time(14)])
    assert [each.astimezone(zone).isoformat()[:16] for each in found] == [
        "2026-03-08T03:00", "2026-03-08T14:00", "2026-03-09T02:15",
    ]  # fmt: skip


def test_what_is_told_at_once_is_never_due():
    assert next_due("at_once", datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None


def test_the_29th_of_a_february_that_has_none():
    found = next_due("monthly", datetime(2026, 2, 1, tzinfo=UTC), ZoneInfo("UTC"), times=[time(6)], day=29)
    assert found.date() == date(2026, 2, 28)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("username", "desk"),
    [("cbsa.officer", False), ("cbsa.releaser", False), ("cbsa.liaison", True), ("cbp.admin", True)],
)
def test_the_desks_are_its_liaisons_and_administrators(username, desk):
    who = viewer(username)
    assert may_manage_desk(who) is desk
    assert may_change(who, agency=who.agency_id, person=None) is desk
    assert may_change(who, agency=who.agency_id, person=who.person_id)
    assert not may_change(who, agency=who.agency_id, person=who.person_id + 1)
    assert not may_change(who, agency=who.agency_id + 1, person=None)
    assert not may_manage_desk(viewer("steward"))
