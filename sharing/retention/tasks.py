"""Warnings ahead of reviews, and the sweep of files that a purge may have left."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from bulletins.publishing.photographs.storage import remove
from hub.database.context import engine
from sharing.retention.actions import tell_owners
from sharing.retention.models import Leftover

SWEPT = 500


@shared_task
def tell_of_reviews() -> int:
    with transaction.atomic():
        return tell_owners(at=timezone.now())


@shared_task
def sweep_leftovers() -> int:
    """Remove the copies of purged photographs, whether or not the purge managed to; return how many were looked at."""
    with transaction.atomic(), engine():
        rows = list(Leftover.objects.order_by("id")[:SWEPT])
        remove(row.photograph for row in rows)
        Leftover.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)
