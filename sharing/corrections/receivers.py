"""Publishing takes what was taken up: in the publishing transaction, once the owner has its new version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bulletins.publishing.signals import published
from hub.accounts.viewer import Viewer
from sharing.corrections.actions import take


@receiver(published, dispatch_uid="sharing.corrections.taken")
def take_corrections(
    sender: Any, records: list[int], at: datetime, viewer: Viewer | None = None, **kwargs: Any
) -> None:
    if viewer is not None:
        take(records, viewer=viewer, at=at)
