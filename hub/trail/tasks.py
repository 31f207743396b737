"""Numbers trail rows after they are committed, and mails the heads of the seals over them."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from hub.database.numbering import number_rows
from hub.trail.heads import mail_heads as mail_due_heads


@shared_task
def number_trail() -> int:
    return number_rows("hub_trailnumber")


@shared_task
def mail_heads() -> int:
    """Each inspector has the newest head once an hour; return how many mails went out."""
    return mail_due_heads(at=timezone.now())
