"""Somebody in front of the pages, and what a page says."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Photograph
from bulletins.publishing.photographs.storage import keep
from hub.database.context import viewing
from sharing.flow import recall
from tests.builders import draft_bulletin
from tests.cast import person, viewer

# What no two answers share: the form's token, the request's number and instant, the address asked for.
BY_ITSELF = [
    (r'name="csrfmiddlewaretoken" value="\w+"', ""),
    (r"[2-9A-HJ-NP-Za-hj-np-z]{4}-[2-9A-HJ-NP-Za-hj-np-z]{4}", "REF"),
]


def reader(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def text(answer: Any) -> str:
    """The whole of what was sent."""
    return b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(
        "utf-8", "replace"
    )


def same_to_a_stranger(answer: HttpResponse) -> tuple[int, dict[str, str], str]:
    """What could tell two answers apart: status, headers, and the page without what is its own."""
    headers = {
        name: value for name, value in answer.items() if name not in ("X-Request-ID", "Expires", "RateLimit")
    }
    for name in ("Content-Length", "Location"):
        headers[name] = re.sub(BY_ITSELF[1][0], "REF", headers.get(name, ""))
    page = text(answer)
    for pattern, instead in BY_ITSELF:
        page = re.sub(pattern, instead, page)
    return answer.status_code, headers, page


def with_photographs(**values: Any) -> tuple[Any, dict[str, str]]:
    """A published bulletin with a photograph in each group that has any, and their uids by group."""
    bulletin, at, who = draft_bulletin(**values), timezone.now(), viewer("cbp.officer")
    uids = {}
    with viewing(who):
        for place, group in enumerate(("detail", "technique")):
            row = Photograph.objects.create(
                record_id=bulletin.pk,
                position=place,
                group=group,
                caption=f"Picture of {group}",
                content_type="image/jpeg",
                width=640,
                height=480,
                sha256="0" * 64,
                added_at=at,
                added_by_id=who.person_id,
            )
            keep(row.uid, {"full": b"\xff\xd8 whole", "thumb": b"\xff\xd8 small"})
            uids[group] = str(row.uid)
        publish(bulletin, viewer=who, at=at)
    return bulletin, uids


def take_back(record: Any, reason: str = "The laboratory found no drug.", by: str = "cbp.releaser") -> None:
    who = viewer(by)
    with viewing(who):
        recall(record, reason=reason, viewer=who, at=timezone.now())
