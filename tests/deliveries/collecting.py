"""A collection of a partner's TAXII server, small: it lets in who has the password, and keeps what it is given."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ID = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
STATUS = "2d086da7-4bdc-4f91-900e-d77486753710"
TYPE = "application/taxii+json;version=2.1"
PASSWORD = "hushhush"


@dataclass
class Collection:
    """`answers` are statuses of POSTs, in order, the last for ever; `failing` ids are refused; `pending` so often."""

    port: int = 0
    about: dict[str, Any] = field(
        default_factory=lambda: {
            "id": ID, "title": "Drugs at the border", "can_read": False, "can_write": True,
            "media_types": ["application/stix+json;version=2.1"],
        }
    )  # fmt: skip
    password: str = PASSWORD
    answers: list[int | tuple[int, dict[str, str]]] = field(default_factory=lambda: [202])
    before: Callable[[], None] = lambda: None
    failing: Callable[[dict[str, Any]], bool] = lambda each: False
    pending: int = 0
    asked: list[str] = field(default_factory=list)
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/collections/{ID}/"

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What the newest envelope brought."""
        return list(self.envelopes[-1]["objects"])

    def told(self, uid: Any) -> list[dict[str, Any]]:
        """The versions of a record it was given, in order."""
        return [each for sent in self.envelopes for each in sent["objects"] if each["id"].endswith(str(uid))]

    def lets_in(self, headers: Any) -> bool:
        wanted = "Basic " + b64encode(f"hub:{self.password}".encode()).decode()
        return headers.get("Authorization") in (wanted, f"Token {self.password}")

    def status(self, envelope: dict[str, Any]) -> dict[str, Any]:
        found = envelope["objects"]
        failures = [each for each in found if self.failing(each)]
        waits, self.pending = self.pending > 0, self.pending - 1
        return {
            "id": STATUS,
            "status": "pending" if waits else "complete",
            "total_count": len(found),
            "success_count": 0 if waits else len(found) - len(failures),
            "failure_count": 0 if waits else len(failures),
            "pending_count": len(found) if waits else 0,
            "failures": []
            if waits
            else [{"id": each["id"], "version": each.get("modified"), "message": "no"} for each in failures],
        }


@contextmanager
def serving(found: Collection) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            if not found.lets_in(self.headers):
                return self.say(401, {})
            if "/status/" in self.path:
                return self.say(200, found.status(found.envelopes[-1]))
            return self.say(200, found.about)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not found.lets_in(self.headers):
                return self.say(401, {})
            found.before()
            found.heads.append(dict(self.headers))
            found.bodies.append(body)
            answer = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            if status == 202:
                found.envelopes.append(json.loads(body))
                return self.say(status, found.status(found.envelopes[-1]), headers)
            return self.say(status, {"title": "no"}, headers)

        def say(self, status: int, what: Any, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": TYPE, "Content-Length": str(len(body)), **(headers or {})
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
