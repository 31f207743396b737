"""Reading a CSV file of seizures, row by row: one bad row stops no other, and says what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from bulletins.seizures.cells import Cells, Problem, excerpt
from bulletins.seizures.rows import COLUMNS, OPTIONAL, Codes, SeizureRow, read_row
from bulletins.vocabulary.places import PortBook

# A longer line is not read whole; a longer record is taken for a quotation mark that nobody closed.
LINE_LIMIT = 2_000_000
RECORD_LINES = 200
NAMED = 10  # columns named in one message

_KNOWN = (*COLUMNS, *OPTIONAL)
_DELIMITERS = ",;\t"
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BINARIES = (b"%PDF", b"\x1f\x8b", b"{\\rtf")


class Unreadable(Exception):
    """The file as a whole cannot be read. The message says why, and what to do."""


@dataclass(frozen=True)
class Refusal:
    """A row that was not read: its first line in the file, and everything wrong with it, leftmost first.

    `cells` are its own, in the order of the file's columns, where it has as many.
    """

    line: int
    problems: tuple[Problem, ...]
    external_id: str = ""
    cells: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        return self.problems[0].column

    @property
    def reason(self) -> str:
        return self.problems[0].reason

    @property
    def value_excerpt(self) -> str:
        return self.problems[0].value_excerpt


def read_rows(
    source: Path | str | IO[bytes], *, codes: Codes, ports: PortBook, today: date
) -> Iterator[SeizureRow | Refusal]:
    """The file's rows in order, each read or refused; memory grows with the file's length by its event_ids alone.

    Raises Unreadable at once where the file is no CSV in this layout.
    """
    file = _open(Path(source) if isinstance(source, str) else source)
    try:
        lines = _Lines(file)
        columns, delimiter = _header(lines)
    except BaseException:
        file.close()
        raise
    return _rows(file, lines, columns, delimiter, codes=codes, ports=ports, today=today)


def columns_of(source: IO[bytes]) -> list[str]:
    """The names in the file's header, in its order. Raises Unreadable."""
    return _header(_Lines(_open(source)))[0]


def count_lines(path: Path | str) -> int:
    """Lines of the file, for a progress bar."""
    with Path(path).open("rb") as file:
        return count_lines_of(file)


def count_lines_of(file: IO[bytes]) -> int:
    """Lines from its beginning, to which it is put back."""
    file.seek(0)
    found = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    file.seek(0)
    return found


def _rows(
    file: io.TextIOWrapper,
    lines: _Lines,
    columns: list[str],
    delimiter: str,
    *,
    codes: Codes,
    ports: PortBook,
    today: date,
) -> Iterator[SeizureRow | Refusal]:
    accepted: dict[str, int] = {}
    with file:
        for line, values in _records(lines, delimiter, len(columns)):
            if isinstance(values, Refusal):
                yield values
                continue
            cells = Cells(
                dict(zip(columns, values, strict=True)), today=today, decimal_comma=delimiter == ";"
            )
            row = read_row(cells, line=line, codes=codes, ports=ports, today=today)
            if row.external_id in accepted:
                reason = _("stands on line %(line)s already")
                cells.refuse("event_id", reason % {"line": accepted[row.external_id]})
            if cells.problems:
                problems = sorted(cells.problems, key=lambda problem: _KNOWN.index(problem.column))
                yield Refusal(line, tuple(problems), row.external_id, cells.raw)
            else:
                accepted[row.external_id] = line
                yield row


def _records(lines: _Lines, delimiter: str, width: int) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Records with the number of their first line.

    A record over several lines that does not come out right is given up at its first line, and reading goes
    on at its second: a quotation mark left open costs one row and not those below it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LINE_LIMIT * 2))
    while True:
        lines.begin()
        try:
            values = next(csv.reader(lines, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except _TooLongError as error:
            reason = str(error)
        except csv.Error:
            reason = _("quotation marks do not pair up")
        else:
            if not any(value.strip() for value in values):
                continue
            while len(values) > width and not values[-1].strip():
                values.pop()  # empty columns at the right, as spreadsheets leave them
            if len(values) == width:
                yield lines.first, values
                continue
            reason = _("%(found)s cells where the header has %(expected)s")
            reason %= {"found": len(values), "expected": width}
        yield lines.first, Refusal(lines.first, (Problem("", reason, excerpt(lines.taken[0].strip())),))
        lines.resume_after_first()


class _TooLongError(Exception):
    """A line or a record is longer than any row can be."""


class _Lines:
    """The file's lines, counted; those of the record being read can be taken back."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.first = 1

    def begin(self) -> None:
        """A new record starts at the next line."""
        self.first += len(self.taken)
        self.taken = []

    def resume_after_first(self) -> None:
        """Give back all lines of the record but its first."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= RECORD_LINES or sum(map(len, self.taken)) > LINE_LIMIT:
            raise _TooLongError(_("a quotation mark is opened and not closed"))
        line = self._again.popleft() if self._again else self._file.readline(LINE_LIMIT)
        if not line:
            raise StopIteration
        self.taken.append(line)
        if len(line) == LINE_LIMIT and not line.endswith(("\n", "\r")):
            while (rest := self._file.readline(LINE_LIMIT)) and not rest.endswith(("\n", "\r")):
                pass
            raise _TooLongError(_("the line is longer than %(limit)s characters") % {"limit": LINE_LIMIT})
        return line


def _open(source: Path | IO[bytes]) -> io.TextIOWrapper:
    """The file as text; bytes that are no UTF-8 are kept as surrogates, to be refused cell by cell."""
    try:
        raw = source.open("rb") if isinstance(source, Path) else source
        head = raw.read(4096)
        raw.seek(0)
    except OSError as error:
        name = source.name if isinstance(source, Path) else _("The file")
        raise Unreadable(
            _("%(file)s cannot be opened: %(why)s") % {"file": name, "why": error.strerror}
        ) from error
    if why := _not_csv(head):
        raw.close()
        raise Unreadable(why)
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _not_csv(head: bytes) -> str:
    """What the first bytes say the file is, if not a CSV file we read; else nothing."""
    if not head:
        return _("The file is empty (0 bytes).")
    if head.startswith(_WORKBOOKS):
        return _(
            "This is a spreadsheet workbook, whatever its name says. Save it as “CSV UTF-8” and try again."
        )
    if head.startswith(_UTF16_OR_32) or b"\x00" in head.split(b"\n", 1)[0]:
        return _("The file is UTF-16 or binary, not UTF-8 text. Save it as “CSV UTF-8” and try again.")
    if head.startswith(_BINARIES):
        return _("This is not a CSV file.")
    return ""


def _header(lines: _Lines) -> tuple[list[str], str]:
    """Column names in the file's order, and the character that separates them.

    All columns must be there and no other: under a misspelt name a column would be lost without a word.
    """
    first = _next_text(lines)
    if first.lower().startswith("sep="):  # Excel's own note of the separator
        first = _next_text(lines)
    names, delimiter = max(
        ((_names(first, delimiter), delimiter) for delimiter in _DELIMITERS),
        key=lambda found: len(set(found[0]) & set(COLUMNS)),
    )
    if not set(names) & set(COLUMNS):
        raise Unreadable(_("The first line is not the header: it names none of the columns of this layout."))
    faults = (
        (_("missing columns: %(names)s"), [name for name in COLUMNS if name not in names]),
        (_("unknown columns: %(names)s"), [name for name in names if name not in _KNOWN]),
        (_("columns named twice: %(names)s"), sorted({name for name in names if names.count(name) > 1})),
    )
    told = [text % {"names": _listed(found)} for text, found in faults if found]
    if told:
        raise Unreadable(_("The header does not fit: %(faults)s.") % {"faults": "; ".join(told)})
    return names, delimiter


def _next_text(lines: _Lines) -> str:
    """The next line that is not blank."""
    for line in lines:
        lines.begin()
        if line.strip():
            return line.strip("\r\n")
    raise Unreadable(_("The file is empty."))


def _names(line: str, delimiter: str) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True))]
    except (csv.Error, StopIteration):
        return []
    while names and not names[-1]:
        names.pop()
    return names


def _listed(names: list[str]) -> str:
    """The first few names, safe to print."""
    shown = ", ".join(excerpt(name) or "“”" for name in names[:NAMED])
    more = len(names) - NAMED
    return _("%(names)s and %(count)s more") % {"names": shown, "count": more} if more > 0 else shown
