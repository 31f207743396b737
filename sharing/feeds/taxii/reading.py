"""A page of a collection: in the order in which things became visible to the caller, each record read anew.

Each object has a date of its own, a microsecond or more from the next: what a record's objects refer to lies just
before the record, its parts just after it, all of it nearer than the next record. So a page may end anywhere, and
whoever goes on after its last date, by `next` or by `added_after`, misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import require_viewer
from sharing.disclosures.disclosure import Rendered
from sharing.disclosures.rules import Channel
from sharing.feeds.taxii.asking import MOST_TRACES, TRACE, Asked, Item, instant, moment
from sharing.feeds.taxii.collections import Collection, remember
from sharing.stix.context import Ready, context_objects, identity
from sharing.stix.finishing import Finished, Tail, finished, stubs
from sharing.stix.ids import PRIMARY, named_by, stamp
from sharing.stix.keeping import disclose_rendered

# A record's objects lie within so many microseconds of it: those it refers to before, its parts after.
BEFORE, AFTER = 199, 290
# A collection of a choice looks through so many records for one page, whatever it finds.
WINDOW = 5_000

ROWS = """
    with ahead as materialized (
        select * from sharing_standing
        where agency_id = hub_agency() and numbered_at > %(after)s {narrowed}
        order by numbered_at limit %(window)s)
    select e.n, (extract(epoch from e.last) * 1000000)::bigint, s.*
    from (select count(*) as n, max(numbered_at) as last from ahead) e
    left join lateral (
        select s.record_id, s.uid, s.kind, s.created_at, s.numbered_at,
               (extract(epoch from s.numbered_at) * 1000000)::bigint, s.state, s.parts, a.code, a.name
        from ahead s join hub_agency a on a.group_id = s.owner_id
        where {within} order by s.numbered_at limit %(most)s) s on true
    order by s.numbered_at
"""


class Row(NamedTuple):
    """How a record stands for the caller's agency. `at` is `numbered_at` in microseconds since 1970."""

    record: int
    uid: UUID
    kind: str
    created_at: datetime
    numbered_at: datetime
    at: int
    state: str
    parts: list[str]
    owner: str
    owner_name: str


@dataclass
class Page:
    """`after` is where the next page begins, if there is more; `traces` are of the context given so far."""

    items: list[Item] = field(default_factory=list)
    is_full: bool = False
    more: bool = False
    after: int = 0
    traces: list[bytes] = field(default_factory=list)

    @property
    def dates(self) -> dict[str, str]:
        """The headers that say between which dates it lies."""
        if not self.items:
            return {}
        return {
            "X-TAXII-Date-Added-First": stamp(moment(self.items[0].at)),
            "X-TAXII-Date-Added-Last": stamp(moment(self.items[-1].at)),
        }


def page_of(
    viewer: Viewer, collection: Collection, asked: Asked, *, names: bool = False, at: datetime
) -> Page:
    """What the viewer may be given of the collection now. Writes the ledger's row, and what a choice has given.

    With `names` it is for an answer that gives no more of an object than its id and dates: no ledger then.
    """
    require_viewer(viewer)
    found = _rows(collection, asked)
    filling = _Filling(asked, found.rows)
    filling.put_known(_known(asked))
    live = [row.record for row in found.rows if row.state == "live"]
    disclose_rendered(viewer, live, Channel.TAXII, fits=filling.fits, names=names, at=at)
    filling.end()
    remember(viewer, collection, filling.given)
    page = filling.page
    page.traces = sorted(filling.traces)[:MOST_TRACES]
    page.more = page.is_full or found.more
    if not page.is_full:
        page.after = max(asked.after, found.ends)
    return page


class _Filling:
    """Puts rows on the page in their order: stubs as they come, what is live as it is disclosed."""

    def __init__(self, asked: Asked, rows: Sequence[Row]) -> None:
        self.asked, self.rows, self.page = asked, rows, Page()
        self.given: list[int] = []
        self.traces = set(asked.seen)
        self._seen: set[str] = set()
        self._next = 0

    def put_known(self, known: Iterable[Ready]) -> None:
        for each in known:
            self._take(instant("created", _version_of(each)), _version_of(each), each)

    def fits(self, shown: Rendered) -> bool | None:
        """Put the next live record on the page, after the stubs before it: see `disclose_rendered`."""
        row = self._up_to(shown.key)
        if row is None or self.page.is_full:
            return False
        tail = Tail(
            modified=row.numbered_at,
            since=shown.visible_since,
            marking=shown.marking,
            owner=shown.owner,
            owner_name=shown.owner_name,
            withheld=shown.withheld,
            terms=shown.terms,
        )
        return self._put(row, finished(shown.kept, tail, gone=row.parts)) or None

    def end(self) -> None:
        """The stubs after the last live record."""
        self._up_to(None)

    def _up_to(self, record: int | None) -> Row | None:
        """Pass over the rows before `record`'s: what is recalled or ended is said, what may not be read is absent."""
        while self._next < len(self.rows) and not self.page.is_full:
            row = self.rows[self._next]
            self._next += 1
            if row.state != "live":
                self._put(row, _stubs(row))
            elif row.record == record:
                return row
        return None

    def _put(self, row: Row, found: Finished) -> bool:
        """Put its objects on the page as far as there is room; whether any is the record's own."""
        context = found.context[:BEFORE]
        for at, each in enumerate(context, row.at - len(context)):
            if each.id in self._seen:
                continue
            trace = blake2b(each.id.encode(), digest_size=TRACE).digest()
            if trace not in self.traces and not self._take(at, _version_of(each), each):
                return False
            self._seen.add(each.id)
            self.traces.add(trace)
        version, before = stamp(row.numbered_at), len(self.page.items)
        for at, each in enumerate(found.objects[: AFTER + 1], row.at):
            if not self._take(at, version, each):
                break
        own = len(self.page.items) > before
        if own:
            self.given.append(row.record)
        return own

    def _take(self, at: int, version: str, each: Ready) -> bool:
        """Put one object on the page if it is asked for; False where there is no room for it."""
        page, item = self.page, Item(at, version, each)
        if not self.asked.takes(item):
            return True
        if len(page.items) >= self.asked.limit:
            page.is_full, page.after = True, at - 1
            return False
        page.items.append(item)
        return True


class _Found(NamedTuple):
    """`ends` is the date up to which everything has been looked at (microseconds since 1970); 0 where nothing was."""

    rows: list[Row]
    ends: int
    more: bool


def _rows(collection: Collection, asked: Asked) -> _Found:
    most = asked.limit + 1
    window = WINDOW if collection.within else most
    narrowed, parameters = _narrowed(asked)
    with connection.cursor() as cursor:
        cursor.execute(
            ROWS.format(narrowed=narrowed, within=collection.within or "true"),
            {
                "after": moment(max(0, asked.after - AFTER)),
                "window": window,
                "most": most,
                "collection": collection.id,
                "key": collection.key,
                **parameters,
            },
        )
        found = cursor.fetchall()
    looked, last = found[0][:2]
    rows = [Row._make(row[2:]) for row in found if row[2] is not None]
    fitting = _fitting(rows, asked)
    if len(fitting) < len(rows):
        return _Found(fitting, fitting[-1].at + AFTER, more=True)
    return _Found(rows, last + AFTER if looked else 0, more=looked >= window)


def _narrowed(asked: Asked) -> tuple[str, dict[str, Any]]:
    """SQL that leaves out what cannot match; what does match is looked at object by object."""
    sql, parameters = [], dict[str, Any]()
    if ids := asked.matches.get("id"):
        sql.append("and uid = any(%(uids)s)")
        parameters["uids"] = sorted(set[UUID]().union(*map(named_by, ids)))
    types = asked.matches.get("type", frozenset())
    if types and types <= set(PRIMARY.values()):
        sql.append("and kind = any(%(kinds)s)")
        parameters["kinds"] = [kind for kind, type_ in PRIMARY.items() if type_ in types]
    return " ".join(sql), parameters


def _fitting(rows: list[Row], asked: Asked) -> list[Row]:
    """The first of them, one at least, that may have room: what is read in vain is read for nothing."""
    room = asked.limit
    for place, row in enumerate(rows):
        room -= 1 if "type" in asked.matches else 1 + len(row.parts)
        if place and room < 0:
            return rows[:place]
    return rows


def _stubs(row: Row) -> Finished:
    return stubs(
        row.uid,
        row.kind,
        created=row.created_at,
        modified=row.numbered_at,
        revoked=row.state == "recalled",
        owner=row.owner,
        owner_name=row.owner_name,
        parts=row.parts,
    )


def _known(asked: Asked) -> list[Ready]:
    """Of the ids asked for, those of the vocabulary and of agencies: the same for every reader."""
    ids = asked.matches.get("id", frozenset())
    wanted = [id_ for id_ in sorted(ids) if id_.partition("--")[0] not in (*PRIMARY.values(), "note")]
    if not wanted:
        return []
    agencies = [identity(code, name) for code, name in Agency.objects.values_list("code", "name")]
    return context_objects(wanted) + [each for each in agencies if each.id in ids]


@lru_cache(maxsize=4096)
def _version_of(each: Ready) -> str:
    found = orjson.loads(each.text)
    return str(found.get("modified", found["created"]))
