"""What the sweep puts right: rows of a process that died, of a clock that jumped, of an endpoint given up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from hub.database.context import engine
from sharing.deliveries.due import CLAIM_S
from sharing.deliveries.rules import GIVE_UP_AFTER, LONGEST_ASKED_S

# Waits for nobody: what a process has in hand at this moment, the next sweep finds.
CHANGE = """
    with found as (select d.id from sharing_delivery d {join} where {where} order by d.id for update of d skip locked)
    update sharing_delivery d set {set} from found where found.id = d.id
"""
ALERT = "join sharing_alert a on a.id = d.alert_id"

STALE = CHANGE.format(
    join="",
    where="d.state = 'sending' and (d.claimed_at < %(before)s or d.claimed_at > %(after)s)",
    set="state = 'waiting', claimed_at = null",
)
# Due later than a clock could have said that was right: not yet tried, as queued; or tried in what is the future; or
# after longer than any quiet hours.
AHEAD = CHANGE.format(
    join=ALERT,
    where="d.state = 'waiting' and d.due_at > %(at)s and (d.attempts = 0 and d.due_at = a.at or d.begun_at > %(at)s"
    " or d.attempts = 0 and d.due_at > %(at)s + interval '3 days')",
    set="due_at = %(at)s",
)
RESTING_AHEAD = """
    update sharing_endpoint set resting_until = %(at)s where id in (
        select id from sharing_endpoint
         where resting_until > %(longest)s or failing_since > %(at)s and resting_until > %(at)s
        order by id for update skip locked)
"""
# While an endpoint rests nothing is tried that could be given up by itself.
OVER = CHANGE.format(
    join=f"{ALERT} join sharing_endpoint e on e.id = d.endpoint_id",
    where="d.state = 'waiting' and e.failing_since <= %(over)s and coalesce(d.resent_at, a.at) <= %(over)s",
    set="state = 'failed', failure = %(failure)s",
)


def free_stale(*, at: datetime) -> int:
    """Give back what a process took and died over; return how many rows."""
    span = timedelta(seconds=CLAIM_S)
    return _run(STALE, before=at - span, after=at + span)


def mend_clock(*, at: datetime) -> int:
    """Bring back what a clock that ran ahead put off; return how many deliveries."""
    with transaction.atomic():
        _run(RESTING_AHEAD, at=at, longest=at + timedelta(seconds=LONGEST_ASKED_S + 1))
        return _run(AHEAD, at=at)


def give_up(*, at: datetime) -> int:
    """Give up what has waited three days for an endpoint that took nothing meanwhile; return how many."""
    return _run(OVER, over=at - GIVE_UP_AFTER, failure=_("the endpoint has taken nothing for three days"))


def put_off(ids: Iterable[int], *, until: datetime) -> None:
    """Try these no earlier: what could not be begun holds up no other."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            "update sharing_delivery set due_at = %s where id = any(%s) and state = 'waiting'",
            [until, sorted(ids)],
        )


def _run(sql: str, **values: datetime | str) -> int:
    with engine(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
