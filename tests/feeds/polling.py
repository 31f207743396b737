"""Feed readers and receivers: programs that poll."""

from __future__ import annotations

import base64
import re
from typing import Any

import feedparser
from django.test import Client
from django.utils import timezone
from lxml import etree

from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.subscriptions.models import Subscription
from tests.cast import person, viewer
from tests.disclosures.reader import reader

A = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def desk_feed(username: str) -> Subscription:
    """Everything given to their desk."""
    who = viewer(username)
    with viewing(who):
        return Subscription.objects.visible_to(who).get(person_id=None, title="Everything given to us")


def linked(feed: Subscription, username: str) -> str:
    """A new secret link of the feed, as a path."""
    page = reader(username).post(f"/subscriptions/{feed.uid}/feeds/make/").content.decode()
    return re.search(r"/feeds/[\w-]{40,}/atom\.xml", page)[0]  # type: ignore[index]


def program(username: str, *, scope: str = "taxii", basic: bool = False) -> Client:
    key = issue_token(person(username), scope=scope, days=1, at=timezone.now())
    if basic:
        shown = base64.b64encode(f"{username}:{key}".encode()).decode()
        return Client(headers={"Authorization": f"Basic {shown}"})
    return Client(headers={"Authorization": f"Token {key}"})


def entries(answer: Any) -> list[Any]:
    """The entries as a feed reader finds them."""
    found = feedparser.parse(answer.content)
    assert answer.status_code == 200 and not found.bozo, getattr(found, "bozo_exception", answer.status_code)
    return list(found.entries)


def keeps_to_rfc_4287(content: bytes) -> None:
    """What feed and entries must have, each once and in its form; ids unique, the feed as new as its newest entry."""
    root = etree.fromstring(content)
    assert root.tag == f"{A}feed"
    for holder in (root, *root.findall(f"{A}entry")):
        for name in ("id", "title", "updated"):
            (found,) = holder.findall(f"{A}{name}")
            assert found.text
        assert DATE.fullmatch(holder.find(f"{A}updated").text)
        assert holder.find(f"{A}id").text.startswith("urn:uuid:")
        assert [link for link in holder.findall(f"{A}link") if link.get("rel") == "alternate"]
    assert root.find(f"{A}author/{A}name").text
    ids = [each.text for each in root.iter(f"{A}id")]
    assert len(set(ids)) == len(ids)
    moments = [each.find(f"{A}updated").text for each in root.findall(f"{A}entry")]
    if moments:
        assert root.find(f"{A}updated").text == max(moments) == moments[0]
