"""A page of a collection: in the order in which things became visible to the caller, each record read anew.

Each object has a date of its own, a microsecond or more from the next: what a record's objects refer to lies just
before the record, its parts just after it, all of it nearer than the next record. So a page may end anywhere, and
whoever goes on after its last date, by `next` or by `added_after`, misses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import orjson

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.database.context import require_viewer
from sharing.disclosures.disclosure import Rendered
from sharing.disclosures.rules import Channel
from sharing.feeds.taxii.asking import Asked, Item, instant, moment
from sharing.feeds.taxii.collections import Collection, remember
from sharing.feeds.taxii.given import Given
from sharing.feeds.taxii.rows import AFTER, BEFORE, Row, rows_after
from sharing.feeds.taxii.seeking import read_for
from sharing.stix.context import Ready, context_objects, identity
from sharing.stix.finishing import Finished, Tail, finished, named, renamed, stubs
from sharing.stix.ids import RECORD, stamp
from sharing.stix.keeping import disclose_in_turn
from sharing.subscriptions.placing import hold_choice

# So many are looked through for one page at most.
MOST_LOOKED = 20_000


@dataclass
class Page:
    """`after` is where the next page begins, if there is more; `seen` says which context was given so far."""

    items: list[Item] = field(default_factory=list)
    is_full: bool = False
    more: bool = False
    after: int = 0
    seen: bytes = b""

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
    if collection.subscription:
        hold_choice(collection.key)
    filling = _Filling(collection, asked, named if names else finished)
    disclose_in_turn(viewer, filling.batches(), Channel.TAXII, fits=filling.fits, names=names, at=at)
    filling.end()
    remember(viewer, collection, filling.given)
    return filling.page


class _Filling:
    """Puts rows on the page in their order: stubs as they come, what is live as it is disclosed."""

    def __init__(self, collection: Collection, asked: Asked, finish: Callable[..., Finished]) -> None:
        self.collection, self.asked, self.page = collection, asked, Page(after=asked.after)
        self.finish = finish
        self.given: set[tuple[int, int]] = set()
        self.rows: list[Row] = []
        self._given = Given(asked.seen)
        self._seen: set[str] = set()
        self._next = 0

    def batches(self) -> Iterator[list[int]]:
        """What is live of the rows that come next, again and again until the page is full: half-empty pages make some
        clients ask for smaller ones from then on."""
        # Of a date each of its own, as everything else on a page: it may end between any two.
        for place, each in enumerate(_known(self.asked)):
            if not self._take(_created(each)[0] + place, _version_of(each), each):
                return
            self._seen.add(each.id)
        looked, page = 0, self.page
        ids = self.asked.matches.get("id")
        uids = None if ids is None else read_for(self.collection, ids - self._seen)
        while True:
            room = self.asked.limit - len(page.items)
            found = rows_after(self.collection, self.asked, uids=uids, after=page.after, room=room)
            self.rows, self._next = found.rows, 0
            yield [row.record for row in found.rows if row.state == "live"]
            self._up_to(None)
            if page.is_full:
                return
            looked += found.looked
            page.after, page.more = max(page.after, found.ends), found.more
            if not page.more or looked >= MOST_LOOKED:
                return

    def end(self) -> None:
        page = self.page
        page.more = page.more or page.is_full
        page.seen = self._given.packed()

    def fits(self, shown: Rendered) -> bool | None:
        """Put the next live record on the page, after the stubs before it: see `disclose_kept`."""
        row = self._up_to(shown.key)
        if row is None or self.page.is_full:
            return False
        tail = Tail(
            modified=moment(row.changed),
            since=shown.visible_since or moment(row.changed),
            marking=shown.marking,
            owner=shown.owner,
            owner_name=shown.owner_name,
            withheld=shown.withheld,
            terms=shown.terms,
            owner_renamed_at=shown.owner_renamed_at,
            acknowledge_by=shown.acknowledge_by,
        )
        kept = renamed(shown.kept, row.other_uid) if row.other_uid else shown.kept
        return self._put(row, self.finish(kept, tail, gone=row.parts or ())) or None

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
            version = _version_of(each)
            if at <= self.asked.after and instant("version", version) > at:
                continue  # given before, in other words than now: these come with the next record
            if not self._given.has(each) and not self._take(at, version, each):
                return False
            self._seen.add(each.id)
            self._given.add(each)
        version, before = stamp(moment(row.changed)), len(self.page.items)
        for at, each in enumerate(found.objects[: AFTER + 1], row.at):
            if not self._take(at, version, each):
                break
        own = len(self.page.items) > before
        if own:
            self.given.add((row.record, row.life))
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


def _stubs(row: Row) -> Finished:
    return stubs(
        row.uid,
        created=row.created_at,
        modified=moment(row.changed),
        revoked=row.state == "recalled",
        owner=row.owner,
        owner_name=row.owner_name,
        owner_renamed_at=row.owner_renamed_at,
        parts=row.parts or (),
    )


def _known(asked: Asked) -> list[Ready]:
    """Of the ids asked for, those of the vocabulary and of agencies: the same for every reader."""
    ids = asked.matches.get("id", frozenset())
    wanted = [id_ for id_ in sorted(ids) if id_.partition("--")[0] not in (RECORD, "note")]
    if not wanted:
        return []
    rows = Agency.objects.filter(state=AgencyState.ACTIVE).values_list("code", "name", "renamed_at")
    agencies = [identity(*row) for row in rows]
    return sorted(context_objects(wanted) + [each for each in agencies if each.id in ids], key=_created)


@lru_cache(maxsize=4096)
def _created(each: Ready) -> tuple[int, str]:
    """Its date where it is asked for by itself: with another version it has the same."""
    return instant("created", orjson.loads(each.text)["created"]), each.id


@lru_cache(maxsize=4096)
def _version_of(each: Ready) -> str:
    found = orjson.loads(each.text)
    return str(found.get("modified", found["created"]))
