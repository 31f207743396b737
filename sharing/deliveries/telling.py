"""Log lines of deliveries: what became of each, under the id of the deed that caused it."""

from __future__ import annotations

import logging
from uuid import UUID

log = logging.getLogger("sharing.deliveries")


def tell(event: str, *, delivery: UUID, channel: str, request_id: str, **facts: object) -> None:
    """One line: ids, codes and numbers (FACTS in hub/log.py). Never what a delivery says, or where it goes."""
    told = {"request_id": request_id, "delivery": str(delivery), "channel": channel}
    log.info(event, extra=told | facts)
