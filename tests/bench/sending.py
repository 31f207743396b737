"""How fast webhooks go out, beside a bare loop and a task for each; and what one that hangs does, and a hazard."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from django.db import connections
from django.utils import timezone

from hub import env
from hub.agencies.models import Agency
from sharing.deliveries.models import Endpoint
from sharing.deliveries.notifiers.webhook import headers, payload
from sharing.deliveries.sending import begin
from sharing.deliveries.tasks import send_waiting
from tests.bench.bare import bare
from tests.bench.logins import as_owner, run
from tests.bench.one_each import QUEUE, send_one
from tests.bench.outbox import again, agencies, endpoints, give, left, outbox
from tests.bench.receiver import Receiver, receiver
from tests.bench.sender import senders
from tests.cast import load_world

# Agencies that each bulletin of the backlog goes to, and how often it is told.
BROAD, ALERTS, ROUNDS = 100, 5, 3
MANY, EACH = 100, 5
PATIENCE_S = 120


@dataclass(frozen=True)
class Sent:
    """Deliveries a second by the clock, and processor time of this process for one, in microseconds."""

    a_second: float
    busy_us: float


@dataclass(frozen=True)
class Sending:
    deliveries: int
    hub: Sent
    two_senders: Sent
    bare: Sent
    one_each: float
    released_to_500_s: float
    hazard_behind: int
    hazard_s: float
    others_s: float
    others_beside_one_that_hangs_s: float
    memory_after_first_mb: float
    memory_at_end_mb: float
    in_memory: int

    def said(self) -> str:
        slower = self.others_beside_one_that_hangs_s / self.others_s - 1
        return "\n".join(
            [
                "sending, webhooks to a receiver on this machine:",
                f"  a bare aiohttp loop {self.bare.a_second:,.0f} a second,"
                f" {self.bare.busy_us:.0f} us of processor time",
                f"  the hub, one sender {self.hub.a_second:,.0f}, {self.hub.busy_us:.0f} us:"
                f" {self.hub.a_second / self.bare.a_second:.2f} of it by the clock,"
                f" {self.bare.busy_us / self.hub.busy_us:.2f} by processor time",
                f"  the hub, two senders {self.two_senders.a_second:,.0f}:"
                f" {self.two_senders.a_second / self.bare.a_second:.2f} of it",
                f"  one Celery task each, two workers {self.one_each:,.0f}: two senders are"
                f" {self.two_senders.a_second / self.one_each:.1f} times as fast",
                f"  from a release to the last of 500: {self.released_to_500_s:.2f} s",
                f"  a hazard published behind {self.hazard_behind:,} arrives after {self.hazard_s:.2f} s",
                f"  499 beside one that hangs: {self.others_beside_one_that_hangs_s:.2f} s for"
                f" {self.others_s:.2f}, {slower:+.0%}",
                f"  memory over {self.in_memory:,}: {self.memory_after_first_mb:.0f} MB after the first,"
                f" {self.memory_at_end_mb:.0f} MB at the end",
            ]
        )

    def kept(self) -> dict[str, Any]:
        return asdict(self)


def sending(deliveries: int) -> Sending:
    """Measure with so many deliveries; what is measured over fewer says so. The database has room of its own for it."""
    with as_owner():
        load_world()
        broad, many = agencies(BROAD, "SEND"), agencies(MANY, "MANY")
    with receiver() as to:
        with as_owner():
            endpoints(broad, to.url)
            endpoints(many, to.url, EACH)
        outbox(broad, bulletins=max(1, min(deliveries, 10_000) // BROAD // ALERTS), alerts=ALERTS)
        # As a worker's process does when it starts.
        gc.collect()
        gc.freeze()
        hub, two, alone, counted = _beside_bare(broad, to)
        memory = _memory(broad, max(1, deliveries // counted), to)
        one_each = _one_each(broad, to, min(counted - 1, 1_000))
        others, beside = _hanging(many, to, alerts=max(1, min(4, deliveries // 2_000)))
        with _worker("urgent"):
            released = _released(many, to)
            hazard = _hazard(broad, many[:1], to)
    return Sending(
        counted, hub, two, alone, one_each, released, counted, hazard, others, beside, *memory,
        counted * max(1, deliveries // counted),
    )  # fmt: skip


def _timed(deed: Callable[[], object], to: Receiver) -> tuple[Sent, int]:
    began, busy = time.time(), time.process_time()
    deed()
    busy = time.process_time() - busy
    taken = to.taken()
    return Sent(len(taken) / (max(taken.values()) - began), busy / len(taken) * 1e6), len(taken)


def _send_all() -> None:
    while send_waiting():
        pass


def _beside_bare(of: list[Agency], to: Receiver) -> tuple[Sent, Sent, Sent, int]:
    """In turns, so that a busy moment of the machine meets both."""
    again(of)
    posts = []
    while attempts := begin("webhook", limit=500, at=timezone.now())[0]:
        for attempt in attempts:
            body = orjson.dumps(payload(attempt.message))
            posts.append((body, headers(attempt.message, body)))
    one, two, alone = [], [], []
    with senders(2) as both:
        for _ in range(ROUNDS):
            for found, deed in ((one, _send_all), (two, both)):
                again(of)
                sent, counted = _timed(deed, to)
                assert counted == len(posts), f"{counted} of {len(posts)} arrived"
                found.append(sent)
            alone.append(_timed(lambda: bare(to.url, posts), to)[0])
    return _middle(one), _middle(two), _middle(alone), len(posts)


def _middle(found: list[Sent]) -> Sent:
    return Sent(median(each.a_second for each in found), median(each.busy_us for each in found))


def _memory(of: list[Agency], rounds: int, to: Receiver) -> tuple[float, float]:
    """Resident, in MB, after the first set of deliveries and after the last."""
    found = []
    for _ in range(max(2, rounds)):
        again(of)
        _send_all()
        to.taken()
        found.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return found[0], found[-1]


def _one_each(of: list[Agency], to: Receiver, count: int) -> float:
    again(of)
    with as_owner():
        query = "select id from sharing_delivery where state = 'waiting' order by id limit %s"
        first, *ids = [pk for (pk,) in run(query, [count + 1])]
    with _worker(QUEUE, "--include", "tests.bench.one_each"):
        # Until it is up.
        send_one.delay(first)
        _await(to, 1)
        began = time.time()
        for pk in ids:
            send_one.delay(pk)
        arrived = _await(to, len(ids))
    return len(ids) / (max(arrived.values()) - began)


def _hanging(of: list[Agency], to: Receiver, alerts: int) -> tuple[float, float]:
    """Seconds until all but those of one endpoint have arrived, when that answers and when it never does."""
    outbox(of, bulletins=1, alerts=alerts)
    first = Endpoint.objects.filter(agency__in=of).order_by("id")
    with as_owner():
        one = first[0].pk
        theirs = {
            str(uid) for (uid,) in run("select uid from sharing_delivery where endpoint_id = %s", [one])
        }
    taken: dict[str, list[float]] = {to.url: [], to.hanging: []}
    for url in (to.url, to.hanging, to.url, to.hanging):
        again(of)
        with as_owner():
            Endpoint.objects.filter(pk=one).update(url=url)
        began = time.time()
        send_waiting()
        taken[url].append(max(at for uid, at in to.taken().items() if uid not in theirs) - began)
    with as_owner():
        Endpoint.objects.filter(pk=one).update(url=to.url)
    return median(taken[to.url]), median(taken[to.hanging])


def _released(of: list[Agency], to: Receiver) -> float:
    """From the commit to the last; the first release only shows that the worker is up."""
    again([])
    give(of)
    _await(to, MANY * EACH)
    at = give(of).timestamp()
    return max(_await(to, MANY * EACH).values()) - at


def _hazard(backlog: list[Agency], of: list[Agency], to: Receiver) -> float:
    """From the commit of its release to the arrival, with the backlog being sent."""
    _emptied(to)
    again(backlog)
    give(of, hazard=False)  # it tells the workers, who begin with the backlog
    time.sleep(0.3)
    with as_owner():
        last = run("select max(id) from sharing_delivery")[0][0]
    at = give(of, hazard=True).timestamp()
    with as_owner():
        ids = run("select uid from sharing_delivery where id > %s and channel = 'webhook'", [last])
    wanted = {str(uid) for (uid,) in ids}
    found: dict[str, float] = {}
    until = time.monotonic() + PATIENCE_S
    while not wanted <= found.keys():
        found |= to.taken()
        assert time.monotonic() < until, "the hazard did not arrive"
        time.sleep(0.02)
    assert left() > 0, "the backlog was gone before the hazard came: measure with more"
    return max(found[uid] for uid in wanted) - at


def _emptied(to: Receiver) -> None:
    until = time.monotonic() + PATIENCE_S
    while left() and time.monotonic() < until:
        time.sleep(0.2)
    to.taken()


def _await(to: Receiver, count: int) -> dict[str, float]:
    found: dict[str, float] = {}
    until = time.monotonic() + PATIENCE_S
    while len(found) < count:
        time.sleep(0.1)
        found |= to.taken()
        assert time.monotonic() < until, f"{len(found)} of {count} arrived"
    return found


@contextmanager
def _worker(queue: str, *arguments: str) -> Iterator[None]:
    """A worker as the hub's own, of two processes."""
    connections.close_all()
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "hub", "worker", "--queues", queue]
    quick = ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with subprocess.Popen([*command, *quick, *arguments], cwd=env.ROOT, start_new_session=True) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)
