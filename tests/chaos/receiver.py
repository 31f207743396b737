"""A partner's server that hangs, resets, breaks off, answers 500, 429 and garbage, and takes it in the end.

A process of its own, killed by nobody. What it is sent it writes down before it answers, with the process that sent it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.chaos.callers import Callers
from tests.chaos.run import TIMEOUT_S, Run

# Of the first few requests of an id so many go wrong.
TROUBLED = 0.4
HANG_S = 30
# Half of what its sender waits: on a busy machine more may pass before it is read, and the sender has given up.
OLDEST_S = TIMEOUT_S / 2
TROUBLES = ("hang", "reset", "half", "500", "429", "garbage")
# It is taken, and the answer then breaks off: to whoever reads the status it is an answer.
TAKEN = ("ok", "short")
ANSWERS = {
    "ok": b"HTTP/1.1 204 No Content\r\n\r\n",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\ntaken, and th",
    "half": b"HTTP/1.1 20",
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\noops\n",
    "429": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
    "garbage": b"\x16\x03\x01 or whatever this is\x00\xff\r\n\r\n",
}
STAYS = ("ok", "500", "429")


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def age_s(self) -> float:
        """How long ago it was signed, up to a second more."""
        return time.time() - int(self.headers.get("webhook-timestamp", 0))


class Receiver:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.callers = Callers()
        self.seen: Counter[str] = Counter()
        self.dice: dict[str, random.Random] = {}
        self.keys: dict[str, Webhook] = {}
        self.log = os.open(run.requests, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read(reader)) and await self.answer(request, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer somehow; whether the connection stays."""
        told = self.verified(request)
        if told.get("type") == "endpoint.verify":
            body = json.dumps(told["data"]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            return True
        fate = self.fate(request)
        # What may come again is asked whose it was. Where nobody may wait for the answer any more it is not taken.
        pid = self.callers.caller(writer.get_extra_info("peername")) if fate in TAKEN else 0
        if fate in TAKEN and (not pid or request.age_s > OLDEST_S):
            fate = "late"
        self.write_down(request, told, pid, fate)
        if fate == "hang":
            await asyncio.wait([asyncio.ensure_future(reader.read())], timeout=HANG_S)
        elif fate == "reset":
            writer.transport.abort()
        elif fate in ANSWERS:
            writer.write(ANSWERS[fate])
            await writer.drain()
        return fate in STAYS

    def fate(self, request: Request) -> str:
        """Drawn endpoint by endpoint: a seed gives each the same row of troubles."""
        dice = self.dice.setdefault(request.path, random.Random(f"{self.run.seed} {request.path}"))
        self.seen[request.id] += 1
        if dice.random() < TROUBLED and self.seen[request.id] <= self.run.troubles:
            return dice.choice(TROUBLES)
        return "short" if dice.random() < 0.05 else "ok"

    def write_down(self, request: Request, told: dict[str, Any], pid: int, fate: str) -> None:
        data = told.get("data", {})
        line = {
            "at": time.time(),
            "id": request.id,
            "path": request.path,
            "pid": pid,
            "fate": fate,
            "verified": bool(told),
            "type": told.get("type", ""),
            "ref": data.get("ref", ""),
            "version": data.get("version"),
        }
        os.write(self.log, json.dumps(line).encode() + b"\n")

    def verified(self, request: Request) -> dict[str, Any]:
        """What the body says where its signature holds, by the library that partners use."""
        if request.path not in self.keys:
            found = json.loads(self.run.endpoints.read_text())
            self.keys = {path: Webhook(known["secret"]) for path, known in found.items()}
        try:
            return dict(self.keys[request.path].verify(request.body, request.headers))
        except (WebhookVerificationError, KeyError, ValueError):
            return {}


async def read(reader: asyncio.StreamReader) -> Request | None:
    """One request, or None where the other side is done."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(first.split(" ")[1], headers, body)


async def main(run: Run) -> None:
    receiver = Receiver(run)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, backlog=1000, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Run.told(*sys.argv[1:4])))
