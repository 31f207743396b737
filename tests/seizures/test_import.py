"""Importing seizures by the command: whole rows, nothing twice, each refusal named, and what an interruption leaves."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bulletins.models import SeizureReport
from bulletins.seizures import importing
from hub.accounts.viewer import desk_of
from hub.agencies.models import Agency
from hub.database.context import engine, viewing
from sharing.audiences.models import Received
from sharing.demo.records import SEIZURES

pytestmark = pytest.mark.django_db


def run(path, **options):
    """The command on `path`: what it said, and how it ended."""
    said = StringIO()
    try:
        call_command("import_seizures", path, stdout=said, stderr=said, **options)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def stored():
    with engine():
        return SeizureReport.objects.count()


@pytest.fixture
def rows():
    with SEIZURES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def write(tmp_path, rows):
    def to_file(chosen, name="some.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(chosen)
        return path

    return to_file


def test_all_public_seizures_load_and_a_second_time_changes_nothing(tmp_path):
    path = tmp_path / "seizures.csv"
    path.write_bytes(SEIZURES.read_bytes())
    said, ended = run(path)
    assert not ended and "306 created, 0 changed, 0 unchanged, 0 refused" in said and stored() == 306
    said, ended = run(path)
    assert not ended and "0 created, 0 changed, 306 unchanged, 0 refused" in said and stored() == 306
    # Each belongs to the agency it names; a body without a seat is posted for, and keeps its name.
    with engine():
        owners = Counter(SeizureReport.objects.values_list("owner__code", flat=True))
        posted = SeizureReport.objects.exclude(originator_text="").get()
    assert owners["CBP"] == 173 and owners["CBSA"] == 37
    assert posted.owner.code == "CBP" and "Mexican authorities" in posted.originator_text
    for code, count in (("CBP", 173), ("CBSA", 37), ("HSI", 1), ("DEA", 0)):
        desk = desk_of(Agency.objects.get(code=code))
        with viewing(desk):
            assert Received.objects.visible_to(desk).count() == count


def test_masses_are_normalised_and_pills_stay_a_count(rows, write):
    pills = next(row for row in rows if row["unit_1"] == "pills")
    pounds = next(row for row in rows if row["unit_1"] == "lb")
    assert not run(write([pills, pounds]))[1]
    with engine():
        found = {
            report.external_id: report.substances.all()[0]
            for report in SeizureReport.objects.prefetch_related("substances")
        }
    assert found[pills["event_id"]].mass_kg is None and found[pills["event_id"]].unit == "pills"
    heavy = found[pounds["event_id"]]
    assert heavy.unit == "lb" and abs(float(heavy.mass_kg) - float(pounds["qty_1"]) * 0.45359237) < 0.001


def test_a_bad_row_is_named_and_stops_no_other(rows, write):
    bad = rows[1] | {"concealment_code": "NO-SUCH-CODE", "qty_1": "minus one"}
    path = write([rows[0], bad, rows[2]])
    said, ended = run(path)
    assert stored() == 2 and "1 rows refused" in ended
    assert "line 3, concealment_code" in said
    report = path.with_name(path.name + ".refused.csv").read_text(encoding="utf-8")
    assert "3,concealment_code" in report and "3,qty_1" in report
    # Mended, it is taken; the others are not taken again.
    said, ended = run(write(rows[:3]))
    assert not ended and "1 created, 0 changed, 2 unchanged" in said


def test_a_changed_row_becomes_the_next_version_and_keeps_the_marking_people_gave_it(rows, write):
    path = write(rows[:1])
    run(path)
    with engine():
        (report,) = SeizureReport.objects.all()
    desk = desk_of(report.owner)
    with viewing(desk):
        SeizureReport.objects.update(tlp="TLP:AMBER")
    said, _ended = run(write([rows[0] | {"packages_count": "77"}]))
    assert "0 created, 1 changed" in said
    with engine():
        (report,) = SeizureReport.objects.all()
    assert (report.packages, report.latest, report.tlp) == (77, 2, "TLP:AMBER")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,b,c\n1,2,3\n", "column"),
        (b"PK\x03\x04 a workbook", "CSV"),
        ("event_id;x".encode("utf-16"), "UTF-8"),
    ],
    ids=["0 bytes", "wrong header", "Excel saved as CSV", "UTF-16"],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(content, says, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    _said, ended = run(path)
    assert says.casefold() in ended.casefold() and stored() == 0


def test_a_cell_that_is_not_utf8_or_a_million_characters_long_refuses_its_row_alone(rows, write):
    path = write([rows[0], rows[1] | {"conveyance": "x" * 1_000_000}, rows[2] | {"conveyance": "caf\u00e9"}])
    path.write_bytes(path.read_bytes().replace("caf\u00e9".encode(), b"caf\xe9"))
    _said, ended = run(path)
    assert stored() == 1 and "2 rows refused" in ended


def test_an_interruption_leaves_whole_rows_and_the_rest_for_the_next_time(rows, write, monkeypatch):
    """The third row is interrupted in the middle of its writing."""
    path = write(rows[:5])
    monkeypatch.setattr(importing, "BATCH", 2)
    freeze, calls = importing.freeze, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return freeze(*args, **kwargs)

    monkeypatch.setattr(importing, "freeze", interrupted)
    said, ended = run(path)
    assert "interrupted" in ended and "2 created" in said and stored() == 2
    with engine():
        assert set(SeizureReport.objects.values_list("latest", flat=True)) == {1}
    monkeypatch.setattr(importing, "freeze", freeze)
    said, ended = run(path)
    assert not ended and "3 created, 0 changed, 2 unchanged" in said
