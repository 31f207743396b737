"""What an endpoint is asked at once and outside the outbox: the challenge, the ping, and a collection what it is.

None of it says anything of a record. The challenge is to be sent back, as {"challenge": "..."}: a server that is no
receiver of ours does not do that, so a mistyped address is found before the first alert goes there.
"""

from __future__ import annotations

import hmac
import secrets as random
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.outgoing.post import Answer, Refused, Unreachable, get, post
from hub.rest.pace import within
from sharing.deliveries.collection import headers, read
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.signing import signed

# A page waits for it, with a transaction open.
TIMEOUT_S = 5.0
LONGEST_ANSWER = 2000
LONGEST_COLLECTION, LONGEST_TITLE = 20_000, 200
A_MINUTE = 10


def challenge(url: str, secrets: tuple[str, ...], *, viewer: Viewer, at: datetime) -> None:
    """Ask `url` to send a random text back. Raises Undelivered in words for whoever pressed the button."""
    text = random.token_urlsafe(24)
    answer = _ask(url, secrets, "endpoint.verify", {"challenge": text}, viewer, at)
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = None
    echoed = found.get("challenge") if isinstance(found, dict) else None
    if not isinstance(echoed, str) or not hmac.compare_digest(echoed.encode(), text.encode()):
        raise Undelivered(_("the answer did not hold the challenge"))


def look_at(url: str, secret: str, *, viewer: Viewer) -> str:
    """What the collection at `url` calls itself, if the hub may write to it. Raises Undelivered."""
    _pace(viewer)
    try:
        answer = get(url, headers(secret), timeout_s=TIMEOUT_S, limit_bytes=LONGEST_COLLECTION)
    except (Refused, Unreachable) as error:
        raise Undelivered(str(error)) from error
    if answer.status != 200:
        raise Undelivered(_("the endpoint answered %(status)d") % {"status": answer.status})
    found = read(answer.body)
    if not isinstance(found.get("id"), str) or "can_write" not in found:
        raise Undelivered(_("the answer was no TAXII collection"))
    if found["can_write"] is not True:
        raise Undelivered(_("the collection does not let the hub write to it"))
    title = found.get("title")
    shown = "".join(sign for sign in title if sign.isprintable()) if isinstance(title, str) else ""
    return shown.strip()[:LONGEST_TITLE]


def ping(url: str, secrets: tuple[str, ...], *, viewer: Viewer, at: datetime) -> None:
    """Send a signed message without data. Raises Undelivered."""
    _ask(url, secrets, "endpoint.ping", {}, viewer, at)


def _ask(
    url: str, secrets: tuple[str, ...], event: str, data: dict[str, Any], viewer: Viewer, at: datetime
) -> Answer:
    _pace(viewer)
    body = orjson.dumps({"type": event, "timestamp": at.astimezone(UTC).isoformat(), "data": data})
    try:
        answer = post(
            url, body, signed(str(uuid4()), secrets, body), timeout_s=TIMEOUT_S, limit_bytes=LONGEST_ANSWER
        )
    except (Refused, Unreachable) as error:
        raise Undelivered(str(error)) from error
    if not 200 <= answer.status < 300:
        raise Undelivered(_("the endpoint answered %(status)d") % {"status": answer.status})
    return answer


def _pace(viewer: Viewer) -> None:
    """Nobody makes the hub knock at a stranger's door without end."""
    if not within(f"endpoint:{viewer.agency_id}", A_MINUTE):
        raise Undelivered(_("%(n)d tries a minute are enough: wait a minute") % {"n": A_MINUTE})
