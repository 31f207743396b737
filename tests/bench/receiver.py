"""A receiver of webhooks in a process of its own: it takes all, notes when, and never answers below /hang."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
seen: list[tuple[str, float]] = []


class Line(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.had = transport, b""

    def data_received(self, data: bytes) -> None:
        self.had += data
        while (end := self.had.find(b"\r\n\r\n")) >= 0:
            head = self.had[:end].lower()
            length = int(value(head, b"content-length") or 0)
            if len(self.had) < end + 4 + length:
                return
            self.had = self.had[end + 4 + length :]
            self.answer(head)

    def answer(self, head: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        if head.startswith(b"post /hang"):
            return
        if head.startswith(b"post"):
            seen.append((value(head, b"webhook-id").decode(), time.time()))
            self.transport.write(TAKEN)
        else:
            body = json.dumps(seen).encode()
            seen.clear()
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )


def value(head: bytes, name: bytes) -> bytes:
    _before, found, after = head.partition(b"\r\n" + name + b":")
    return after.partition(b"\r\n")[0].strip() if found else b""


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Receiver:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/in"
        self.hanging = f"http://127.0.0.1:{port}/hang"

    def taken(self) -> dict[str, float]:
        """webhook-id -> when (seconds since the epoch), of all since it was last asked."""
        with urlopen(self.url) as answer:
            return dict(json.load(answer))


@contextmanager
def receiver() -> Iterator[Receiver]:
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Receiver(int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve())
