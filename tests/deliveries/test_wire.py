"""What is under way: not too much to one endpoint, a place left for what goes first, connections kept."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import engine
from sharing.deliveries.due import PER_ENDPOINT
from sharing.deliveries.models import Delivery
from sharing.deliveries.notifiers import NOTIFIERS
from sharing.deliveries.sending import begin
from tests.builders import published_bulletin, released
from tests.deliveries.conftest import deliveries, endpoint_for, send

pytestmark = pytest.mark.django_db


def test_one_endpoint_has_only_so_many_under_way_and_others_go_on(receiver):
    slow, _ = endpoint_for("CBSA", receiver.url)
    endpoint_for("DEA", receiver.url)
    for _ in range(PER_ENDPOINT + 2):
        released(published_bulletin(), "CBSA")
    released(published_bulletin(), "DEA")
    at = timezone.now()
    first, more = begin("webhook", limit=50, at=at)
    assert more and [row.row.endpoint == slow.pk for row in first] == [True] * PER_ENDPOINT + [False]
    assert begin("webhook", limit=50, at=at, under_way={slow.pk: PER_ENDPOINT}) == ([], False)
    assert len(begin("webhook", limit=50, at=at, under_way={slow.pk: PER_ENDPOINT - 1})[0]) == 1
    with engine():
        assert Delivery.objects.filter(channel="webhook", state="waiting").count() == 1


@pytest.mark.parametrize("reserved", [1, 0])
def test_when_all_places_hang_what_goes_first_has_one_left(reserved, receiver, monkeypatch):
    """The hazard is due when two others already hang; without the place kept for it, it waits for them."""
    kind = NOTIFIERS["webhook"]
    monkeypatch.setattr(kind, "at_once", 2 + reserved)
    monkeypatch.setattr(kind, "reserved", reserved)
    monkeypatch.setattr("sharing.deliveries.notifiers.webhook.TIMEOUT_S", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint_for("DEA", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        endpoint_for("CBSA", receiver.url)
        for _ in range(2):
            released(published_bulletin(hazard=False), "DEA")
        released(published_bulletin(hazard=True), "CBSA")
        with engine():
            Delivery.objects.filter(agency__code="CBSA").update(due_at=timezone.now() + timedelta(seconds=1))
        arrived: list[float] = []
        began = time.monotonic()
        receiver.before = lambda: arrived.append(time.monotonic() - began)
        send()
    assert 1 <= arrived[0] < 2.5 if reserved else arrived[0] > 2.9
    assert [row.failure for row in deliveries("DEA", "webhook")] == ["no answer in time"] * 2


class MailServer:
    """Takes mails by the letter of RFC 5321, and counts its connections."""

    def __init__(self, dies_after: int = 10**6) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.mails, self.dies_after = 0, 0, dies_after
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=[client], daemon=True).start()

    def talk(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            client.sendall(b"220 ready\r\n")
            mails = 0
            for line in lines:
                verb = line.strip().upper()
                if verb == b"DATA":
                    client.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                    self.mails += 1
                    mails += 1
                client.sendall(b"250 done\r\n")
                if mails >= self.dies_after:
                    return


@pytest.mark.parametrize("dies", [False, True])
def test_mails_share_a_connection_and_one_that_broke_is_made_anew(dies, settings):
    server = MailServer(dies_after=1 if dies else 10**6)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 2
    try:
        for _ in range(12):
            released(published_bulletin(), "CBSA")
        at = timezone.now()
        for _ in range(12):
            send(at=at)
            if {row.state for row in deliveries("CBSA", "mail")} == {"sent"}:
                break
            at = max(row.due_at for row in deliveries("CBSA", "mail"))
    finally:
        server.listener.close()
    assert {row.state for row in deliveries("CBSA", "mail")} == {"sent"} and server.mails == 12
    assert server.connections == 12 if dies else server.connections <= NOTIFIERS["mail"].at_once
