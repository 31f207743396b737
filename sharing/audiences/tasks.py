"""Numbers given after commit, by which feeds are ordered."""

from __future__ import annotations

from celery import shared_task

from sharing.audiences.numbering import number_entries as number


@shared_task
def number_entries() -> int:
    return number()
