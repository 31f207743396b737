"""Webhooks by the Standard Webhooks convention; the payload is the disclosure in the shape of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from hub.outgoing.post import Refused, Unreachable, post
from sharing.deliveries.message import Message
from sharing.deliveries.models import AlertKind
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.disclosures.shapes import shape

TIMEOUT_S = float(settings.DELIVERY_TIMEOUT_S)
EVENTS = {AlertKind.NEW: "released", AlertKind.AMENDED: "amended", AlertKind.RECALLED: "recalled"}
# The receiver says that this address will never take it.
GONE = {404: "the endpoint does not exist (404)", 410: "the endpoint is gone (410)"}


class WebhookNotifier(Notifier):
    def send(self, message: Message) -> None:
        body = orjson.dumps(payload(message))
        try:
            answer = post(message.address, body, headers(message, body), timeout_s=TIMEOUT_S, limit_bytes=0)
        except Refused as error:
            raise Undelivered(str(error), permanent=True) from error
        except Unreachable as error:
            raise Undelivered(str(error)) from error
        if answer.status in GONE:
            raise Undelivered(GONE[answer.status], permanent=True)
        if not 200 <= answer.status < 300:
            raise Undelivered(
                f"the endpoint answered {answer.status}",
                wait_s=_asked_wait_s(answer.headers.get("retry-after", "")),
            )


def payload(message: Message) -> dict[str, Any]:
    """`type`, `timestamp` and `data`, as the convention has them. `data` of a recall tells of no content."""
    return {
        "type": f"{message.record}.{EVENTS[message.alert]}",
        "timestamp": message.at.astimezone(UTC).isoformat(),
        "data": _data(message),
    }


def _data(message: Message) -> dict[str, Any]:
    told = message.recalled
    if told is not None:
        return {
            "uid": str(told.uid),
            "ref": told.ref,
            "kind": told.kind,
            "version": told.version,
            "recalled_at": told.at.astimezone(UTC).isoformat(),
            "reason": told.reason,
        }
    assert message.disclosure is not None and message.labels is not None
    data = shape(message.disclosure, labels=message.labels)
    if message.amended is not None:
        data["amends"] = {
            "version": message.amended.before,
            "changed": list(message.amended.changed),
            "added": list(message.amended.added),
            "note": message.amended.note,
        }
    return data


def headers(message: Message, body: bytes) -> dict[str, str]:
    """Signed at the moment of sending: receivers refuse what is older than five minutes."""
    now = timezone.now()
    uid = str(message.uid)
    return {
        "Content-Type": "application/json",
        "User-Agent": "drug-concealment-hub",
        "webhook-id": uid,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(message.secret).sign(uid, now, body.decode()),
    }


def _asked_wait_s(text: str) -> int:
    """Retry-After in seconds, or as a date; 0 for anything else."""
    if text.isdecimal():
        return int(text[:9])
    try:
        until = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return max(0, int((until - timezone.now()).total_seconds()))
