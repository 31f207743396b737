"""Review dates: how far ahead one may lie, when it stops identifiers, and why a review may be refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

MOST_YEARS = 5
# How many days ahead its owner is told; 0 is the day itself.
WARNED_DAYS = (90, 30, 0)
LONGEST_REASON = 500


def latest_review(since: date) -> date:
    """The last day on which what was entered or validated on `since` may be reviewed (28 CFR 23.20 h)."""
    try:
        return since.replace(year=since.year + MOST_YEARS)
    except ValueError:  # 29 February
        return since.replace(year=since.year + MOST_YEARS, day=28)


def review_of(wanted: date | None, entered: date) -> date:
    """The review date a record gets when it first names subjects: what its author set, at most five years on."""
    latest = latest_review(entered)
    return min(wanted, latest) if wanted and wanted > entered else latest


def stops_at(review_due: date | None) -> datetime | None:
    """The instant from which identifiers are shared no more: the opening of the review day, UTC."""
    return datetime.combine(review_due, time.min, UTC) if review_due else None


def warning_due(review_due: date, told: int | None, today: date) -> int | None:
    """Which warning is due and not yet given, in days ahead; None for none."""
    left = review_due - today
    reached = [days for days in WARNED_DAYS if left <= timedelta(days=days)]
    due = min(reached, default=None)
    return due if due is not None and (told is None or told > due) else None


def keep_refusals(
    *, reason: str, review_due: date | None, checked: bool, today: date
) -> dict[str, list[str]]:
    """By field, why a review cannot stand; empty when it can."""
    found: dict[str, list[str]] = {}
    if not reason.strip():
        found["reason"] = [_("Say why it is kept: the reason is recorded with your name (28 CFR 23.20 h).")]
    elif len(reason.strip()) > LONGEST_REASON:
        found["reason"] = [_("Say it in %(n)d characters at most.") % {"n": LONGEST_REASON}]
    if review_due is None or review_due <= today:
        found["review_due"] = [_("Give a day to come on which it is reviewed again.")]
    elif review_due > latest_review(today):
        found["review_due"] = [_("The next review lies at most five years ahead.")]
    if not checked:
        found["checked"] = [_("Tick that you have checked it, or purge it.")]
    return found
