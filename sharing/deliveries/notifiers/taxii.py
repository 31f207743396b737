"""TAXII push: a record's STIX objects are added to a partner's collection, with all that they refer to."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from django.conf import settings

from hub.outgoing.targets import Refused, Unreachable
from hub.outgoing.way import WayOut
from sharing.deliveries.collection import TAXII, headers, objects_url, read, status_url
from sharing.deliveries.message import Message
from sharing.deliveries.notifiers.answers import judge
from sharing.deliveries.notifiers.base import Notifier, Undelivered
from sharing.stix.finishing import Finished

TIMEOUT_S = float(settings.DELIVERY_TIMEOUT_S)
ACCEPTED = 202
# Of a status: it names each object that was sent, and why one was refused.
LONGEST_STATUS = 200_000
# A server that is still at it is asked so often what became of it, within the time of the attempt.
WAITS_S = (0.5, 1.0, 2.0)


class TaxiiNotifier(Notifier):
    at_once, reserved = 72, 8

    async def __aenter__(self) -> Self:
        self._way = await WayOut().__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._way.__aexit__(*error)

    async def send(self, message: Message) -> None:
        """Raises Undelivered where the server refuses one of the record's own objects.

        It has taken what it has not said otherwise of: one that is long at it is not asked for ever.
        """
        assert message.stix is not None
        (secret,) = message.secrets
        loop = asyncio.get_running_loop()
        ends = loop.time() + TIMEOUT_S
        status = await self._add(message, secret)
        for wait_s in WAITS_S:
            left_s = ends - loop.time() - wait_s
            where = status_url(message.address, str(status.get("id", "")))
            if status.get("status") != "pending" or not where or left_s <= 0:
                break
            await asyncio.sleep(wait_s)
            status = await self._ask(where, secret, left_s) or status
        if count := refused(status, message.stix):
            told = "the collection refused {} of the record's {} objects"
            raise Undelivered(told.format(count, len(message.stix.objects)), answered=True)

    async def _add(self, message: Message, secret: str) -> dict[str, Any]:
        assert message.stix is not None
        try:
            answer = await self._way.post(
                objects_url(message.address),
                envelope(message.stix),
                headers(secret, **{"Content-Type": TAXII}),
                timeout_s=TIMEOUT_S,
                limit_bytes=LONGEST_STATUS,
            )
        except Refused as error:
            raise Undelivered(str(error), permanent=True) from error
        except Unreachable as error:
            raise Undelivered(str(error)) from error
        judge(answer)
        status = read(answer.body)
        if answer.status != ACCEPTED and "status" not in status:
            raise Undelivered(f"the endpoint answered {answer.status}, and not as TAXII has it")
        return status

    async def _ask(self, url: str, secret: str, timeout_s: float) -> dict[str, Any]:
        """What became of it by now; empty where that cannot be learned: it was taken all the same."""
        try:
            answer = await self._way.get(
                url, headers(secret), timeout_s=timeout_s, limit_bytes=LONGEST_STATUS
            )
        except (Refused, Unreachable):
            return {}
        return read(answer.body) if answer.status == 200 else {}


def envelope(stix: Finished) -> bytes:
    """What the objects refer to comes before them."""
    return b'{"objects":[%b]}' % b",".join(each.text for each in (*stix.context, *stix.objects))


def refused(status: dict[str, Any], stix: Finished) -> int:
    """How many of the record's own objects the server says it did not take.

    That it keeps a marking or an agency of its own, and refuses ours, takes nothing from the record.
    """
    own = {each.id for each in stix.objects}
    failures = status.get("failures")
    named = (
        [each.get("id") for each in failures if isinstance(each, dict)] if isinstance(failures, list) else []
    )
    if named:
        return len(own & {each for each in named if isinstance(each, str)})
    count = status.get("failure_count")
    # Without names any of them may be ours.
    return min(count, len(own)) if isinstance(count, int) and count > 0 else 0
