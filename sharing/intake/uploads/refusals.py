"""Refused rows: as a file that can be mended and sent again, and as the page shows them."""

from __future__ import annotations

import csv
import io
from typing import IO, Any

from bulletins.seizures.reading import Refusal
from hub.pages.cells import guarded


class RefusedRows:
    """The refused rows as a file: their own cells, their line, and why. Mended, it can be sent again."""

    def __init__(self, out: IO[bytes], columns: list[str]) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", errors="backslashreplace")
        self._writer = csv.writer(self._text)
        self._keep = [number for number, name in enumerate(columns) if name not in ("line", "problems")]
        self._width = len(columns)
        self._writer.writerow([*(columns[number] for number in self._keep), "line", "problems"])

    def add(self, refusal: Refusal) -> None:
        cells = refusal.cells or ("",) * self._width
        told = [f"{each.column}: {each.reason}" if each.column else each.reason for each in refusal.problems]
        row = [_plain(cells[number]) for number in self._keep]
        self._writer.writerow([*row, refusal.line, guarded("; ".join(told))])

    def add_again(self, before: IO[bytes]) -> set[int]:
        """The rows of a file of refused rows as they stand there; returns their lines."""
        rows = csv.reader(io.TextIOWrapper(before, encoding="utf-8-sig", newline=""))
        next(rows, None)
        lines = set()
        for row in rows:
            self._writer.writerow(row)
            lines.add(int(row[-2]))
        return lines

    def end(self) -> None:
        self._text.flush()
        self._text.detach()


def _plain(cell: str) -> str:
    """No cell becomes a formula; a number below zero is none."""
    try:
        float(cell)
    except ValueError:
        return guarded(cell)
    return cell


def shown(refusal: Refusal) -> dict[str, Any]:
    return {
        "line": refusal.line,
        "reference": refusal.external_id,
        "problems": [
            {"column": each.column, "reason": each.reason, "value": each.value_excerpt}
            for each in refusal.problems
        ],
    }
