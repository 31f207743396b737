"""Processes beside a test: a Celery worker and whatever else serves the tests' own database and broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from hub import env


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a process that serves the tests' own database and broker."""
    address = urlsplit(os.environ["DATABASE_URL"])
    number = int(settings.CELERY_BROKER_URL.rpartition("=")[2].rpartition("/")[2])
    return {
        **os.environ,
        "DATABASE_URL": address._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "REDIS_URL": env.redis("REDIS_URL", offset=number - 1),
        "HUB_HOME": str(home),
        "HUB_DEMO": "1",
    }


@contextmanager
def process(
    home: Path, *arguments: str, told: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process with these arguments, killed with all it started when the block ends.

    `told` is what its environment says beyond that of others.
    """
    started = subprocess.Popen(
        [sys.executable, *arguments],
        env=surroundings(home) | dict(told or {}),
        cwd=env.ROOT,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def worker(home: Path):  # type: ignore[no-untyped-def]
    arguments = ("worker", "--queues", "urgent", "--concurrency", "2", "--without-gossip", "--without-mingle")
    return process(home, "-m", "celery", "--app", "hub", *arguments)


def until(holds: Callable[[], object], within_s: float) -> float:
    """Wait until `holds`; how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, "not within the time"
        time.sleep(0.05)
    return time.monotonic() - began
