"""What is asked: each question by the hub's public functions, without permission, and by guardian."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from guardian.shortcuts import get_objects_for_user

from bulletins.faces.models import FaceColumns
from bulletins.faces.querysets import FoundQuerySet
from bulletins.models import Found, Record
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.facets import counts_of
from sharing.disclosures.filters import Filters
from sharing.disclosures.paging import count_of, page_of
from sharing.disclosures.reading import shown_to
from sharing.disclosures.rules import Channel
from tests.bench.filling import EVERYTHING
from tests.bench.logins import as_owner, busy_ms, run
from tests.bench.wording import COMMON, RARE

# What a list or a page shows of a record, without asking who may have it.
CONTENT = f"""
    select f.record_id, f.uid, f.ref, f.kind, f.version, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat,
           f.reliability, f.credibility, f.issued_at, f.shown, f.linked, a.group_id, a.code, a.name, a.desk_email,
           a.desk_phone, a.desk_hours
    from unnest(%s::bigint[]) with ordinality as wanted(id, place)
    join {EVERYTHING} f on f.record_id = wanted.id
    join hub_agency a on a.group_id = f.owner_id
    order by wanted.place
"""


class Everything(FaceColumns):
    """Each record once, whole, for whoever asks: what there would be to read without permission."""

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")

    objects = FoundQuerySet.as_manager()

    class Meta:
        app_label = "bulletins"
        managed = False
        db_table = EVERYTHING


@dataclass(frozen=True)
class Reader:
    """Whoever asks: the hub's viewer and guardian's user are one person. `ref` is of a bulletin they may read."""

    name: str
    viewer: Viewer
    person: Any
    ref: str


@dataclass(frozen=True)
class Question:
    """`query` finds ids, or a number, in the rows it is given; where they are `shown`, their content is read too.

    `whole` is all that the hub does, in the viewer's context; `base` and `by` are where it begins and its order.
    """

    name: str
    query: Callable[[Any, str, Reader], Any]
    whole: Callable[[Reader], Any]
    base: Any
    by: str = "issued_at"
    shown: bool = True

    def by_hub(self, reader: Reader) -> Spent:
        with Stopwatch() as watch, viewing(reader.viewer):
            self.whole(reader)
        return watch.spent

    def query_by_hub(self, reader: Reader) -> Spent:
        """The query alone: no context, no second look, no ledger."""
        with viewing(reader.viewer):
            rows = self.base.objects.visible_to(reader.viewer)
            with Stopwatch() as watch:
                self.query(rows, self.by, reader)
        return watch.spent

    def bare(self, reader: Reader) -> Spent:
        return self._as_owner(reader, Everything.objects.all)

    def bare_query(self, reader: Reader) -> Spent:
        with as_owner(), transaction.atomic(), Stopwatch() as watch:
            self.query(Everything.objects.all(), "issued_at", reader)
        return watch.spent

    def by_guardian(self, reader: Reader) -> Spent:
        def allowed() -> Any:
            records = get_objects_for_user(reader.person, "bulletins.view_record", Record)
            return Everything.objects.filter(record__in=records)

        return self._as_owner(reader, allowed)

    def _as_owner(self, reader: Reader, rows: Callable[[], Any]) -> Spent:
        with as_owner(), Stopwatch() as watch, transaction.atomic():
            found = self.query(rows(), "issued_at", reader)
            if self.shown:
                run(CONTENT, [list(found)])
        return watch.spent


@dataclass(frozen=True)
class Spent:
    """Milliseconds by the clock, and of processor time, ours and the database's. A busy machine stretches the first."""

    wall: float
    busy: float


class Stopwatch:
    """What the block spends."""

    spent = Spent(0.0, 0.0)

    def __enter__(self) -> Stopwatch:
        self.busy, self.wall = busy_ms(), time.perf_counter()
        return self

    def __exit__(self, *_error: object) -> None:
        wall = (time.perf_counter() - self.wall) * 1000
        self.spent = Spent(wall, busy_ms() - self.busy)


def _newest(rows: Any, by: str, reader: Reader) -> Sequence[int]:
    return page_of(rows.filter(kind=Kind.BULLETIN), by=by).ids


def _list(reader: Reader) -> None:
    rows = Received.objects.visible_to(reader.viewer)
    disclose(reader.viewer, list(_newest(rows, "visible_since", reader)), Channel.PAGE)


def _named(rows: Any, by: str, reader: Reader) -> list[int]:
    return list(rows.filter(ref=reader.ref, kind=Kind.BULLETIN).values_list("record_id", flat=True)[:1])


def _open(reader: Reader) -> None:
    assert shown_to(reader.viewer, Kind.BULLETIN, reader.ref)


def _search(words: str) -> Question:
    filters = Filters(words)

    def query(rows: Any, by: str, reader: Reader) -> Sequence[int]:
        return page_of(filters.narrow(rows.matching(words)), by=by).ids

    def whole(reader: Reader) -> None:
        ids = query(Found.objects.visible_to(reader.viewer), "issued_at", reader)
        disclose(reader.viewer, list(ids), Channel.PAGE)

    return Question(f"search, {_said(words)}", query, whole, Found)


def _facets(words: str) -> Question:
    filters = Filters(words)

    def query(rows: Any, by: str, reader: Reader) -> int:
        return counts_of(rows.matching(words), filters)[0]

    def whole(reader: Reader) -> None:
        query(Found.objects.visible_to(reader.viewer), "", reader)

    return Question(f"facets, {_said(words)}", query, whole, Found, shown=False)


def _count(words: str) -> Question:
    """Of search where there are words, of the list where there are none: where the hub counts."""

    def query(rows: Any, by: str, reader: Reader) -> int:
        return count_of(rows.matching(words).filter(kind=Kind.BULLETIN))

    base: Any = Found if words else Received

    def whole(reader: Reader) -> None:
        query(base.objects.visible_to(reader.viewer), "", reader)

    return Question(f"count, {_said(words)}", query, whole, base, shown=False)


def _said(words: str) -> str:
    return {COMMON: "common word", RARE: "rare word"}.get(words, "no word")


QUESTIONS = [
    Question("latest 25", _newest, _list, Received, by="visible_since"),
    Question("open one", _named, _open, Received, by="visible_since"),
    _search(COMMON),
    _search(RARE),
    _facets(COMMON),
    _facets(""),
    _count(COMMON),
    _count(""),
]
