"""Endpoints from the command line, and the small receiver for trying them out."""

from __future__ import annotations

import re
import socket
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from standardwebhooks import Webhook

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.management.commands.receive_webhooks import receiver as small_receiver
from hub.trail.models import TrailRow
from sharing.deliveries.models import Endpoint
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import deliveries, endpoint_for, send

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("endpoint", *arguments, stdout=out)
    return out.getvalue()


def test_an_endpoint_is_added_listed_and_disabled_and_its_secret_is_shown_once(receiver):
    said = run("add", "cbsa", receiver.url)
    secret = re.search(r"whsec_\S+", said)[0]
    uid = said.split()[0]
    listed = run("list", "CBSA")
    assert uid in listed and "live" in listed and "whsec_" not in listed
    assert run("list", "DEA") == ""

    released(published_bulletin(), "CBSA")
    send()
    assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)

    with pytest.raises(CommandError, match="no endpoint"):
        run("disable", "DEA", uid)
    assert "disabled" in run("disable", "CBSA", uid) and "already" in run("disable", "CBSA", uid)
    released(published_bulletin(), "CBSA")
    send()
    assert len(receiver.received) == 1
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        told = list(
            TrailRow.objects.filter(object_type="endpoint").values_list(
                "event", "agency", "method", "object_id"
            )
        )
    assert told == [
        ("endpoint.add", "CBSA", "command", uid),
        ("endpoint.disable", "CBSA", "command", uid),
    ]


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


def test_the_small_receiver_wants_a_secret(monkeypatch):
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    with pytest.raises(CommandError, match="endpoint add"):
        call_command("receive_webhooks", port=0)


def test_the_small_receiver_says_in_a_line_that_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is taken.*--port"):
            call_command("receive_webhooks", port=port, secret="whsec_" + "A" * 44)
