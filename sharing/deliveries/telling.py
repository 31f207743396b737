"""Log lines of deliveries: what became of each, under the id of the deed that caused it."""

from __future__ import annotations

import logging
from typing import Protocol
from uuid import UUID

log = logging.getLogger("sharing.deliveries")


class Told(Protocol):
    @property
    def uid(self) -> UUID: ...

    @property
    def channel(self) -> str: ...

    @property
    def request_id(self) -> str: ...


def tell(event: str, delivery: Told, **facts: object) -> None:
    """One line: ids, codes and numbers (hub/log.py). Never what a delivery says, or where it goes."""
    told = {"request_id": delivery.request_id, "delivery": str(delivery.uid), "channel": delivery.channel}
    log.info(event, extra=told | facts)
