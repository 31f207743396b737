"""Sending what is due. A task takes no argument: which rows, and what they may say, is read when it runs."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from sharing.deliveries.endpoints.resealing import forget_old_secrets
from sharing.deliveries.mending import free_stale, give_up, mend_clock
from sharing.deliveries.run import Clock, Run
from sharing.deliveries.wire import Wire

log = logging.getLogger(__name__)


@shared_task(soft_time_limit=40, time_limit=45)
def send_due() -> int:
    """Send what waits and is due; return how many were sent."""
    return send_waiting()


@shared_task(soft_time_limit=40, time_limit=45)
def sweep() -> int:
    """Put right what died or was put off wrongly, and send what is due whether or not anybody was told."""
    at = timezone.now()
    for mended, words in (
        (free_stale(at=at), "freed %s deliveries of a process that died"),
        (mend_clock(at=at), "brought back %s deliveries that a clock had put off"),
        (give_up(at=at), "gave up %s deliveries to endpoints that took nothing for three days"),
    ):
        if mended:
            log.warning(words, mended)
    forget_old_secrets(at=at)
    return send_waiting()


def send_waiting(*, clock: Clock = timezone.now) -> int:
    """Send what is due, until nothing is or time is up; then another task goes on. Return how many were sent."""
    with Wire() as wire:
        return Run(wire, clock).to_the_end()
