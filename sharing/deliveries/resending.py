"""Dead letters: what the hub gave up, sent again at the word of those it was for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.deliveries.models import Delivery, DeliveryState, Endpoint
from sharing.deliveries.querysets import DeliveryQuerySet

AGAIN = """
    with again as (select id from sharing_delivery where id = any(%(ids)s) and state = 'failed' order by id for update)
    update sharing_delivery d
       set state = 'waiting', due_at = %(at)s, resent_at = %(at)s, attempts = 0, claimed_at = null, failure = ''
      from again where again.id = d.id
"""


def dead_letters(viewer: Viewer, endpoint: Endpoint | None = None) -> DeliveryQuerySet:
    """What was given up of the viewer's agency's deliveries, newest first; with `endpoint`, to that one."""
    found: DeliveryQuerySet = Delivery.objects.visible_to(viewer).filter(state=DeliveryState.FAILED)
    return (found if endpoint is None else found.filter(endpoint=endpoint)).order_by("-id")


def resend(delivery: Delivery, *, viewer: Viewer, at: datetime) -> bool:
    """Send a dead letter again, under the name it has; false when it is none. Access is asked when it goes out."""
    return bool(_again(dead_letters(viewer).filter(pk=delivery.pk), viewer, at, str(delivery.uid)))


def resend_all(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> int:
    """Send again all that was given up for an endpoint of the viewer's agency; return how many."""
    return _again(dead_letters(viewer, endpoint), viewer, at, str(endpoint.uid))


def _again(rows: DeliveryQuerySet, viewer: Viewer, at: datetime, name: str) -> int:
    values: dict[str, Any] = {"ids": list(rows.values_list("pk", flat=True)), "at": at}
    if not values["ids"]:
        return 0
    with engine(), connection.cursor() as cursor:
        cursor.execute(AGAIN, values)
        count = int(cursor.rowcount)
    if count:
        write_trail(
            "delivery.resend", viewer=viewer, at=at, object_type="delivery", object_id=name, rows=count
        )
        transaction.on_commit(hasten, robust=True)
    return count
