"""When a delivery that did not get through is tried again, and when the hub gives up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

FIRST_WAIT_S = settings.DELIVERY_FIRST_WAIT_S
LONGEST_WAIT_S = 6 * 3600
GIVE_UP_AFTER = timedelta(days=3)


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
    asked_s = min(max(asked_wait_s, 0), 24 * 3600)
    return min(now + timedelta(seconds=max(wait_s, asked_s)), last)
