"""Fetching from peers that are due, and photographs after records; telling hubs what was acknowledged."""

from __future__ import annotations

import time

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sharing.intake.pulling.answering import tell_next
from sharing.intake.pulling.photographs import fetch_next
from sharing.intake.pulling.reminding import remind_of_hubs
from sharing.intake.pulling.walking import RUN_S, claim, walk


@shared_task
def pull_due() -> int:
    """Fetch from what is due, one peer after the other; return how many. What is left waits for the next run."""
    ends, count = time.monotonic() + RUN_S, 0
    while (left := ends - time.monotonic()) > 0:
        peer = claim(timezone.now())
        if peer is None:
            break
        walk(peer, run_s=left)
        count += 1
    return count


@shared_task
def tell_due() -> int:
    """Tell hubs what was acknowledged here; return how many acknowledgements were tried."""
    ends, count = time.monotonic() + RUN_S, 0
    while time.monotonic() < ends and tell_next(timezone.now()):
        count += 1
    return count


@shared_task
def remind_of_hubs_due() -> int:
    """Remind of what hubs ask to have acknowledged; return how many notices were written."""
    with transaction.atomic():
        return remind_of_hubs(at=timezone.now())


# One that is large on a slow line, and is then opened, takes longer than other tasks; acknowledged when it begins, for
# a broker that hears nothing for a minute would give it to a second worker.
@shared_task(acks_late=False, soft_time_limit=120, time_limit=130)
def fetch_photographs() -> int:
    """Fetch what is missing, record by record; return how many records were looked at."""
    ends, count = time.monotonic() + RUN_S, 0
    while (left := ends - time.monotonic()) > 0 and fetch_next(timezone.now(), run_s=left):
        count += 1
    return count
