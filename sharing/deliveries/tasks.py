"""Sending what is due. A task takes no argument: which rows, and what they may say, is read when it runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from sharing.deliveries.actions import hasten
from sharing.deliveries.mending import free_stale, give_up, mend_clock, put_off
from sharing.deliveries.models import Urgency
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.sending import NotBegun, begin, keep_inboxes
from sharing.deliveries.settling import settle
from sharing.deliveries.wire import Wire

log = logging.getLogger(__name__)

# Begun in one transaction, at most and, unless what is under way ends slowly, at least.
MOST, LEAST = 100, 40
# While something is under way, what has become due is looked for so often.
LOOK_S = 0.2
GATHER_S = 0.01
# After the first only what goes first is begun, after the second nothing; a process whose attempts then do not end
# leaves them to the sweep. All of it well before the task's own limit, and that before CLAIM_S.
BUDGET_S, FIRST_S, PATIENCE_S = 15.0, 25.0, 36.0
# How soon a database that is away is asked again.
AWAY_S = 0.5
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
    began, sent = time.monotonic(), 0
    secrets: dict[str, str] = {}
    with Wire() as wire:
        while True:
            spent_s = time.monotonic() - began
            if spent_s > PATIENCE_S:
                log.warning("%s attempts did not end in time", wire.busy)
                break
            try:
                arrived, more = _begun(wire, clock, secrets, least=_least(spent_s))
            except (OperationalError, InterfaceError):
                # What is under way can still be recorded, once the database is back.
                if not wire.busy:
                    raise
                connection.close()
                arrived, more = 0, False
            sent += arrived
            if not wire.busy and not more:
                break
            sent += _recorded(wire, clock, 0.0 if more else LOOK_S, until=began + PATIENCE_S)
        if spent_s > BUDGET_S:
            hasten()
    return sent


def _least(spent_s: float) -> Urgency | None:
    """The least urgent that is still begun; None when nothing is."""
    if spent_s > FIRST_S:
        return None
    return Urgency.FIRST if spent_s > BUDGET_S else Urgency.DIGEST


def _begun(wire: Wire, clock: Clock, secrets: dict[str, str], *, least: Urgency | None) -> tuple[int, bool]:
    """(how many arrived in inboxes, whether there may be more to begin at once)."""
    if least is None:
        return 0, False
    arrived, more = _arrived(clock)
    each = [_started(channel, wire, clock, secrets, least) for channel in NOTIFIERS]
    return arrived, more or any(each)


def _arrived(clock: Clock) -> tuple[int, bool]:
    try:
        return keep_inboxes(at=clock())
    except NotBegun as error:
        found = [_alone(pk, lambda only: keep_inboxes(at=clock(), only=only)[0], clock) for pk in error.ids]
        return sum(found), True


def _started(channel: str, wire: Wire, clock: Clock, secrets: dict[str, str], least: Urgency) -> bool:
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
            urgency=min(urgency, least),
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


def _recorded(wire: Wire, clock: Clock, wait_s: float, *, until: float) -> int:
    ended = wire.ended(wait_s=wait_s, gather_s=GATHER_S if wire.busy > LEAST else 0.0)
    while ended:
        try:
            return settle(ended, at=clock())
        except (OperationalError, InterfaceError):
            # They went out: not to record it would send them again.
            if time.monotonic() > until:
                raise
            connection.close()
            time.sleep(AWAY_S)
    return 0
