"""From rows that wait to attempts.

They begin in one short transaction for all that go out next: the rows are locked, access is asked again for each,
what may not go is cancelled, the beginning of the rest is noted. A recall cancels what waits under the same locks, so
no attempt begins after it. Nothing is locked while sending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from django.db import InterfaceError, OperationalError, connection, transaction

from hub.database.context import engine
from sharing.deliveries.digests.sending import digests_of, few_digests
from sharing.deliveries.due import Due, due
from sharing.deliveries.message import Message
from sharing.deliveries.models import Channel, DeliveryState, Urgency
from sharing.deliveries.pushing import bring_up_to_date
from sharing.deliveries.quiet import put_off_quiet
from sharing.deliveries.saying import Silence, Told, say
from sharing.deliveries.telling import tell

INBOXES = 500


class Attempt(NamedTuple):
    """An attempt that has begun, and its message. Nobody else has the row while `begun_at` stands in it."""

    row: Due
    begun_at: datetime
    message: Message


class NotBegun(Exception):
    """Something in one of the rows `ids` could not be read; none of them was begun."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__("deliveries could not be begun")
        self.ids = ids


def begin(
    channel: str,
    *,
    limit: int,
    at: datetime,
    under_way: Mapping[int, int] | None = None,
    urgency: int = Urgency.DIGEST,
    only: int | None = None,
    secrets: dict[str, str] | None = None,
) -> tuple[list[Attempt], bool]:
    """(up to `limit` attempts that go out now, whether to ask again at once). Raises NotBegun.

    `under_way` counts attempts by endpoint, `urgency` is the least urgent to take, `only` one row alone; `secrets`
    keeps what was unsealed for the next call. What may not go is cancelled.
    """
    rows: list[Due] = []
    try:
        with transaction.atomic():
            with engine():
                found, passed = due(
                    channel, limit=limit, at=at, under_way=under_way or {}, urgency=urgency, only=only
                )
                rows.extend(_awake(found, channel, at))
            digests = digests_of(rows, channel, at=at)
            if rows and channel == Channel.TAXII:
                bring_up_to_date()
            with engine():
                told = say(rows, channel, at=at, secrets={} if secrets is None else secrets, digests=digests)
                attempts = [
                    Attempt(row, at, each)
                    for row, each in zip(rows, told, strict=True)
                    if isinstance(each, Message)
                ]
                _run(BEGUN, [at, at], [attempt.row.id for attempt in attempts])
                _end(rows, told)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise NotBegun([row.id for row in rows]) from error
    _tell("begun", rows, told)
    return attempts, passed > 0 or len(attempts) < len(found)


def _awake(found: Sequence[Due], channel: str, at: datetime) -> list[Due]:
    """Without mails in quiet hours, which are put off, and more digests than can be read at once, which stay due."""
    return few_digests(put_off_quiet(found, at=at) if channel == Channel.MAIL else found)


def _tell(event: str, rows: Sequence[Due], told: Sequence[Told]) -> None:
    """A log line for each: `event`, or that nothing was said."""
    for row, each in zip(rows, told, strict=True):
        if isinstance(each, Message):
            tell(event, **row.told, attempt=row.attempts + 1)
        else:
            tell("failed" if each.state == DeliveryState.FAILED else "cancelled", **row.told)


def keep_inboxes(*, at: datetime, limit: int = INBOXES, only: int | None = None) -> tuple[int, bool]:
    """Put what is due into inboxes, where nothing leaves the database: access is asked, and it has arrived.

    (how many arrived, whether to ask again at once). Raises NotBegun.
    """
    rows: list[Due] = []
    try:
        with transaction.atomic():
            with engine():
                found = due(Channel.INBOX, limit=limit, at=at, under_way={}, only=only)[0]
                rows.extend(_awake(found, Channel.INBOX, at))
            digests = digests_of(rows, Channel.INBOX, at=at)
            with engine():
                told = say(rows, Channel.INBOX, at=at, secrets={}, digests=digests)
                arrived = [row.id for row, each in zip(rows, told, strict=True) if isinstance(each, Message)]
                _run(ARRIVED, [at, at], arrived)
                _end(rows, told)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise NotBegun([row.id for row in rows]) from error
    _tell("sent", rows, told)
    return len(arrived), len(found) == limit or len(rows) < len(found)


BEGUN = """update sharing_delivery set state = 'sending', claimed_at = %s, begun_at = %s, attempts = attempts + 1
           where id = any(%s)"""
ARRIVED = """update sharing_delivery set state = 'sent', begun_at = %s, sent_at = %s, attempts = attempts + 1,
                    failure = '' where id = any(%s)"""
# What is cancelled says why in its notes, what failed as its failure.
ENDED = """update sharing_delivery d set state = r.state, notes = d.notes || r.notes, failure = r.failure
           from jsonb_to_recordset(%s::jsonb) r(id bigint, state varchar, notes varchar[], failure varchar)
           where r.id = d.id"""


def _run(sql: str, values: list[datetime], ids: list[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, ids])


def _end(rows: Sequence[Due], told: Sequence[Told]) -> None:
    ended = [
        {
            "id": row.id,
            "state": each.state,
            "notes": [each.why] if each.state == DeliveryState.CANCELLED else [],
            "failure": each.why if each.state == DeliveryState.FAILED else "",
        }
        for row, each in zip(rows, told, strict=True)
        if isinstance(each, Silence)
    ]
    if ended:
        with connection.cursor() as cursor:
            cursor.execute(ENDED, [orjson.dumps(ended).decode()])
