"""Fetching from peers that are due."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

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
