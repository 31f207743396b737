"""What is not kept: statuses of envelopes after a month."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from hub.database.context import engine
from sharing.intake.inbox import KEPT
from sharing.intake.models import Envelope


@shared_task
def sweep_intake() -> int:
    """Forget old envelopes; return how many."""
    with transaction.atomic(), engine():
        return Envelope.objects.filter(requested_at__lte=timezone.now() - KEPT).delete()[0]
