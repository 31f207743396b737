"""The workbook of a long list: each word as it was, none of it a formula, and every row found by whatever opens it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook

from sharing.exports.workbook import SHEET, workbook

COLUMNS = [f"column {place}" for place in range(1, 30)]


def written(*rows: list[Any]) -> BytesIO:
    out = BytesIO()
    workbook(out, rows, COLUMNS, marking="TLP:AMBER CUI//R&D")
    return out


def row(*cells: Any) -> list[Any]:
    return [*cells, *[""] * (len(COLUMNS) - len(cells))]


@pytest.mark.parametrize(
    "words",
    [
        " spaces  around ", "<b>&amp;</b>", "one\nline\r\nand more", "=1+1", "-1", "#N/A", "1E5", "TRUE",
        "\U0001f69b ção 中", "]]>", "'", '"',
    ],
)  # fmt: skip
def test_words_stay_what_they_are(words: str) -> None:
    sheet = load_workbook(written(row("first", words, "last"))).active
    found = sheet["B3"]
    assert (found.value, found.data_type) == (words, "s")
    assert found.quotePrefix == words.startswith(("=", "-"))
    assert (sheet["A3"].value, sheet["C3"].value, sheet["D3"].value) == ("first", "last", None)


def test_what_is_not_written_as_xml_is_left_out() -> None:
    sheet = load_workbook(written(row("a\x00b\x0bc￿d", "y" * 40_000))).active
    assert sheet["A3"].value == "abcd" and len(sheet["B3"].value) == 32_767


def test_numbers_are_numbers_and_columns_past_z_have_their_letters() -> None:
    cells = [*range(1, 28), 0.5, -3]
    sheet = load_workbook(written(cells)).active
    assert [cell.value for cell in sheet[3]] == cells and sheet["AC2"].value == "column 29"


def test_every_row_is_found_by_who_reads_row_by_row() -> None:
    made = written(*[row(f"n{n}", n) for n in range(2_000)])
    book = load_workbook(made, read_only=True)
    rows = list(book.active.iter_rows(min_row=3, values_only=True))
    assert len(rows) == 2_000 and rows[-1][:2] == ("n1999", 1999)


def test_it_is_marked_above_and_on_each_page_that_is_printed() -> None:
    made = written(row("a"))
    sheet = load_workbook(made).active
    assert sheet["A1"].value == "TLP:AMBER CUI//R&D" and sheet["A1"].font.bold and sheet.freeze_panes == "C3"
    assert sheet.oddHeader.right.text == sheet.oddFooter.right.text == "TLP:AMBER CUI//R&&D"
    with zipfile.ZipFile(made) as book:
        assert book.testzip() is None
        root = etree.fromstring(book.read(SHEET))
    # In the order that the format asks for, and no more than once.
    names = [etree.QName(each).localname for each in root]
    assert names.index("sheetViews") < names.index("sheetData") < names.index("headerFooter")
    assert len(names) == len(set(names)) and "dimension" not in names


def test_a_list_of_nothing_is_a_workbook_too() -> None:
    assert load_workbook(written()).active.max_row == 2
