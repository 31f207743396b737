"""Signed deliveries, and what happens when a receiver does not take them."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from hub.trail.models import TrailRow
from sharing.deliveries.models import Endpoint
from sharing.deliveries.rules import GIVE_UP_AFTER, LONGEST_WAIT_S, next_attempt
from sharing.deliveries.sealing import reseal, seal, unseal
from tests.builders import CANARIES, published_bulletin, released
from tests.deliveries.conftest import deliveries, endpoint_for, send

NOW = timezone.now()


@pytest.fixture
def released_to_cbsa(db, receiver):
    _endpoint, webhook = endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place", "identifiers"))
    return bulletin, webhook


def test_the_signature_holds_for_the_standard_library_of_the_convention_and_for_no_other_secret(
    released_to_cbsa, receiver
):
    bulletin, webhook = released_to_cbsa
    send()
    (got,) = receiver.received
    payload = webhook.verify(got.body, got.headers)
    assert got.headers["webhook-id"] == str(deliveries("CBSA", "webhook")[0].uid)
    assert payload["type"] == "bulletin.released" and payload["data"]["ref"] == bulletin.ref
    for body, headers, key in (
        (got.body + b" ", got.headers, webhook),
        (got.body, {**got.headers, "webhook-id": "other"}, webhook),
        (got.body, got.headers, Webhook("whsec_" + "A" * 44)),
    ):
        with pytest.raises(WebhookVerificationError):
            key.verify(body, headers)


def test_the_payload_is_the_disclosure_in_the_shape_of_the_api(released_to_cbsa, receiver, settings):
    bulletin, _webhook = released_to_cbsa
    send()
    data = receiver.received[0].payload["data"]
    assert data["uid"] == str(bulletin.uid) and data["owner"]["code"] == data["originator"] == "CBP"
    assert data["marking"]["tlp"] == "TLP:AMBER" and data["version"] == 1
    assert data["url"] == f"{settings.SITE_URL}/bulletins/{bulletin.ref}/"
    assert set(data["facts"]) == {"core", "detail", "technique"}
    assert data["facts"]["core"]["substances"][0]["quantity"] == "12.5"
    assert data["labels"]["drugs"] == {"fentanyl": "Fentanyl"}
    assert {row["group"]: row["under"] for row in data["withheld"]} == {
        "place": "",
        "identifiers": "",
        "case": "CBP-CBSA",
    }
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] not in receiver.received[0].body.decode()


@pytest.mark.parametrize("status", [500, 503, 429, 400, 401])
def test_a_receiver_that_does_not_take_it_is_tried_again_with_the_same_id(status, released_to_cbsa, receiver):
    receiver.answers = [status, 204]
    send()
    (row,) = deliveries("CBSA", "webhook")
    assert (row.state, row.failure) == ("waiting", f"the endpoint answered {status}")
    assert row.due_at > timezone.now()
    assert send(at=row.due_at - timedelta(seconds=1)) == 0
    assert send(at=row.due_at) == 1
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    (row,) = deliveries("CBSA", "webhook")
    assert (row.state, row.attempts, row.failure) == ("sent", 2, "")


@pytest.mark.parametrize("status", [404, 410, 301, 307])
def test_an_endpoint_that_is_gone_is_not_tried_again(status, released_to_cbsa, receiver):
    receiver.answers = [status, 204]
    send()
    (row,) = deliveries("CBSA", "webhook")
    assert row.state == "failed" and str(status) in row.failure
    assert send(at=timezone.now() + timedelta(days=1)) == 0
    assert len(receiver.received) == 1


def test_a_receiver_that_asks_for_time_is_given_it(released_to_cbsa, receiver):
    receiver.answers = [(429, {"Retry-After": "3600"}), 204]
    send()
    (row,) = deliveries("CBSA", "webhook")
    assert row.due_at - timezone.now() > timedelta(minutes=59)


def test_nobody_listening_is_tried_again_for_three_days_and_then_given_up(db, receiver):
    endpoint_for("CBSA", "http://127.0.0.1:1/hook")
    began = timezone.now()
    released(published_bulletin(), "CBSA")
    at, tries = timezone.now(), 0
    while (row := deliveries("CBSA", "webhook")[0]).state == "waiting":
        at = max(at, row.due_at)
        send(at=at)
        tries += 1
        assert tries < 60
    assert row.state == "failed" and row.failure == "no connection to the server"
    assert GIVE_UP_AFTER <= at - began < GIVE_UP_AFTER + timedelta(minutes=1) and tries > 12


def test_waits_double_with_a_spread_up_to_six_hours():
    def wait_s(attempts, chance=0.5, **values):
        again = next_attempt(attempts=attempts, since=NOW, now=NOW, chance=chance, **values)
        assert again is not None
        return (again - NOW).total_seconds()

    assert [wait_s(n) for n in (1, 2, 3, 4)] == [15, 30, 60, 120]
    assert (wait_s(4, 0.0), wait_s(4, 1.0)) == (60, 180)
    assert wait_s(40) == LONGEST_WAIT_S and wait_s(2, asked_wait_s=500) == 500
    assert next_attempt(attempts=1, since=NOW - GIVE_UP_AFTER, now=NOW, chance=0) is None


def test_a_receiver_that_hangs_holds_up_no_other_agency(db, receiver, raw_silence, monkeypatch):
    monkeypatch.setattr("sharing.deliveries.notifiers.webhook.TIMEOUT_S", 1.0)
    endpoint_for("DEA", f"http://127.0.0.1:{raw_silence}/")
    endpoint_for("CBSA", receiver.url)
    arrived = []
    receiver.before = lambda: arrived.append(timezone.now())
    released(published_bulletin(), "DEA", "CBSA")
    began = timezone.now()
    send()
    assert (arrived[0] - began).total_seconds() < 0.8
    assert deliveries("DEA", "webhook")[0].failure == "no answer in time"
    assert deliveries("CBSA", "webhook")[0].state == "sent"


@pytest.fixture
def raw_silence():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]


def test_neither_content_nor_secret_nor_address_is_logged(released_to_cbsa, receiver, caplog):
    bulletin, _webhook = released_to_cbsa
    receiver.answers = [500, 410]
    with caplog.at_level(logging.DEBUG):
        send()
        send(at=timezone.now() + timedelta(hours=1))
    for words in (*CANARIES.values(), bulletin.title, "whsec_", "urlsecret"):
        assert words not in caplog.text


def test_a_secret_is_sealed_at_rest_and_on_the_trail_stands_only_the_servers_name(db, receiver, owner_sql):
    endpoint, webhook = endpoint_for("CBSA", receiver.url)
    secret = unseal(endpoint.sealed_secret)
    assert Webhook(secret)._whsecret == webhook._whsecret and secret not in endpoint.sealed_secret
    from hub.accounts.viewer import Viewer
    from hub.database.context import viewing

    inspector = Viewer(roles=frozenset({"inspector"}))
    with viewing(inspector):
        row = TrailRow.objects.get(event="endpoint.add")
    assert row.object_id == str(endpoint.uid) and row.facts == {"host": "127.0.0.1"}


def test_sealed_secrets_survive_a_change_of_keys(settings):
    from cryptography.fernet import Fernet, InvalidToken

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.WEBHOOK_KEYS = [old]
    sealed = seal("whsec_x")
    settings.WEBHOOK_KEYS = [new, old]
    assert unseal(sealed) == "whsec_x"
    moved = reseal(sealed)
    settings.WEBHOOK_KEYS = [new]
    assert unseal(moved) == "whsec_x"
    with pytest.raises(InvalidToken):
        unseal(sealed)


def test_without_keys_of_its_own_the_box_hangs_on_the_secret_key(settings):
    from cryptography.fernet import InvalidToken

    settings.WEBHOOK_KEYS = []
    sealed = seal("whsec_x")
    assert unseal(sealed) == "whsec_x"
    settings.SECRET_KEY = "another secret key of some length, and more"
    with pytest.raises(InvalidToken):
        unseal(sealed)


def test_an_agency_sees_its_own_endpoints_alone(db, receiver):
    from hub.database.context import viewing
    from tests.cast import viewer

    endpoint_for("CBSA", receiver.url)
    for username, seen in (("cbsa.officer", 1), ("dea.agent", 0), ("cbp.admin", 0)):
        with viewing(viewer(username)):
            assert Endpoint.objects.count() == seen
