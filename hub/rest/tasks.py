"""Forgets what was done under an Idempotency-Key once its day is over."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from hub.rest.once import forget_done


@shared_task
def forget_keys() -> int:
    return forget_done(timezone.now())
