"""Callers of the API: people of the cast with tokens of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.tokens import issue_token
from tests.cast import person


class Caller:
    """Requests as one person's program makes them: JSON there and back."""

    def __init__(self, key: str | None) -> None:
        headers = {"Authorization": f"Token {key}"} if key else {}
        self.client = Client(headers=headers)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        address = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        if body is not None and "content_type" not in options:
            options["content_type"] = "application/json"
        return self.client.generic(method, address, body_of(body), **options)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.ask("PATCH", path, body)


def body_of(body: Any) -> Any:
    import json

    return b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    """Tests ask more often than people; one test asks about the limit itself."""
    settings.API_REQUESTS_A_MINUTE = settings.API_STRANGERS_A_MINUTE = 1_000_000


@pytest.fixture
def caller(db: None) -> Callable[..., Caller]:
    def of(username: str, scope: str = "write", at: timedelta = timedelta(), days: int = 90) -> Caller:
        key = issue_token(person(username), scope=scope, days=days, at=timezone.now() + at)
        return Caller(key)

    return of


@pytest.fixture
def stranger(db: None) -> Caller:
    return Caller(None)
