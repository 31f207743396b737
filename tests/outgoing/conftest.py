"""Servers on loopback that behave well or badly."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_network

import pytest


@pytest.fixture(autouse=True)
def loopback_is_permitted(settings):
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    settings.HUB_DEMO = True


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Starts a server whose connections a function handles, by hand; returns its port."""
    listeners = []

    def start(handle: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client, suppress(OSError):
                    handle(client)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()
