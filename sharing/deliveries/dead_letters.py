"""What was given up, and what its agency does about it: send it again, one or all.

Sent again it is the same delivery with the same webhook-id or Message-ID, and access is asked again when it begins.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.deliveries.models import Channel, Delivery, DeliveryState, Endpoint
from sharing.deliveries.querysets import DeliveryQuerySet

# The failure, as the notifiers word it, and what its agency does. The first that fits.
ADVICE: tuple[tuple[str, Any], ...] = (
    (r"the mail\b", _("The hub's own mail failed: tell the hub's operators.")),
    (
        r"\b(404|410)\b",
        _("Nothing takes alerts at this address: put the receiver back there or change the address."),
    ),
    (
        r"\b(401|403)\b",
        _(
            "The receiver refused it: does it know the newest secret, is its clock right? A TAXII server: does what "
            "lets the hub in still hold?"
        ),
    ),
    (
        r"collection refused",
        _(
            "Its server says in the status of what was sent why it refused it: mend it there, then send again."
        ),
    ),
    (r"as TAXII has it", _("Something else answers at this address: see that it is the collection's.")),
    (r"\b413\b", _("The receiver takes only smaller messages: let it take 5 MB.")),
    (r"\b3\d\d\b", _("The receiver sends the hub elsewhere, which it does not follow: change the address.")),
    (
        r"\b4\d\d\b",
        _("The receiver refused it: its log says why, by the webhook-id. Mend it, then send again."),
    ),
    (
        r"certificate",
        _("Renew the receiver's certificate; its name must be the address's, and its chain complete."),
    ),
    (
        r"https|address is|web address|blanks",
        _("The hub does not send to such an address: change it, or ask the operators."),
    ),
    (r"secret", _("Make a new secret and give it to the receiver. Tell the hub's operators.")),
    (
        r"mailbox|mail address",
        _("The mailbox refused it: mend it, or have the steward correct the desk's address."),
    ),
    (
        r"\b5\d\d\b|no answer|connection|no address|three days",
        _("The receiver was away for three days. Once it answers a test, send again."),
    ),
)
# Its three days count from here.
AGAIN = """
    with again as (select id from sharing_delivery where id = any(%(ids)s) and state = 'failed' order by id for update)
    update sharing_delivery d
       set state = 'waiting', due_at = %(at)s, resent_at = %(at)s, attempts = 0, claimed_at = null, failure = ''
      from again where again.id = d.id
"""
# Without waiting for who begins or cancels some of it at this moment.
SOONER = """
    with waits as (
        select d.id from sharing_delivery d
        where d.endpoint_id = %(endpoint)s and d.state = 'waiting' and d.due_at > %(at)s
        order by d.id for update skip locked)
    update sharing_delivery d set due_at = %(at)s from waits where waits.id = d.id
"""
OTHERWISE = _("Send it again; if it fails again, ask the hub's operators.")


def what_to_do(failure: str) -> str:
    return str(next((words for pattern, words in ADVICE if re.search(pattern, failure)), OTHERWISE))


def dead_letters(viewer: Viewer) -> DeliveryQuerySet:
    """What was given up of what the viewer's desk was to get.

    What was for one person alone is not the desk's, and of an endpoint that was removed nothing is to be done.
    """
    failed = Delivery.objects.visible_to(viewer).filter(state=DeliveryState.FAILED, person=None)
    found: DeliveryQuerySet = failed.filter(Q(endpoint=None) | Q(endpoint__removed_at=None))
    return found


def resend(delivery_uid: UUID, viewer: Viewer, at: datetime) -> bool:
    """Have one sent again; false when it is not among the viewer's dead letters, or its endpoint is not in use."""
    if not _again(_sendable(viewer).filter(uid=delivery_uid), at):
        return False
    write_trail(
        "delivery.resend", viewer=viewer, at=at, object_type="delivery", object_id=str(delivery_uid), rows=1
    )
    return True


def resend_all(endpoint: Endpoint | None, viewer: Viewer, at: datetime) -> int:
    """Have all sent again that an endpoint did not take, or without one the desk's mailbox; return how many."""
    rows = _sendable(viewer)
    rows = rows.filter(endpoint=endpoint) if endpoint else rows.filter(channel=Channel.MAIL)
    count = _again(rows, at)
    if count:
        kind, name = ("endpoint", str(endpoint.uid)) if endpoint else ("", "")
        write_trail("delivery.resend_all", viewer=viewer, at=at, rows=count, object_type=kind, object_id=name)
    return count


def bring_forward(endpoint: Endpoint, at: datetime) -> None:
    """Have what waits for it tried now. For an endpoint of the viewer's that has just answered."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(SOONER, {"endpoint": endpoint.pk, "at": at})
    transaction.on_commit(hasten, robust=True)


def _sendable(viewer: Viewer) -> DeliveryQuerySet:
    rows: DeliveryQuerySet = dead_letters(viewer).filter(Q(endpoint=None) | Q(endpoint__disabled_at=None))
    return rows


def _again(rows: DeliveryQuerySet, at: datetime) -> int:
    """As the viewer: which; as the engine: their state, of those that are still given up."""
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        return 0
    with engine(), connection.cursor() as cursor:
        cursor.execute(AGAIN, {"ids": ids, "at": at})
        count = int(cursor.rowcount)
    transaction.on_commit(hasten, robust=True)
    return count
