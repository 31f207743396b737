"""From a row that waits to a message, and back to what became of it.

An attempt begins in one short transaction: the row is locked, access is asked again, the beginning is noted.
A recall cancels what has not begun under the same lock, so that no attempt begins after it. Nothing is locked
while sending.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer, desk_of, viewer_of
from hub.database.context import engine, viewing
from sharing.audiences.changes import amended_for
from sharing.audiences.models import Received, Withdrawal, WithdrawalKind
from sharing.deliveries.message import Message, Recalled
from sharing.deliveries.models import AlertKind, Channel, Delivery, DeliveryState
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.rules import next_attempt
from sharing.deliveries.sealing import unseal
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel as Way

# Longer than a task may live: whoever holds an older claim is dead.
CLAIM_S = settings.DELIVERY_CLAIM_S

WAYS = {Channel.MAIL.value: Way.MAIL, Channel.WEBHOOK.value: Way.WEBHOOK}


@dataclass(frozen=True)
class Claim:
    """A row taken by this process; nobody else has it while `claimed_at` stands in it."""

    id: int
    claimed_at: datetime


def claim(limit: int, *, at: datetime) -> list[Claim]:
    """Take up to `limit` rows that are due: hazards and recalls first, then inboxes, then by age."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            with due as (
                select d.id, a.hazard or a.kind = 'recalled' as urgent, d.channel = 'inbox' as quick, d.due_at
                from sharing_delivery d join sharing_alert a on a.id = d.alert_id
                where d.state = 'waiting' and d.due_at <= %s
                order by urgent desc, quick desc, d.due_at, d.id limit %s for update of d skip locked),
            taken as (
                update sharing_delivery d set state = 'sending', claimed_at = %s from due where d.id = due.id
                returning d.id)
            select due.id from due join taken using (id) order by urgent desc, quick desc, due_at, id
            """,
            [at, limit, at],
        )
        return [Claim(found, at) for (found,) in cursor.fetchall()]


def free_stale(*, at: datetime) -> int:
    """Give back what a process took and died over; return how many rows."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            with stale as (select id from sharing_delivery where state = 'sending' and claimed_at < %s
                           order by id for update skip locked)
            update sharing_delivery d set state = 'waiting', claimed_at = null
            from stale where d.id = stale.id
            """,
            [at - timedelta(seconds=CLAIM_S)],
        )
        return int(cursor.rowcount)


def begin(taken: Claim, *, at: datetime) -> tuple[str, Message] | None:
    """Channel and message of a claimed row if its recipient may have it now; else None: it is cancelled."""
    with transaction.atomic():
        with engine():
            delivery = (
                Delivery.objects.select_for_update(of=("self",))
                .select_related("alert", "agency", "endpoint", "person__agency")
                .filter(pk=taken.id, state=DeliveryState.SENDING, claimed_at=taken.claimed_at)
                .first()
            )
        if delivery is None:
            return None
        viewer = _recipient(delivery)
        try:
            with viewing(viewer):
                message = _message(delivery, viewer, at)
        except InvalidToken:
            _mark(
                taken, state=DeliveryState.FAILED, claimed_at=None, failure=_("its secret cannot be opened")
            )
            return None
        if isinstance(message, Message):
            _mark(taken, begun_at=at, attempts=delivery.attempts + 1)
            return delivery.channel, message
        _mark(taken, state=DeliveryState.CANCELLED, claimed_at=None, notes=[*delivery.notes, message])
        return None


def settle(taken: Claim, error: Undelivered | None, *, at: datetime) -> None:
    """Record what became of an attempt: sent, failed for good, or due again later."""
    if error is None:
        _mark(taken, state=DeliveryState.SENT, sent_at=at, claimed_at=None, failure="")
        return
    with engine():
        row = Delivery.objects.values("attempts", "alert__at").filter(pk=taken.id).first()
    again = None
    if row and not error.permanent:
        again = next_attempt(
            attempts=row["attempts"],
            since=row["alert__at"],
            now=at,
            chance=random.random(),  # noqa: S311  (spreads retries, guards nothing)
            asked_wait_s=error.wait_s,
        )
    if again is None:
        _mark(taken, state=DeliveryState.FAILED, claimed_at=None, failure=error.reason)
    else:
        _mark(taken, state=DeliveryState.WAITING, claimed_at=None, due_at=again, failure=error.reason)


def give_back(taken: Claim, *, at: datetime, wait_s: int = 0) -> None:
    """Let go of a claimed row that was not attempted."""
    _mark(taken, state=DeliveryState.WAITING, claimed_at=None, due_at=at + timedelta(seconds=wait_s))


def _mark(taken: Claim, **values: object) -> None:
    """Change the row, only while this process holds it."""
    with engine():
        Delivery.objects.filter(pk=taken.id, state=DeliveryState.SENDING, claimed_at=taken.claimed_at).update(
            **values
        )


def _recipient(delivery: Delivery) -> Viewer:
    """The person named, or the agency's desk. Somebody deactivated, moved or suspended is shown nothing."""
    return viewer_of(delivery.person) if delivery.person else desk_of(delivery.agency)


def _message(delivery: Delivery, viewer: Viewer, at: datetime) -> Message | str:
    """What to send, read as the recipient at this moment; or why there is nothing to send."""
    if viewer.agency_id != delivery.agency_id:
        return _("the recipient is no longer active")
    endpoint = delivery.endpoint
    if endpoint is not None and endpoint.disabled_at is not None:
        return _("the endpoint is disabled")
    address = (
        endpoint.url if endpoint else delivery.person.email if delivery.person else delivery.agency.desk_email
    )
    if delivery.channel == Channel.MAIL and not address:
        return _("there is no mail address")
    alert = delivery.alert
    told: dict[str, object] = {}
    if alert.record_id is None:
        told["path"] = alert.path
    elif alert.kind == AlertKind.RECALLED:
        recalled = _recalled(delivery, viewer)
        if recalled is None:
            return _("there was nothing to recall")
        told["recalled"] = recalled
    elif delivery.channel == Channel.INBOX:
        if not _has(viewer, alert.record_id):
            return _("access ended before it was sent")
    else:
        found = disclose(viewer, [alert.record_id], WAYS[delivery.channel], at=at)
        if not found:
            seen = _has(viewer, alert.record_id)
            return (
                _("its marking keeps it on the hub's pages") if seen else _("access ended before it was sent")
            )
        told["disclosure"] = found[0]
        if alert.kind == AlertKind.AMENDED:
            told["amended"] = amended_for(viewer, alert.record_id)
    return Message(
        uid=delivery.uid,
        alert=AlertKind(alert.kind),
        record=alert.record_kind,
        agency_code=delivery.agency.code,
        at=alert.at,
        address=address,
        secret=unseal(endpoint.sealed_secret) if endpoint else "",
        labels=terms() if delivery.channel == Channel.WEBHOOK else None,
        **told,  # type: ignore[arg-type]
    )


def _has(viewer: Viewer, record: int) -> bool:
    return Received.objects.visible_to(viewer).filter(record_id=record).exists()


def _recalled(delivery: Delivery, viewer: Viewer) -> Recalled | None:
    """The withdrawal that the alert tells of, as the recipient may see it."""
    alert = delivery.alert
    row = (
        Withdrawal.objects.visible_to(viewer)
        .filter(Q(at=alert.at), ref=alert.ref, kind=WithdrawalKind.RECALLED)
        .first()
    )
    if row is None:
        return None
    return Recalled(
        uid=row.uid,
        ref=row.ref,
        kind=row.record_kind,
        tlp=row.tlp,
        at=row.at,
        reason=row.reason,
        version=row.only_version,
    )
