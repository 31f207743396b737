"""How often somebody has asked in this minute, counted in the cache."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
MINUTE_S = 60


@dataclass(frozen=True)
class Pace:
    """So many requests were allowed in this minute, so many are left, and it ends in so many seconds."""

    allowed: int
    left: int
    ends_s: int
    within: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """As the IETF's draft on rate limit headers has them."""
        return {
            "RateLimit-Policy": f'"minute";q={self.allowed};w={MINUTE_S}',
            "RateLimit": f'"minute";r={self.left};t={self.ends_s}',
        }


def pace_of(caller: str, allowed: int) -> Pace:
    """How `caller` stands in this minute, this request counted."""
    now = time.time()
    key = f"hub:api:{caller}:{int(now // MINUTE_S)}"
    ends_s = max(1, round(MINUTE_S - now % MINUTE_S))
    try:
        cache.add(key, 0, 2 * MINUTE_S)
        used = cache.incr(key)
    except (RedisError, ValueError):
        # A cache that is away must not stop the work: the limit is courtesy, not access.
        log.warning("requests are not being counted: the cache does not answer")
        used = 0
    return Pace(allowed, max(0, allowed - used), ends_s, used <= allowed)


def within(caller: str, allowed: int) -> bool:
    """Whether `caller` has asked no more than `allowed` times in this minute, this time counted."""
    return pace_of(caller, allowed).within
