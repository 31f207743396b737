"""A workbook of many rows: its frame by the library that knows them, its rows written as they come.

Cells made one object each took four fifths of the time of a file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import IO, Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from hub.pages.cells import held, is_risky
from sharing.exports.columns import Cell

SHEET = "xl/worksheets/sheet1.xml"
END = b"</sheetData>"
# Above the rows stand the marking and the names of the columns.
FIRST = 3


def workbook(out: IO[bytes], rows: Iterable[Sequence[Cell]], columns: Sequence[str], *, marking: str) -> None:
    """The marking above the table and on each page that is printed. Words are written as words, whatever they say."""
    frame, risky = _frame(columns, marking)
    letters = [get_column_letter(place) for place in range(1, len(columns) + 1)]
    with zipfile.ZipFile(frame) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in made.infolist():
            if info.filename != SHEET:
                archive.writestr(info, made.read(info))
        head, tail = made.read(SHEET).split(END)
        with archive.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(head)
            for number, row in enumerate(rows, FIRST):
                sheet.write(_row(number, row, letters, risky).encode())
            sheet.write(END + tail)


def _frame(columns: Sequence[str], marking: str) -> tuple[IO[bytes], int]:
    """The workbook without its rows, and the style of a text that a spreadsheet would take for a formula."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("records")
    sheet.oddHeader.right.text = sheet.oddFooter.right.text = marking.replace("&", "&&")[:200]
    sheet.freeze_panes = f"C{FIRST}"
    risky: Any = WriteOnlyCell(sheet)
    risky.quotePrefix = True
    style = int(risky.style_id)
    sheet.append([_bold(sheet, marking)])
    sheet.append([_bold(sheet, name) for name in columns])
    frame = BytesIO()
    book.save(frame)
    return frame, style


def _bold(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, value=held(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell


def _row(number: int, row: Sequence[Cell], letters: Sequence[str], risky: int) -> str:
    cells = [
        _cell(f"{letter}{number}", value, risky)
        for letter, value in zip(letters, row, strict=True)
        if value not in ("", None)
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, value: Cell, risky: int) -> str:
    if not isinstance(value, str):
        return f'<c r="{place}"><v>{value}</v></c>'
    style = f' s="{risky}"' if is_risky(value) else ""
    text = escape(held(value), {"\r": "&#13;"})
    return f'<c r="{place}" t="inlineStr"{style}><is><t xml:space="preserve">{text}</t></is></c>'
