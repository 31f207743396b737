"""Programs that pull by TAXII, each with a token of its own; and what they end up holding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.tokens import issue_token
from sharing.feeds.taxii.collections import EVERYTHING
from sharing.tasks import number_entries
from tests.api.conftest import unhurried  # noqa: F401
from tests.cast import person

MEDIA = "application/taxii+json;version=2.1"
COLLECTIONS = "/taxii2/hub/collections/"
CONTEXT = ("identity", "marking-definition", "extension-definition", "attack-pattern", "location")


class Program:
    """Requests as a partner's program makes them; `collection` is the everything collection unless said."""

    def __init__(self, key: str, **headers: str) -> None:
        self.key = key
        self.client = Client(
            headers={"Authorization": f"Token {key}", "Accept": MEDIA, **headers},
            raise_request_exception=False,
        )

    def get(self, path: str = "", /, **query: Any) -> Any:
        return self.client.get(path if path.startswith("/") else f"/taxii2/{path}", query)

    def objects(self, collection: Any = EVERYTHING, **query: Any) -> Any:
        return self.get(f"hub/collections/{collection}/objects/", **query)

    def object(self, id_: str, collection: Any = EVERYTHING, **query: Any) -> Any:
        return self.get(f"hub/collections/{collection}/objects/{id_}/", **query)

    def pages(self, collection: Any = EVERYTHING, **query: Any) -> Iterator[Any]:
        """Each answer of a poll, following `next`."""
        while True:
            answer = self.objects(collection, **query)
            assert answer.status_code == 200, answer.content
            yield answer
            body = answer.json()
            if not body.get("more"):
                return
            query = {name: query[name] for name in ("limit",) if name in query} | {"next": body["next"]}

    def all(self, collection: Any = EVERYTHING, **query: Any) -> list[dict[str, Any]]:
        return [each for page in self.pages(collection, **query) for each in page.json().get("objects", [])]

    def records(self, collection: Any = EVERYTHING, **query: Any) -> list[dict[str, Any]]:
        return [each for each in self.all(collection, **query) if each["type"] == "report"]


@dataclass
class Resuming:
    """A client that keeps what it is given, newest version first, and goes on after the last date it was told."""

    program: Program
    collection: Any = EVERYTHING
    limit: int | None = None
    by_next: bool = True
    after: str = ""
    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def poll(self) -> list[dict[str, Any]]:
        """What came, in order."""
        came: list[dict[str, Any]] = []
        while True:
            query: dict[str, Any] = {"limit": self.limit} if self.limit else {}
            if self.after:
                query["added_after"] = self.after
            found = (
                self.program.pages(self.collection, **query)
                if self.by_next
                else [self.program.objects(self.collection, **query)]
            )
            more = False
            for page in found:
                assert page.status_code == 200, page.content
                self.after = page.headers.get("X-TAXII-Date-Added-Last", self.after)
                came += page.json().get("objects", [])
                more = bool(page.json().get("more"))
            if self.by_next or not more:
                break
        for each in came:
            known = self.held.get(each["id"])
            assert not (known and known.get("revoked")), ("nothing may follow what is revoked", known, each)
            assert not known or known.get("modified", "") <= each.get("modified", ""), "a version went back"
            self.held[each["id"]] = each
        return came

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """Reports that have not gone, by id."""
        return {
            id_: each
            for id_, each in self.held.items()
            if each["type"] == "report" and not each.get("revoked") and "extensions" in each
        }


@pytest.fixture
def program(db: None) -> Callable[..., Program]:
    def of(username: str, scope: str = "taxii", **headers: str) -> Program:
        return Program(issue_token(person(username), scope=scope, days=90, at=timezone.now()), **headers)

    return of


def numbered() -> int:
    """What beat does each second."""
    return number_entries()
