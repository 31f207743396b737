"""The demo's releases: one is to be acknowledged by a time still to come, and one is overdue."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from hub.database.context import viewing
from sharing.demo.records import _bulletins
from sharing.receipts.overdue import overdue_for
from tests.builders import published_seizure
from tests.cast import agency, person, viewer

pytestmark = pytest.mark.django_db


def test_today_and_the_inbox_show_what_is_asked_for_and_the_owner_what_is_overdue():
    for method in ("VEH-MECH-FUEL", "VEH-BODY-QTR", "VEH-INT-SEAT"):
        published_seizure(methods=[method])
    at, releaser = timezone.now(), viewer("cbp.releaser")
    with viewing(releaser):
        assert _bulletins(agency("CBP"), releaser, at) == 3
        (overdue,) = overdue_for(releaser, at=at)
    reader = Client()
    reader.force_login(person("cbsa.officer"))
    for path in ("/", "/inbox/"):
        page = reader.get(path).content.decode()
        assert page.count("Acknowledge by <time") == 1 and page.count("Overdue since <time") == 1, path
    owner = Client()
    owner.force_login(person("cbp.releaser"))
    today = owner.get("/").content.decode()
    assert f"not acknowledged {overdue.ref}" in today
