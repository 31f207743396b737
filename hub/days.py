"""Days and instants as people write them, in the reader's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone


def begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date | None) -> datetime | None:
    """The first instant after the day. The last day of the calendar has no end: None, as for no day at all."""
    return begin_of(day + timedelta(days=1)) if day and day < date.max else None


class InstantField(forms.DateTimeField):
    """An instant that the calendar still has in UTC, as which it is kept: beyond that it could not be read again."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        try:
            return found and found.astimezone(UTC).astimezone(found.tzinfo)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
