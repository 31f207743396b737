"""Real worker processes on the real broker, and what is left when they die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from hub import env
from hub.database.context import viewing
from sharing.deliveries.due import CLAIM_S
from sharing.deliveries.mending import free_stale
from sharing.deliveries.querysets import inbox_items
from sharing.deliveries.sending import begin
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send, states

pytestmark = pytest.mark.django_db(transaction=True)


def surroundings(home) -> dict[str, str]:
    """The environment of a process that serves the tests' own database and broker."""
    address = urlsplit(os.environ["DATABASE_URL"])
    number = int(settings.CELERY_BROKER_URL.rpartition("=")[2].rpartition("/")[2])
    return {
        **os.environ,
        "DATABASE_URL": address._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "REDIS_URL": env.redis("REDIS_URL", offset=number - 1),
        "HUB_HOME": str(home),
        "HUB_DEMO": "1",
    }


@contextmanager
def process(home, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, *arguments], env=surroundings(home), cwd=env.ROOT, start_new_session=True
    )
    try:
        yield started
    finally:
        try:
            os.killpg(started.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        started.wait()


def worker(home):
    arguments = ("worker", "--queues", "urgent", "--concurrency", "2", "--without-gossip", "--without-mingle")
    return process(home, "-m", "celery", "--app", "hub", *arguments)


def until(holds: Callable[[], bool], within_s: float) -> float:
    """How long it took until `holds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, "not within the time"
        time.sleep(0.05)
    return time.monotonic() - began


def test_within_five_seconds_of_a_release_a_worker_has_sent_everything(receiver, tmp_path):
    _endpoint, webhook = endpoint_for("CBSA", receiver.url)
    with worker(tmp_path):
        # The first one waits for the worker to come up.
        released(published_bulletin(), "CBSA")
        until(lambda: len(receiver.received) == 1, within_s=30)

        bulletin = published_bulletin()
        released(bulletin, ("CBSA", "place"), "community:HIDTA-STX")
        until(lambda: len(receiver.received) == 2, within_s=5)
        until(lambda: {row.state for row in deliveries("CBSA")} == {"sent"}, within_s=5)
        assert webhook.verify(receiver.received[1].body, receiver.received[1].headers)
        assert len(list((tmp_path / "mail").iterdir())) >= 2
        for username in ("cbsa.officer", "stx.analyst"):
            who = viewer(username)
            with viewing(who):
                assert inbox_items(who)[0].ref == bulletin.ref

        recalled(bulletin)
        until(lambda: len(receiver.received) == 3, within_s=5)
        assert receiver.received[2].payload["type"] == "bulletin.recalled"


DIES_ON = """
import os, signal
import hub.celery, django
django.setup()
from sharing.deliveries import run, tasks
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
{name} = die
tasks.send_waiting()
"""


@pytest.mark.parametrize(("name", "arrives"), [("run.Wire.start", 1), ("run.settle", 2)])
def test_what_a_killed_process_held_is_sent_by_the_sweep(name, arrives, receiver, tmp_path):
    """Killed between begin and send it goes out once; between send and record again, with the same id."""
    endpoint_for("CBSA", receiver.url)
    released(published_bulletin(), "CBSA")
    with process(tmp_path, "-c", DIES_ON.format(name=name)) as dying:
        assert dying.wait(30) == -signal.SIGKILL
    send()
    assert "sending" in states("CBSA").values()
    at = timezone.now()
    assert free_stale(at=at) == 0
    later = at + timedelta(seconds=CLAIM_S + 1)
    assert free_stale(at=later) > 0
    send(at=later)
    assert set(states("CBSA").values()) == {"sent"}
    assert len(receiver.received) in (1, arrives)
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1


def in_threads(*calls: Callable[[], object]) -> list[object]:
    """Each in a thread with a connection of its own, all at once."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            gate.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(timeout=30) for each in [pool.submit(run, call) for call in calls]]


def test_two_senders_at_once_send_each_delivery_once(receiver):
    endpoint_for("CBSA", receiver.url)
    for _ in range(6):
        released(published_bulletin(), "CBSA")
    sent = in_threads(send, send, send)
    assert sum(sent) == 18  # type: ignore[arg-type]
    ids = [got.headers["webhook-id"] for got in receiver.received]
    assert len(ids) == len(set(ids)) == 6
    assert {row.attempts for row in deliveries("CBSA")} == {1}


@pytest.mark.parametrize("first", ["recall", "begin"])
def test_no_attempt_begins_after_a_recall_and_one_that_had_begun_is_followed_by_it(first, receiver):
    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    done: list[object] = []

    def other(call: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                done.append(call())
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with transaction.atomic():
        if first == "recall":
            recalled(bulletin)
            # What is being cancelled is passed over, not waited for.
            other(lambda: begin("webhook", limit=9, at=timezone.now())).join(10)
            assert done == [([], False)]
        else:
            assert len(begin("webhook", limit=9, at=timezone.now())[0]) == 1
            waiting = other(lambda: recalled(bulletin))
            time.sleep(0.3)
            assert done == []
    if first == "begin":
        waiting.join(10)
    (row, *recalls) = deliveries("CBSA", "webhook")
    if first == "recall":
        assert (row.state, row.begun_at) == ("cancelled", None) and recalls == []
        assert begin("webhook", limit=9, at=timezone.now()) == ([], False)
    else:
        assert (
            row.state == "sending" and row.begun_at and [each.alert.kind for each in recalls] == ["recalled"]
        )
