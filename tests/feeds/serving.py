"""The hub as it is served, beside a test: gunicorn with the arguments of `make run`, on the tests' own database."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from hub.launcher.serving import processes
from tests.processes import process, until

PATIENCE_S = 90.0


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    (web,) = [child for child in processes(home, "127.0.0.1", port) if child.name == "web"]
    told = {"SITE_URL": url, "PORT": str(port), "API_REQUESTS_A_MINUTE": "1000000"}
    told |= {"PHOTOGRAPHS": str(home / "photographs")}
    with process(home, *web.arguments[1:], told=told) as running:

        def answers() -> bool:
            assert running.poll() is None, "it ended by itself"
            try:
                return requests.get(f"{url}/healthz", timeout=2).ok
            except requests.RequestException:
                return False

        until(answers, within_s=PATIENCE_S)
        yield url
