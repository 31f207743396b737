"""A bulletin of CBP's that CBSA and HSI have, and somebody who proposes corrections of it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.database.context import viewing
from sharing.corrections.models import Correction
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.disclosures.reader import reader
from tests.recalls.conftest import hidden_roster  # noqa: F401

SAYS, WHY = "It was lane nine, ptarmigan", "Our officer stood beside it, dotterel"


@pytest.fixture
def shared() -> Any:
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "technique"), "HSI")
    return bulletin


def proposed(bulletin: Any, username: str = "cbsa.officer", **fields: str) -> Any:
    body = {"part": "place", "says": SAYS, "why": WHY, **fields}
    return reader(username).post(f"/bulletins/{bulletin.ref}/correct/", body)


def only(bulletin: Any, username: str = "cbp.releaser") -> Correction:
    with viewing(viewer(username)):
        return Correction.objects.get(record_id=bulletin.pk)
