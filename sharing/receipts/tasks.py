"""Reminding of what is to be acknowledged."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sharing.receipts.reminding import remind


@shared_task
def remind_due() -> int:
    """Remind whoever is due, and tell on whoever is overdue; return how many notices were written."""
    with transaction.atomic():
        return remind(at=timezone.now())
