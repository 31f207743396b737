"""A run in order: the hub, its load, its killer and the receiver, until all is settled; then the verdict."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.chaos.hub import Hub
from tests.chaos.killer import Killer
from tests.chaos.run import Run
from tests.chaos.verdict import judge

LOOK_S, PROGRESS_S = 0.5, 5.0
# Killing ends when so few are left, so that what the last dead held is seen to be mended.
LAST = 0.03
COUNT = "select count(*), count(*) filter (where state in ('waiting', 'sending')) from sharing_delivery"


def chaos(run: Run) -> int:
    """Exit status 0 where every promise was kept; prints what happened, and last a line that sums it up."""
    began = time.monotonic()
    print(f"chaos: {run.deliveries} deliveries, seed {run.seed}; logs in {run.folder}", flush=True)
    hub = Hub(run)
    try:
        hub.start()
        with receiver(hub, run) as port:
            print(f"chaos: set up in {time.monotonic() - began:.0f} s", flush=True)
            hub.start_workers()
            killer = Killer(hub, run)
            with (run.folder / "load.log").open("w") as log:
                loading = hub.begin("-m", "tests.chaos.load", *run.words, str(port), stderr=log)
            settled_s = until_settled(hub, killer, run, loading)
            with hub.sql() as own:
                verdict = judge(run, own, hub.home / "mail")
    finally:
        hub.stop()
    print("\n".join(verdict.lines))
    if settled_s is None:
        print(f"chaos: not settled within {run.limit_s:.0f} s")
    if verdict.complaints or settled_s is None:
        print(f"chaos: to run it again: {run.again}")
    kills = ", ".join(f"{count} of a {kind}" for kind, count in sorted(killer.counted.items()))
    print(f"{verdict.summary}; {sum(killer.counted.values())} kills ({kills}); ", end="")
    print(f"{settled_s or run.limit_s:.0f} s; seed {run.seed}", flush=True)
    return 1 if verdict.complaints or settled_s is None else 0


@contextmanager
def receiver(hub: Hub, run: Run) -> Iterator[int]:
    """The port on which it listens."""
    process = hub.begin("-m", "tests.chaos.receiver", *run.words, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def until_settled(hub: Hub, killer: Killer, run: Run, loading: subprocess.Popen[str]) -> float | None:
    """Let the load run and kill meanwhile; how long it took until nothing waited any more, or None."""
    began, said_at, looked_at = time.monotonic(), 0.0, 0.0
    while (spent := time.monotonic() - began) < run.limit_s:
        hub.crew.tend(0.05)
        killer.step()
        if spent < looked_at + LOOK_S or (counted := count(hub)) is None:
            continue
        looked_at, (total, left) = spent, counted
        if spent >= said_at:
            said_at = spent + PROGRESS_S
            kills = sum(killer.counted.values())
            print(f"chaos: {spent:5.0f} s  {total} deliveries, {left} left, {kills} kills", flush=True)
        loaded = loading.poll() is not None
        if loaded and loading.returncode:
            print(f"chaos: the load itself failed: {run.folder}/load.log")
            return None
        killer.awake = total > left and not (loaded and left <= total * LAST and killer.done_once)
        if loaded and not left and killer.done_once:
            calm_s = time.monotonic() - killer.last_at
            print(f"chaos: settled {calm_s:.0f} s after the last kill", flush=True)
            return spent
    loading.kill()
    return None


def count(hub: Hub) -> tuple[int, int] | None:
    """(deliveries, those that are not settled); None while PostgreSQL is down."""
    try:
        with hub.sql() as own:
            return own.execute(COUNT).fetchone()
    except psycopg.Error:
        return None
