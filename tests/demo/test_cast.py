"""The demo's people, and a hub that is no demo on a demo's database."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from hub.agencies.models import Person
from sharing.management.commands import load_reference
from tests.cast import PASSWORD, person

pytestmark = pytest.mark.django_db


def signs_in(username: str) -> bool:
    return (
        Client().post("/accounts/login/", {"login": username, "password": PASSWORD}).headers.get("Location")
        == "/"
    )


def test_a_hub_that_is_no_demo_lets_none_of_the_cast_in_and_leaves_others_alone(settings, monkeypatch):
    # The vocabulary is the owner's to write, and the tests are the application: people alone are loaded here.
    for name in ("load_vocabulary", "load_agencies", "load_communities"):
        monkeypatch.setattr(load_reference, name, lambda at: None)
    somebody = Person.objects.create_user("real.officer", "real.officer@cbp.example", PASSWORD)
    somebody.agency = person("cbp.officer").agency
    somebody.save()
    guest = Client()
    guest.force_login(person("cbp.officer"))
    assert signs_in("cbp.officer") and signs_in("real.officer") and guest.get("/").status_code == 200

    settings.HUB_DEMO = False
    call_command("load_reference", verbosity=0)
    assert not Person.objects.filter(email__endswith="@hub.example", is_active=True).exists()
    assert not signs_in("cbp.officer") and signs_in("real.officer")
    assert guest.get("/").status_code == 302
