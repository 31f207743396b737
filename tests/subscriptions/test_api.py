"""Subscriptions by REST: one's own and the desk's, and nobody else's."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hub.database.context import viewing
from hub.trail.models import TrailRow
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import endpoint_for, loopback_is_permitted, receiver  # noqa: F401
from tests.subscriptions.conftest import subscribed, to

pytestmark = pytest.mark.django_db

TANKS = {"title": "Fuel tanks", "methods": ["VEH-MECH-FUEL"], "channels": ["mail"]}


def titles(caller, **query):  # noqa: F811
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return {row["title"] for row in caller.get(f"subscriptions/?{asked}").json()["results"]}


def test_one_made_by_rest_tells(caller):  # noqa: F811
    made = caller("cbsa.officer").post("subscriptions/", TANKS)
    assert made.status_code == 201 and made.json()["whose"] == "me" and made.json()["times"] == []
    released(published_bulletin(), "CBSA")
    assert [row.channel for row in to("cbsa.officer")] == ["mail"]


def test_lists_hold_ones_own_and_the_desks(caller):  # noqa: F811
    subscribed("cbsa.officer", title="Officer's")
    subscribed("cbsa.liaison", title="Liaison's")
    everything = "Everything given to us"
    assert titles(caller("cbsa.officer")) == {"Officer's", everything}
    assert titles(caller("cbsa.liaison"), whose="me") == {"Liaison's"}
    assert titles(caller("cbsa.releaser"), whose="desk") == {everything}
    assert titles(caller("rcmp.officer")) == {everything} and titles(caller("steward")) == set()


@pytest.mark.parametrize("username", ["cbsa.liaison", "cbsa.releaser", "cbp.officer", "steward"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "PUT"])
def test_anothers_answers_as_one_that_never_was(method, username, caller):  # noqa: F811
    row, asker = subscribed("cbsa.officer"), caller(username)
    for body in ({"title": "Mine"}, {"title": 7}, []):
        real = asker.ask(method, f"subscriptions/{row.uid}/", body)
        ghost = asker.ask(method, f"subscriptions/{uuid4()}/", body)
        assert (real.status_code, real.content) == (404, ghost.content)
    assert caller("cbsa.officer").get(f"subscriptions/{row.uid}/").status_code == 200


def test_the_desks_is_read_by_all_and_changed_by_its_liaison(caller):  # noqa: F811
    officer, liaison = caller("cbsa.officer"), caller("cbsa.liaison")
    (desk,) = officer.get("subscriptions/?whose=desk").json()["results"]
    path = f"subscriptions/{desk['uid']}/"
    for method, body in (("PATCH", {"paused": True}), ("DELETE", {})):
        assert officer.ask(method, path, body).status_code == 403
    assert officer.post("subscriptions/", {**TANKS, "whose": "desk"}).status_code == 403
    paused = liaison.ask("PATCH", path, {"paused": True}).json()
    assert paused["paused_at"] and liaison.ask("PATCH", path, {"paused": False}).json()["paused_at"] is None
    assert liaison.ask("DELETE", path, {}).status_code == 204
    assert (
        liaison.post("subscriptions/", {**TANKS, "whose": "desk", "channels": ["webhook"]}).status_code == 201
    )


def test_a_change_leaves_what_it_does_not_name(caller):  # noqa: F811
    officer = caller("cbsa.officer")
    made = officer.post("subscriptions/", {**TANKS, "owners": ["CBP"]}).json()
    path = f"subscriptions/{made['uid']}/"
    changed = officer.ask("PATCH", path, {"frequency": "weekly", "times": ["06:30"], "weekday": 2}).json()
    kept = {name: changed[name] for name in ("title", "methods", "owners", "channels")}
    assert kept == {name: made[name] for name in kept}
    assert changed["next_at"] and changed["times"] == ["06:30"]
    assert officer.ask("PATCH", path, {"frequency": "at_once"}).json()["next_at"] is None


WRONG = [
    ({"methods": ["NOTHING"]}, "methods"),
    ({"drugs": ["nothing"]}, "drugs"),
    ({"owners": ["NOBODY"]}, "owners"),
    ({"ports": ["nowhere"]}, "ports"),
    ({"origins": ["XX"]}, "origins"),
    ({"near_km": 50}, "near_km"),
    ({"channels": []}, "channels"),
    ({"channels": ["webhook"]}, "channels"),
    ({"channels": ["pigeon"]}, "channels"),
    ({"frequency": "daily"}, "times"),
    ({"frequency": "daily", "times": ["06:00", "18:00"]}, "times"),
    ({"frequency": "hourly", "day": 32}, "day"),
    ({"title": " "}, "title"),
    ({"words": "x" * 301}, "words"),
    ({"words": "a\0b"}, "words"),
    ({"endpoint": "00000000-0000-4000-8000-000000000000"}, "endpoint"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=str)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(body, field, caller):  # noqa: F811
    officer = caller("cbsa.officer")
    answer = officer.post("subscriptions/", {**TANKS, **body})
    assert answer.status_code == 400 and field in answer.json()["errors"], answer.json()
    assert titles(officer, whose="me") == set()


def test_an_endpoint_is_ones_own_agencys(caller, receiver):  # noqa: F811
    other, _ = endpoint_for("CBP", receiver.url)
    own, _ = endpoint_for("CBSA", receiver.url)
    liaison = caller("cbsa.liaison")
    body = {"title": "Hook", "whose": "desk", "channels": ["webhook"]}
    foreign = liaison.post("subscriptions/", {**body, "endpoint": str(other.uid)})
    ghost = liaison.post("subscriptions/", {**body, "endpoint": str(uuid4())})
    assert foreign.status_code == ghost.status_code == 400
    assert foreign.json()["errors"] == ghost.json()["errors"]
    assert liaison.post("subscriptions/", {**body, "endpoint": str(own.uid)}).json()["endpoint"] == str(
        own.uid
    )


def test_each_deed_is_on_the_trail_and_a_persons_titles_are_not(caller):  # noqa: F811
    liaison = caller("cbsa.liaison")
    for whose in ("me", "desk"):
        made = liaison.post("subscriptions/", {**TANKS, "whose": whose}).json()
        path = f"subscriptions/{made['uid']}/"
        liaison.ask("PATCH", path, {"title": "Tanks"})
        liaison.ask("PATCH", path, {"paused": True})
        liaison.ask("DELETE", path, {})
    with viewing(viewer("inspector")):
        rows = list(TrailRow.objects.filter(event__startswith="subscription.").order_by("id"))
    assert [row.event.partition(".")[2] for row in rows] == ["make", "change", "pause", "remove"] * 2
    assert [bool(row.facts["title"]) for row in rows] == [False] * 4 + [True] * 4
