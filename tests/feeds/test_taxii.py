"""TAXII 2.1 as standards ask for it and as clients in the field need it: one behaviour a test."""

from __future__ import annotations

import pytest

from tests.builders import published_bulletin, published_seizure, released
from tests.feeds.conftest import numbered

pytestmark = pytest.mark.django_db


def test_a_partner_pulls_what_is_released_to_it_and_others_nothing(program):
    bulletin, seizure = published_bulletin(), published_seizure()
    released(bulletin, ("CBSA", "place"))
    released(seizure, "CBSA")
    numbered()
    found = program("cbsa.officer").records()
    assert [each["id"] for each in found] == [f"report--{bulletin.uid}", f"incident--{seizure.uid}"]
    assert "nightjar" not in str(found)
    assert "kingfisher" in str(found)
    assert program("rcmp.officer").records() == []
