"""What is asked of a partner's TAXII 2.1 server, and its answers, of which nothing is believed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from cryptography.fernet import InvalidToken
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from hub.outgoing.post import Answer, Refused, Unreachable, get, post
from sharing.deliveries.notifiers.answers import asked_wait_s
from sharing.deliveries.sealing import unseal
from sharing.intake.pulling.models import Peer, Scheme
from sharing.stix.ids import EXTENSION

MEDIA_TYPE = "application/taxii+json;version=2.1"
TIMEOUT_S = 20.0
PAGE_BYTES = 4 * 2**20
DESCRIPTION_BYTES = 64 * 2**10
# A page of more is asked for anew with a lower limit.
MOST_OBJECTS = 2_000
NEXT_LIMIT = 1_000
BUSY = (429, 503)
# It has read what was sent, and takes none of it.
UNTAKEN = 422
# What a server says to a `next` it knows no more.
STALE = (400, 404, 410, 422)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?Z")


class Unanswered(Exception):
    """The peer did not give what was asked for. `status` is its answer's, 0 without one."""

    def __init__(self, reason: str, *, status: int = 0, wait_s: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status, self.wait_s = reason, status, wait_s


class Astray(Unanswered):
    """What the peer gives is no walk: it begins anew, from the last instant that was told."""


class TooLarge(Unanswered):
    """The page is larger than the hub reads at once."""


class Rejected(Unanswered):
    """The peer has read it and does not take it: sent again, it would not either."""


@dataclass(frozen=True)
class Page:
    """`reached` is X-TAXII-Date-Added-Last, empty where it was not told or is no instant."""

    objects: list[Any]
    more: bool = False
    next: str = ""
    reached: str = ""

    @property
    def gives_records(self) -> bool:
        """Whether anything in it is a hub's record, by our extension."""
        found = (each.get("extensions") for each in self.objects if isinstance(each, dict))
        return any(isinstance(each, dict) and EXTENSION in each for each in found)


def headers_of(peer: Peer) -> dict[str, str]:
    """Who asks, as the peer wants to be told. Raises Unanswered where the secret cannot be opened."""
    told = {"Accept": MEDIA_TYPE, "User-Agent": "drug-concealment-hub"}
    if peer.scheme == Scheme.NONE:
        return told
    try:
        secret = unseal(peer.sealed_secret)
    except InvalidToken as error:
        raise Unanswered(_("its password cannot be opened: enter it again")) from error
    if peer.scheme == Scheme.TOKEN:
        return told | {"Authorization": f"Token {secret}"}
    pair = base64.b64encode(f"{peer.username}:{secret}".encode()).decode()
    return told | {"Authorization": f"Basic {pair}"}


def ask_collection(peer: Peer) -> dict[str, Any]:
    """The collection resource; raises Unanswered also where it may not be read."""
    found = _document(_get(peer, peer.url, DESCRIPTION_BYTES), _("it did not answer as a TAXII collection"))
    if not isinstance(found.get("id"), str):
        raise Unanswered(_("it did not answer as a TAXII collection"))
    if found.get("can_read") is not True:
        raise Unanswered(_("this account may not read the collection"))
    return found


def ask_page(peer: Peer, *, limit: int | None = None) -> Page:
    """The page that comes next in the peer's walk; raises TooLarge or Unanswered."""
    query = {"limit": str(limit or peer.page_size), "added_after": peer.after, "next": peer.next}
    asked = urlencode({name: value for name, value in query.items() if value})
    answer = _get(peer, f"{peer.url}objects/?{asked}", PAGE_BYTES)
    found = _document(answer, _("it did not answer with a TAXII envelope"))
    return _page(found, answer.headers)


def ask_inbox(peer: Peer) -> str:
    """The address of the collection that takes what this account sends, beside the one that is fetched from."""
    collections = peer.url[: peer.url.rindex("/collections/")] + "/collections/"
    found = _document(_get(peer, collections, DESCRIPTION_BYTES), _("it did not name its collections"))
    rows = found.get("collections")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("can_write") is True and _NAME.fullmatch(str(row.get("id"))):
            return f"{collections}{row['id']}/objects/"
    raise Unanswered(_("it takes nothing from this account: it names no collection to write to"))


def send(peer: Peer, url: str, objects: list[Any]) -> None:
    """Send objects to a collection; raises Unanswered, and Rejected where one was not taken."""
    headers = headers_of(peer) | {"Content-Type": MEDIA_TYPE}
    body = orjson.dumps({"objects": objects})
    try:
        answer = post(url, body, headers, timeout_s=TIMEOUT_S, limit_bytes=DESCRIPTION_BYTES)
    except (Refused, Unreachable) as error:
        raise Unanswered(str(error)) from error
    judge(answer, good=(200, 201, 202, UNTAKEN))
    found = _document(answer, _("it did not say what became of it"))
    failures = found.get("failures")
    first = failures[0] if isinstance(failures, list) and failures else None
    if first is not None or answer.status == UNTAKEN:
        said = first.get("message") if isinstance(first, dict) else ""
        raise Rejected(" ".join(str(said or _("it was not taken")).split())[:200])


def _page(found: Mapping[str, Any], headers: Mapping[str, str]) -> Page:
    objects, more, following = found.get("objects", []), found.get("more", False), found.get("next", "")
    sound = isinstance(objects, list) and isinstance(more, bool) and isinstance(following, str)
    if not sound or len(following) > NEXT_LIMIT or "\0" in following:
        raise Astray(_("it did not answer with a TAXII envelope"))
    if len(objects) > MOST_OBJECTS:
        raise TooLarge(_("its pages hold more than %(most)d objects") % {"most": MOST_OBJECTS})
    reached = headers.get("X-TAXII-Date-Added-Last", "").strip()
    return Page(objects, more, following if more else "", reached if is_instant(reached) else "")


def is_instant(text: str) -> bool:
    """Whether it is a TAXII timestamp, of an instant there is, that has room in a column."""
    if len(text) > 40 or not _STAMP.fullmatch(text):
        return False
    try:
        return parse_datetime(text[:19] + "Z") is not None
    except ValueError:
        return False


def _get(peer: Peer, url: str, limit_bytes: int) -> Answer:
    try:
        answer = get(url, headers_of(peer), timeout_s=TIMEOUT_S, limit_bytes=limit_bytes)
    except (Refused, Unreachable) as error:
        raise Unanswered(str(error)) from error
    judge(answer)
    if not answer.complete:
        raise TooLarge(_("its answers are larger than %(most)d KiB") % {"most": limit_bytes // 1024})
    return answer


def judge(answer: Answer, *, good: tuple[int, ...] = (200,)) -> None:
    """Raise Unanswered for any other status, in words that say what its agency can do."""
    status = answer.status
    if status in good:
        return
    wait_s = asked_wait_s(answer.headers.get("Retry-After", "")) if status in BUSY else 0
    words = {
        401: _("it does not accept the user name and password (401)"),
        403: _("this account may not read there (403)"),
        404: _("it knows no such collection (404)"),
        406: _("it does not speak TAXII 2.1 (406)"),
        429: _("it asks to be asked less often (429)"),
    }
    said = words.get(status, _("it answered %(status)d") % {"status": status})
    if 300 <= status < 400:
        said = _("it answered %(status)d, which leads elsewhere and is not followed") % {"status": status}
    raise Unanswered(said, status=status, wait_s=wait_s)


def _document(answer: Answer, said: str) -> dict[str, Any]:
    """The body as a JSON object. What is nested beyond what the parser takes is none."""
    if "json" not in answer.headers.get("Content-Type", ""):
        raise Unanswered(said)
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise Unanswered(said) from error
    if not isinstance(found, dict):
        raise Unanswered(said)
    return found
