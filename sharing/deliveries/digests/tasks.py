"""Convening digests as they fall due. A task takes no argument: which, is read when it runs."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from sharing.audiences.numbering import number_entries
from sharing.deliveries.digests.actions import convene_digests, mend_digests

log = logging.getLogger(__name__)


@shared_task
def convene() -> int:
    """Number what was given up to now, then convene all that is due; return how many."""
    at = timezone.now()
    if mended := mend_digests(at=at):
        log.warning("the clock was ahead: %s digests are due anew", mended)
    number_entries()
    total = 0
    while found := convene_digests(at=at):
        total += found
    return total
