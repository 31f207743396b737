"""Sessions end by themselves, and signing in and out is on the trail."""

from __future__ import annotations

import time

import pytest

from hub.database.context import viewing
from hub.trail.models import TrailRow
from tests.cast import PASSWORD, person, viewer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("idle_s", "age_s", "status"), [(60, 3600, 200), (1801, 3600, 302), (60, 12 * 3600 + 1, 302)]
)
def test_a_session_ends_after_half_an_hour_of_silence_and_twelve_hours_in_any_case(
    client, idle_s, age_s, status
):
    client.force_login(person("cbp.officer"))
    session = client.session
    now = int(time.time())
    session["seen_at"], session["began_at"] = now - idle_s, now - age_s
    session.save()
    assert client.get("/bulletins/").status_code == status


def test_signing_in_is_on_the_trail_also_when_it_fails(client):
    client.post("/accounts/login/", {"login": "cbp.officer", "password": "wrong"})
    client.post("/accounts/login/", {"login": "cbp.officer", "password": PASSWORD})
    assert client.get("/bulletins/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/bulletins/").status_code == 302
    inspector = viewer("inspector")
    with viewing(inspector):
        rows = list(TrailRow.objects.order_by("id").values_list("event", "outcome", "actor"))
    assert rows[-3:] == [
        ("person.sign_in", "failed", ""),
        ("person.sign_in", "ok", "cbp.officer"),
        ("person.sign_out", "ok", "cbp.officer"),
    ]
