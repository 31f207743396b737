"""Making the files that wait, and ending those that have had their time. A task takes no argument."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sharing.exports.actions import anything_waits, expire
from sharing.exports.making import make_next

LONGEST_S = 7_200


# Acknowledged when it begins: a broker that hears nothing for a minute would give it to a second worker. What a dead
# worker leaves is taken up by the next, after a while without a sign of it.
@shared_task(acks_late=False, soft_time_limit=LONGEST_S, time_limit=LONGEST_S + 30)
def make_files() -> int:
    """Make what waits, one file after the other; return how many were looked at."""
    count = 0
    while make_next():
        count += 1
    return count


@shared_task
def look_for_files() -> bool:
    """Find what nobody was told of, or a worker left; return whether there is anything to make."""
    found = anything_waits(at=timezone.now())
    if found:
        make_files.delay()
    return found


@shared_task
def expire_files() -> int:
    return expire(at=timezone.now())
