"""The empty file that officers fill in: as CSV, and as a workbook with its columns explained and a sheet of codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from bulletins.seizures.importing import seatless_bodies
from bulletins.seizures.layout import code_lists, described, sheet_names
from bulletins.seizures.rows import COLUMNS
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.pages.cells import guarded
from sharing.intake.participation import originators_for

WIDTH = 22


def as_csv() -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([*COLUMNS, "tlp"])
    return out.getvalue().encode("utf-8-sig")


def as_workbook(viewer: Viewer) -> bytes:
    """Of agencies it lists those that the viewer's may name as originator."""
    book = Workbook(write_only=True)
    first, columns, codes = sheet_names()
    sheet = book.create_sheet(first)
    sheet.freeze_panes = "B2"
    for number in range(1, len(COLUMNS) + 2):
        sheet.column_dimensions[_letters(number)].width = WIDTH
    sheet.append([_bold(sheet, name) for name in (*COLUMNS, "tlp")])
    _fill(book, columns, ("column", "holds", "codes"), described())
    own = originators_for(Agency.objects.get(pk=viewer.agency_id))
    named = [(code, agency.name) for code, agency in own.items()] + list(
        seatless_bodies(_all_codes()).items()
    )
    rows = [(name, code, label) for name, listed in code_lists(named).items() for code, label in listed]
    _fill(book, codes, ("list", "code", "means"), rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _all_codes() -> set[str]:
    return set(Agency.objects.values_list("code", flat=True))


def _fill(book: Workbook, title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate((WIDTH, 40, 60), 1):
        sheet.column_dimensions[_letters(number)].width = width
    sheet.append([_bold(sheet, name) for name in header])
    for row in rows:
        sheet.append([guarded(cell) for cell in row])


def _bold(sheet: object, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def _letters(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))
