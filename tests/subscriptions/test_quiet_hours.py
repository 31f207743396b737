"""Quiet hours and digests under time zones and clocks that change: no hour twice or lost."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sharing.subscriptions.hours.rules import quiet_until
from sharing.subscriptions.rules import instant_of, next_due

NAMES = sorted(available_timezones())
# Where clocks did odd things: a day left out, half an hour, midnight left out, a fold at midnight.
ODD = [
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
    "America/Chicago",
    "Asia/Kathmandu",
]
zones = st.one_of(st.sampled_from(ODD), st.sampled_from(NAMES)).map(ZoneInfo)
walls = st.times(min_value=time(0), max_value=time(23, 59)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
APIA = ZoneInfo("Pacific/Apia")
CHICAGO = ZoneInfo("America/Chicago")
NIGHT = (time(22), time(6))


def local(text: str, zone: ZoneInfo = CHICAGO, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-06-10T21:59:59", None),
        ("2026-06-10T22:00:00", "2026-06-11T06:00:00"),
        ("2026-06-11T00:30:00", "2026-06-11T06:00:00"),
        ("2026-06-11T05:59:59", "2026-06-11T06:00:00"),
        ("2026-06-11T06:00:00", None),
    ],
)
def test_a_night_goes_over_midnight_and_is_over_at_its_end(at, until):
    assert quiet_until(local(at), CHICAGO, *NIGHT) == (until and local(until))


def test_a_night_is_as_long_as_the_clocks_make_it():
    spring, autumn = local("2026-03-07T22:00:00"), local("2026-10-31T22:00:00")
    assert (quiet_until(spring, CHICAGO, *NIGHT) or spring) - spring == timedelta(hours=7)
    assert (quiet_until(autumn, CHICAGO, *NIGHT) or autumn) - autumn == timedelta(hours=9)


def test_an_hour_that_comes_twice_is_quiet_both_times_and_begins_no_second_night():
    for fold in (0, 1):
        at = local("2026-11-01T01:40:00", fold=fold)
        assert quiet_until(at, CHICAGO, time(1, 30), time(5)) == local("2026-11-01T05:00:00")
    # It ended when clocks showed its end for the first time.
    assert quiet_until(local("2026-11-01T01:10:00", fold=0), CHICAGO, time(23), time(1, 30))
    assert quiet_until(local("2026-11-01T01:10:00", fold=1), CHICAGO, time(23), time(1, 30)) is None


def test_times_that_are_left_out_are_those_at_which_the_clock_moves():
    moved = local("2026-03-08T03:00:00")
    assert quiet_until(moved - timedelta(seconds=1), CHICAGO, time(22), time(2, 30)) == moved
    assert quiet_until(moved, CHICAGO, time(2, 30), time(6)) == local("2026-03-08T06:00:00")
    assert quiet_until(moved, CHICAGO, time(2, 10), time(2, 50)) is None


@settings(max_examples=300, deadline=None)
@given(zone=zones, at=instants, begins=walls, ends=walls)
@example(zone=APIA, at=datetime(2011, 12, 30, 9, 30, tzinfo=UTC), begins=time(22), ends=time(6))
def test_quiet_hours_end_later_at_their_end_and_within_a_day(zone, at, begins, ends):
    if begins == ends:
        return
    until = quiet_until(at, zone, begins, ends)
    if until is None:
        return
    assert at < until <= at + timedelta(hours=50)
    assert quiet_until(until, zone, begins, ends) is None
    # Nothing in between is loud, so what was put off waits once.
    assert quiet_until(until - timedelta(microseconds=1), zone, begins, ends) == until
    assert quiet_until(at + (until - at) / 2, zone, begins, ends) == until
    wall = until.astimezone(zone)
    assert (
        wall.time() == ends or wall.utcoffset() != (until - timedelta(seconds=1)).astimezone(zone).utcoffset()
    )


@settings(max_examples=200, deadline=None)
@given(zone=zones, at=instants, begins=walls, ends=walls)
def test_where_clocks_are_left_alone_it_is_quiet_by_what_they_show(zone, at, begins, ends):
    steady = {(at + timedelta(hours=n)).astimezone(zone).utcoffset() for n in range(-60, 61, 3)}
    if begins == ends or len(steady) > 1:
        return
    wall = at.astimezone(zone).time()
    inside = begins <= wall < ends if begins < ends else wall >= begins or wall < ends
    assert (quiet_until(at, zone, begins, ends) is not None) is inside


# --- Digests -----------------------------------------------------------------------------------------------
kinds = st.sampled_from(["hourly", "shift", "daily", "weekly", "monthly"])


@settings(max_examples=300, deadline=None)
@given(
    zone=zones,
    at=instants,
    kind=kinds,
    times=st.lists(walls, min_size=1, max_size=6, unique=True),
    weekday=st.integers(0, 6),
    day=st.integers(1, 31),
)
@example(
    zone=APIA,
    at=datetime(2011, 12, 29, 9, tzinfo=UTC),
    kind="shift",
    times=[time(6), time(18)],
    weekday=0,
    day=1,
)
def test_periods_follow_each_other_and_each_instant_is_in_exactly_one(zone, at, kind, times, weekday, day):
    if kind not in ("shift", "hourly"):
        times = times[:1]

    def due(after: datetime) -> datetime:
        found = next_due(kind, after, zone, times=times, weekday=weekday, day=day)
        assert found is not None
        return found

    ends = [at]
    for _turn in range(9):
        ends.append(due(ends[-1]))
    assert all(earlier < later for earlier, later in itertools.pairwise(ends))
    # Asked from anywhere within a period, its end is the same: so no outage, however long, moves a boundary.
    for since, until in itertools.pairwise(ends):
        for within in (since, since + (until - since) * 0.3, until - timedelta(microseconds=1)):
            assert due(within) == until
    if kind == "hourly":
        assert all(later - earlier == timedelta(hours=1) for earlier, later in itertools.pairwise(ends[1:]))
    if kind == "daily":
        # A day left out has its digest when the clock has moved.
        assert all(timedelta(0) < b - a <= timedelta(hours=50) for a, b in itertools.pairwise(ends[1:]))


@settings(max_examples=200, deadline=None)
@given(zone=zones, day=st.dates(datetime(1990, 1, 1).date(), datetime(2039, 1, 1).date()), wall=walls)
def test_a_wall_time_is_met_once_a_day_or_passed_over(zone, day, wall):
    found = instant_of(datetime.combine(day, wall), zone)
    shown = found.astimezone(zone).replace(tzinfo=None)
    before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    asked = datetime.combine(day, wall)
    assert shown == asked or before < asked < shown
    # Not before: so of two times that the clock shows it is the first.
    earlier = (found - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None)
    assert earlier != asked


def test_two_shifts_around_the_changes_of_clocks_have_no_gap_and_no_overlap():
    for day, hours in (("2026-03-08", 11), ("2026-11-01", 13)):
        end = next_due("shift", local(f"{day}T00:00:00"), CHICAGO, times=[time(6), time(18)])
        assert end == local(f"{day}T06:00:00")
        start = local(f"{day}T00:00:00") - timedelta(hours=6)
        assert (end or start) - start == timedelta(hours=hours)
