"""Telling programs of what ended. A task takes no argument: of what, is read when it runs."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sharing.deliveries.ends import actions


@shared_task
def tell_ends() -> int:
    """Of all that was numbered up to now; return how many deliveries were queued."""
    return actions.tell_ends(at=timezone.now())
