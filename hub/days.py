"""Whole days in the reader's zone, as instants."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date | None) -> datetime | None:
    """The first instant after the day. The last day of the calendar has no end: None, as for no day at all."""
    return begin_of(day + timedelta(days=1)) if day and day < date.max else None
