"""Workbooks from strangers: read as they stand, never computed; bombs, macros and lies are refused with the reason."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from bulletins.seizures.rows import COLUMNS
from bulletins.seizures.workbooks import Limits, Refused, as_csv, opening
from sharing.intake.uploads import working
from tests.disclosures.reader import reader
from tests.intake.conftest import records
from tests.intake.test_uploads import SEIZURES, SimpleUploadedFile, page, row_of, sent, take, work_on_uploads

pytestmark = pytest.mark.django_db


def book(rows, title="Seizures"):
    made = Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    return saved(made)


def saved(made):
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read(data, **limits):
    out = io.BytesIO()
    as_csv(io.BytesIO(data), out, limits=Limits(**limits))
    return list(csv.reader(io.StringIO(out.getvalue().decode())))


def reason(data, **limits):
    with pytest.raises(Refused) as refused:
        read(data, **limits)
    assert str(refused.value)
    return refused.value.reason


def with_part(data, name, content, *, instead=False):
    """The workbook with one more part, or another in its place."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if not (instead and part.filename == name):
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def test_cells_come_as_they_are_written_and_no_formula_is_computed():
    found = read(
        book(
            [
                ["a", "b", "c", "d", "e", "f", "g", "h"],
                [date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), 12, 0.1, True, "=1+1", "two\nlines", time(3)],
                [1e-05, 12.50, None, "", "='x'!A1", 10**15, "x", None],
            ]
        )
    )
    assert found[1] == [
        "2026-01-02",
        "2026-01-02 03:04:00",
        "12",
        "0.1",
        "TRUE",
        "=1+1",
        "two lines",
        "03:00:00",
    ]
    assert found[2] == ["0.00001", "12.5", "", "", "='x'!A1", "1000000000000000", "x", ""]


def test_the_sheet_named_seizures_is_read_and_else_the_first():
    two = Workbook()
    two.active.append(["first"])
    two.create_sheet("Seizures").append(["named"])
    assert read(saved(two)) == [["named"]] and read(book([["only"]], title="Data")) == [["only"]]


def test_what_a_sheet_says_of_its_size_is_not_believed():
    data = book([["a"], ["b"]])
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        sheet = old.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert read(with_part(data, "xl/worksheets/sheet1.xml", sheet, instead=True)) == [["a"], ["b"]]


BOOK = book([["a", "b"], ["1", "2"]])
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><sst>&c;</sst>'
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (with_part(BOOK, "xl/vbaProject.bin", b"x"), "macros"),
        (with_part(BOOK, "xl/macrosheets/sheet1.xml", b"<x/>"), "macros"),
        (
            with_part(
                BOOK, "[Content_Types].xml", b"<Types>ms-excel.sheet.macroEnabled.main</Types>", instead=True
            ),
            "macros",
        ),
        (with_part(BOOK, "xl/sharedStrings.xml", LAUGHS, instead=True), "entities"),
        (with_part(BOOK, "xl/sharedStrings.xml", LAUGHS.decode().encode("utf-16"), instead=True), "entities"),
        (with_part(BOOK, "xl/media/image1.png", b"\0" * 50_000_000), "unpacks_too_large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old"),
        (BOOK[: len(BOOK) // 2], "unreadable"),
        (b"PK\x03\x04" + b"\0" * 100, "unreadable"),
        (
            with_part(BOOK, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row", instead=True),
            "unreadable",
        ),
    ],
    ids="vba macrosheet macro-type laughs utf16-laughs bomb xls cut zip xml".split(),
)
def test_hostile_workbooks_are_refused_with_the_reason(data, why):
    assert reason(data) == why


def test_an_archive_that_is_no_workbook_is_named():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert reason(out.getvalue()) == "no_workbook"


def test_too_many_rows_or_columns_are_refused():
    assert reason(book([["a"]] * 12), most_rows=10) == "too_many_rows"
    assert reason(book([[f"c{n}" for n in range(10_000)]])) == "too_many_columns"


def test_work_is_limited():
    assert reason(book([["a"] * 50] * 3000), cpu_s=1) in ("too_slow", "unreadable")
    assert reason(book([["a"]]), wall_s=0.01) == "too_slow"
    assert reason(book([["x" * 100]] * 2000), csv_bytes=10_000) == "unpacks_too_large"


@pytest.mark.parametrize(
    "code", ["raise SystemExit(1)", "print('{}')", 'print(\'a,b\\0{"rows": "many"}\')', "print('\\0[]')"]
)
def test_a_converter_that_was_taken_over_is_not_believed(code, tmp_path, monkeypatch):
    path = tmp_path / "converter.py"
    path.write_text(code)
    monkeypatch.setattr(opening, "_CONVERTER", path)
    assert reason(BOOK) == "unreadable"


def test_the_template_filled_in_is_taken_with_its_codes_explained():
    client = reader("cbp.officer")
    template = client.get("/seizures/import/template/xlsx/")
    made = load_workbook(io.BytesIO(template.content))
    assert made.sheetnames == ["Seizures", "Columns", "Codes"]
    codes = {(row[0], row[1]) for row in made["Codes"].iter_rows(min_row=2, values_only=True)}
    assert {("drugs", "cocaine"), ("units", "kg"), ("agencies", "CBP"), ("markings", "TLP:RED")} <= codes
    assert ("agencies", "CBSA") not in codes  # for which CBP does not speak
    assert [row[0] for row in made["Columns"].iter_rows(min_row=2, values_only=True)] == [*COLUMNS, "tlp"]
    header = [cell.value for cell in made["Seizures"][1]]
    with SEIZURES.open(encoding="utf-8", newline="") as file:
        given = next(csv.DictReader(file)) | {"agency": "", "tlp": ""}
    typed = {
        "seizure_date": date(2024, 5, 6),
        "seizure_period": "",
        "event_year": 2024,
        "qty_1": 12.5,
        "unit_1": "kg",
    }
    made["Seizures"].append([(given | typed)[name] or None for name in header])
    path = sent(SimpleUploadedFile("filled.xlsx", saved(made)))
    assert (row_of(path).good, row_of(path).bad) == (1, 0), page(path)
    take(path)
    (found,) = records("seizure")
    assert str(found.occurred_on) == "2024-05-06"


def test_days_of_1900_in_date_cells_are_named_and_never_taken():
    with SEIZURES.open(encoding="utf-8", newline="") as file:
        given = next(csv.DictReader(file)) | {"agency": "", "seizure_period": "", "event_year": ""}
    made = Workbook()
    made.active.append([*given])
    # Excel counts a 29 February 1900 that there never was; 0 is no day at all, the last ones are past the calendar.
    for place, serial in enumerate((0, 1, 59, 60, 61, -1, 2958466, 45418), 2):
        made.active.append([None if value == "" else value for value in given.values()])
        cell = made.active.cell(place, [*given].index("seizure_date") + 1, serial)
        cell.number_format = "yyyy-mm-dd"
        made.active.cell(place, [*given].index("event_id") + 1, f"day {serial}")
    path = sent(SimpleUploadedFile("days.xlsx", saved(made)))
    assert (row_of(path).good, row_of(path).bad) == (1, 7), page(path)
    assert all(
        any(each["column"] == "seizure_date" for each in row["problems"]) for row in row_of(path).problems
    )
    take(path)
    assert [str(found.occurred_on) for found in records("seizure")] == ["2024-05-06"]


def test_how_far_a_workbook_is_opened_is_told_meanwhile(monkeypatch):
    with SEIZURES.open(encoding="utf-8", newline="") as file:
        given = list(csv.reader(file))
    monkeypatch.setattr(working, "SAID_EVERY_S", 0.0)
    monkeypatch.setattr(opening, "_PIECE", 4_096)
    path = sent(SimpleUploadedFile("x.xlsx", book(given[:60])), work=False)
    told = []

    def said(self, whole=working._Work._say, **values):
        whole(self, **values)
        told.append(page(path))

    monkeypatch.setattr(working._Work, "_say", said)
    work_on_uploads()
    counts = [int(found[1]) for each in told if (found := re.search(r"opened: (\d+) rows so far", each))]
    assert counts == sorted(counts) and 0 < counts[0] < counts[-1] <= 60
    assert "so far" not in page(path)


def test_the_csv_template_is_the_same_columns():
    text = reader("cbp.officer").get("/seizures/import/template/csv/").content.decode("utf-8-sig")
    assert text.strip().split(",") == [*COLUMNS, "tlp"]
    assert reader("cbp.officer").get("/seizures/import/template/pdf/").status_code == 404


def test_a_hostile_workbook_that_was_uploaded_is_refused_on_its_page():
    path = sent(SimpleUploadedFile("x.xlsx", with_part(BOOK, "xl/vbaProject.bin", b"x")))
    assert "holds macros" in page(path) and work_on_uploads() == 0
