"""Feed readers and receivers: programs that poll."""

from __future__ import annotations

import base64
import re
from typing import Any

import feedparser
from django.test import Client
from django.utils import timezone

from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.subscriptions.models import Subscription
from tests.cast import person, viewer
from tests.disclosures.reader import reader


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
