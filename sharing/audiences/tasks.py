"""Numbers given after commit, by which feeds are ordered."""

from __future__ import annotations

from celery import shared_task

from hub.database.numbering import number_rows


@shared_task
def number_entries() -> int:
    return number_rows("sharing_entry")
