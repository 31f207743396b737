"""What became of attempts, recorded for all that ended; and what it says of the endpoints they went to."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import orjson
from django.db import connection

from hub.database.context import engine
from sharing.deliveries.due import EPOCH
from sharing.deliveries.models import DeliveryState
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.rules import FAILURES, next_attempt, rest_s
from sharing.deliveries.sending import Attempt
from sharing.deliveries.telling import tell

# `answered_at` is written no more often.
ANSWERED_EVERY = timedelta(minutes=1)

Ended: TypeAlias = tuple[Attempt, Undelivered | None]

SETTLE = """
    update sharing_delivery d set state = r.state, claimed_at = null, sent_at = r.sent_at, failure = r.failure,
           due_at = coalesce(r.due_at, d.due_at)
    from jsonb_to_recordset(%s::jsonb) r(id bigint, begun_at timestamptz, state varchar, sent_at timestamptz,
         due_at timestamptz, failure varchar)
    where d.id = r.id and d.state = 'sending' and d.claimed_at = r.begun_at
"""
# What waits for an endpoint; without waiting for who begins or cancels some of it at this moment.
MOVE = """
    with moved as (
        select d.id from sharing_delivery d
        where d.endpoint_id = %(endpoint)s and d.state = 'waiting' and d.due_at {sooner} %(at)s
        order by d.id for update skip locked)
    update sharing_delivery d set due_at = %(at)s from moved where moved.id = d.id
"""


@dataclass
class Tally:
    """How one endpoint did in a set of attempts: whether it took any, and if not, how often not and what it asked.

    `tried` says that one of them was to find out whether it is back from its rest.
    """

    answered: bool = False
    failures: int = 0
    asked_wait_s: int = 0
    tried: bool = False
    troubled: bool = False
    answered_us: int = 0


def settle(ended: Sequence[Ended], *, at: datetime) -> int:
    """Record what became of attempts: sent, failed for good, or due again later; return how many were sent."""
    in_order = sorted(ended, key=lambda each: each[0].row.id)
    rows = [_settled(attempt, error, at) for attempt, error in in_order]
    with engine():
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, [orjson.dumps(rows).decode()])
        for endpoint, tally in sorted(_tallies(ended).items()):
            if not tally.answered:
                _failed(endpoint, tally, at)
            elif tally.troubled or EPOCH + timedelta(microseconds=tally.answered_us) < at - ANSWERED_EVERY:
                _answered(endpoint, tally, at)
    for (attempt, error), row in zip(in_order, rows, strict=True):
        _tell(attempt, error, row, at)
    return sum(error is None for _attempt, error in ended)


def _tell(attempt: Attempt, error: Undelivered | None, row: dict[str, Any], at: datetime) -> None:
    told = attempt.row.told
    if error is None:
        tell("sent", **told)
    elif row["state"] == DeliveryState.FAILED:
        tell("failed", **told, failure=error.reason)
    else:
        tell("again", **told, failure=error.reason, wait_s=int((row["due_at"] - at).total_seconds()))


def _settled(attempt: Attempt, error: Undelivered | None, at: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"id": attempt.row.id, "begun_at": attempt.begun_at}
    if error is None:
        return row | {"state": DeliveryState.SENT, "sent_at": at, "failure": ""}
    again = None
    if not error.permanent:
        again = next_attempt(
            attempts=attempt.row.attempts + 1,
            since=attempt.row.since,
            now=at,
            chance=random.random(),  # noqa: S311  (spreads retries, guards nothing)
            asked_wait_s=error.wait_s,
        )
    if again is None:
        return row | {"state": DeliveryState.FAILED, "failure": error.reason}
    return row | {"state": DeliveryState.WAITING, "due_at": again, "failure": error.reason}


def _tallies(ended: Sequence[Ended]) -> dict[int, Tally]:
    found: dict[int, Tally] = defaultdict(Tally)
    for attempt, error in ended:
        if attempt.row.endpoint is None:
            continue
        tally = found[attempt.row.endpoint]
        tally.tried |= attempt.row.rested
        tally.troubled |= attempt.row.failures > 0 or attempt.row.rested
        tally.answered_us = attempt.row.answered_us
        if error is None or error.answered:
            tally.answered = True
        else:
            tally.failures += 1
            tally.asked_wait_s = max(tally.asked_wait_s, error.wait_s)
    return found


def _answered(endpoint: int, tally: Tally, at: datetime) -> None:
    """It takes deliveries: what waited for it is free."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update sharing_endpoint set failures = 0, failing_since = null, resting_until = null, answered_at = %s"
            " where id = %s",
            [at, endpoint],
        )
        if tally.troubled:
            cursor.execute(MOVE.format(sooner=">"), {"endpoint": endpoint, "at": at})


def _failed(endpoint: int, tally: Tally, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            # Of many that were under way at once no more count than bring it to rest, however they end; after that
            # each that tries whether it is back.
            "update sharing_endpoint set"
            " failures = case when %s then failures + 1 else greatest(failures, least(failures + %s, %s)) end,"
            " failing_since = coalesce(failing_since, %s) where id = %s returning failures",
            [tally.tried, tally.failures, FAILURES, at, endpoint],
        )
        found = cursor.fetchone()
        wait_s = found and rest_s(
            failures=found[0],
            chance=random.random(),  # noqa: S311
            asked_wait_s=tally.asked_wait_s,
        )
        if wait_s:
            until = at + timedelta(seconds=wait_s)
            cursor.execute("update sharing_endpoint set resting_until = %s where id = %s", [until, endpoint])
            cursor.execute(MOVE.format(sooner="<"), {"endpoint": endpoint, "at": until})
