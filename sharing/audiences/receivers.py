"""The owner's own grant: written when a version is published, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bulletins.publishing.signals import published
from sharing.audiences.actions import regrant


@receiver(published, dispatch_uid="sharing.audiences.owner")
def give_the_owner_its_grant(sender: Any, records: list[int], at: datetime, **kwargs: Any) -> None:
    regrant(records, at=at)
