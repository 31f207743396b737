"""What time alone changes, and the nightly comparison of grants with decisions."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sharing.audiences.actions import rebuild_grants
from sharing.flow import refresh

log = logging.getLogger(__name__)


@shared_task
def refresh_due() -> int:
    """Recompute where a release has begun or an end has passed; return how many records."""
    with transaction.atomic():
        return refresh(at=timezone.now())


@shared_task
def compare_grants() -> int:
    """Compare every grant with what the rule says; mend what differs, and say so: it should find nothing."""
    with transaction.atomic():
        changes = rebuild_grants(timezone.now())
    found = len(changes.granted) + len(changes.changed) + len(changes.withdrawn)
    if found:
        log.error("grants differed from decisions", extra={"count": found})
    return found
