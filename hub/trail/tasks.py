"""Numbers trail rows after they are committed."""

from __future__ import annotations

from celery import shared_task

from hub.database.numbering import number_rows


@shared_task
def number_trail() -> int:
    return number_rows("hub_trailnumber")
