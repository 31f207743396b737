"""How often somebody has asked in this minute, counted in the cache."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
MINUTE_S = 60


def within(caller: str, allowed: int) -> bool:
    """Whether `caller` has asked no more than `allowed` times in this minute, this time counted."""
    key = f"hub:api:{caller}:{int(time.time() // MINUTE_S)}"
    try:
        cache.add(key, 0, 2 * MINUTE_S)
        return cache.incr(key) <= allowed
    except (RedisError, ValueError):
        # A cache that is away must not stop the work: the limit is courtesy, not access.
        log.warning("requests are not being counted: the cache does not answer")
        return True
