"""Whether a delivery may be begun, when one that did not get through is tried again, and when an endpoint rests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from sharing.deliveries.models import Channel
from sharing.subscriptions.models import PROGRAMS

if TYPE_CHECKING:
    from sharing.deliveries.due import Due

from django.conf import settings

FIRST_WAIT_S = settings.DELIVERY_FIRST_WAIT_S
LONGEST_WAIT_S = 6 * 3600
LONGEST_ASKED_S = 24 * 3600
GIVE_UP_AFTER = timedelta(days=3)
# An endpoint rests after so many attempts in a row that it did not take: half a minute, then longer, at most an hour.
FAILURES = 5
FIRST_REST_S, LONGEST_REST_S = 2 * FIRST_WAIT_S, 3600


def refusal(row: Due, channel: str) -> str:
    """Why nothing is sent there, whatever it is; empty where something may be."""
    if not row.agency_active or (row.person is not None and not row.person_there):
        return _("the recipient is no longer active")
    if channel in PROGRAMS and not row.endpoint_open:
        return _("the endpoint is disabled")
    if channel in PROGRAMS and not row.endpoint_verified:
        return _("the endpoint is not verified")
    if channel == Channel.MAIL and not (row.desk_mail if row.person is None else row.person_mail):
        return _("there is no mail address")
    return ""


def next_attempt(
    *, attempts: int, since: datetime, now: datetime, chance: float, asked_wait_s: int = 0
) -> datetime | None:
    """When to try again after `attempts` attempts, or None when three days have passed since the alert.

    Doubles each time up to six hours, spread by `chance` (0 to 1) over half to one and a half of that, so
    that a receiver that comes back does not meet everything at once. `asked_wait_s` is its own Retry-After.
    """
    last = since + GIVE_UP_AFTER
    if now >= last:
        return None
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts - 1, 20)) * (0.5 + chance)
    asked_s = min(max(asked_wait_s, 0), LONGEST_ASKED_S)
    return min(now + timedelta(seconds=max(wait_s, asked_s)), last)


def rest_s(*, failures: int, chance: float, asked_wait_s: int = 0) -> float:
    """How long an endpoint is left alone after `failures` in a row; 0 where it goes on being tried."""
    asked_s = min(max(asked_wait_s, 0), LONGEST_ASKED_S)
    if failures < FAILURES:
        return asked_s
    wait_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(failures - FAILURES, 20))
    return max(wait_s * (0.75 + chance / 2), asked_s)
