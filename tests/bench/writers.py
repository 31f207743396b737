"""Four who write at once while a program polls for what is new: what it never gets, it has lost.

Of the hub they release bulletins to its agency, in transactions that overlap; to the others they send objects.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from django.db import connections, transaction

from hub.agencies.models import Agency
from sharing.audiences.numbering import number_entries
from tests.bench.outbox import give
from tests.bench.polling import Client

WRITERS, EACH = 4, 100
LINGERS_S = 0.02  # at most, between writing and commit
BEAT_S = 0.2
RESTS_S = 0.02

# Writes some reports one after the other, and says how many; the argument is the writer's number.
Writer = Callable[[int], int]


@dataclass(frozen=True)
class Beside:
    """What one program got of what was written beside its polls."""

    server: str
    written: int
    lost: int
    polls: int
    seconds: float


def beside_writers(
    server: str, client: Client, write: Writer, *, settle: Callable[[], Any] | None = None
) -> Beside:
    """Poll for what is new until four writers have done, and once more; a report that did not come is lost.

    `settle` does at once what would follow by itself soon after the last of it was written.
    """
    after, polls, got = client.all_of().newest, 0, set[str]()
    began = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, number) for number in range(WRITERS)]
        over = False
        while not over:
            over = all(each.done() for each in writing)
            if over and settle:
                settle()
            found = client.all_of(added_after=after)
            got.update(id_ for id_ in found.ids if id_.startswith("report--"))
            after, polls = found.newest or after, polls + 1
            time.sleep(RESTS_S)
        written = sum(each.result() for each in writing)
    return Beside(server, written, written - len(got), polls, time.perf_counter() - began)


def releasing(agency: Agency, each: int) -> Writer:
    """Releases bulletins to the agency, as people do; transactions are held open a little, each for its own time."""
    return partial(_release, agency, each)


def _release(agency: Agency, each: int, number: int) -> int:
    dice = Random(number)
    try:
        for _ in range(each):
            with transaction.atomic():
                give([agency])
                time.sleep(dice.random() * LINGERS_S)
    finally:
        connections.close_all()
    return each


def posting(to: Callable[[], Client], sample: dict[str, Any], each: int) -> Writer:
    """Sends reports one by one, as four programs do."""
    return partial(_post, to, sample, each)


def _post(to: Callable[[], Client], sample: dict[str, Any], each: int, _number: int) -> int:
    client = to()
    for _ in range(each):
        client.post([sample | {"id": f"report--{uuid4()}"}])
    return each


@contextmanager
def numbering() -> Iterator[None]:
    """What beat does, while the block runs; and once more at its end."""
    over = Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT_S):
                number_entries()
        finally:
            connections.close_all()

    beating = Thread(target=beat)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
