"""What a partner's program waits for: all of a feed, what is new in it, its manifest, and sending to it.

Beside the hub stand two other TAXII servers, filled with the very objects that the hub gave, and a bare loop over them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import orjson
from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.utils import timezone
from tqdm import tqdm

from hub import env
from hub.accounts.tokens import issue_token
from hub.agencies.models import Agency, AgencyKind, Person
from sharing.audiences.numbering import number_entries
from sharing.feeds.taxii.collections import EVERYTHING
from sharing.feeds.taxii.inbox import INBOX
from tests.bench.logins import as_owner, run
from tests.bench.peers.running import Peer, free_port, peer, ready
from tests.bench.polling import Client, Poll, TooSlow, memory_mb
from tests.bench.writers import EACH, Beside, beside_writers, numbering, posting, releasing

SIZES = (2_000, 20_000, 100_000)
NEW, POSTED = 10, 1_000
# What any partner's report has: of its own extension the hub would say that it gave it itself.
SENT = (
    "type", "spec_version", "created", "modified", "name", "description", "published", "report_types", "object_refs",
    "labels",
)  # fmt: skip
OLD = 1_000_000


@dataclass(frozen=True)
class Measure:
    """Of one server with so many objects; None is what it could not finish in two minutes, `slow_a_second` how fast it
    was until then."""

    server: str
    objects: int
    poll_a_second: float | None = None
    size_mb: float | None = None
    manifest_a_second: float | None = None
    recent_ms: float | None = None
    post_a_second: float | None = None
    memory_mb: float | None = None
    slow_a_second: float | None = None


@dataclass
class Feeds:
    measures: list[Measure] = field(default_factory=list)
    first_ever_a_second: dict[int, float] = field(default_factory=dict)
    recent_behind: dict[int, float] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)

    def said(self) -> str:
        head = ("server", "objects", "poll/s", "manifest/s", "10 new, ms", "POST/s", "MB")
        rows: list[tuple[str, ...]] = [head, tuple("-" * len(name) for name in head)]
        for each in self.measures:
            numbers = (
                each.poll_a_second,
                each.manifest_a_second,
                each.recent_ms,
                each.post_a_second,
                each.memory_mb,
            )
            rows.append(
                (each.server, f"{each.objects:,}", *("-" if n is None else f"{n:,.0f}" for n in numbers))
            )
        widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
        table = "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in rows
        )
        first = ", ".join(f"{size:,}: {speed:,.0f}" for size, speed in self.first_ever_a_second.items())
        slow = ", ".join(
            f"{each.server} {each.slow_a_second:,.0f} a second"
            for each in self.measures
            if each.slow_a_second
        )
        behind = ", ".join(f"{size:,}: {ms:.0f} ms" for size, ms in self.recent_behind.items())
        lost = "; ".join(
            f"{each.server} {each.lost:,} of {each.written:,} ({each.polls:,} polls)" for each in self.beside
        )
        return (
            "feeds, in pages of 1,000; - could not finish in two minutes:\n"
            f"{table}\n"
            f"what did not finish went at: {slow or '-'}\n"
            f"the first poll ever, which renders: {first} a second\n"
            f"10 new behind so many that were given before: {behind}\n"
            f"lost by a program that polls beside four writers: {lost}"
        )

    def kept(self) -> dict[str, Any]:
        return asdict(self)


def feeds(sizes: Sequence[int], others: Sequence[str], *, quiet: bool = False) -> Feeds:
    """Measure each size, in a database that is filled with at least as many bulletins; `others` are names in PEERS."""
    found = Feeds()
    with as_owner():
        readers = {size: _key_of(reader_of(size)) for size in tqdm(sizes, unit="feed", disable=quiet)}
    number_entries()
    with as_owner():
        run("vacuum (analyze) sharing_grant")
        run("vacuum (analyze) sharing_standing")
        run("vacuum (analyze) bulletins_face")
    with _hub() as (url, process), TemporaryDirectory() as folder:
        for size, key in readers.items():
            client = Client(f"{url}{EVERYTHING}/", f"Token {key}")
            inbox = Client(f"{url}{INBOX}/", f"Token {key}")
            first = client.all_of()
            found.first_ever_a_second[size] = first.a_second
            objects = _objects(client)
            _keep(size, objects)
            found.measures += _beside(
                size,
                objects,
                client,
                inbox,
                process,
                Path(folder),
                sorted(set(others) - _slow(found.measures)),
            )
        found.recent_behind = _behind(url, readers)
        found.beside = _lost(url, readers, objects, sorted(others), Path(folder))
    return found


def reader_of(size: int, name: str = "FEED") -> Person:
    """Of an agency that has been given so many bulletins, whole, by entries that wait for their numbers."""
    group = Group.objects.create(name=f"BENCH-{name}-{size}")
    agency = Agency.objects.create(
        group=group, code=group.name, name=group.name, kind=AgencyKind.FEDERAL, country="US"
    )
    with transaction.atomic():
        run("alter table sharing_grant disable trigger user")
        run(
            """
            create temporary table wholly on commit drop as
            select g.* from sharing_grant g join bulletins_face f on f.id = g.face_id
            where g.release_id is null and g.group_id = f.owner_id order by g.record_id desc limit %s
            """,
            [size],
        )
        columns = [
            name
            for (name,) in run(
                "select attname from pg_attribute where attrelid = 'sharing_grant'::regclass and attnum > 0"
                " and not attisdropped and attname not in ('id', 'group_id')"
            )
        ]
        names = ", ".join(f'"{name}"' for name in columns)
        run(
            f"insert into sharing_grant (group_id, {names}) select %s, {names} from wholly order by record_id",
            [agency.pk],
        )
        run("set constraints all immediate")
        run("alter table sharing_grant enable trigger user")
        run(
            "update bulletins_face f set audience = f.audience || %s::int from wholly s where s.face_id = f.id",
            [agency.pk],
        )
        run(
            "insert into sharing_entry (agency_id, record_id, face_id, kind)"
            " select %s, record_id, face_id, 'granted' from wholly order by record_id",
            [agency.pk],
        )
    return Person.objects.create(
        username=f"{name}.{size}".lower(), email=f"{size}@{name}.example", agency=agency, roles=["officer"]
    )


def _key_of(person: Person) -> str:
    return issue_token(person, scope="taxii", days=1, at=timezone.now())


@contextmanager
def _hub() -> Iterator[tuple[str, int]]:
    """The hub's pages as they are served, in one process of a few threads like the others; (address, process)."""
    port = free_port()
    given = os.environ | {"API_REQUESTS_A_MINUTE": "1000000"}
    command = [sys.executable, "-m", "gunicorn", "hub.wsgi", "--worker-class", "gthread", "--workers", "1"]
    command += ["--threads", "4", "--timeout", "600", "--log-level", "error", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=given, cwd=env.ROOT, start_new_session=True) as process:
        try:
            ready(f"http://127.0.0.1:{port}/healthz", "", process)
            yield f"http://127.0.0.1:{port}/taxii2/hub/collections/", process.pid
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _bare(size: int) -> Iterator[Peer]:
    port = free_port()
    account = env.database("DATABASE_URL")
    given = os.environ | {"BARE_DATABASE": _conninfo(account)}
    command = [sys.executable, "-m", "gunicorn", "tests.bench.peers.serve_bare:app", "--workers", "1"]
    command += ["--threads", "4", "--log-level", "error", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=given, cwd=env.ROOT, start_new_session=True) as process:
        try:
            url = f"http://127.0.0.1:{port}/{size}/"
            ready(f"{url}objects/?limit=1", "", process)
            yield Peer("bare loop", url, "", process.pid)
        finally:
            process.terminate()
            process.wait(30)


def _conninfo(account: dict[str, Any]) -> str:
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return " ".join(f"{names[key]}='{account[key]}'" for key in names if account.get(key))


def _objects(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": 1000}
    while True:
        answer, _headers, _size = client.ask("GET", "objects", asked)
        found += answer.get("objects", [])
        if not answer.get("more"):
            return found
        asked |= {"next": answer["next"]}


def _keep(size: int, objects: Sequence[dict[str, Any]]) -> None:
    """The texts for the bare loop."""
    with as_owner(), connections["default"].cursor() as cursor:
        cursor.execute(
            "create unlogged table if not exists bench_fed (size int, n int, text bytea, primary key (size, n))"
        )
        cursor.execute("grant select on bench_fed to hub_app")
        cursor.execute("alter table bench_fed alter column text set storage external")
        with cursor.copy("copy bench_fed from stdin") as copy:
            for n, each in enumerate(objects, 1):
                copy.write_row([size, n, orjson.dumps(each)])
    with as_owner():
        run("vacuum (analyze) bench_fed")


def _beside(
    size: int,
    objects: list[dict[str, Any]],
    client: Client,
    inbox: Client,
    process: int,
    folder: Path,
    others: Sequence[str],
) -> list[Measure]:
    # medallion takes an extension-definition's version for the object's; OpenTAXII reads no object without `modified`.
    plain = [each for each in objects if "modified" in each and each["type"] != "extension-definition"]
    found = [_measure("the hub", client, process, lambda: _ten_more(size), inbox, plain)]
    with _bare(size) as bare:
        polled = Client(bare.collection, "").all_of()
        found.append(
            Measure(
                "bare loop",
                polled.objects,
                polled.a_second,
                polled.size_mb,
                memory_mb=memory_mb(bare.process),
            )
        )
    for name in others:
        with peer(name, plain, folder / f"{name}-{size}") as other:
            to = Client(other.collection, other.authorization)
            found.append(
                _measure(name, to, other.process, lambda to=to: to.post(_invented(plain, NEW)), to, plain)
            )
    return found


def _slow(before: Sequence[Measure]) -> set[str]:
    """Who could not finish fewer is not asked for more."""
    return {each.server for each in before if each.poll_a_second is None}


def _measure(
    name: str,
    client: Client,
    process: int,
    more: Callable[[], Any],
    inbox: Client,
    sample: list[dict[str, Any]],
) -> Measure:
    """Everything there is to measure of a server, each part left out where it takes too long."""
    said: dict[str, Any] = {}

    def tried(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except (TooSlow, AssertionError):
            return None

    polled: Poll | None = None
    try:
        polled = client.all_of()
    except TooSlow as slow:
        said["slow_a_second"] = slow.a_second
    if polled is not None:
        said |= {"poll_a_second": polled.a_second, "size_mb": polled.size_mb}
        told: Poll | None = tried(lambda: client.all_of("manifest"))
        said["manifest_a_second"] = told.a_second if told else None
        tried(more)
        recent: Poll | None = tried(lambda: client.all_of(added_after=polled.newest))
        said["recent_ms"] = recent.seconds * 1000 if recent else None
        taken = tried(lambda: inbox.post(_invented(sample, POSTED)))
        said["post_a_second"] = POSTED / taken if taken else None
    return Measure(name, polled.objects if polled else 0, memory_mb=memory_mb(process), **said)


def _invented(sample: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Objects as those of the sample, each with a name of its own."""
    some = [
        {name: each[name] for name in SENT if name in each} for each in sample if each["type"] == "report"
    ]
    return [some[n % len(some)] | {"id": f"report--{uuid4()}"} for n in range(count)]


def _ten_more(size: int) -> None:
    """Ten records of the reader change their marking's words, as after a decision: entries that get their numbers."""
    with as_owner():
        run(
            "insert into sharing_entry (agency_id, record_id, face_id, kind)"
            " select g.group_id, g.record_id, g.face_id, 'changed' from sharing_grant g"
            " join hub_agency a on a.group_id = g.group_id where a.code = %s order by g.record_id limit %s",
            [f"BENCH-FEED-{size}", NEW],
        )
    number_entries()


def _lost(
    url: str, readers: dict[int, str], objects: list[dict[str, Any]], others: Sequence[str], folder: Path
) -> list[Beside]:
    """What is lost beside four writers by a program of the smallest reader, and by one of each other server."""
    size = min(readers)
    each = min(EACH, size // 10)
    agency = Agency.objects.get(code=f"BENCH-FEED-{size}")
    client = Client(f"{url}{EVERYTHING}/", f"Token {readers[size]}")
    # A line for each deed would stand between the figures.
    logging.getLogger("sharing").setLevel(logging.WARNING)
    with numbering():
        found = [beside_writers("the hub", client, releasing(agency, each), settle=number_entries)]
    some = [each for each in objects if each["type"] == "report"][:1]
    sample = _invented(some, 1)[0]
    for name in others:
        with peer(name, some, folder / f"{name}-written") as other:
            of = partial(Client, other.collection, other.authorization)
            found.append(beside_writers(name, of(), posting(of, sample, each)))
    return found


def _behind(url: str, readers: dict[int, str]) -> dict[int, float]:
    """Milliseconds for what is new, of the largest reader as it stands and with a million more given long ago."""
    size = max(readers)
    client = Client(f"{url}{EVERYTHING}/", f"Token {readers[size]}")
    found = {size: _newest(client, size)}
    with as_owner():
        run(
            """
            insert into sharing_standing (agency_id, record_id, life, uid, kind, owner_id, created_at, n, numbered_at,
                                          state, parts)
            select a.group_id, -i, 0, gen_random_uuid(), 'bulletin', a.group_id, now(), -i,
                   now() - interval '400 days' - i * interval '1 millisecond', 'live', '{}'
            from hub_agency a, generate_series(1, %s) i where a.code = %s
            """,
            [OLD, f"BENCH-FEED-{size}"],
        )
        run("vacuum (analyze) sharing_standing")
    found[size + OLD] = _newest(client, size)
    return found


def _newest(client: Client, size: int) -> float:
    with as_owner():
        newest = run(
            "select max(numbered_at) from sharing_standing s join hub_agency a on a.group_id = s.agency_id"
            " where a.code = %s",
            [f"BENCH-FEED-{size}"],
        )[0][0]
    taken = []
    after = newest.isoformat().replace("+00:00", "Z")
    for _ in range(5):
        _ten_more(size)
        began = time.perf_counter()
        found = client.all_of(added_after=after)
        taken.append((time.perf_counter() - began) * 1000)
        after = found.newest
    return sorted(taken)[len(taken) // 2]
