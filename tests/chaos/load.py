"""People at work meanwhile: they release, amend and recall by the product's own actions.

Where the database dies under a deed it is looked for and, unless it is there, done again: so what is noted was
committed, and what is not noted was not.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
django.setup()

from django.db import InterfaceError, OperationalError, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bulletins.flow import publish  # noqa: E402
from bulletins.models import Bulletin  # noqa: E402
from bulletins.records.actions import write_down  # noqa: E402
from hub.accounts.viewer import desk_of  # noqa: E402
from hub.agencies.models import Agency, AgencyState  # noqa: E402
from hub.database.context import engine, lock_records, viewing  # noqa: E402
from sharing.deliveries.endpoints.actions import add_endpoint, verify_endpoint  # noqa: E402
from sharing.deliveries.models import Delivery  # noqa: E402
from sharing.flow import carry_over, recall, release  # noqa: E402
from sharing.models import Recall, Release  # noqa: E402
from tests.builders import draft_bulletin, pick, plan  # noqa: E402
from tests.cast import viewer  # noqa: E402
from tests.chaos.run import EACH, ENDPOINTS, Run  # noqa: E402

WHO = "cbp.releaser"
# Of three records one is amended, one recalled a while later; of fifteen one is both.
EVERY, BOTH = 3, 15
LATER_S = 6


@dataclass(order=True)
class Task:
    """A deed to be done when its time has come, on the clock that only goes on."""

    due: float
    number: int
    verb: str = field(compare=False)
    agencies: tuple[str, ...] = field(compare=False)


def make_endpoints(run: Run, port: int) -> None:
    """Endpoints of agencies that stand alone, and that answer the challenge; what their partners know of them is left
    for the receiver."""
    known, made = {}, []
    for agency in _agencies(run):
        desk = desk_of(agency)
        for number in range(ENDPOINTS):
            path = f"/{agency.code}/{number}"
            with viewing(desk):
                url = f"http://127.0.0.1:{port}{path}"
                endpoint, secret = add_endpoint(url, viewer=desk, at=timezone.now())
            known[path] = {"secret": secret, "agency": agency.code, "endpoint": endpoint.pk}
            made.append((desk, endpoint))
    run.endpoints.write_text(json.dumps(known))
    for desk, endpoint in made:
        with viewing(desk):
            verify_endpoint(endpoint, viewer=desk, at=timezone.now())


def _agencies(run: Run) -> list[Agency]:
    alone = Agency.objects.filter(country="US", parent=None, children=None, state=AgencyState.ACTIVE)
    return list(alone.exclude(desk_email="").exclude(code="CBP").order_by("code")[: run.agencies])


class Load:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.dice = random.Random(f"{run.seed} load")
        self.codes = [agency.code for agency in _agencies(run)]
        self.who = viewer(WHO)
        self.log = run.deeds.open("a", buffering=1)

    def go(self) -> None:
        """Release until there are as many deliveries as wanted, amend and recall some, each a while later."""
        tasks: list[Task] = []
        number, next_at = 0, time.monotonic()
        while self.counted() < self.run.deliveries or tasks:
            now = time.monotonic()
            if tasks and tasks[0].due <= now:
                self.do(heapq.heappop(tasks))
            elif now >= next_at and self.counted() < self.run.deliveries:
                number += 1
                agencies = tuple(
                    self.dice.sample(self.codes, self.dice.randint(len(self.codes) // 2, len(self.codes)))
                )
                self.do(Task(now, number, "release", agencies))
                next_at = now + self.pace_s(len(agencies))
                for verb in self.later(number):
                    heapq.heappush(tasks, Task(now + self.dice.uniform(0, LATER_S), number, verb, agencies))
            else:
                time.sleep(0.05)

    def later(self, number: int) -> list[str]:
        """What becomes of the record of that number."""
        amended, recalled = number % EVERY == 1, number % EVERY == 2
        both = number % BOTH == 0
        return ["amend"] * (amended or both) + ["recall"] * (recalled or both)

    def pace_s(self, agencies: int) -> float:
        return self.run.span_s * agencies * EACH * (1 + 1 / EVERY) / self.run.deliveries

    def counted(self) -> int:
        def count() -> int:
            with engine():
                return Delivery.objects.count()

        return int(self.surely(count, lambda: None))

    def do(self, task: Task) -> None:
        """One deed, noted with an instant before its transaction and one after its commit."""
        verbs = {"release": self.release, "amend": self.amend, "recall": self.take_back}
        began = timezone.now()
        deed, done = verbs[task.verb](task)
        ref = self.surely(deed, done)
        if ref:
            line = {
                "verb": task.verb,
                "ref": ref,
                "agencies": task.agencies,
                "began": began.timestamp(),
                "done": timezone.now().timestamp(),
            }
            self.log.write(json.dumps(line) + "\n")

    def surely(self, deed: Callable[[], Any], done: Callable[[], Any]) -> Any:
        """What `deed` gives, or `done` where it was committed and its answer was lost. Waits for the database."""
        tried = False
        while True:
            try:
                found = done() if tried else None
                return found or deed()
            except (OperationalError, InterfaceError):
                tried = True
                connection.close()
                time.sleep(0.1)

    def release(self, task: Task) -> tuple[Callable[[], str], Callable[[], str | None]]:
        name = f"CHAOS-{task.number}"
        hazard = self.dice.random() < 0.2

        def deed() -> str:
            at = timezone.now()
            with transaction.atomic():
                bulletin = draft_bulletin(WHO, external_id=name, hazard=hazard)
                with viewing(self.who):
                    publish(bulletin, viewer=self.who, at=at)
                    picks = [pick(code) for code in task.agencies]
                    release([bulletin], plan(*picks), viewer=self.who, at=at)
            return bulletin.ref

        return deed, lambda: self.found(task, lambda bulletin: bulletin.latest == 1)

    def amend(self, task: Task) -> tuple[Callable[[], str], Callable[[], str | None]]:
        def deed() -> str:
            at = timezone.now()
            with viewing(self.who):
                bulletin = self.bulletin(task)
                lock_records([bulletin.pk])
                if bulletin.recalled_at:
                    return ""
                title = f"{bulletin.title}, amended"
                write_down(bulletin, {"title": title}, viewer=self.who, at=at)
                publish(bulletin, viewer=self.who, at=at)
                live = Release.objects.filter(record_id=bulletin.pk, ended_at=None)
                carry_over(bulletin, live.values_list("pk", flat=True), viewer=self.who, at=at)
            return bulletin.ref

        return deed, lambda: self.found(task, lambda bulletin: bulletin.latest == 2)

    def take_back(self, task: Task) -> tuple[Callable[[], str], Callable[[], str | None]]:
        def deed() -> str:
            with viewing(self.who):
                bulletin = self.bulletin(task)
                recall(bulletin, reason="The laboratory found sugar", viewer=self.who, at=timezone.now())
            return bulletin.ref

        def is_taken(bulletin: Bulletin) -> bool:
            return Recall.objects.filter(record_id=bulletin.pk).exists()

        return deed, lambda: self.found(task, is_taken)

    def found(self, task: Task, done: Callable[[Bulletin], bool]) -> str | None:
        """The reference of the task's bulletin, if what was to be done with it was."""
        with viewing(self.who):
            bulletin = Bulletin.objects.filter(external_id=f"CHAOS-{task.number}").first()
            return bulletin.ref if bulletin is not None and done(bulletin) else None

    def bulletin(self, task: Task) -> Bulletin:
        return Bulletin.objects.get(external_id=f"CHAOS-{task.number}")


def main(deliveries: str, seed: str, folder: str, port: str) -> None:
    run = Run.told(deliveries, seed, folder)
    make_endpoints(run, int(port))
    Load(run).go()


if __name__ == "__main__":
    main(*sys.argv[1:])
