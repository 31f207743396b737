"""Webhooks by the Standard Webhooks convention; the payload is the disclosure in the shape of the API."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Self
from weakref import WeakKeyDictionary

import orjson
from django.conf import settings

from hub.outgoing.targets import Refused, Unreachable
from hub.outgoing.way import WayOut
from sharing.deliveries.digests.reading import Digest
from sharing.deliveries.message import Content, Message
from sharing.deliveries.models import AlertKind
from sharing.deliveries.notifiers.answers import judge
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.deliveries.signing import signed
from sharing.disclosures.shapes import shape

TIMEOUT_S = float(settings.DELIVERY_TIMEOUT_S)
EVENTS = {
    AlertKind.NEW: "released",
    AlertKind.AMENDED: "amended",
    AlertKind.RECALLED: "recalled",
    AlertKind.ENDED: "ended",
}


class WebhookNotifier(Notifier):
    at_once, reserved = 216, 16

    async def __aenter__(self) -> Self:
        self._way = await WayOut().__aenter__()
        self._bodies: WeakKeyDictionary[Content, bytes] = WeakKeyDictionary()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._way.__aexit__(*error)

    async def send(self, message: Message) -> None:
        body = self._bodies.get(message.content)
        if body is None:
            body = self._bodies[message.content] = orjson.dumps(payload(message))
        try:
            answer = await self._way.post(
                message.address, body, headers(message, body), timeout_s=TIMEOUT_S, limit_bytes=0
            )
        except Refused as error:
            raise Undelivered(str(error), permanent=True) from error
        except Unreachable as error:
            raise Undelivered(str(error)) from error
        judge(answer)


def payload(message: Message) -> dict[str, Any]:
    """`type`, `timestamp` and `data`, as the convention has them. `data` of a recall tells of no content."""
    return {
        "type": f"{message.record}.{EVENTS[message.alert]}" if message.digest is None else "digest.ready",
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
    if (over := message.ended) is not None:
        ended_at = over.at.astimezone(UTC).isoformat()
        return {"uid": str(over.uid), "ref": over.ref, "kind": over.kind, "ended_at": ended_at}
    if message.digest is not None:
        return _digest(message.digest)
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


def _digest(found: Digest) -> dict[str, Any]:
    """What came, by its names: each record is fetched where it always is."""
    return {
        "subscription": str(found.subscription),
        "title": found.title,
        "since": found.period.since.astimezone(UTC).isoformat(),
        "until": found.period.until.astimezone(UTC).isoformat(),
        "records": [
            {
                "uid": str(line.shown.uid),
                "ref": line.shown.ref,
                "kind": line.shown.kind,
                "version": line.shown.version,
                "tlp": line.shown.marking.tlp,
                "hazard": line.shown.hazard,
                "new": line.new,
            }
            for line in found.lines
        ],
        "more": found.more,
    }


def headers(message: Message, body: bytes) -> dict[str, str]:
    return signed(message.uid, message.secrets, body)
