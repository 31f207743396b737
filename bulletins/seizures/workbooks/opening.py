"""The one way in for a workbook: a confined process reads it, and what comes out is CSV."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

_CONVERTER = Path(__file__).with_name("converter.py")
_CONFINING = Path(__file__).resolve().parents[3] / "hub/confining.py"
# Its XML is looked through for entities by the converter itself; the library's way to do so is ten times slower.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "OPENPYXL_LXML": "False", "OPENPYXL_DEFUSEDXML": "False"} | {
    name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"
}
_PIECE = 1 << 16
_TOLD_BYTES = 4096
# One at a time in a process: each may take all of its memory.
_place = threading.BoundedSemaphore(1)

MESSAGES: dict[str, Promise] = {
    "macros": _("The workbook holds macros. Save it as a plain workbook (.xlsx) and send that."),
    "encrypted": _("The workbook is protected by a password. Take it off and send it again."),
    "old": _(
        "This is an old workbook (.xls), or one with a password. Save it as .xlsx without one and send that."
    ),
    "entities": _(
        "The workbook holds XML entities, which no spreadsheet program writes. Save its rows as CSV."
    ),
    "no_workbook": _("This is an archive and no workbook. Send the file itself, as CSV or .xlsx."),
    "no_sheet": _("The workbook has no sheet with rows."),
    "unpacks_too_large": _(
        "Unpacked, the workbook is larger than %(megabytes)d MB. Save its rows as CSV and send that."
    ),
    "too_many_rows": _("The sheet has more than %(most)d rows. Send it in several files."),
    "too_many_columns": _(
        "The sheet has more than %(most)d columns. Use the columns of the template and no others."
    ),
    "too_much_memory": _(
        "The workbook needs more memory than the hub allows. Save the rows as CSV and send that."
    ),
    "too_slow": _(
        "The workbook takes longer to read than the hub allows. Save the rows as CSV and send that."
    ),
    "unreadable": _("The workbook is damaged or is none. Open it, save it anew as .xlsx, and send that."),
}


class Refused(ValueError):
    """The workbook is not taken; `str()` says why and what to do. `reason` is one word, safe to log."""

    def __init__(self, reason: str, **numbers: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.numbers = numbers

    def __str__(self) -> str:
        text = str(MESSAGES[self.reason])
        return text % self.numbers if self.numbers else text


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be, and what reading it may cost."""

    memory_bytes: int = 1 << 30
    cpu_s: int = 240
    wall_s: float = 480.0
    most_rows: int = 100_000
    most_columns: int = 200
    most_bytes: int = 1 << 30
    ratio: int = 200
    csv_bytes: int = 400 << 20


_USUAL = Limits()


def as_csv(
    workbook: IO[bytes],
    out: IO[bytes],
    *,
    limits: Limits = _USUAL,
    tick: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write the workbook's rows into `out` as CSV; return how many, the header included. Raises Refused.

    Line breaks inside a cell are written as spaces, so that a row's number is its line. `tick` is called now and
    then with how many rows were written so far.
    """
    head = workbook.read(8)
    workbook.seek(0)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("old")
    with _place:
        told = _run(workbook, out, limits, tick)
    if "refused" in told:
        reason = str(told.pop("refused"))
        raise Refused(reason if reason in MESSAGES else "unreadable", **{k: int(v) for k, v in told.items()})
    return int(told["rows"])


def _run(workbook: IO[bytes], out: IO[bytes], limits: Limits, tick: Callable[[int], None]) -> dict[str, Any]:
    """What the converter said at its end. It starts bare: no secrets around it, no open files, no code of the hub."""
    order = {"confining": str(_CONFINING)} | asdict(limits)
    with subprocess.Popen(
        [sys.executable, "-I", str(_CONVERTER), json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT,
    ) as converter:
        assert converter.stdin is not None and converter.stdout is not None
        alarm = threading.Timer(limits.wall_s, converter.kill)
        alarm.start()
        try:
            # It reads everything before it writes anything: the two pipes cannot block each other.
            with suppress(BrokenPipeError), converter.stdin:
                while piece := workbook.read(_PIECE):
                    converter.stdin.write(piece)
            tail = _copy(converter.stdout, out, limits, tick)
            status = converter.wait() if tail is not None else 0
        finally:
            alarm.cancel()
            converter.kill()
    if tail is None:
        return {"refused": "unpacks_too_large", "megabytes": limits.csv_bytes >> 20}
    if status == 0:
        return _told(tail)
    logger.warning("the workbook converter ended with status %d", status)
    return {"refused": "too_slow" if status in (-signal.SIGKILL, -signal.SIGXCPU) else "unreadable"}


def _copy(source: IO[bytes], out: IO[bytes], limits: Limits, tick: Callable[[int], None]) -> bytes | None:
    """Copy up to the NUL byte and return what follows; None where there is too much."""
    room, count = limits.csv_bytes, 0
    while piece := source.read(_PIECE):
        rows, nul, tail = piece.partition(b"\0")
        count += rows.count(b"\n")
        tick(count)
        out.write(rows)
        room -= len(rows)
        if nul:
            return tail + source.read(_TOLD_BYTES)
        if room < 0:
            return None
    return b""


def _told(tail: bytes) -> dict[str, Any]:
    """The converter's one line of JSON, believed only as far as it can be checked: it held a stranger's file."""
    try:
        told = dict(json.loads(tail[:_TOLD_BYTES]))
        if not told.keys() & {"rows", "refused"}:
            return {"refused": "unreadable"}
        return {str(name): value if name == "refused" else int(value) for name, value in told.items()}
    except (LookupError, TypeError, ValueError):
        return {"refused": "unreadable"}
