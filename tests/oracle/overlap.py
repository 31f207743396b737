"""Writers and readers at once, each on a connection of its own; what they did and saw, to be judged afterwards.

Writers say by which request they did something, and the trail, whose rows are written under the record's lock, says in
which order. Times are the database's clock, asked before a transaction begins and after it has committed.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Found
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.database.context import lock_records, viewing
from hub.trail.actions import Origin, origin
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.paging import page_of
from sharing.disclosures.reading import shown_to
from sharing.disclosures.rules import Channel
from sharing.flow import carry_over, recall
from sharing.releases.models import Release
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer

RECORDS = 4
OWNER, OUTSIDER = "CBP", "NCB-OTTAWA"
# Of each what stays behind; CBSA never gets the place.
PICKS: dict[str, tuple[str, ...]] = {"CBSA": ("place",), "HSI": (), "DEA": ("technique",)}
READERS = {
    "CBP": "cbp.officer",
    "CBSA": "cbsa.officer",
    "HSI": "hsi.agent",
    "DEA": "dea.agent",
    OUTSIDER: "ncb.officer",
}
WORDS = {"core": CANARIES["core"], "place": CANARIES["place"]}


@dataclass(frozen=True)
class Deed:
    """One that was committed. `began` lies before its transaction, `done` after its commit."""

    request: str
    verb: str
    record: int
    agencies: tuple[str, ...]
    began: datetime
    done: datetime


@dataclass(frozen=True)
class Sight:
    """What one statement gave an agency: of each record found its version (0 where the statement tells none)."""

    agency: str
    way: str
    found: dict[int, int]
    began: datetime
    ended: datetime


@dataclass
class Log:
    deeds: list[Deed] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def run(seconds: float, *, writers: int = 3, seed: int = 1) -> tuple[list[Bulletin], Log]:
    """Let writers and one reader an agency go on for `seconds`; returns the records and all that happened."""
    records = [published_bulletin(title="Tank 1 zebrafinch") for _ in range(RECORDS)]
    log, until = Log(), time.monotonic() + seconds

    def going(step: Callable[[random.Random], None], number: int) -> Callable[[], None]:
        def thread() -> None:
            dice = random.Random(f"{seed}-{number}")
            try:
                while time.monotonic() < until and not log.failures:
                    step(dice)
            except BaseException as error:
                log.failures.append(error)
            finally:
                connection.close()

        return thread

    steps = [writing(records, log, str(number)) for number in range(writers)]
    steps += [reading(records, log, agency) for agency in READERS]
    threads = [threading.Thread(target=going(step, number)) for number, step in enumerate(steps)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=seconds + 120)
        assert not each.is_alive()
    return records, log


def writing(records: list[Bulletin], log: Log, name: str) -> Callable[[random.Random], None]:
    who, count = viewer("cbp.releaser"), iter(range(10**9))
    verbs: dict[str, tuple[int, Callable[[Bulletin, tuple[str, ...]], Any]]] = {
        "release": (10, lambda record, agencies: _give(record, agencies)),
        "recall": (8, lambda record, _a: recall(record, reason="wrong", viewer=who, at=timezone.now())),
        "amend": (1, lambda record, _a: _amend(record, who)),
        "carry": (3, lambda record, _a: _carry(record, who)),
    }

    def step(dice: random.Random) -> None:
        (verb,) = dice.choices(list(verbs), [weight for weight, _deed in verbs.values()])
        agencies = tuple(sorted(dice.sample(list(PICKS), dice.randint(1, len(PICKS)))))
        record, request = dice.choice(records), f"{name}-{next(count)}"
        began = clock()
        kept = origin.set(Origin(request_id=request))
        try:
            with viewing(who):
                verbs[verb][1](record, agencies)
        except ValidationError:
            return  # nothing to recall, or nothing has changed, at this moment
        finally:
            origin.reset(kept)
        log.deeds.append(Deed(request, verb, record.pk, agencies, began, clock()))

    return step


def _give(record: Bulletin, agencies: Iterable[str]) -> None:
    released(record, *((agency, *PICKS[agency]) for agency in agencies))


def _amend(record: Bulletin, who: Viewer) -> None:
    lock_records([record.pk])
    fresh = Bulletin.objects.get(pk=record.pk)
    fresh.title = f"Tank {fresh.latest + 1} zebrafinch"
    fresh.save(update_fields=["title"])
    publish(fresh, viewer=who, at=timezone.now())


def _carry(record: Bulletin, who: Viewer) -> None:
    lock_records([record.pk])
    live = list(Release.objects.filter(record_id=record.pk, ended_at=None).values_list("pk", flat=True))
    carry_over(record, live, viewer=who, at=timezone.now())


def reading(records: list[Bulletin], log: Log, agency: str) -> Callable[[random.Random], None]:
    who = viewer(READERS[agency])

    def see(way: str, statement: Callable[[], dict[int, int]]) -> dict[int, int]:
        began = clock()
        found = statement()
        log.sights.append(Sight(agency, way, found, began, clock()))
        return found

    def shown(ids: Iterable[int]) -> dict[int, int]:
        found = disclose(who, list(ids), Channel.PAGE)
        for each in found:
            # One version's words under another's number would be two faces mixed.
            assert each.title == f"Tank {each.version} zebrafinch"
            assert (WORDS["place"] in str(each.facts)) <= (agency != "CBSA")
        return {each.key: each.version for each in found}

    def step(dice: random.Random) -> None:
        with viewing(who):
            match dice.choice(["list", "search", "place", "open", "tables"]):
                case "list":
                    rows = Received.objects.visible_to(who).filter(kind=Kind.BULLETIN)
                    ids = see("list", lambda: dict.fromkeys(page_of(rows, by="visible_since").ids, 0))
                    see("disclose", lambda: _all(records, shown(ids), ids))
                case "search":
                    found = Found.objects.visible_to(who).matching(WORDS["core"])
                    see("search", lambda: dict.fromkeys(page_of(found, by="issued_at").ids, 0))
                case "place":
                    place = Found.objects.visible_to(who).matching(WORDS["place"])
                    ids = page_of(place, by="issued_at").ids
                    assert not ids or agency != "CBSA"
                case "open":
                    record = dice.choice(records)
                    see("open", lambda: _opened(who, record, records))
                case "tables":
                    see("faces", lambda: _rows("select record_id, version from bulletins_face"))
                    see("grants", lambda: _rows("select record_id, 0 from sharing_grant"))

    return step


def _all(records: list[Bulletin], found: dict[int, int], asked: dict[int, int]) -> dict[int, int]:
    """What was asked for and not given counts as absent; what was not asked for says nothing (-1)."""
    return {record.pk: found.get(record.pk, -2) if record.pk in asked else -1 for record in records}


def _opened(who: Viewer, record: Bulletin, records: list[Bulletin]) -> dict[int, int]:
    found = shown_to(who, Kind.BULLETIN, record.ref)
    return {each.pk: -1 for each in records if each.pk != record.pk} | (
        {record.pk: found.version} if found else {}
    )


def _rows(sql: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
