"""From disclosures to a file: set aside line by line, then written under the highest marking of them all.

Whatever their number, no more of them is in memory than one batch.
"""

from __future__ import annotations

import csv
import io
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import orjson

from bulletins.markings.rules import Marking, highest
from bulletins.vocabulary.terms import terms
from hub.pages.cells import guarded
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.shapes import instant, shape
from sharing.exports.columns import COLUMNS, row_of
from sharing.exports.gathering import InStix, Shown
from sharing.exports.models import Form
from sharing.exports.workbook import workbook
from sharing.stix.bundle import bundle_of
from sharing.stix.finishing import Finished

TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.JSON: "application/json",
    Form.STIX: "application/stix+json;version=2.1",
    Form.ZIP: "application/zip",
}
IN_MEMORY = 5 * 2**20
TICK = 5_000


def aside() -> IO[bytes]:
    """A file without a name, in memory while it is small; closed by whoever sends it."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


@dataclass
class Pile:
    """What was disclosed, one line of JSON each, or a bundle of STIX; its highest marking, and the records it holds."""

    form: str
    lines: IO[bytes] = field(default_factory=aside)
    marking: Marking | None = None
    records: array[int] = field(default_factory=lambda: array("q"))
    tick: Callable[[], None] = lambda: None

    def fill(self, batches: Iterable[Sequence[Shown]]) -> None:
        """All of it, batch by batch."""
        if self.form == Form.STIX:
            # One by one: of many at once the file would look how large it is only when it has them all.
            for piece in bundle_of(self._objects(batches)):
                self.lines.write(piece)
            return
        labels = terms()
        for part in batches:
            self._note(part)
            for each in part:
                assert isinstance(each, Disclosure)
                line = shape(each, labels=labels) if self.form == Form.JSON else row_of(each)
                self.lines.write(orjson.dumps(line) + b"\n")

    def _objects(self, batches: Iterable[Sequence[Shown]]) -> Iterator[Finished]:
        for part in batches:
            self._note(part)
            yield from (each.objects for each in part if isinstance(each, InStix))

    def _note(self, part: Sequence[Shown]) -> None:
        self.records.extend(each.key for each in part)
        markings = {each.marking for each in part} | ({self.marking} if self.marking else set())
        self.marking = highest(markings)

    def __iter__(self) -> Iterator[bytes]:
        """The lines again; `tick` is told now and then that they are being written."""
        self.lines.seek(0)
        for number, line in enumerate(self.lines):
            if number % TICK == TICK - 1:
                self.tick()
            yield line


def write(pile: Pile, *, about: dict[str, Any], at: datetime) -> IO[bytes]:
    """The file, at its beginning. `about` says whose question it answers."""
    if pile.form == Form.STIX:
        pile.lines.seek(0)
        return pile.lines
    out = aside()
    marking = (pile.marking or Marking()).banner
    WRITERS[Form(pile.form)](out, pile, {"marking": marking, "made_at": instant(at), **about})
    out.seek(0)
    return out


def name_of(pile: Pile, what: str, at: datetime) -> str:
    """`TLP-AMBER-STRICT_bulletins_20261126-0216.csv`: the marking before anything is opened."""
    tlp = (pile.marking or Marking()).tlp.replace(":", "-").replace("+", "-")
    ending = "stix.json" if pile.form == Form.STIX else pile.form
    return f"{tlp}_{what}_{at:%Y%m%d-%H%M}.{ending}"


def _csv(out: IO[bytes], pile: Pile, about: dict[str, Any]) -> None:
    """UTF-8 with a mark, as spreadsheets want it; each row begins with its marking."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for line in pile:
        table.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in orjson.loads(line)])
    text.detach()


def _xlsx(out: IO[bytes], pile: Pile, about: dict[str, Any]) -> None:
    workbook(out, (orjson.loads(line) for line in pile), list(COLUMNS), marking=about["marking"])


def _json(out: IO[bytes], pile: Pile, about: dict[str, Any]) -> None:
    """The records as the REST API says them."""
    head = orjson.dumps(about)
    out.write(head[:-1] + b',"records":[')
    _joined(out, (line.rstrip() for line in pile))
    out.write(b"]}\n")


def _joined(out: IO[bytes], parts: Iterable[bytes]) -> None:
    for number, part in enumerate(parts):
        out.write(b",\n" + part if number else b"\n" + part)


WRITERS: dict[Form, Callable[[IO[bytes], Pile, dict[str, Any]], None]] = {
    Form.CSV: _csv,
    Form.XLSX: _xlsx,
    Form.JSON: _json,
}
