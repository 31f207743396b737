"""A partner's TAXII server, small, on loopback: it behaves well, or as badly as a test wants."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sharing.intake.pulling.actions import FIRST

MEDIA = "application/taxii+json;version=2.1"
Answer = tuple[int, dict[str, str], bytes]


def stamp(number: int) -> str:
    """When the object of this number was added."""
    return f"2026-05-01T00:{number // 60:02}:{number % 60:02}.000001Z"


@dataclass
class Partner:
    """`objects` in the order added. `odd` may answer in place of it: given path and query, an answer or None."""

    port: int = 0
    objects: list[dict[str, Any]] = field(default_factory=list)
    odd: Callable[[str, dict[str, str]], Answer | None] = lambda path, query: None
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    # What it says of what was posted to it.
    taking: int = 202
    taken: dict[str, Any] = field(default_factory=lambda: {"status": "complete", "success_count": 1})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/taxii2/root/collections/abc/"

    @property
    def pages(self) -> list[dict[str, str]]:
        """The queries of all requests for objects, but for the look at the first of them when it is added."""
        asked = [query for path, query, _headers in self.asked if path.endswith("/objects/")]
        return [query for query in asked if query["limit"] != str(FIRST)]

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        if odd := self.odd(path, query):
            return odd
        if not path.endswith("/objects/"):
            return said({"id": "abc", "title": "Finds", "can_read": True, "can_write": False})
        begin = int(query["next"]) if "next" in query else 0
        if "next" not in query:
            begin = sum(stamp(number) <= query.get("added_after", "") for number in range(len(self.objects)))
        end = min(begin + int(query["limit"]), len(self.objects))
        page: dict[str, Any] = {"objects": self.objects[begin:end]} if end > begin else {}
        if end < len(self.objects):
            page |= {"more": True, "next": str(end)}
        told = {"X-TAXII-Date-Added-Last": stamp(end - 1)} if end > begin else {}
        return said(page, **told)


def said(body: Any, status: int = 200, **headers: str) -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, {"Content-Type": MEDIA, **headers}, text


@contextmanager
def partner() -> Iterator[Partner]:
    found = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append((parts.path, query, headers))
            pair = base64.b64encode(b"cbp:a secret").decode()
            status, told, body = found.answer(parts.path, query)
            # Of a peer that is asked without saying who asks, the other half of the tests.
            known = (f"Basic {pair}", "Token a secret", None)
            if headers.get("authorization") not in known:
                status, told, body = said({"title": "Unauthorized"}, 401)
            self._answer(status, told, body)

        def do_POST(self) -> None:
            found.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(*said(found.taken, found.taking))

        def _answer(self, status: int, told: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**told, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
