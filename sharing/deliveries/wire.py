"""The wire: one thread with an asyncio loop, in which all that has begun is under way.

Whoever sends gives it attempts and takes back what became of them; it touches no rows.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from queue import Empty, SimpleQueue
from typing import Self

from sharing.deliveries.models import Urgency
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.deliveries.sending import Attempt
from sharing.deliveries.settling import Ended

log = logging.getLogger(__name__)

# How long the end of a run waits for connections to close.
PATIENCE_S = 5.0


class Wire:
    """Its thread starts with the first attempt. All methods are for the one thread that made it."""

    def __init__(self) -> None:
        self._ended: SimpleQueue[tuple[str, Attempt, Undelivered | None]] = SimpleQueue()
        self._busy: Counter[str] = Counter()
        self._endpoints: Counter[int] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(PATIENCE_S)

    @property
    def under_way(self) -> Counter[int]:
        """By endpoint."""
        return self._endpoints

    @property
    def busy(self) -> int:
        return self._busy.total()

    def free(self, channel: str) -> tuple[int, Urgency]:
        """(how many may begin now, the least urgent of them): the last places are kept for what goes first."""
        kind = NOTIFIERS[channel]
        left = kind.at_once - self._busy[channel]
        if left > kind.reserved:
            return left - kind.reserved, Urgency.DIGEST
        return left, Urgency.FIRST

    def start(self, channel: str, attempts: Sequence[Attempt]) -> None:
        if not attempts:
            return
        loop = self._loop or self._started()
        self._busy[channel] += len(attempts)
        self._endpoints.update(each.row.endpoint for each in attempts if each.row.endpoint is not None)
        loop.call_soon_threadsafe(self._go, channel, attempts)

    def ended(self, *, wait_s: float, gather_s: float = 0.0) -> list[Ended]:
        """What has ended, once something has or the time is up; what ends within `gather_s` of it comes along."""
        found: list[Ended] = []
        try:
            self._take(found, wait_s)
        except Empty:
            return found
        time.sleep(gather_s)
        while not self._ended.empty():
            self._take(found, 0)
        return found

    def _take(self, found: list[Ended], wait_s: float) -> None:
        channel, attempt, error = self._ended.get(timeout=wait_s) if wait_s else self._ended.get_nowait()
        self._busy[channel] -= 1
        if (endpoint := attempt.row.endpoint) is not None:
            self._endpoints[endpoint] -= 1
            if not self._endpoints[endpoint]:
                del self._endpoints[endpoint]
        found.append((attempt, error))

    def _started(self) -> asyncio.AbstractEventLoop:
        ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=[self._run(ready)], name="wire", daemon=True)
        self._thread.start()
        ready.wait()
        assert self._loop is not None
        return self._loop

    async def _run(self, ready: threading.Event) -> None:
        self._over, self._tasks = asyncio.Event(), set[asyncio.Task[None]]()
        async with AsyncExitStack() as stack:
            self._notifiers = {
                name: await stack.enter_async_context(kind()) for name, kind in NOTIFIERS.items()
            }
            self._loop = asyncio.get_running_loop()
            ready.set()
            await self._over.wait()

    def _go(self, channel: str, attempts: Sequence[Attempt]) -> None:
        notifier = self._notifiers[channel]
        for attempt in attempts:
            task = asyncio.create_task(self._send(channel, notifier, attempt))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, channel: str, notifier: Notifier, attempt: Attempt) -> None:
        error: Undelivered | None = None
        try:
            await notifier.send(attempt.message)
        except Undelivered as found:
            error = found
        except Exception:
            log.exception("a notifier failed in a way of its own")
            error = Undelivered("the hub could not send it")
        self._ended.put((channel, attempt, error))
