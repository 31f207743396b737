"""What every notifier is: it sends or raises, and touches no rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from sharing.deliveries.message import Message


class Undelivered(Exception):
    """It did not get through. `reason` is in our own words: stored, and shown to the recipient's agency.

    `permanent` says that trying again is of no use; `wait_s` is how long the receiver asked to be left alone.
    `answered` says that the far end is well and refuses this alone: nothing else has to wait for that.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, wait_s: int = 0, answered: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.wait_s, self.answered = reason, permanent, wait_s, answered


class Notifier(ABC):
    """Open for one run of the sender (`async with`), in its loop; it opens no connection to the database.

    `at_once` are how many messages may be under way, `reserved` of them for what goes first.
    """

    at_once: int
    reserved: int

    @abstractmethod
    async def send(self, message: Message) -> None:
        """Send, or raise Undelivered."""

    async def __aenter__(self) -> Self:
        return self

    @abstractmethod
    async def __aexit__(self, *_error: object) -> None:
        """Let go of the connections."""
