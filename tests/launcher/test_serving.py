"""`run`, whole: pages, worker and beat, what kills them, and what stops them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from hub import env

from .conftest import eventually, on

pytestmark = pytest.mark.launcher


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hub:
    """A `run` on `home`, as somebody would have it in a terminal."""

    def __init__(self, home: Path, environment: dict[str, str], port: int) -> None:
        self.home, self.port = home, port
        self.environment = environment | {
            "HUB_HOME": str(home), "PORT": str(port), "HUB_DEMO": "0",
            "SECRET_KEY": "k" * 50, "EMAIL_URL": "smtp://localhost",
        }  # fmt: skip
        self.said = home.parent / "said.txt"

    def start(self) -> None:
        with self.said.open("wb") as said:
            command = [sys.executable, "-m", "hub.launcher", "run"]
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=env.ROOT, stdout=said, stderr=said
            )
        eventually(lambda: "The hub is ready" in self.said.read_text() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.said.read_text()

    def refused(self, **changed: str) -> str:
        """What a `run` that ends at once says."""
        command = [sys.executable, "-m", "hub.launcher", "run"]
        done = subprocess.run(
            command, env=self.environment | changed, cwd=env.ROOT, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 2
        return done.stderr

    def status(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return int(answer.status)
        except OSError:
            return 0

    def counts(self) -> dict[str, int]:
        """`manage.py counts` from another terminal, which knows HUB_HOME and nothing else."""
        known = {key: value for key, value in self.environment.items() if key not in env.SHARED}
        command = [sys.executable, "manage.py", "counts"]
        done = subprocess.run(command, env=known, cwd=env.ROOT, capture_output=True, text=True, check=True)
        return {table: int(number) for table, number in map(str.split, done.stdout.splitlines())}

    def pid_of(self, name: str) -> int:
        """The first process, the one the launcher started, that has `name` in its command line."""
        return min(pid for pid in on(self.home) if name in Path(f"/proc/{pid}/cmdline").read_text())


def test_a_hub_from_its_first_start_to_its_last(bare, home):
    hub = Hub(home, bare, free_port())
    hub.start()
    assert hub.status() == 200
    assert "127.0.0.1" in hub.said.read_text()
    # A worker has begun to look for what ended.
    eventually(lambda: hub.counts()["sharing_looked"] == 1)
    first = hub.counts()
    assert first["django_migrations"] > 10 and "bulletins_bulletin" in first

    # Where the trail's sealing key lies, the sealer alone is told.
    sealer = hub.pid_of("seal_trail")
    told = {pid for pid in on(home) if b"SEAL_KEY" in Path(f"/proc/{pid}/environ").read_bytes()}
    assert told == {sealer}
    eventually(lambda: (home / "keys/seal.pem").exists())
    assert (home / "keys/seal.pem").stat().st_mode & 0o777 == 0o600

    # Whoever starts a second one is told why not.
    assert f"port {hub.port} is taken" in hub.refused(HUB_HOME=str(home.parent / "another"))
    assert "another launcher" in hub.refused(PORT=str(free_port()))

    # The pages come back when their process is killed, the worker too, and what they work with.
    for name, word in (
        ("gunicorn", "web"),
        ("default,bulk", "worker"),
        ("urgent", "sender"),
        ("valkey-server", "Valkey"),
        ("bin/postgres", "PostgreSQL"),
    ):
        os.kill(hub.pid_of(name), signal.SIGKILL)
        eventually(
            lambda word=word: f"hub: {word} was ended by SIGKILL; starting it again" in hub.said.read_text()
        )
    eventually(lambda: hub.status() == 200)

    # Ctrl-C stops all of it.
    hub.process.send_signal(signal.SIGINT)
    assert hub.process.wait(30) == 0
    assert on(home) == [] and not (home / env.SERVICES).exists()

    # The data is still there at the next start, which a kill of everything at once ends.
    hub.start()
    assert hub.counts() == first
    for pid in on(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    hub.process.wait(10)
    eventually(lambda: on(home) == [])
    hub.start()
    assert hub.counts() == first
    hub.process.terminate()
    assert hub.process.wait(30) == 0 and on(home) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"HUB_DEMO": "1", "HUB_LISTEN": "0.0.0.0"},
            "HUB_DEMO=1 serves this machine alone; HUB_LISTEN is 0.0.0.0",
        ),
        (
            {"HUB_DEMO": "1", "HUB_DEMO_PASSWORD": "short"},
            "HUB_DEMO_PASSWORD must have 12 characters at least",
        ),
        ({"PORT": "http"}, "PORT must be a whole number from 1 to 65535, not 'http'"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set, and HUB_DEMO=0 needs it"),
    ],
)
def test_an_unfit_start_ends_in_one_line_and_starts_nothing(bare, home, changed, line):
    assert Hub(home, bare, free_port()).refused(**changed) == f"hub: {line}\n"
    assert on(home) == []
