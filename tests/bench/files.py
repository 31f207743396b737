"""What taking out costs: a long list as each form of file, and all that an agency owns, by a worker as it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections
from django.utils import timezone

from bulletins.models import Photograph, Record
from bulletins.publishing.photographs.storage import keep
from hub import env
from hub.accounts.viewer import Viewer, viewer_of
from hub.agencies.models import Agency, Person
from hub.database.context import viewing
from sharing.audiences.numbering import number_entries
from sharing.exports.actions import ask, fetch
from sharing.exports.models import ExportJob, Form, JobState
from sharing.exports.questions import Question
from tests.bench.feeds import reader_of
from tests.bench.logins import as_owner, run

LISTS = (Form.CSV, Form.XLSX, Form.JSON, Form.STIX)
ENOUGH_S = 3_600
LOOK_S = 0.1
PICTURES, PICTURE_BYTES = 1_000, 300_000


@dataclass(frozen=True)
class Made:
    """One file. `peak_mb` is the most memory its worker ever had, `base_mb` what it had before; `steps` how often the
    person could see it move."""

    form: str
    rows: int
    seconds: float
    size_mb: float
    base_mb: float
    peak_mb: float
    steps: int
    ledger_rows: int
    fetch_s: float

    @property
    def a_second(self) -> float:
        return self.rows / self.seconds


@dataclass
class Files:
    made: list[Made] = field(default_factory=list)

    def said(self) -> str:
        rows = [
            ("file", "rows", "s", "rows/s", "MB", "memory, MB", "at rest", "steps", "ledger", "fetched, s")
        ]
        rows.append(tuple("-" * len(name) for name in rows[0]))  # type: ignore[arg-type]
        for each in self.made:
            numbers = (each.size_mb, each.peak_mb, each.base_mb)
            rows.append(
                (
                    each.form,
                    f"{each.rows:,}",
                    f"{each.seconds:.0f}",
                    f"{each.a_second:,.0f}",
                    *(f"{number:.0f}" for number in numbers),
                    str(each.steps),
                    str(each.ledger_rows),
                    f"{each.fetch_s:.2f}",
                )  # type: ignore[arg-type]
            )
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = (
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in rows
        )
        return "\n".join(["files made by a worker:", *lines])

    def kept(self) -> dict[str, Any]:
        return {"rows": max(each.rows for each in self.made), "made": [asdict(each) for each in self.made]}


def files(sizes: list[int]) -> Files:
    """Lists of so many records as each form, in a database filled with at least as many; then all that one owns."""
    found = Files()
    with as_owner():
        readers = [reader_of(size, "TAKE") for size in sizes]
        owner, pictures = _owner()
    number_entries()
    with as_owner():
        for table in ("sharing_grant", "sharing_standing", "bulletins_face"):
            run(f"vacuum (analyze) {table}")
    for person in readers:
        for form in LISTS:
            found.made.append(_made(viewer_of(person), Question("bulletins").kept(), form))
    _pictures(pictures)
    found.made.append(_made(viewer_of(owner), {}, Form.ZIP))
    return found


def _owner() -> tuple[Person, list[int]]:
    """An administrator of the agency that has published most, and the records that get a photograph."""
    # Not of drafts, which are closed to all but their authors.
    most = "select owner_id from bulletins_record where latest > 0 group by 1 order by count(*) desc limit 1"
    (agency,) = run(most)[0]
    made = {"username": "take.all", "email": "all@take.example", "roles": ["admin", "officer"]}
    person = Person.objects.create(agency=Agency.objects.get(pk=agency), **made)
    ids = Record.objects.filter(owner_id=agency, latest__gt=0).order_by("id").values_list("pk", flat=True)
    return person, list(ids[:PICTURES])


def _pictures(records: list[int]) -> None:
    at = timezone.now()
    with as_owner():
        for record in records:
            row = Photograph.objects.create(
                record_id=record, content_type="image/jpeg", width=1, height=1, sha256="0" * 64, added_at=at
            )
            keep(row.uid, {"full": os.urandom(PICTURE_BYTES), "thumb": b"small"})


def _made(viewer: Viewer, question: dict[str, Any], form: Form) -> Made:
    before = _ledger()
    with _worker() as process:
        with viewing(viewer):
            job = ask(question, form, viewer=viewer, at=timezone.now())
        began, base, seen = 0.0, 0.0, set[int]()
        ends = time.monotonic() + ENOUGH_S
        while (state := _look(job, viewer)).state != JobState.READY:
            assert time.monotonic() < ends and state.state != JobState.FAILED, state.state
            if state.state == JobState.WORKING and not began:
                began, base = time.monotonic(), _memory_mb(process)
            seen.add(state.done)
            time.sleep(LOOK_S)
        seconds, peak = time.monotonic() - began, _memory_mb(process)
    asked = time.monotonic()
    with viewing(viewer):
        fetch(state, viewer=viewer, at=timezone.now()).close()
    return Made(
        form=form.value,
        rows=state.done,
        seconds=seconds,
        size_mb=state.size / 1e6,
        base_mb=base,
        peak_mb=peak,
        steps=len(seen),
        ledger_rows=_ledger() - before,
        fetch_s=time.monotonic() - asked,
    )


def _look(job: ExportJob, viewer: Viewer) -> ExportJob:
    with viewing(viewer):
        found: ExportJob = ExportJob.objects.visible_to(viewer).get(pk=job.pk)
    return found


def _ledger() -> int:
    with as_owner():
        return int(run("select count(*) from sharing_ledger where channel = 'export'")[0][0])


@contextmanager
def _worker() -> Iterator[int]:
    """The worker of such files as a hub runs it, with one process that makes them; its process id."""
    connections["default"].close()
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "hub", "worker", "--queues", "bulk"]
    command += ["--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with subprocess.Popen(command, cwd=env.ROOT, start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def _memory_mb(process: int) -> float:
    """The most that the process of the worker that makes files has ever had."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    found = [
        int(line.split()[1])
        for child in children
        for line in Path(f"/proc/{child}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return max(found) * 1024 / 1e6
