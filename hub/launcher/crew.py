"""The hub's own processes: started, their output prefixed and logged, brought back when they die."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hub import env
from hub.launcher import process

LOG_LIMIT = 10 * 2**20
REFUSED = 2


@dataclass
class Child:
    """One process, by name; `deaths` counts how often it ended by itself lately.

    `told` is what its environment says beyond the others'.
    """

    name: str
    arguments: list[str]
    told: dict[str, str] = field(default_factory=dict, repr=False)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    again_at: float = 0.0
    deaths: int = 0
    rest: bytes = field(default=b"", repr=False)


class Crew:
    """All children in one thread: the kernel ties a child's life to the thread that started it."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment, self.logs = environment, logs
        self.children: list[Child] = []
        self.outputs = selectors.DefaultSelector()

    def start(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            child.arguments,
            env=self.environment | child.told,
            cwd=env.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=process.child(),
        )
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self.outputs.register(child.process.stdout, selectors.EVENT_READ, child)

    def run(self, child: Child) -> int:
        """Runs one child to its end and returns its exit status."""
        self.start(child)
        return self.finish(child)

    def finish(self, child: Child) -> int:
        """Waits for the end of a child that was started, and returns its exit status."""
        assert child.process is not None
        while child.process.poll() is None:
            self.listen(0.1)
        self.drain(child)
        self.children.remove(child)
        return child.process.returncode

    def listen(self, timeout_s: float) -> None:
        """Passes on what the children say, for as long as `timeout_s` or until one has said something."""
        if not self.outputs.get_map():
            time.sleep(timeout_s)
            return
        for key, _ in self.outputs.select(timeout_s):
            self.read(key.data)

    def read(self, child: Child) -> bool:
        """Passes on what one child has said; false when there is nothing now."""
        assert child.process is not None and child.process.stdout is not None
        output = child.process.stdout
        try:
            said = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return False
        if not said:
            with contextlib.suppress(KeyError, ValueError):
                self.outputs.unregister(output)
        *lines, child.rest = (child.rest + said).split(b"\n")
        if not said and child.rest:
            lines, child.rest = [*lines, child.rest], b""
        if lines:
            self.write(child, lines)
        return bool(said)

    def write(self, child: Child, lines: list[bytes]) -> None:
        path = self.logs / f"{child.name}.log"
        with open(path, "ab") as log:
            log.write(b"\n".join(lines) + b"\n")
            too_long = log.tell() > LOG_LIMIT
        if too_long:
            path.replace(path.with_suffix(".log.1"))
        sys.stdout.write("".join(f"{child.name:>7} | {line.decode(errors='replace')}\n" for line in lines))
        sys.stdout.flush()

    def drain(self, child: Child) -> None:
        while self.read(child):
            pass
        assert child.process is not None and child.process.stdout is not None
        with contextlib.suppress(KeyError, ValueError):
            self.outputs.unregister(child.process.stdout)
        child.process.stdout.close()

    def tend(self, timeout_s: float) -> None:
        """Passes output on, and starts again whoever died: at once, then after ever longer waits."""
        self.listen(timeout_s)
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None and not child.again_at:
                # What it forked goes too: orphaned pages would keep the port, orphaned tasks their claims.
                self.signal(child, signal.SIGKILL, group=True)
                self.drain(child)
                child.deaths = 1 if now - child.started_at > 60 else child.deaths + 1
                wait = min(30.0, 0.5 * 2 ** (child.deaths - 1))
                child.again_at = now + wait
                how = process.ended(child.process.returncode)
                print(f"hub: {child.name} {how}; starting it again in {wait:g} s", flush=True)
            elif child.again_at and now >= child.again_at:
                child.again_at = 0.0
                self.start(child)

    def refused(self) -> int | None:
        """The exit status of a child that refused to start with a line of its own, if one did."""
        gone = (child.process.poll() for child in self.children if child.process is not None)
        return next((status for status in gone if status == REFUSED), None)

    def stop(self, patience_s: float = 8.0) -> None:
        """SIGTERM to all, a while to finish, then SIGKILL to each whole process group."""
        alive = [
            child for child in self.children if child.process is not None and child.process.poll() is None
        ]
        for child in alive:
            self.signal(child, signal.SIGTERM, group=False)
        until = time.monotonic() + patience_s
        while time.monotonic() < until and any(
            c.process is not None and c.process.poll() is None for c in alive
        ):
            self.listen(0.1)
        for child in self.children:
            self.signal(child, signal.SIGKILL, group=True)
            if child.process is not None:
                child.process.wait()

    def signal(self, child: Child, signum: int, *, group: bool) -> None:
        if child.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if group:
                os.killpg(child.process.pid, signum)
            elif child.process.poll() is None:
                child.process.send_signal(signum)
