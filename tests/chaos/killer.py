"""Kills with -9, at random: workers, single processes of theirs, beat, PostgreSQL, one of its sessions, Valkey."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.chaos.hub import SENDERS, WORKERS, Hub
from tests.chaos.run import Run

DOWN_S = 2.0
BACK = "PostgreSQL is back"


class Killer:
    """`step` is called again and again: while it is awake each kind comes once, then by its weight."""

    def __init__(self, hub: Hub, run: Run) -> None:
        self.hub, self.run = hub, run
        self.dice = random.Random(f"{run.seed} killer")
        self.awake = False
        self.kinds: dict[str, tuple[int, Callable[[], list[int]]]] = {
            "a worker": (3, self._worker),
            "a process of a worker": (4, self._process),
            "PostgreSQL": (2, self._postgres),
            "a session of PostgreSQL": (1, self._session),
            "Valkey": (3, self._valkey),
            "beat": (1, self._beat),
        }
        self.first = list(self.kinds)
        self.dice.shuffle(self.first)
        self.counted: Counter[str] = Counter()
        self.next_at = self.last_at = time.monotonic()
        # Services that are down, and when they come back.
        self.down: dict[str, float] = {}
        # Whether PostgreSQL has not answered since it was killed last.
        self.away = False

    @property
    def done_once(self) -> bool:
        return not self.first

    def step(self) -> None:
        now = time.monotonic()
        self.bring_back(now)
        if self.awake and now >= self.next_at and not (self.run.small and self.done_once):
            self.next_at = now + self._wait()
            weights = {kind: weight for kind, (weight, _kill) in self.kinds.items()}
            self._kill(
                self.first[-1] if self.first else self.dice.choices([*weights], [*weights.values()])[0]
            )

    def bring_back(self, now: float) -> None:
        """Start what has been down for long enough. A session that was killed is PostgreSQL's own to see to."""
        for name in [name for name, until in self.down.items() if now >= until]:
            (self.hub.postgres if name == "postgres" else self.hub.valkey).start()
            del self.down[name]
        if self.away and "postgres" not in self.down and self.hub.answers():
            self.away = False
            self._note(BACK, [])

    def _kill(self, kind: str) -> None:
        began = time.time()
        if killed := self.kinds[kind][1]():
            self.counted[kind] += 1
            self.last_at = time.monotonic()
            self.first = [each for each in self.first if each != kind]
            self._note(kind, killed, began)

    def _worker(self) -> list[int]:
        return _end(self.hub.group(self._one()))

    def _process(self) -> list[int]:
        """One that works, as the kernel does where memory runs out; at times the one above it."""
        found = self.hub.group(self._one())
        if self.dice.random() < 0.25:
            # The crew ends the rest of its group with it.
            return _end(found[:1]) and found
        below = found[1:]
        # Between two starts there is none.
        return _end([self.dice.choice(below)]) if below else []

    def _one(self) -> str:
        return self.dice.choice(SENDERS if self.run.small else WORKERS)

    def _beat(self) -> list[int]:
        return _end(self.hub.group("beat"))

    def _session(self) -> list[int]:
        found = self.hub.sessions()
        self.away |= bool(found)
        return _end([self.dice.choice(found)]) if found else []

    def _postgres(self) -> list[int]:
        killed = self._service("postgres")
        self.away |= bool(killed)
        return killed

    def _valkey(self) -> list[int]:
        killed = self._service("valkey")
        if killed and self.dice.random() < 0.5:
            self.hub.wipe_valkey()
        return killed

    def _service(self, name: str) -> list[int]:
        running = (self.hub.postgres if name == "postgres" else self.hub.valkey).process
        if name in self.down or running is None or running.poll() is not None:
            return []
        killed = _end([running.pid])
        running.wait()
        self.down[name] = time.monotonic() + self.dice.uniform(0.1, DOWN_S)
        return killed

    def _note(self, kind: str, pids: list[int], at: float | None = None) -> None:
        line = {"at": at or time.time(), "kind": kind, "pids": pids}
        with self.run.kills.open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _wait(self) -> float:
        return self.run.every_s * self.dice.uniform(0.5, 1.5)


def _end(pids: list[int]) -> list[int]:
    """Those of `pids` that were there to be killed."""
    killed = []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed
