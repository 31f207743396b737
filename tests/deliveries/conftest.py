"""A receiver of webhooks, endpoints, and the worker's verbs called directly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from standardwebhooks import Webhook

from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.audiences.numbering import number_entries
from sharing.deliveries.collection import basic
from sharing.deliveries.endpoints.actions import add_collection, add_endpoint, verify_endpoint
from sharing.deliveries.ends.actions import tell_ends
from sharing.deliveries.models import Delivery, Endpoint
from sharing.deliveries.tasks import send_waiting
from sharing.flow import recall
from tests.cast import agency, viewer
from tests.deliveries.collecting import Collection, serving


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """`answers` are given in order, the last for ever; `before` runs before a request is answered."""

    port: int = 0
    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=lambda: [204])
    before: Callable[[], None] = lambda: None
    received: list[Received] = field(default_factory=list)
    # What of a body is sent back: a challenge, by a receiver that knows what it is.
    echo: Callable[[bytes], bytes] = lambda body: b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=urlsecret"

    def answer(self) -> tuple[int, dict[str, str]]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return found if isinstance(found, tuple) else (found, {})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append(Received(dict(self.headers), body))
            found.before()
            status, headers = found.answer()
            said = found.echo(body)
            self.send_response(200 if said else status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def loopback_is_permitted(settings: Any) -> None:
    cache.clear()
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True


@pytest.fixture
def collection() -> Iterator[Collection]:
    found = Collection()
    with serving(found):
        yield found


def collection_for(code: str, found: Collection) -> Endpoint:
    """The collection as an endpoint of the agency, verified."""
    desk = desk_of(agency(code))
    with viewing(desk):
        secret = basic("hub", found.password)
        endpoint = add_collection(found.url, secret, viewer=desk, at=timezone.now())
        verify_endpoint(endpoint, viewer=desk, at=timezone.now())
    return endpoint


def ended(at: datetime | None = None) -> int:
    """The look for what ended, once all is numbered; return how many deliveries it queued."""
    number_entries()
    return tell_ends(at=at or timezone.now())


def answers_challenges(body: bytes) -> bytes:
    found = json.loads(body)
    return json.dumps(found["data"]).encode() if found["type"] == "endpoint.verify" else b""


def endpoint_for(code: str, url: str, *, verified: bool = True) -> tuple[Endpoint, Webhook]:
    """An endpoint of the agency as if it had answered the challenge, and what verifies its signatures."""
    desk = desk_of(agency(code))
    with viewing(desk):
        endpoint, secret = add_endpoint(url, viewer=desk, at=timezone.now())
        if verified:
            endpoint.verified_at = timezone.now()
            endpoint.save(update_fields=["verified_at"])
    return endpoint, Webhook(secret)


def send(at: datetime | None = None) -> int:
    """One run of the worker, at `at`."""
    return send_waiting(clock=(lambda: at) if at else timezone.now)


def deliveries(code: str, channel: str | None = None) -> list[Delivery]:
    """The agency's deliveries in the order they were queued."""
    with engine():
        found = Delivery.objects.filter(agency__code=code).select_related("alert").order_by("id")
        return list(found.filter(channel=channel) if channel else found)


def states(code: str) -> dict[tuple[str, str], str]:
    """(alert, channel) -> state."""
    return {(row.alert.kind, row.channel): row.state for row in deliveries(code)}


def recalled(record: Any, reason: str = "The laboratory found sugar", by: str = "cbp.releaser") -> None:
    who = viewer(by)
    with viewing(who):
        recall(record, reason=reason, viewer=who, at=timezone.now())
