"""When each periodic task last ended, and whether it failed: a note in the cache, for operators alone."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
KEPT_S = 7 * 86400


@dataclass(frozen=True)
class Run:
    """`ended_at` is None for a task that has not run lately, or since the cache was emptied."""

    task: str
    every: str
    ended_at: datetime | None
    failed: bool


def note_run(task: str, *, failed: bool) -> None:
    try:
        cache.set(_key(task), (time.time(), failed), KEPT_S)
    except RedisError:
        log.warning("a run was not noted: the cache does not answer")


def runs() -> list[Run]:
    """The tasks of the schedule, by name. Raises RedisError when the cache is away."""
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    noted = cache.get_many([_key(entry["task"]) for entry in schedule.values()])
    found = []
    for name, entry in sorted(schedule.items()):
        ended, failed = noted.get(_key(entry["task"]), (None, False))
        every = entry["schedule"]
        found.append(
            Run(
                task=name,
                every=f"{every:g} s" if isinstance(every, int | float) else "",
                ended_at=datetime.fromtimestamp(ended, UTC) if ended else None,
                failed=failed,
            )
        )
    return found


def _key(task: str) -> str:
    return f"hub:ran:{task}"
