"""The owner's own grant, and what follows for what is derived: when a version is published, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bulletins.publishing.signals import published
from sharing.audiences.actions import regrant


@receiver(published, dispatch_uid="sharing.audiences.owner")
def give_the_owner_its_grant(
    sender: Any, records: list[int], at: datetime, derived: Iterable[int] = (), **kwargs: Any
) -> None:
    regrant([*records, *derived], at=at)
