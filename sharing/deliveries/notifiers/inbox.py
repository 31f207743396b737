"""The inbox: a delivery that is recorded as sent is what /inbox/ reads."""

from __future__ import annotations

from sharing.deliveries.message import Message
from sharing.deliveries.notifiers.base import Notifier


class InboxNotifier(Notifier):
    def send(self, message: Message) -> None:
        """Nothing leaves the database."""
