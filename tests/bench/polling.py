"""A TAXII client that costs as little as one can: what it measures is the server."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

TAXII = "application/taxii+json;version=2.1"
PATIENCE_S = 120


class TooSlow(Exception):
    """The server had not finished in the time a measure may take; `a_second` is how fast it went until then."""

    def __init__(self, what: str, a_second: float = 0) -> None:
        super().__init__(what)
        self.a_second = a_second


@dataclass(frozen=True)
class Poll:
    """All pages of one question: how many objects, in what time, how long the slowest page took."""

    objects: int
    seconds: float
    slowest_s: float
    size_mb: float
    newest: str
    ids: frozenset[str]

    @property
    def a_second(self) -> float:
        return self.objects / self.seconds


class Client:
    """One kept connection to one collection."""

    def __init__(self, collection: str, authorization: str, *, patience_s: float = PATIENCE_S) -> None:
        found = urlsplit(collection)
        assert found.hostname
        self._path, self._patience_s = found.path, patience_s
        self._to = http.client.HTTPConnection(found.hostname, found.port, timeout=patience_s)
        self._headers = {"Accept": TAXII} | ({"Authorization": authorization} if authorization else {})

    def ask(
        self, method: str, what: str, query: dict[str, Any] | None = None, body: bytes | None = None
    ) -> Any:
        """(answer as JSON, its headers, bytes). Raises TooSlow, and AssertionError for an answer that is no success."""
        path = f"{self._path}{what}/" + (f"?{urlencode(query)}" if query else "")
        headers = self._headers | ({"Content-Type": TAXII} if body else {})
        try:
            try:
                self._to.request(method, path, body, headers)
                answer = self._to.getresponse()
            except (http.client.RemoteDisconnected, ConnectionError):
                # It rested for longer than the server keeps a connection.
                self._to.close()
                self._to.request(method, path, body, headers)
                answer = self._to.getresponse()
            said = answer.read()
        except TimeoutError:
            self._to.close()
            raise TooSlow(path) from None
        assert answer.status < 300, f"{answer.status} for {path}: {said[:400]!r}"
        return orjson.loads(said or b"{}"), answer.headers, len(said)

    def all_of(self, what: str = "objects", *, limit: int = 1000, **query: Any) -> Poll:
        """Every page. Raises TooSlow when they take longer than a measure may."""
        began = time.perf_counter()
        ids, slowest, size, newest, count = set(), 0.0, 0, "", 0
        asked: dict[str, Any] = {"limit": limit, **query}
        while True:
            page_began = time.perf_counter()
            found, headers, length = self.ask("GET", what, asked)
            slowest = max(slowest, time.perf_counter() - page_began)
            rows = found.get("objects", [])
            ids.update(row["id"] for row in rows)
            count, size = count + len(rows), size + length
            newest = headers.get("X-TAXII-Date-Added-Last") or newest
            # One of the servers says that there is more of a manifest, and not how to get it.
            if not found.get("more") or "next" not in found:
                break
            if (taken := time.perf_counter() - began) > self._patience_s:
                raise TooSlow(what, count / taken)
            asked |= {"next": found["next"]}
        seconds = time.perf_counter() - began
        return Poll(count, seconds, slowest, size / 1e6, newest, frozenset(ids))

    def post(self, objects: list[dict[str, Any]]) -> float:
        """Seconds until the server has taken the objects, its status complete."""
        began = time.perf_counter()
        self.ask("POST", "objects", body=orjson.dumps({"objects": objects}))
        return time.perf_counter() - began


def memory_mb(process: int) -> float:
    """The most that a process and its children have held, resident, in MB, added up."""
    from pathlib import Path

    total, waiting = 0.0, [process]
    while waiting:
        pid = waiting.pop()
        try:
            told = Path(f"/proc/{pid}/status").read_text().splitlines()
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except FileNotFoundError:
            continue
        total += sum(int(line.split()[1]) / 1000 for line in told if line.startswith("VmHWM"))
    return total
