"""A trail to seal and to tamper with: rows that are committed, a key, and the owner's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from hub.database.context import viewing
from hub.database.numbering import number_rows
from hub.trail.actions import record
from hub.trail.seals import WATCH, seal_all
from hub.trail.verifying import Verdict, verify
from tests.cast import viewer
from tests.conftest import owners_connection

GUARDED = ("hub_trail", "hub_trailnumber", "hub_seal")


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def write(*reasons: str, by: str = "cbp.officer", event: str = "test.deed") -> None:
    who = viewer(by)
    for reason in reasons:
        with viewing(who):
            record(event, viewer=who, at=timezone.now(), reason=reason)


def sealed(key: Ed25519PrivateKey, **options: Any) -> int:
    number_rows("hub_trailnumber")
    return seal_all(key, at=timezone.now(), **options)


def findings(**options: Any) -> list[str]:
    with viewing(WATCH):
        return list(verify(Verdict(), **options))


def looked(**options: Any) -> Verdict:
    verdict = Verdict()
    with viewing(WATCH):
        list(verify(verdict, **options))
    return verdict


@pytest.fixture
def tamper(db: None) -> Iterator[Callable[..., Any]]:
    """SQL as the tables' owner with the guarding triggers off: the most that somebody with that password can do."""

    def run(*statements: str) -> None:
        with owners_connection() as own:
            for table in GUARDED:
                own.execute(f"alter table {table} disable trigger user")
            try:
                with own.transaction():
                    for statement in statements:
                        own.execute(statement)
            finally:
                for table in GUARDED:
                    own.execute(f"alter table {table} enable trigger user")

    return run
