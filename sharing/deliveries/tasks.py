"""Sending what is due. A task takes no argument: which rows, and what they may say, is read when it runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from sharing.deliveries.actions import hasten
from sharing.deliveries.digests.sending import FEW
from sharing.deliveries.mending import free_stale, give_up, mend_clock, put_off
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.sending import INBOXES, NotBegun, begin, keep_inboxes
from sharing.deliveries.settling import settle
from sharing.deliveries.wire import Wire

log = logging.getLogger(__name__)

# Begun in one transaction, at most and, unless what is under way ends slowly, at least.
MOST, LEAST = 100, 40
# While something is under way, what has become due is looked for so often.
LOOK_S = 0.2
GATHER_S = 0.01
# No attempts begin after this. What is under way ends well before the task's own limit, and that before CLAIM_S.
BUDGET_S, PATIENCE_S = 20.0, 15.0
PUT_OFF = timedelta(minutes=1)

Clock = Callable[[], datetime]


@shared_task(soft_time_limit=40, time_limit=45)
def send_due() -> int:
    """Send what waits and is due; return how many were sent."""
    return send_waiting()


@shared_task(soft_time_limit=40, time_limit=45)
def sweep() -> int:
    """Put right what died or was put off wrongly, and send what is due whether or not anybody was told."""
    at = timezone.now()
    for mended, words in (
        (free_stale(at=at), "freed %s deliveries of a process that died"),
        (mend_clock(at=at), "brought back %s deliveries that a clock had put off"),
        (give_up(at=at), "gave up %s deliveries to endpoints that took nothing for three days"),
    ):
        if mended:
            log.warning(words, mended)
    return send_waiting()


def send_waiting(*, clock: Clock = timezone.now) -> int:
    """Begin, send, record, until nothing is due or time is up; then another task goes on. Return how many were sent.

    This thread alone uses the database, in sets; the wire only sends. An attempt begins right before it goes out, so
    never more than there are places on the wire, and what goes first overtakes all that waits.
    """
    sent, ends = 0, time.monotonic() + BUDGET_S
    secrets: dict[str, str] = {}
    with Wire() as wire:
        while True:
            left_s = ends - time.monotonic()
            more = False
            if left_s > 0:
                arrived = _arrived(clock)
                sent += arrived
                begun = [_begun(channel, wire, clock, secrets) for channel in NOTIFIERS]
                # Of digests no more arrive at a time.
                more = any(begun) or arrived >= min(INBOXES, FEW)
            elif left_s < -PATIENCE_S:
                log.warning("%s attempts did not end in time", wire.busy)
                break
            if not wire.busy and not more:
                break
            if wire.busy:
                sent += _recorded(wire, clock, wait_s=0.0 if more else LOOK_S)
        if left_s <= 0:
            hasten()
    return sent


def _arrived(clock: Clock) -> int:
    try:
        return keep_inboxes(at=clock())
    except NotBegun as error:
        return sum(_alone(pk, lambda only: keep_inboxes(at=clock(), only=only), clock) for pk in error.ids)


def _begun(channel: str, wire: Wire, clock: Clock, secrets: dict[str, str]) -> bool:
    """Begin what there are places for; whether there may be more to begin at once."""
    places, urgency = wire.free(channel)
    if places <= 0:
        return False

    def some(only: int | None = None) -> bool:
        attempts, more = begin(
            channel,
            limit=1 if only else min(places, MOST),
            at=clock(),
            under_way=wire.under_way,
            urgency=urgency,
            only=only,
            secrets=secrets,
        )
        wire.start(channel, attempts)
        return more

    try:
        return some()
    except NotBegun as error:
        for pk in error.ids:
            _alone(pk, some, clock)
        return bool(error.ids)


def _alone(pk: int, begin_it: Callable[[int], int | bool], clock: Clock) -> int:
    """Begin one of those that could not be begun together; the one that is to blame is put off."""
    try:
        return int(begin_it(pk))
    except NotBegun:
        log.exception("a delivery could not be begun")
        put_off([pk], until=clock() + PUT_OFF)
        return 0


def _recorded(wire: Wire, clock: Clock, *, wait_s: float) -> int:
    ended = wire.ended(wait_s=wait_s, gather_s=GATHER_S if wire.busy > LEAST else 0.0)
    return settle(ended, at=clock()) if ended else 0
