"""The program that reads one stranger's workbook, run by opening.py in a process of its own.

One argument, JSON: confining (the file with the function `confine`), memory_bytes, cpu_s, most_rows, most_columns,
most_bytes (unpacked, all parts together), ratio. The file comes on stdin. Out goes CSV, then a NUL byte, then one line
of JSON: {"rows"}, or {"refused"} and numbers. It imports nothing of the hub.
"""

# Everything is imported before the limits fall: afterwards no file can be opened, be it a part of these.
import _strptime  # type: ignore[import-not-found]  # noqa: F401
import csv
import importlib.util
import io
import json
import pyexpat
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import openpyxl

PREFERRED = "Seizures"
_MACROS = ("vbaproject", "macrosheets/", "activex/", "xlm")
# Small parts may be packed as tightly as they like.
_SMALL = 1 << 20


class Refused(Exception):
    def __init__(self, reason: str, **numbers: int) -> None:
        super().__init__(reason)
        self.told = {"refused": reason, **numbers}


def main() -> None:
    order = json.loads(sys.argv[1])
    _warm_up()
    _load(order["confining"]).confine(memory_bytes=order["memory_bytes"], cpu_s=order["cpu_s"], threads=False)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        told: dict[str, Any] = {"rows": convert(sys.stdin.buffer.read(), out, order)}
    except Refused as refused:
        told = refused.told
    except MemoryError:
        told = {"refused": "too_much_memory"}
    except Exception:
        told = {"refused": "unreadable"}
    out.write("\0" + json.dumps(told))
    out.flush()


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("confining", path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def _warm_up() -> None:
    """Write and read a workbook: whatever is imported on the way is there from then on."""
    "".encode("cp437")
    book, file = openpyxl.Workbook(), io.BytesIO()
    for value in ("text", 1, 1.5, True, datetime(2026, 1, 2), date(2026, 1, 2), time(3), "=1+1"):
        book.active.append([value])
    book.save(file)
    for _row in rows_of(file.getvalue(), most_columns=9):
        pass


def convert(data: bytes, out: Any, order: dict[str, Any]) -> int:
    check_parts(data, order)
    writer, count = csv.writer(out), 0
    for row in rows_of(data, most_columns=order["most_columns"]):
        count += 1
        if count > order["most_rows"] + 1:
            raise Refused("too_many_rows", most=order["most_rows"])
        writer.writerow(row)
    return count


def check_parts(data: bytes, order: dict[str, Any]) -> None:
    """What the archive says of its parts, before any is unpacked: none is unpacked further than it says."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused("unreadable") from None
    names = [part.filename.casefold() for part in parts]
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("encrypted")
    if any(mark in name for name in names for mark in _MACROS):
        raise Refused("macros")
    if not any(name.endswith("workbook.xml") for name in names):
        raise Refused("no_workbook")
    tight = [
        part
        for part in parts
        if part.file_size > _SMALL and part.file_size > order["ratio"] * part.compress_size
    ]
    if tight or len(parts) > 2_000 or sum(part.file_size for part in parts) > order["most_bytes"]:
        raise Refused("unpacks_too_large", megabytes=order["most_bytes"] >> 20)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in parts:
            if part.filename == "[Content_Types].xml" and b"macroenabled" in archive.read(part).lower():
                raise Refused("macros")
            if part.filename.casefold().endswith((".xml", ".rels")):
                check_xml(archive, part)


def check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No part may bring a document type, and with it entities; what defusedxml forbids, at the speed of C."""

    def forbid(*_told: Any) -> None:
        raise Refused("entities")

    parser = pyexpat.ParserCreate()
    parser.StartDoctypeDeclHandler = forbid
    with archive.open(part) as file:
        while piece := file.read(_SMALL):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def rows_of(data: bytes, *, most_columns: int) -> Iterator[list[str]]:
    """The rows of the sheet named Seizures, or of the first: texts, as a CSV file would have them."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    sheets = book.worksheets
    if not sheets:
        raise Refused("no_sheet")
    sheet = next((each for each in sheets if each.title == PREFERRED), sheets[0])
    sheet.reset_dimensions()  # what it says of its size need not be true
    width = 0
    for row in sheet.iter_rows(values_only=True, max_col=None):
        cells = [_text(value) for value in row[: most_columns + 1]]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > most_columns or len(row) > 16_384:
            raise Refused("too_many_columns", most=most_columns)
        width = width or len(cells)
        yield cells + [""] * (width - len(cells))


def _text(value: Any) -> str:
    """A cell as text: no number is rounded, no formula computed, no line broken."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, str):
        return " ".join(value.replace("\0", "").splitlines())
    return "=" + str(getattr(value, "text", ""))  # a formula over several cells


if __name__ == "__main__":
    main()
