"""Fills an empty, migrated database for the bench: set by set, from rows that real publishing and releasing made.

One bulletin is published and released through the doors everybody uses; its rows are then written again with what
differs. So a column that is added to a table later has here the value it has in life.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb
from tqdm import tqdm

from bulletins.flow import publish
from hub.agencies.models import Agency
from hub.database.context import viewing
from sharing.audiences.actions import regrant
from sharing.flow import release
from tests.bench.agencies import Bodies, make_agencies
from tests.bench.logins import as_owner, run
from tests.bench.wording import COLUMNS, bulletins
from tests.builders import draft_bulletin, pick, plan
from tests.cast import load_world, viewer

STEPS, CHUNK = 9, 2_000
TABLES = (
    "bulletins_record", "bulletins_bulletin", "bulletins_version", "bulletins_face", "sharing_release", "sharing_grant",
)  # fmt: skip
# Made again once the rows are in: an index built over rows is dense, and quick.
LATE = ("face_search", "grant_list", "grant_once", "face_issued")
STAGE = """
    create unlogged table bench_stage (
        n bigint, uid uuid, ref text, owner int, at timestamptz, content jsonb, whole jsonb, part jsonb, title text,
        tear_line text, methods text[], drugs text[], mode text, month text, region text, country text, port text,
        hazard boolean, urgency text, mass_kg numeric, a text, b text, c text, d text, part_d text)
"""
EVERYTHING = "bench_everything"


@dataclass(frozen=True)
class Filled:
    size: int
    bodies: Bodies
    grants: int
    faces: int
    behind_the_agreement: int


def fill(size: int, *, quiet: bool = False) -> Filled:
    """`size` bulletins, eight grants each, over 200 agencies. Called as the application, works as the owner."""
    at = timezone.now()
    with tqdm(total=size + STEPS * size // 10, unit="bulletin", disable=quiet, smoothing=0.1) as bar:
        with as_owner():
            load_world()
            with transaction.atomic():
                bodies = make_agencies(size, at)
        pattern = _pattern(bodies, at)
        with as_owner():
            _stage(size, bodies, at, bar)
            _write(pattern, bodies, size, bar)
            counted = run(
                "select (select count(*) from sharing_grant), (select count(*) from bulletins_face),"
                " (select count(*) from sharing_grant where agreement_id = %s)",
                [bodies.agreement.pk],
            )[0]
    _check()
    return Filled(size, bodies, *counted)


def _check() -> None:
    """What was written set by set is what the rule gives: recomputing some changes nothing."""
    with as_owner():
        some = [pk for (pk,) in run("select id from bulletins_record order by hashint8(id) limit 200")]
    with transaction.atomic():
        changes = regrant(some, at=timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn), changes


def _pattern(bodies: Bodies, at: datetime) -> int:
    """The bulletin whose rows are written again: whole to one agency, in part to one under the agreement."""
    who = viewer("cbp.releaser")
    abroad = Agency.objects.get(pk=min(bodies.abroad)).code
    with transaction.atomic():
        record = draft_bulletin()
        with viewing(who):
            publish(record, viewer=who, at=at - timedelta(days=801))
            picks = [pick("HSI"), pick(abroad)]
            release([record], plan(*picks), viewer=who, at=at, announce=False)
    return int(record.pk)


def _stage(size: int, bodies: Bodies, at: datetime, bar: Any) -> None:
    owners = {
        pk: f"{code} {name}"
        for pk, code, name in Agency.objects.filter(pk__in=bodies.owners).values_list("pk", "code", "name")
    }
    run(STAGE)
    names = ", ".join(COLUMNS)
    jsons = {COLUMNS.index(name) for name in ("content", "whole", "part")}
    rows = bulletins(size, owners, at)
    # What writes them looks codes up in the database now and then: so not while it copies.
    while some := list(islice(rows, CHUNK)):
        with connection.cursor() as cursor, cursor.copy(f"copy bench_stage ({names}) from stdin") as copy:
            for row in some:
                copy.write_row([Jsonb(value) if place in jsons else value for place, value in enumerate(row)])
        bar.update(len(some))


def _write(pattern: int, bodies: Bodies, size: int, bar: Any) -> None:
    step = size // 10
    with transaction.atomic():
        run("select setseed(0.5)")
        run("set local work_mem = '128MB'")
        run("set local maintenance_work_mem = '512MB'")
        for table in TABLES:
            # Foreign keys are true by making; what the triggers keep is written here with the rows.
            run(f"alter table {table} disable trigger user")
        late = _drop_late()
        first = int(run("select max(id) from bulletins_record")[0][0]) + 1
        _records(pattern, first)
        bar.update(2 * step)
        _shares(bodies)
        bar.update(step)
        _releases(pattern, first)
        bar.update(step)
        _faces(pattern, first)
        bar.update(2 * step)
        _grants(pattern, first)
        bar.update(step)
        for table in TABLES:
            run(f"alter table {table} enable trigger user")
        for sql in late:
            run(sql)
        run(
            "select setval(pg_get_serial_sequence('bulletins_record', 'id'), (select max(id) from bulletins_record))"
        )
        _without_permission()
    bar.update(step)
    for table in TABLES:
        run(f"vacuum (analyze) {table}")
    bar.update(bar.total - bar.n)


def _drop_late() -> list[str]:
    """Take down indexes and foreign keys that are made, and checked, at the end; returns how to make them."""
    found = []
    constraints = run(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where conname = any(%s) or (contype = 'f' and conrelid = any(%s::regclass[]))",
        [list(LATE), list(TABLES)],
    )
    for table, name, definition in constraints:
        found.append(f'alter table {table} add constraint "{name}" {definition}')
        run(f'alter table {table} drop constraint "{name}"')
    for name in set(LATE) - {name for _table, name, _definition in constraints}:
        found.insert(0, run("select pg_get_indexdef(%s::regclass)", [name])[0][0])
        run(f"drop index {name}")
    return found


def _again(table: str, where: str, source: str, differs: dict[str, str], *, keep_id: bool = False) -> None:
    """Write the row of `table` that is `where` once for each row of `source` (alias s), with what differs."""
    columns = [
        name
        for (name,) in run(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
            " and attgenerated = '' order by attnum",
            [table],
        )
        if name != "id" or "id" in differs
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(differs.get(name, f't."{name}"') for name in columns)
    run(
        f"insert into {table} ({names}) select {values} from {source}, (select * from {table} where {where}) t"
    )


def _records(pattern: int, first: int) -> None:
    common = {"id": f"s.n + {first}", "record_id": f"s.n + {first}", "record_ptr_id": f"s.n + {first}"}
    of_record = {
        "id": common["id"], "uid": "s.uid", "ref": "s.ref", "owner_id": "s.owner", "originator_id": "s.owner",
        "created_at": "s.at", "edited_at": "s.at", "latest_at": "s.at", "methods": "s.methods", "mode_id": "s.mode",
        "region": "s.region", "country": "s.country", "hazard": "s.hazard", "poster_id": "null", "port_id": "null",
        "certified_by_id": "null", "certified_at": "null", "predicate": "''", "predicate_category": "''",
    }  # fmt: skip
    _again("bulletins_record", f"id = {pattern}", "bench_stage s", of_record)
    of_bulletin = {
        "record_ptr_id": common["id"], "title": "s.title", "tear_line": "s.tear_line", "urgency": "s.urgency",
    }  # fmt: skip
    _again("bulletins_bulletin", f"record_ptr_id = {pattern}", "bench_stage s", of_bulletin)
    of_version = {
        "record_id": common["id"], "content": "s.content", "certified": "false", "published_at": "s.at",
        "published_by_id": "null",
    }  # fmt: skip
    _again("bulletins_version", f"record_id = {pattern}", "bench_stage s", of_version)


def _shares(bodies: Bodies) -> None:
    """Which agency gets which bulletin, and without what: by lot, each agency its share."""
    run("create unlogged table bench_given (n bigint, agency int, part boolean)")
    agencies, shares = zip(*sorted(bodies.shares.items()), strict=True)
    abroad = [agency in bodies.abroad for agency in agencies]
    run(
        "insert into bench_given select s.n, a.agency, a.part from bench_stage s,"
        " unnest(%s::int[], %s::float[], %s::boolean[]) a(agency, share, part)"
        " where a.agency <> s.owner and random() + 0 * s.n < a.share",
        [list(agencies), list(shares), abroad],
    )
    run("analyze bench_given")


def _releases(pattern: int, first: int) -> None:
    where = f"record_id = {pattern} order by id limit 1"
    _again(
        "sharing_release",
        where,
        "bench_given g join bench_stage s using (n)",
        {
            "record_id": f"s.n + {first}", "owner_id": "s.owner", "agency_id": "g.agency", "starts_at": "s.at",
            "applied_at": "s.at", "released_at": "s.at", "released_by_id": "null",
        },
    )  # fmt: skip


def _faces(pattern: int, first: int) -> None:
    """The whole face of each, and one without `place` where somebody abroad has it, with their audiences."""
    vector = " || ".join(
        f"setweight(to_tsvector('english', {text}), '{weight}')"
        for text, weight in (("s.a", "A"), ("s.b", "B"), ("s.c", "C"), ("s.d", "D"))
    )
    common = {
        "record_id": f"s.n + {first}", "owner_id": "s.owner", "uid": "s.uid", "ref": "s.ref", "issued_at": "s.at",
        "title": "s.title", "methods": "s.methods", "drugs": "s.drugs", "mode": "s.mode", "month": "s.month",
        "region": "s.region", "country": "s.country", "hazard": "s.hazard", "urgency": "s.urgency",
        "mass_kg": "s.mass_kg", "latitude": "null", "longitude": "null", "stix": "''", "stix_of": "''",
    }  # fmt: skip
    audiences = (
        "bench_stage s {} join (select n, array_agg(agency order by agency) as members from bench_given"
        " where {} group by n) g using (n)"
    )
    whole = f"record_id = {pattern} and withheld = '{{}}'"
    _again(
        "bulletins_face",
        whole,
        audiences.format("left", "not part"),
        common
        | {
            "shown": "s.whole", "words": vector, "port": "s.port", "lapses_at": "null",
            "audience": "(select array_agg(m order by m) from unnest(array_append(g.members, s.owner)) m)",
        },
    )  # fmt: skip
    _again(
        "bulletins_face",
        f"record_id = {pattern} and withheld = '{{place}}'",
        audiences.format("", "part"),
        common
        | {
            "shown": "s.part", "words": vector.replace("s.d", "s.part_d"), "port": "''",
            "audience": "g.members",
        },
    )  # fmt: skip


def _grants(pattern: int, first: int) -> None:
    of_pattern = f"record_id = {pattern} and agreement_id is"
    faces = f"join bulletins_face f on f.record_id = s.n + {first} and f.withheld ="
    common = {"record_id": "f.record_id", "face_id": "f.id", "visible_since": "s.at"}
    _again(
        "sharing_grant",
        f"{of_pattern} null and release_id is null",
        f"bench_stage s {faces} '{{}}'",
        common | {"group_id": "s.owner"},
    )
    release = f"join sharing_release r on r.record_id = s.n + {first} and r.agency_id = g.agency"
    given = "(select * from bench_given where {}) g join bench_stage s using (n)"
    common |= {"group_id": "g.agency", "release_id": "r.id"}
    _again(
        "sharing_grant",
        f"{of_pattern} null and release_id is not null",
        f"{given.format('not part')} {faces} '{{}}' {release}",
        common,
    )
    # Agreement and end are as with the pattern's own.
    _again(
        "sharing_grant",
        f"{of_pattern} not null",
        f"{given.format('part')} {faces} '{{place}}' {release}",
        common,
    )


def _without_permission() -> None:
    """What a hub that knows no permission would read: each record once, whole, for whoever asks."""
    run(f"create view {EVERYTHING} as select * from bulletins_face where withheld = '{{}}'")
