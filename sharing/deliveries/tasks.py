"""Sending what is due. A task takes no argument: which rows, and what they may say, is read when it runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from sharing.deliveries.actions import hasten
from sharing.deliveries.message import Message
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.sending import Claim, begin, claim, free_stale, give_back, settle

log = logging.getLogger(__name__)

BATCH = 20
AT_ONCE = 16
# No new claims after this; what is under way ends within a notifier's time limit, well before the task's own.
BUDGET_S = 25.0

Clock = Callable[[], datetime]


@shared_task
def send_due() -> int:
    """Send what waits and is due; return how many were sent."""
    return send_waiting()


@shared_task
def sweep() -> int:
    """Free what dead processes held, and send what is due whether or not anybody was told."""
    if freed := free_stale(at=timezone.now()):
        log.warning("freed %s deliveries of a process that died", freed)
    return send_waiting()


def send_waiting(*, clock: Clock = timezone.now) -> int:
    """Claim, ask access again, send, record, until nothing is due or time is up; then another task goes on.

    This thread alone uses the database. The others only send, one message each, so that a receiver that hangs
    holds up no more than its own.
    """
    ends = time.monotonic() + BUDGET_S
    sent = 0
    under_way: dict[Future[None], Claim] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send") as pool:
        while claims := claim(BATCH, at=clock()):
            for taken in claims:
                if len(under_way) >= AT_ONCE:
                    sent += _record(under_way, clock)
                if (started := _start(taken, pool, clock)) is not None:
                    under_way[started] = taken
            if time.monotonic() > ends:
                hasten()
                break
        while under_way:
            sent += _record(under_way, clock)
    return sent


def _start(taken: Claim, pool: ThreadPoolExecutor, clock: Clock) -> Future[None] | None:
    """Begin an attempt, right before it goes out. One row that cannot be begun holds up no other."""
    try:
        found = begin(taken, at=clock())
    except Exception:
        log.exception("a delivery could not be begun")
        give_back(taken, at=clock(), wait_s=60)
        return None
    return pool.submit(_send, *found) if found else None


def _send(channel: str, message: Message) -> None:
    NOTIFIERS[channel].send(message)


def _record(under_way: dict[Future[None], Claim], clock: Clock) -> int:
    """Wait for at least one attempt to end, and record all that have; return how many were sent."""
    done, _rest = wait(under_way, return_when=FIRST_COMPLETED)
    sent = 0
    for each in done:
        taken = under_way.pop(each)
        error = each.exception()
        if error is not None and not isinstance(error, Undelivered):
            log.error("a notifier failed in a way of its own", exc_info=error)
            error = Undelivered("the hub could not send it")
        settle(taken, error, at=clock())
        sent += error is None
    return sent
