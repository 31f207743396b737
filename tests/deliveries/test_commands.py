"""Endpoints from the command line, and the small receiver for trying them out."""

from __future__ import annotations

import re
import socket
import threading
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone
from standardwebhooks import Webhook

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.management.commands.receive_webhooks import receiver as small_receiver
from hub.trail.models import TrailRow
from sharing.deliveries.endpoints.actions import rotate_secret
from sharing.deliveries.models import Endpoint
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import answers_challenges, deliveries, endpoint_for, send

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("endpoint", *arguments, stdout=out)
    return out.getvalue()


def test_an_endpoint_goes_through_its_life_and_its_secrets_are_shown_once(receiver):
    said = run("add", "cbsa", receiver.url)
    first = re.search(r"whsec_\S+", said)[0]
    uid = said.split()[0]
    assert "unverified" in run("list", "CBSA") and "whsec_" not in run("list", "CBSA")
    assert run("list", "DEA") == ""

    with pytest.raises(CommandError, match="did not hold the challenge"):
        run("verify", "CBSA", uid)
    receiver.echo = answers_challenges
    assert "in use" in run("verify", "CBSA", uid) and "answered" in run("test", "CBSA", uid)
    second = re.search(r"whsec_\S+", run("rotate", "CBSA", uid))[0]
    with pytest.raises(CommandError, match="end the old one"):
        run("rotate", "CBSA", uid)
    receiver.received.clear()
    released(published_bulletin(), "CBSA")
    send()
    (got,) = receiver.received
    assert Webhook(first).verify(got.body, got.headers) == Webhook(second).verify(got.body, got.headers)

    assert "alone signs" in run("end-old", "CBSA", uid)
    assert "moved" in run("move", "CBSA", uid, receiver.url + "&more=1")
    with pytest.raises(CommandError, match="no endpoint"):
        run("disable", "DEA", uid)
    assert "disabled" in run("disable", "CBSA", uid) and "already" in run("disable", "CBSA", uid)
    assert "0 to be sent again" in run("resend", "CBSA", uid)
    assert "removed" in run("remove", "CBSA", uid) and run("list", "CBSA") == ""
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        rows = TrailRow.objects.filter(object_type="endpoint").order_by("id")
        told = list(rows.values_list("event", "outcome"))
        assert set(rows.values_list("agency", "method", "object_id")) == {("CBSA", "command", uid)}
    assert told == [
        ("endpoint.add", "ok"),
        ("endpoint.verify", "failed"),
        ("endpoint.verify", "ok"),
        ("endpoint.test", "ok"),
        ("endpoint.rotate", "ok"),
        ("endpoint.end_old_secret", "ok"),
        ("endpoint.move", "ok"),
        ("endpoint.disable", "ok"),
        ("endpoint.remove", "ok"),
    ]


def test_secrets_are_put_under_the_newest_key(receiver, settings):
    old, new, strange = (Fernet.generate_key().decode() for _ in range(3))
    settings.WEBHOOK_KEYS = []
    _first, derived = endpoint_for("HSI", receiver.url + "&hsi=1")
    settings.WEBHOOK_KEYS = [old]
    endpoint, webhook = endpoint_for("CBSA", receiver.url)
    with viewing(viewer("cbsa.liaison")):
        rotate_secret(endpoint, viewer=viewer("cbsa.liaison"), at=timezone.now())
    settings.WEBHOOK_KEYS = [strange]
    lost, _ = endpoint_for("DEA", receiver.url)
    settings.WEBHOOK_KEYS = [new, old]
    out = StringIO()
    with pytest.raises(CommandError, match=str(lost.uid)):
        call_command("reseal_secrets", stdout=out)
    assert "2 endpoints" in out.getvalue()
    settings.WEBHOOK_KEYS = [new]
    settings.SECRET_KEY = "another secret key of some length, and more"
    released(published_bulletin(), "CBSA", "DEA", "HSI")
    send()
    assert len(receiver.received) == 2
    for got in receiver.received:
        key = derived if got.payload["data"]["agreement"] == "" else webhook
        assert key.verify(got.body, got.headers)
    assert deliveries("DEA", "webhook")[0].failure == "its secret cannot be opened"


@pytest.mark.parametrize(
    ("code", "url", "line"),
    [
        ("NOBODY", "https://example.org/", "no active agency"),
        ("CBSA", "http://10.0.0.1/", "not a public address"),
        ("CBSA", "ftp://example.org/", "only https"),
        ("CBSA", "not an address", "blanks"),
    ],
)
def test_an_endpoint_the_hub_would_not_send_to_is_not_added(code, url, line, receiver):
    with pytest.raises(CommandError, match=line):
        run("add", code, url)
    assert run("add", "CBSA", receiver.url)
    with viewing(viewer("cbsa.officer")):
        assert Endpoint.objects.count() == 1


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def test_the_small_receiver_prints_type_and_id_and_refuses_a_wrong_signature():
    said: list[str] = []
    servers = []
    for code in ("CBSA", "DEA"):
        port = free_port()
        _endpoint, webhook = endpoint_for(code, f"http://127.0.0.1:{port}/")
        known = webhook if code == "CBSA" else Webhook("whsec_" + "A" * 44)
        servers.append(small_receiver(port, known, 204, said.append))
        threading.Thread(target=servers[-1].serve_forever, args=[0.01], daemon=True).start()
    released(published_bulletin(), "CBSA", "DEA")
    send()
    for server in servers:
        server.shutdown()
        server.server_close()
    uid = deliveries("CBSA", "webhook")[0].uid
    assert sorted(said) == [f"bulletin.released  {uid}", "refused: the signature does not hold"]
    assert not any(word in "".join(said) for word in CANARIES.values())
    assert deliveries("DEA", "webhook")[0].failure == "the endpoint answered 401"


def test_the_small_receiver_answers_the_challenge_it_can_verify_and_no_other():
    said: list[str] = []
    for code, secret, outcome in (("CBSA", "", "verified"), ("DEA", "whsec_" + "A" * 44, "answered 401")):
        port = free_port()
        endpoint, webhook = endpoint_for(code, f"http://127.0.0.1:{port}/", verified=False)
        server = small_receiver(port, Webhook(secret) if secret else webhook, 204, said.append)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        try:
            told = run("verify", code, str(endpoint.uid))
        except CommandError as error:
            told = str(error)
        assert outcome in told
        server.shutdown()
        server.server_close()
    assert said[0].startswith("endpoint.verify  ")


def test_the_small_receiver_wants_a_secret(monkeypatch):
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    with pytest.raises(CommandError, match="endpoint add"):
        call_command("receive_webhooks", port=0)


def test_the_small_receiver_says_in_a_line_that_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is taken.*--port"):
            call_command("receive_webhooks", port=port, secret="whsec_" + "A" * 44)
