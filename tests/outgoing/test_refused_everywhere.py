"""One table of addresses: refused when an endpoint is saved, and when something is sent, however they are written."""

from __future__ import annotations

import asyncio
import socket

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from hub.database.context import viewing
from hub.outgoing.post import Refused, Unreachable, check, get, post
from hub.outgoing.way import WayOut, _socket
from sharing.deliveries.endpoints.actions import add_collection, add_endpoint
from sharing.deliveries.models import Endpoint
from tests.cast import viewer
from tests.outgoing.test_post import resolving

INWARD = {
    "loopback": "127.0.0.1",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f.0.0.1",
    "hexadecimal in one": "0x7f000001",
    "short": "127.1",
    "one number": "2130706433",
    "octal in one": "017700000001",
    "more than fits": "4294967297",
    "with a dot behind": "127.0.0.1.",
    "private": "10.0.0.1",
    "private, short": "10.1",
    "link-local, where clouds keep secrets": "169.254.169.254",
    "the same in one": "2852039166",
    "shared": "100.64.0.1",
    "nowhere": "0.0.0.0",
    "this, short": "0",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "full-width digits": "\uff11\uff12\uff17.0.0.1",
    "IPv6 loopback": "[::1]",
    "IPv6 nowhere": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, in hexadecimal": "[::ffff:7f00:1]",
    "compatible": "[::127.0.0.1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "NAT64 of a network's own": "[64:ff9b:1::1]",
    "6to4": "[2002:7f00:1::]",
    "Teredo": "[2001:0:1::1]",
    "IPv6 private": "[fd00::1]",
    "IPv6 link-local": "[fe80::1]",
    "ISATAP": "[2606:4700::200:5efe:7f00:1]",
    "documentation": "[2001:db8::1]",
}


@pytest.fixture(autouse=True)
def nothing_is_permitted(settings):
    settings.OUTGOING_ALLOW = []


@pytest.mark.django_db
@pytest.mark.parametrize("host", INWARD.values(), ids=INWARD)
def test_what_leads_inward_is_refused_at_save_and_at_send(host, monkeypatch):
    connected = []

    async def sock_connect(self, sock, address):
        connected.append(address)

    monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", sock_connect)
    url = f"https://{host}/hook"
    who = viewer("cbsa.liaison")
    with viewing(who):
        with pytest.raises(ValidationError):
            add_endpoint(url, viewer=who, at=timezone.now())
        with pytest.raises(ValidationError):
            add_collection(f"https://{host}/api/collections/1/", "X-Key: a", viewer=who, at=timezone.now())
        assert not Endpoint.objects.exists()
    with pytest.raises((Refused, Unreachable)):
        post(url, b"{}", {}, timeout_s=2, limit_bytes=10)
    with pytest.raises((Refused, Unreachable)):
        get(url, {}, timeout_s=2, limit_bytes=10)
    assert connected == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"],
)
def test_a_name_that_resolves_inward_is_refused_at_save_and_at_send(address, monkeypatch):
    _asked, connected = resolving(monkeypatch, "8.8.8.8", address)
    with pytest.raises(Refused, match="not a public address"):
        check("https://rebind.example/")
    with pytest.raises(Refused, match="not a public address"):
        post("https://rebind.example/", b"{}", {}, timeout_s=2, limit_bytes=10)
    with pytest.raises(Refused, match="not a public address"):
        get("https://rebind.example/", {}, timeout_s=2, limit_bytes=10)
    assert connected == []


def test_a_name_that_turns_inward_between_two_requests_gains_nothing(monkeypatch, raw_server, settings):
    """DNS rebinding: each connection goes to an address that was looked at for it."""
    answers = ["8.8.8.8"]
    _asked, connected = resolving(monkeypatch, "8.8.8.8")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[0], port))],
    )

    def once(client):
        while not client.recv(4096).endswith(b"{}"):
            pass
        client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    port = raw_server(once)

    async def twice():
        async with WayOut() as way:
            assert (
                await way.post(f"http://rebind.example:{port}/", b"{}", {}, timeout_s=2, limit_bytes=0)
            ).status == 204
            way._session.connector.clear_dns_cache()
            answers[0] = "127.0.0.1"
            with pytest.raises(Refused):
                await way.post(f"http://rebind.example:{port}/", b"{}", {}, timeout_s=2, limit_bytes=0)

    asyncio.run(twice())
    assert connected == ["8.8.8.8"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1", "::1"])
def test_the_last_step_before_a_connection_looks_once_more(address):
    with pytest.raises(OSError, match="not a permitted address"):
        _socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)))


def test_a_connection_is_shared_and_what_is_asked_carries_nothing_of_the_hubs(raw_server, settings):
    from ipaddress import ip_network

    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    connections, heads = [], []

    def keep(client):
        connections.append(client)
        had = b""
        while part := client.recv(4096):
            had += part
            while had.endswith(b"{}"):
                heads.append(had)
                had = b""
                client.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok")

    port = raw_server(keep)

    async def some():
        async with WayOut() as way:
            for limit in (0, 10, 0):
                found = await way.post(
                    f"http://127.0.0.1:{port}/", b"{}", {"X-A": "1"}, timeout_s=2, limit_bytes=limit
                )
                assert found.status == 200 and found.body == (b"ok" if limit else b"")

    asyncio.run(some())
    assert len(connections) == 1 and len(heads) == 3
    names = {line.partition(b":")[0].lower() for line in heads[2].split(b"\r\n\r\n")[0].split(b"\r\n")[1:]}
    assert names == {b"host", b"x-a", b"accept-encoding", b"content-length", b"content-type"}
    assert b"Accept-Encoding: identity" in heads[2]


def test_an_answer_with_endless_headers_is_nobody_answering(raw_server, settings):
    from ipaddress import ip_network

    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    for head in (b"X: " + b"a" * 20_000, b"\r\n".join(b"X%d: a" % n for n in range(500))):

        def answer(client, head=head):
            client.recv(4096)
            client.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")

        with pytest.raises(Unreachable):
            post(f"http://127.0.0.1:{raw_server(answer)}/", b"{}", {}, timeout_s=2, limit_bytes=0)
