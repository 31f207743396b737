"""Agreements for tests: terms, the seat from which each side acts, and an administrator of HSI."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.database.context import viewing
from sharing.agreements.models import Agreement
from sharing.agreements.rules import Scope, Terms
from sharing.flow import agreeing
from tests.api.conftest import caller, stranger, unhurried  # noqa: F401
from tests.cast import agency, person, viewer

DAY = timedelta(days=1)


def scope(*withheld: str, **values: Any) -> Scope:
    return Scope(
        **{
            "kinds": frozenset({"bulletin", "seizure"}),
            "highest_tlp": "TLP:AMBER+STRICT",
            "legal_basis": "Mutual assistance treaty, article 4",
            "permitted_use": "Customs enforcement",
            "withheld": frozenset(withheld),
            **values,
        }
    )


def terms(
    first: str = "HSI",
    second: str = "CBSA",
    *,
    gives: Scope | None = None,
    takes: Scope | None = None,
    at: datetime | None = None,
    **values: Any,
) -> Terms:
    """Terms as `first` writes them. Without `gives` and `takes` both sides give all."""
    now = at or timezone.now()
    one, other = agency(first).pk, agency(second).pk
    if gives is None and takes is None:
        gives = takes = scope()
    scopes = {one: gives, other: takes}
    return Terms(
        **{
            "first": one,
            "second": other,
            "name": f"{first} and {second} memorandum",
            "valid_from": now - DAY,
            "valid_to": now + 400 * DAY,
            "gives": {pk: each for pk, each in scopes.items() if each},
            **values,
        }
    )


class Side:
    """One party's administrator: does what the pages do, through the same actions, always on the row as it is now."""

    def __init__(self, username: str) -> None:
        self.username = username

    def _do(self, verb: str, *args: Any, **values: Any) -> Any:
        who = viewer(self.username)
        with viewing(who):
            return getattr(agreeing, verb)(*args, viewer=who, at=values.pop("at", timezone.now()), **values)

    def propose(self, terms: Terms, **values: Any) -> Agreement:
        return self._do("propose", terms, **values)

    def change(self, code: str, terms: Terms, **values: Any) -> Agreement:
        return self._do("change", self.row(code), terms, **{"revision": self.row(code).revision, **values})

    def accept(self, code: str, **values: Any) -> Agreement:
        return self._do("accept", self.row(code), **{"revision": self.row(code).revision, **values})

    def decline(self, code: str, reason: str = "Not now", **values: Any) -> None:
        self._do("decline", self.row(code), reason=reason, **{"revision": self.row(code).revision, **values})

    def suspend(self, code: str, reason: str = "A leak is looked into", **values: Any) -> None:
        self._do("suspend", self.row(code), reason=reason, **{"revision": self.row(code).revision, **values})

    def resume(self, code: str, **values: Any) -> None:
        self._do("resume", self.row(code), **{"revision": self.row(code).revision, **values})

    def row(self, code: str) -> Agreement:
        with viewing(viewer(self.username)):
            return Agreement.objects.told().get(code=code)


@pytest.fixture
def hsi_admin(db: None) -> Side:
    somebody = person("hsi.agent")
    somebody.roles = [*somebody.roles, "admin"]
    somebody.save()
    return Side("hsi.agent")


@pytest.fixture
def cbp(db: None) -> Side:
    return Side("cbp.admin")


@pytest.fixture
def cbsa(db: None) -> Side:
    return Side("cbsa.liaison")


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client
