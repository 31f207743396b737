"""What is left of a run to judge by: the hub's rows, the receiver's log, the mail folder, what was done and killed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.killer import BACK
from tests.chaos.run import Run

# Within so long of an answer it is recorded, or whoever should have done it is dead.
RECORD_S = 5
# What a process sent before it was killed may be read a little later.
READ_S = 3
RECALLED = "recalled"

DELIVERIES = """
    select d.uid::text, d.channel, d.state, coalesce(extract(epoch from d.begun_at), 0)::float, d.failure,
           coalesce(d.notes[array_upper(d.notes, 1)], ''), a.kind, a.ref, g.code, coalesce(d.endpoint_id, 0)
    from sharing_delivery d join sharing_alert a on a.id = d.alert_id join hub_agency g on g.group_id = d.agency_id
    order by d.id
"""
# PostgreSQL's own word for when a recall was committed, whether or not whoever recalled was told.
COMMITTED = """
    select r.ref, extract(epoch from pg_xact_commit_timestamp(c.xmin))::float
    from sharing_recall c join bulletins_record r on r.id = c.record_id
"""


@dataclass(frozen=True)
class Delivered:
    """A row of the outbox. `begun` is when its last attempt began, 0 for never; `note` why it was cancelled."""

    id: str
    channel: str
    state: str
    begun: float
    failure: str
    note: str
    kind: str
    ref: str
    agency: str
    endpoint: int

    @property
    def place(self) -> tuple[str, str, int]:
        return self.agency, self.channel, self.endpoint


@dataclass(frozen=True)
class Taken:
    """Something that arrived, at an instant, from a process; 0 where that is not known."""

    at: float
    pid: int


@dataclass(frozen=True)
class Death:
    """From when to when something was down. Of workers, which processes."""

    kind: str
    since: float
    until: float
    pids: frozenset[int] = frozenset()


@dataclass
class Evidence:
    deliveries: list[Delivered]
    committed: dict[str, float]
    requests: list[dict[str, Any]]
    mails: dict[str, list[Taken]]
    deeds: list[dict[str, Any]]
    deaths: list[Death]
    paths: dict[int, str]
    taken: dict[str, list[Taken]] = field(default_factory=dict)


def gather(run: Run, own: psycopg.Connection, mail: Path) -> Evidence:
    requests = list(_lines(run.requests))
    taken: dict[str, list[Taken]] = defaultdict(list)
    for each in requests:
        if each["fate"] in ("ok", "short"):
            taken[each["id"]].append(Taken(each["at"], each["pid"]))
    known = json.loads(run.endpoints.read_text())
    return Evidence(
        deliveries=[Delivered(*row) for row in own.execute(DELIVERIES)],
        committed=dict(own.execute(COMMITTED).fetchall()),
        requests=requests,
        mails=_mails(mail),
        deeds=list(_lines(run.deeds)),
        deaths=list(_deaths(list(_lines(run.kills)))),
        paths={each["endpoint"]: path for path, each in known.items()},
        taken=dict(taken),
    )


def why_again(one: Taken, deaths: list[Death]) -> str:
    """Which death kept an arrival from being recorded; empty where none did, and it must not have come again."""
    for death in deaths:
        if death.kind == "worker":
            # Whose mail it was is not known.
            ours = one.pid in death.pids or not one.pid
            if ours and one.at - READ_S <= death.since <= one.at + RECORD_S:
                return death.kind
        elif death.since <= one.at + RECORD_S and death.until >= one.at:
            return death.kind
    return ""


def _deaths(lines: list[dict[str, Any]]) -> Iterator[Death]:
    """Deaths after which something sent may not have been recorded: Valkey's and beat's are none."""
    for place, line in enumerate(lines):
        kind, at = line["kind"], line["at"]
        if kind in ("worker", "worker process"):
            yield Death("worker", at, at, frozenset(line["pids"]))
        elif kind in ("postgres", "postgres session"):
            back = (later["at"] for later in lines[place:] if later["kind"] == BACK)
            yield Death("PostgreSQL", at, next(back, at + 60))


def _mails(folder: Path) -> dict[str, list[Taken]]:
    """By delivery, when each of its mails was written. One cut short by a death, before its own name, is none."""
    found: dict[str, list[Taken]] = defaultdict(list)
    for path in sorted(folder.glob("*.eml"), key=lambda each: each.stat().st_mtime):
        name = BytesHeaderParser().parsebytes(path.read_bytes()).get("Message-ID", "")
        found[name.strip("<> ").partition("@")[0]].append(Taken(path.stat().st_mtime, 0))
    return dict(found)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open() as lines:
            yield from map(json.loads, lines)
