"""The hub under chaos: PostgreSQL, Valkey, two senders, a worker and beat as `make run` starts them, to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import psycopg

from hub import env
from hub.launcher import process
from hub.launcher.crew import Child, Crew
from hub.launcher.services import Services
from hub.launcher.serving import QUIET, processes
from tests.chaos.callers import children, group
from tests.chaos.run import Run

SENDERS = ("sender-1", "sender-2")
WORKERS = (*SENDERS, "worker")


class QuietCrew(Crew):
    """What its children say goes to their logs alone; who is killed here is started again at once."""

    def write(self, child: Child, lines: list[bytes]) -> None:
        with open(self.logs / f"{child.name}.log", "ab") as log:
            log.write(b"\n".join(lines) + b"\n")

    def tend(self, timeout_s: float) -> None:
        for child in self.children:
            child.deaths = 0
        with redirect_stdout(StringIO()):
            super().tend(timeout_s)


class Hub:
    def __init__(self, run: Run) -> None:
        self.home = run.folder / "home"
        # What was written outlives a kill -9 also where it is not flushed to the disk: a small run does not flush.
        self.services = Services(self.home, throwaway=run.small)
        postgres, valkey = self.services.postgres, self.services.valkey
        assert postgres is not None and valkey is not None
        self.postgres, self.valkey = postgres, valkey
        self.environment = os.environ | QUIET | run.waits | self.services.settings
        self.environment |= {"HUB_HOME": str(self.home), "HUB_DEMO": "1", "SECRET_KEY": "chaos " * 8}
        self.environment["HUB_DEMO_PASSWORD"] = "nobody signs in"
        self.crew = QuietCrew(self.environment, self.home / "logs")

    def start(self) -> None:
        """Services and tables. PostgreSQL notes when each transaction was committed, which a run asks afterwards."""
        self.services.start()
        with self.sql() as own:
            own.execute("set synchronous_commit = on")
            own.execute("alter system set track_commit_timestamp = on")
            own.execute("alter database hub set synchronous_commit = on")
        self.postgres.stop()
        self.postgres.start()
        self.postgres.wait()
        for command in ("migrate", "load_reference"):
            self.python("manage.py", command, "--verbosity", "0")

    def start_workers(self) -> None:
        known = {child.name: child for child in processes(self.home, "127.0.0.1", 1)}
        for name in SENDERS:
            named = [word.replace("sender@", f"{name}@") for word in known["sender"].arguments]
            self.crew.start(Child(name, named))
        self.crew.start(known["worker"])
        self.crew.start(known["beat"])

    def stop(self) -> None:
        self.crew.stop()
        self.services.stop()

    def python(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=env.ROOT,
            check=True,
            preexec_fn=process.child(signal.SIGKILL),
        )

    def begin(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """A process beside the hub, that ends with this one."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=env.ROOT,
            text=True,
            preexec_fn=process.child(signal.SIGKILL),
            **more,
        )

    def sql(self) -> psycopg.Connection:
        """A connection of the superuser's: it sees every row, and when it was committed."""
        return psycopg.connect(self.postgres.url("postgres"), autocommit=True, connect_timeout=5)

    def answers(self) -> bool:
        try:
            self.sql().close()
        except psycopg.OperationalError:
            return False
        return True

    def child(self, name: str) -> Child:
        return next(child for child in self.crew.children if child.name == name)

    def group(self, name: str) -> list[int]:
        """What runs of a child of the crew, its first process first; empty while it is down."""
        running = self.child(name).process
        return group(running.pid) if running is not None and running.poll() is None else []

    def sessions(self) -> list[int]:
        """PostgreSQL's processes that serve the hub: one that is killed takes all others with it."""
        running = self.postgres.process
        return children(running.pid, b"hub_app") if running is not None and running.poll() is None else []

    def wipe_valkey(self) -> None:
        for left in self.valkey.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
