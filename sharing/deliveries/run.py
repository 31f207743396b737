"""One run of the sender: begin, send, record, until nothing is due or time is up.

It uses the database, in sets; the wire only sends. An attempt begins right before it goes out, so never
more than there are places on the wire, and what goes first overtakes all that waits.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection

from sharing.deliveries.actions import hasten
from sharing.deliveries.mending import put_off
from sharing.deliveries.models import Channel, Urgency
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.sending import INBOXES, NotBegun, begin, keep_inboxes
from sharing.deliveries.settling import settle
from sharing.deliveries.wire import Wire

log = logging.getLogger(__name__)

# While something is under way, what has become due of a channel that had nothing is looked for so often.
LOOK_S = 0.2
# What ends so soon after the first of a set is recorded with it, as long as so many are under way.
GATHER_S, GATHER_FROM = 0.01, 40
# After the first only what goes first is begun, after the second nothing; a process whose attempts then do not end
# leaves them to the sweep. All of it well before the task's own limit, and that before CLAIM_S.
BUDGET_S, FIRST_S, PATIENCE_S = 15.0, 25.0, 36.0
# How soon a database that is away is asked again.
AWAY_S = 0.5
LARGE = 10**6
PUT_OFF = timedelta(minutes=1)

Clock = Callable[[], datetime]


class Run:
    def __init__(self, wire: Wire, clock: Clock) -> None:
        self.wire, self.clock = wire, clock
        self.began = time.monotonic()
        self.secrets: dict[str, str] = {}
        # By channel and least urgency, until when it is not asked again: it had nothing that may begin.
        self.idle: dict[tuple[str, int], float] = defaultdict(float)
        self.told = False
        self.sent = 0

    @property
    def spent_s(self) -> float:
        return time.monotonic() - self.began

    def to_the_end(self) -> int:
        """Return how many were sent."""
        last = False
        while self.spent_s < PATIENCE_S:
            try:
                more = self.begin_some()
            except (OperationalError, InterfaceError):
                # What is under way can still be recorded, once the database is back.
                if not self.wire.busy and not self.wire.ended:
                    raise
                connection.close()
                more = False
            if not self.wire.busy and not more and not self.wire.ended:
                if last:
                    return self.sent
                # Before it ends, once more of all.
                last = True
                self.idle.clear()
                continue
            last = False
            self.record_some(0.0 if more else LOOK_S)
        log.warning("%s attempts did not end in time", self.wire.busy)
        return self.sent

    def begin_some(self) -> bool:
        """Whether there may be more to begin at once."""
        if self.spent_s > BUDGET_S and not self.told:
            # Another task goes on, while this one waits for what it has begun.
            self.told = True
            hasten()
        if self.spent_s > FIRST_S:
            return False
        least = Urgency.FIRST if self.spent_s > BUDGET_S else Urgency.DIGEST
        more = [self.begin_of(channel, least) for channel in (Channel.INBOX.value, *NOTIFIERS)]
        return any(more)

    def begin_of(self, channel: str, least: Urgency) -> bool:
        places, urgency = (INBOXES, least) if channel == Channel.INBOX else self.wire.free(channel)
        asked = channel, min(urgency, least)
        if places <= 0 or self.idle[asked] > time.monotonic():
            return False
        try:
            more = self.begin_set(channel, places, asked[1], None)
        except NotBegun as error:
            for pk in error.ids:
                self.begin_alone(channel, pk)
            more = bool(error.ids)
        if not more:
            self.idle[asked] = time.monotonic() + LOOK_S
        return more

    def begin_set(self, channel: str, places: int, urgency: int, only: int | None) -> bool:
        """Whether there may be more that is due."""
        if channel == Channel.INBOX:
            arrived, more = keep_inboxes(at=self.clock(), limit=places, only=only)
            self.sent += arrived
            return more
        attempts, more = begin(
            channel,
            limit=places,
            at=self.clock(),
            under_way=self.wire.under_way,
            urgency=urgency,
            only=only,
            secrets=self.secrets,
        )
        self.wire.start(channel, attempts)
        return more or len(attempts) == places

    def begin_alone(self, channel: str, pk: int) -> None:
        """One of those that could not be begun together; the one that is to blame is put off."""
        try:
            self.begin_set(channel, 1, Urgency.DIGEST, pk)
        except NotBegun:
            log.exception("a delivery could not be begun")
            put_off([pk], until=self.clock() + PUT_OFF)

    def record_some(self, wait_s: float) -> None:
        """What has ended; waits for the first, but no longer than `wait_s`."""
        busy = self.wire.busy
        ended = self.wire.turn(
            wait_s=wait_s, enough=busy // 2, gather_s=GATHER_S if busy > GATHER_FROM else 0.0
        )
        while ended:
            try:
                self.sent += settle(ended, at=self.clock())
                return
            except (OperationalError, InterfaceError):
                # They went out: not to record it would send them again.
                if self.spent_s > PATIENCE_S:
                    raise
                connection.close()
                ended += self.wire.turn(wait_s=AWAY_S, enough=LARGE, gather_s=AWAY_S)
