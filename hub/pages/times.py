"""Instants, dates and months in words: the reader's zone with its name, UTC on hover, never ambiguous."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString


def zone_name(moment: datetime) -> str:
    """`PDT`, or `UTC-03:00` for a zone that has no letters of its own."""
    name = moment.tzname() or ""
    if re.fullmatch(r"[A-Za-z]+", name):
        return name
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def as_time(value: Any, show: str = "") -> SafeString:
    """A `<time>` for an instant, a date, or either as ISO text; other text as it is.

    `show` narrows an instant to its "date" or "time".
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return format_html("{}", value)
    if isinstance(value, datetime):
        return _instant(value if timezone.is_aware(value) else value.replace(tzinfo=UTC), show)
    if isinstance(value, date):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "j M Y"))
    return SafeString("")


def _instant(instant: datetime, show: str) -> SafeString:
    here, there = timezone.localtime(instant), instant.astimezone(UTC)
    day, clock = date_format(here, "j M Y"), f"{date_format(here, 'H:i')} {zone_name(here)}"
    said = {"date": day, "time": clock}.get(show, f"{day}, {clock}")
    utc = f"{date_format(there, 'j M Y, H:i')} UTC"
    stamp = there.strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, utc, said)


def as_month(value: Any) -> SafeString:
    """`2026-11` as `November 2026`; a year alone, or anything else, as it is."""
    text = value.strftime("%Y-%m") if isinstance(value, date) else str(value or "")
    found = re.fullmatch(r"([1-9]\d{3})-(0[1-9]|1[0-2])(-\d{2})?", text)
    if not found:
        return format_html("{}", text)
    said = date_format(date(int(found[1]), int(found[2]), 1), "F Y")
    return format_html('<time datetime="{}-{}">{}</time>', found[1], found[2], said)
