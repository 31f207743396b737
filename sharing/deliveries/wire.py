"""The wire: an asyncio loop, in which all that has begun is under way.

Whoever sends gives it attempts and takes back what became of them, and the loop turns while they wait for that. It has
no thread of its own: between two turns the database is asked, while receivers take what was sent and the system keeps
their answers. Two threads would wait for each other at every step of the interpreter; measured, half as many go out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Self

from sharing.deliveries.models import Urgency
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.deliveries.sending import Attempt
from sharing.deliveries.settling import Ended

log = logging.getLogger(__name__)


class Wire:
    """Its connections are opened with the first attempt, and closed with it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stack = AsyncExitStack()
        self._notifiers: dict[str, Notifier] = {}
        self._tasks: set[asyncio.Task[None] | None] = set()
        self._ended: list[Ended] = []
        self._busy: Counter[str] = Counter()
        self._endpoints: Counter[int] = Counter()
        self._wanted, self._enough = 0, asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._loop is not None:
            for task in filter(None, self._tasks):
                task.cancel()
            self._loop.run_until_complete(self._close())
            self._loop.close()

    @property
    def under_way(self) -> Counter[int]:
        """By endpoint."""
        return self._endpoints

    @property
    def ended(self) -> int:
        """How many have ended and were not yet taken back."""
        return len(self._ended)

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
        loop = self._loop or self._opened()
        self._busy[channel] += len(attempts)
        self._endpoints.update(each.row.endpoint for each in attempts if each.row.endpoint is not None)
        notifier = self._notifiers[channel]
        for attempt in attempts:
            self._tasks.add(loop.create_task(self._send(channel, notifier, attempt)))

    def turn(self, *, wait_s: float, enough: int = 1, gather_s: float = 0.0) -> list[Ended]:
        """What has ended: waits for the first up to `wait_s`, then for `enough` of them up to `gather_s`."""
        if self._loop is not None:
            self._loop.run_until_complete(self._turn(wait_s, enough, gather_s))
        found, self._ended = self._ended, []
        return found

    async def _turn(self, wait_s: float, enough: int, gather_s: float) -> None:
        await self._until(1, wait_s)
        if self._ended and gather_s:
            await self._until(enough, gather_s)

    async def _until(self, wanted: int, wait_s: float) -> None:
        """Whatever is ready goes on first, even with no time at all."""
        await asyncio.sleep(0)
        if len(self._ended) >= wanted or not wait_s:
            return
        self._wanted = wanted
        self._enough.clear()
        timer = asyncio.get_running_loop().call_later(wait_s, self._enough.set)
        await self._enough.wait()
        timer.cancel()

    def _opened(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._open())
        return self._loop

    async def _open(self) -> None:
        for name, kind in NOTIFIERS.items():
            self._notifiers[name] = await self._stack.enter_async_context(kind())

    async def _close(self) -> None:
        await asyncio.gather(*filter(None, self._tasks), return_exceptions=True)
        await self._stack.aclose()

    async def _send(self, channel: str, notifier: Notifier, attempt: Attempt) -> None:
        error: Undelivered | None = None
        try:
            await notifier.send(attempt.message)
        except Undelivered as found:
            error = found
        except Exception:
            log.exception("a notifier failed in a way of its own")
            error = Undelivered("the hub could not send it")
        self._busy[channel] -= 1
        if (endpoint := attempt.row.endpoint) is not None:
            self._endpoints[endpoint] -= 1
            if not self._endpoints[endpoint]:
                del self._endpoints[endpoint]
        self._ended.append((attempt, error))
        self._tasks.discard(asyncio.current_task())
        if len(self._ended) >= self._wanted:
            self._enough.set()
