"""Work on uploads, and what is not kept: statuses of envelopes after a month, files after a week."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from hub.database.context import engine
from sharing.intake.inbox import KEPT
from sharing.intake.models import Envelope
from sharing.intake.uploads.actions import sweep
from sharing.intake.uploads.working import anything_waits, work_on_next

LONGEST_S = 7_200


# Acknowledged when it begins: a broker that hears nothing for a minute would give it to a second worker. What a dead
# worker leaves is taken up by the next, after a while without a sign of it.
@shared_task(acks_late=False, soft_time_limit=LONGEST_S, time_limit=LONGEST_S + 30)
def work_on_uploads() -> int:
    """Check or take in what waits, one file after the other; return how many were worked on."""
    count = 0
    while work_on_next(at=timezone.now()):
        count += 1
    return count


@shared_task
def look_for_uploads() -> bool:
    """Find what nobody was told of, or a worker left; return whether there is anything to do."""
    found = anything_waits(at=timezone.now())
    if found:
        work_on_uploads.delay()
    return found


@shared_task
def sweep_intake() -> int:
    """Forget old envelopes and uploads; return how many."""
    at = timezone.now()
    with transaction.atomic(), engine():
        count = Envelope.objects.filter(requested_at__lte=at - KEPT).delete()[0]
    return count + sweep(at=at)
