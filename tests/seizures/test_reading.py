"""Reading files of seizures: what is right is read, what is wrong is named by line, column and reason."""

import csv
import io
import itertools
import tracemalloc
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bulletins.seizures
from bulletins.seizures.reading import Refusal, Unreadable, count_lines, read_rows
from bulletins.seizures.rows import COLUMNS, Codes, SeizureRow
from bulletins.vocabulary import loading
from bulletins.vocabulary.lists import Precision, Region, SubstanceForm, Unit
from bulletins.vocabulary.places import PortBook
from hub.agencies.loading import read_agencies

TODAY = date(2026, 11, 23)
PUBLIC = Path(bulletins.seizures.__file__).parent / "data" / "seizures.csv"
CODES = Codes(
    methods=frozenset(method.code for method in loading.methods()),
    drugs=frozenset(drug.code for drug in loading.drugs()),
    modes=frozenset(row["code"] for row in csv.DictReader((loading.DATA / "modes.csv").open())),
    detections=frozenset(row["code"] for row in csv.DictReader((loading.DATA / "detections.csv").open())),
    agencies=frozenset(agency.code for agency in read_agencies()),
)
PORTS = PortBook(loading.ports())

Result = SeizureRow | Refusal


def row(n: int = 1, **cells: str) -> dict[str, str]:
    """A row that reads, with some cells changed."""
    plain = {
        "event_id": f"T{n:04}",
        "source_url": "https://example.org/release",
        "agency": "CBP",
        "country": "US",
        "port_or_place": "San Ysidro Port of Entry",
        "state_province": "CA",
        "lat": "32.543",
        "lon": "-117.03",
        "transport_mode": "passenger_vehicle",
        "seizure_date": "2025-03-02",
        "drug_1": "methamphetamine",
        "qty_1": "10.5",
        "unit_1": "lb",
        "concealment_code": "VEH-BODY-QTR",
        "detection_method": "canine;nii_xray",
    }
    return dict.fromkeys(COLUMNS, "") | plain | cells


def text(rows: Iterable[dict[str, str]], *, columns: Sequence[str] = COLUMNS, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "seizures.csv"


def read(file: Path, content: str | bytes | None = None) -> list[Result]:
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_rows(file, codes=CODES, ports=PORTS, today=TODAY))


def read_one(file: Path, **cells: str) -> Result:
    (result,) = read(file, text([row(**cells)]))
    return result


def refused(results: list[Result]) -> list[tuple[int, str]]:
    return [(result.line, result.column) for result in results if isinstance(result, Refusal)]


def accepted(results: list[Result]) -> list[str]:
    return [result.external_id for result in results if isinstance(result, SeizureRow)]


# What is right


def test_every_public_seizure_is_read() -> None:
    results = read(PUBLIC)
    assert refused(results) == []
    assert len(accepted(results)) == 306 == count_lines(PUBLIC) - 1


def test_public_seizures_keep_pills_as_counts_and_turn_pounds_into_kilograms() -> None:
    rows = {result.external_id: result for result in read(PUBLIC) if isinstance(result, SeizureRow)}
    heroin, oxycodone = rows["SZ0026"].substances
    assert (heroin.quantity, heroin.unit, heroin.mass_kg) == (Decimal("18.52"), "lb", Decimal("8.400531"))
    assert (oxycodone.quantity, oxycodone.unit, oxycodone.mass_kg) == (Decimal("47063"), "pills", None)
    assert {
        s.mass_kg is None for r in rows.values() for s in r.substances if s.unit in ("lb", "kg", "g", "oz")
    } == {False}


def test_one_public_seizure_in_full() -> None:
    found = next(r for r in read(PUBLIC) if isinstance(r, SeizureRow) and r.external_id == "SZ0015")
    assert (found.line, found.agency, found.country, found.state) == (14, "CBP", "US", "CA")
    assert (found.place, found.port, found.region) == ("San Ysidro Port of Entry", "P001", Region.SOUTHWEST)
    assert (found.when.day, found.when.precision) == (date(2017, 6, 25), Precision.DAY)
    assert (found.mode, found.methods, found.detections) == (
        "bus",
        ("VEH-MECH-FUEL",),
        ("canine", "officer_inspection"),
    )
    assert (found.packages_count, found.people_count, found.referred_to) == (98, 1, "HSI")
    assert (found.value_amount, found.value_currency, found.value_usd) == (3200000, "USD", 3200000)
    assert [s.drug for s in found.substances] == ["cocaine", "methamphetamine"]
    assert found.substances[1].quantity is None
    assert found.source_url.startswith("https://www.dailycaller.com/")


@pytest.mark.parametrize(
    ("cells", "precision", "first_day"),
    [
        ({"seizure_date": "2024-02-29"}, Precision.DAY, date(2024, 2, 29)),
        ({"seizure_date": "", "seizure_period": "2024-03"}, Precision.MONTH, date(2024, 3, 1)),
        ({"seizure_date": "", "seizure_period": "2024"}, Precision.YEAR, date(2024, 1, 1)),
        ({"seizure_date": "", "event_year": "2024"}, Precision.YEAR, date(2024, 1, 1)),
        ({"seizure_date": ""}, Precision.UNKNOWN, None),
        (
            {"seizure_date": "2026-11-24"},
            Precision.DAY,
            date(2026, 11, 24),
        ),  # tomorrow here, today further west
    ],
)
def test_a_date_is_known_as_far_as_it_is_given(
    file: Path, cells: dict[str, str], precision: Precision, first_day: date | None
) -> None:
    found = read_one(file, **cells)
    assert isinstance(found, SeizureRow)
    assert (found.when.precision, found.when.first_day) == (precision, first_day)


def test_other_currencies_are_kept_and_not_taken_for_dollars(file: Path) -> None:
    found = read_one(file, value_amount="1250000.50", value_currency="CAD", value_qual="more_than")
    assert isinstance(found, SeizureRow)
    assert (found.value_amount, found.value_currency, found.value_usd) == (Decimal("1250000.50"), "CAD", None)


# How the file is written


def test_columns_may_stand_in_another_order(file: Path) -> None:
    assert accepted(read(file, text([row()], columns=sorted(COLUMNS)))) == ["T0001"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(file: Path) -> None:
    assert accepted(read(file, b"\xef\xbb\xbf" + text([row()]).encode())) == ["T0001"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_semicolons_tabs_and_any_line_ending_are_read(file: Path, delimiter: str, ending: str) -> None:
    content = text([row(1), row(2)], delimiter=delimiter).replace("\r\n", ending)
    assert accepted(read(file, content)) == ["T0001", "T0002"]


def test_excel_s_own_note_of_the_separator_is_skipped_and_lines_still_count_from_the_top(file: Path) -> None:
    results = read(file, "sep=;\r\n" + text([row(1), row(2, lat="91")], delimiter=";"))
    assert accepted(results) == ["T0001"]
    assert refused(results) == [(4, "lat")]


def test_a_decimal_comma_is_read_where_semicolons_separate(file: Path) -> None:
    (found,) = read(file, text([row(qty_1="10,5", lat="32,543", lon="-117,03")], delimiter=";"))
    assert isinstance(found, SeizureRow)
    assert (found.substances[0].quantity, found.lat) == (Decimal("10.5"), Decimal("32.543"))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_comma_that_may_mean_thousands_is_refused(file: Path, delimiter: str) -> None:
    results = read(file, text([row(1, qty_1="1,500"), row(2, qty_1="1500")], delimiter=delimiter))
    assert refused(results) == [(2, "qty_1")]
    assert accepted(results) == ["T0002"]


def test_blank_lines_and_empty_columns_at_the_right_are_nothing(file: Path) -> None:
    lines = text([row(1), row(2)]).splitlines()
    content = f"{lines[0]},,\r\n{lines[1]},,\r\n\r\n{',' * 59}\r\n{lines[2]},,\r\n   \r\n"
    assert accepted(read(file, content)) == ["T0001", "T0002"]


def test_a_cell_may_run_over_several_lines(file: Path) -> None:
    results = read(file, text([row(1, data_note="one\r\ntwo\r\nthree"), row(2, lat="91"), row(3)]))
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(5, "lat")]


def test_a_header_alone_is_a_file_without_seizures(file: Path) -> None:
    assert read(file, text([])) == []


# What is wrong with a row


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"event_id": ""}, "event_id", "must not be empty"),
        ({"event_id": "T" * 61}, "event_id", "longer than 60"),
        ({"agency": "KGB"}, "agency", "unknown code"),
        ({"agency": ""}, "agency", "must not be empty"),
        ({"country": "XX"}, "country", "unknown code"),
        ({"country": "us"}, "country", "unknown code"),
        ({"origin_country": "Mexico"}, "origin_country", "unknown code"),
        ({"transit_countries": "PA; ZZ"}, "transit_countries", "unknown code: ZZ"),
        ({"transport_mode": "teleport"}, "transport_mode", "unknown code"),
        ({"transport_mode": ""}, "transport_mode", "must not be empty"),
        ({"concealment_code": "VEH-NOWHERE"}, "concealment_code", "unknown code: VEH-NOWHERE"),
        ({"detection_method": "canine;luck"}, "detection_method", "unknown code: luck"),
        ({"drug_1": "aspirin"}, "drug_1", "unknown code"),
        ({"drug_1": ""}, "drug_1", "without a drug"),
        ({"form_1": "gas"}, "form_1", "unknown code"),
        ({"qual_1": "roughly"}, "qual_1", "unknown code"),
        ({"qty_1": "-1"}, "qty_1", "must not be negative"),
        ({"qty_1": "0"}, "qty_1", "must be above 0"),
        ({"qty_1": "NaN"}, "qty_1", "plain number"),
        ({"qty_1": "1e3"}, "qty_1", "plain number"),
        ({"qty_1": "1_0"}, "qty_1", "plain number"),
        ({"qty_1": "٣"}, "qty_1", "plain number"),
        ({"qty_1": "ten"}, "qty_1", "plain number"),
        ({"qty_1": "10 lb"}, "qty_1", "plain number"),
        ({"qty_1": "9" * 11}, "qty_1", "at most 10 digits"),
        ({"qty_1": "1.23456"}, "qty_1", "at most 10 digits"),
        ({"qty_1": "200000000", "unit_1": "kg"}, "qty_1", "more than any seizure can weigh"),
        ({"unit_1": ""}, "unit_1", "a quantity needs its unit"),
        ({"unit_1": "stone"}, "unit_1", "unknown code"),
        ({"qty_1": ""}, "qty_1", "a unit needs its quantity"),
        ({"qty_2": "5"}, "drug_2", "without a drug"),
        ({"seizure_date": "2025-02-30"}, "seizure_date", "no such day"),
        ({"seizure_date": "02/03/2025"}, "seizure_date", "YYYY-MM-DD"),
        ({"seizure_date": "20250302"}, "seizure_date", "YYYY-MM-DD"),
        ({"seizure_date": "2026-11-25"}, "seizure_date", "in the future"),
        ({"seizure_date": "0025-03-02"}, "seizure_date", "before 1970"),
        ({"seizure_date": "", "seizure_period": "2025-13"}, "seizure_period", "YYYY-MM"),
        ({"seizure_date": "", "seizure_period": "2031-01"}, "seizure_period", "in the future"),
        ({"seizure_date": "", "event_year": "last"}, "event_year", "YYYY"),
        ({"seizure_period": "2024-03"}, "seizure_period", "does not agree"),
        ({"event_year": "2024"}, "event_year", "does not agree"),
        ({"published_date": "2025-03-01"}, "published_date", "before the day of the seizure"),
        ({"date_basis": "guessed"}, "date_basis", "unknown code"),
        ({"lat": "90.1"}, "lat", "between -90 and 90"),
        ({"lon": "-180.001"}, "lon", "between -180 and 180"),
        ({"lat": ""}, "lat", "go together"),
        ({"packages_count": "2.5"}, "packages_count", "whole number"),
        ({"suspects_count": "-1"}, "suspects_count", "must not be negative"),
        ({"value_amount": "5"}, "value_currency", "needs its currency"),
        ({"value_currency": "USD"}, "value_amount", "needs its value"),
        ({"value_amount": "5", "value_currency": "DOL"}, "value_currency", "unknown code"),
        ({"value_amount": "5.001", "value_currency": "USD"}, "value_amount", "2 after it"),
        (
            {"value_amount": "5", "value_currency": "USD", "estimated_value_usd": "6"},
            "estimated_value_usd",
            "differs",
        ),
        ({"source_url": "javascript:alert(1)"}, "source_url", "web address"),
        ({"source_url": "https://a b"}, "source_url", "web address"),
        ({"data_note": "x" * 10_001}, "data_note", "longer than 10000 characters (10001)"),
        ({"data_note": "x" * 2001}, "data_note", "longer than 2000"),
        ({"data_note": "a\x00b"}, "data_note", "NUL"),
        ({"data_note": "a\x1b[31mb"}, "data_note", "control character"),
    ],
)
def test_a_wrong_cell_refuses_its_row_and_no_other(
    file: Path, cells: dict[str, str], column: str, reason: str
) -> None:
    before, bad, after = read(file, text([row(1), row(2, **cells), row(3)]))
    assert isinstance(before, SeizureRow) and isinstance(after, SeizureRow)
    assert isinstance(bad, Refusal)
    assert (bad.line, bad.column) == (3, column)
    assert reason in bad.reason
    assert len(bad.problems) == 1


def test_everything_wrong_with_a_row_is_told_from_left_to_right(file: Path) -> None:
    bad = read_one(file, lat="91", agency="KGB", unit_1="stone", data_note="a\x00b")
    assert isinstance(bad, Refusal)
    assert [problem.column for problem in bad.problems] == ["agency", "lat", "unit_1", "data_note"]
    assert bad.external_id == "T0001"


def test_a_refusal_quotes_the_value_short_and_safe_to_print(file: Path) -> None:
    bad = read_one(file, agency="\x1b]0;pwned\x07" + "K" * 500)
    assert isinstance(bad, Refusal)
    assert bad.value_excerpt.startswith("\\x1b]0;pwned\\x07KKK")
    assert bad.value_excerpt.isprintable() and len(bad.value_excerpt) < 80


def test_the_second_of_two_rows_with_one_event_is_refused(file: Path) -> None:
    results = read(file, text([row(1), row(2), row(1)]))
    assert accepted(results) == ["T0001", "T0002"]
    assert refused(results) == [(4, "event_id")]
    assert isinstance(results[2], Refusal) and "line 2" in results[2].reason


def test_a_refused_row_does_not_take_its_event_away_from_a_right_one(file: Path) -> None:
    results = read(file, text([row(1, lat="91"), row(1)]))
    assert refused(results) == [(2, "lat")]
    assert accepted(results) == ["T0001"]


@pytest.mark.parametrize(("cut", "found"), [(-1, 57), (-10, 48)])
def test_a_row_with_cells_missing_is_refused(file: Path, cut: int, found: int) -> None:
    lines = text([row(1), row(2), row(3)]).splitlines()
    lines[2] = ",".join(lines[2].split(",")[:cut])
    results = read(file, "\n".join(lines))
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(3, "")]
    assert isinstance(results[1], Refusal) and f"{found} cells where the header has 58" in results[1].reason


def test_a_row_with_cells_too_many_is_refused(file: Path) -> None:
    lines = text([row(1), row(2), row(3)]).splitlines()
    lines[2] += ",surplus"
    results = read(file, "\n".join(lines))
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(3, "")]


@pytest.mark.parametrize("quoted", ['"never closed', 'stray " inside', '"closed" too early', 'ends with "'])
def test_a_stray_quotation_mark_costs_its_own_row_at_most(file: Path, quoted: str) -> None:
    lines = text(row(n) for n in range(1, 400)).splitlines()
    lines[2] = lines[2].replace("T0002", quoted)
    results = read(file, "\n".join(lines))
    assert {f"T{n:04}" for n in range(1, 400) if n != 2} <= set(accepted(results))
    assert set(refused(results)) <= {(3, "")}


def test_a_quotation_mark_left_open_in_the_last_row_costs_that_row(file: Path) -> None:
    lines = text([row(1), row(2)]).splitlines()
    results = read(file, "\n".join(lines).replace("T0002", '"T0002'))
    assert accepted(results) == ["T0001"]
    assert refused(results) == [(3, "")]


def test_two_stray_quotation_marks_do_not_swallow_the_rows_between_them(file: Path) -> None:
    lines = text(row(n) for n in range(1, 9)).splitlines()
    lines[2] = lines[2].replace("T0002", '"T0002')
    lines[6] = lines[6].replace("T0006", '"T0006')
    results = read(file, "\n".join(lines))
    assert accepted(results) == ["T0001", "T0003", "T0004", "T0005", "T0007", "T0008"]
    assert refused(results) == [(3, ""), (7, "")]


def test_a_million_characters_in_a_cell_refuse_that_row_and_name_the_column(file: Path) -> None:
    results = read(file, text([row(1), row(2, data_note="x" * 1_000_000), row(3)]))
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(3, "data_note")]
    assert isinstance(results[1], Refusal) and "1000000" in results[1].reason


def test_a_line_of_twenty_million_characters_is_refused_without_being_held(file: Path) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(text([row(1)]))
        for _ in range(20):
            out.write("x" * 1_000_000)
        out.write("\r\n" + text([row(3)]).splitlines()[1])
    tracemalloc.start()
    try:
        results = read(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(3, "")]
    assert peak < 15_000_000


# What is wrong with the file


def test_text_that_is_not_utf_8_refuses_the_rows_that_hold_it(file: Path) -> None:
    content = text([row(1), row(2, destination="Québec"), row(3)]).encode("latin-1")
    results = read(file, content)
    assert accepted(results) == ["T0001", "T0003"]
    assert refused(results) == [(3, "destination")]
    assert isinstance(results[1], Refusal) and "not UTF-8 (byte 0xE9)" in results[1].reason
    assert results[1].value_excerpt == "Qu\\udce9bec"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"\n \r\n", "is empty"),
        (text([row()]).encode("utf-16"), "UTF-16"),
        (text([row()]).encode("utf-16-le"), "UTF-16"),
        (text([row()]).encode("utf-32"), "UTF-16 or binary"),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504, "workbook"),
        (b"%PDF-1.7\n", "not a CSV"),
        (b"name,amount\nx,1\n", "not the header"),
        (text([row()]).split("\r\n", 1)[1].encode(), "not the header"),
        (b"\xff\xfa\xe9,\xe9\n", "not the header"),
        (b'"\n', "not the header"),
        (text([row()], columns=COLUMNS[:-2]).encode(), "missing columns: officer_safety_note, data_note."),
        (text([row()], columns=(*COLUMNS, "colour")).encode(), "unknown columns: colour."),
        (text([row()], columns=(*COLUMNS, "lat")).encode(), "named twice: lat."),
        (
            text([row()]).replace("qty_1", "qyt_1").encode(),
            "missing columns: qty_1; unknown columns: qyt_1.",
        ),
        (text([row()], columns=COLUMNS[:10]).encode(), "and 38 more"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_whole_with_the_reason(
    file: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(file, content)
    assert reason in str(refusal.value)


def test_a_file_is_judged_before_its_first_row_is_asked_for(file: Path) -> None:
    file.write_bytes(b"")
    with pytest.raises(Unreadable):
        read_rows(file, codes=CODES, ports=PORTS, today=TODAY)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"absent\.csv cannot be opened: No such file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(Unreadable, match="cannot be opened"):
        read(tmp_path)


def test_rows_come_while_the_file_is_read(file: Path) -> None:
    file.write_bytes(text(row(n) for n in range(1, 2001)).encode())
    rows = read_rows(file, codes=CODES, ports=PORTS, today=TODAY)
    assert [first.line for first in itertools.islice(rows, 3)] == [2, 3, 4]
    rows.close()  # type: ignore[attr-defined]


# Whatever is written


# The machine may be busy, and the file's content is replaced each time.
at_ease = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
cells = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "-1", "1.5", "2025-02-30", "CBP", "kg", '"', ",", "\n", "\x00", "9" * 40, "1,5", "=1+1"]
    ),
)


@settings(max_examples=150, **at_ease)
@given(changes=st.lists(st.dictionaries(st.sampled_from(COLUMNS), cells, max_size=4), min_size=1, max_size=5))
def test_each_row_written_is_read_or_refused_whatever_its_cells_hold(
    file: Path, changes: list[dict[str, str]]
) -> None:
    rows = [row(n, **changed) for n, changed in enumerate(changes, start=1)]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
    results = read(file)
    assert len(results) == len(rows)
    for result in results:
        if isinstance(result, Refusal):
            assert result.line >= 2 and result.reason and result.value_excerpt.isprintable()
        else:
            assert all(s.mass_kg is None or s.mass_kg >= 0 for s in result.substances)


@settings(max_examples=300, **at_ease)
@given(content=st.binary(max_size=400), headed=st.booleans())
def test_bytes_of_any_kind_raise_nothing_but_unreadable(file: Path, content: bytes, headed: bool) -> None:
    try:
        results = read(file, (text([]).encode() if headed else b"") + content)
    except Unreadable as refusal:
        assert str(refusal) and str(refusal).isprintable()
    else:
        assert all(result.line >= 1 for result in results)


@settings(max_examples=100, **at_ease)
@given(
    quantity=st.decimals(min_value=Decimal("0.0001"), max_value=99_999, places=4),
    unit=st.sampled_from(Unit.values),
    form=st.sampled_from(["", *SubstanceForm.values]),
)
def test_a_quantity_is_kept_as_reported(file: Path, quantity: Decimal, unit: str, form: str) -> None:
    found = read_one(file, qty_1=f"{quantity:f}", unit_1=unit, form_1=form)
    assert isinstance(found, SeizureRow)
    (substance,) = found.substances
    assert (substance.quantity, substance.unit, substance.form) == (quantity, unit, form)
