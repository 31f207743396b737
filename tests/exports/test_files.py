"""Lists as files: what the reader is shown, marked, without what is for reading alone, and nothing that runs."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hub.database.context import engine
from hub.trail.models import TrailRow
from sharing.disclosures.models import LedgerRow
from sharing.exports.columns import COLUMNS
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text
from tests.exports.conftest import content, name, rows, taken
from tests.feeds.test_atom import marked

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("csv", "xlsx", "json", "stix")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_withheld_is_in_no_form_and_whoever_has_it_finds_it(form):
    released(published_bulletin(), ("CBSA", "place", "identifiers"), "HSI")

    def words(username):
        found = str(rows(taken(username, form), form))
        return {group for group, word in CANARIES.items() if word in found}

    assert words("hsi.agent") == set(CANARIES)
    assert words("cbsa.officer") == set(CANARIES) - {"place", "identifiers", "case"}
    assert "There is nothing in it" in text(taken("ncb.officer", form))


@pytest.mark.parametrize("form", FORMS)
def test_red_and_display_only_are_in_no_file_not_even_ones_own(form):
    open_one, shown, red = published_bulletin(), published_bulletin(), published_bulletin(tlp="TLP:RED")
    for each in (open_one, shown):
        released(each, "CBSA")
    marked(shown, "TLP:AMBER", controls=("DISPLAY ONLY",))
    for username in ("cbsa.officer", "cbp.officer"):
        found = content(taken(username, form))
        if form == "xlsx":
            found = str(rows(taken(username, form), form)).encode()
        assert open_one.ref.encode() in found
        assert shown.ref.encode() not in found and red.ref.encode() not in found
    page = text(reader("cbsa.officer").get("/exports/new/?from=bulletins"))
    assert "1 record" in page and "1 more is for reading here alone" in page
    # Nobody is told of what others have.
    assert "for reading here alone" not in text(reader("hsi.agent").get("/exports/new/?from=bulletins"))


def test_the_columns_are_fixed_and_the_marking_is_the_first():
    released(published_bulletin(tlp="TLP:GREEN"), "CBSA", tlp="TLP:GREEN")
    released(published_bulletin(), "CBSA")
    for form in ("csv", "xlsx"):
        found = rows(taken("cbsa.officer", form), form)
        assert [*found[0]] == [*COLUMNS] and next(iter(COLUMNS)) == "marking"
        assert [row["marking"].split()[0] for row in found] == ["TLP:AMBER", "TLP:GREEN"]
    assert name(taken("cbsa.officer")).startswith("TLP-AMBER_bulletins_")
    book = load_workbook(io.BytesIO(content(taken("cbsa.officer", "xlsx"))))
    assert book.active["A1"].value.startswith("TLP:AMBER") and "TLP:AMBER" in book.active.oddHeader.right.text


@pytest.mark.parametrize("words", ["=cmd|'/c calc'!A1", "+1+1", "-2", "@SUM(A1)", "\t=1", "＝1+1", "#N/A"])
def test_no_cell_is_a_formula(words):
    released(published_bulletin(title=f"{words} x", conveyance=words.strip()), "CBSA")
    (row,) = rows(taken("cbsa.officer"))
    assert not row["conveyance"].startswith(("=", "+", "-", "@", "\t", "＝"))
    whole = content(taken("cbsa.officer", "xlsx"))
    cells = [cell for line in load_workbook(io.BytesIO(whole)).active.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type in ("f", "e")]
    assert [cell for cell in cells if cell.value == words.strip()]
    with zipfile.ZipFile(io.BytesIO(whole)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_words_that_no_workbook_can_hold_break_none():
    released(published_bulletin(title="Tank \x0b\x1b \U0001f69b", narrative="x" * 40_000), "CBSA")
    for form in FORMS:
        (row,) = rows(taken("cbsa.officer", form), form)
        if form == "xlsx":
            assert len(row["narrative"]) == 32_767 and row["narrative"].endswith("…")


def test_a_list_is_taken_out_by_its_own_filters():
    bulletin, seizure = published_bulletin(), published_seizure()
    for each in (bulletin, seizure):
        released(each, "CBSA")
    send()
    for asked, expected in (
        ("from=bulletins", {bulletin.ref}),
        ("from=seizures", {seizure.ref}),
        ("from=seizures&drug=cocaine", {seizure.ref}),
        ("from=search&q=zebrafinch", {bulletin.ref}),
        ("from=search&kind=seizure", {seizure.ref}),
        ("from=inbox", {bulletin.ref, seizure.ref}),
    ):
        assert {row["reference"] for row in rows(taken("cbsa.officer", asked=asked))} == expected, asked
    assert taken("cbsa.officer", asked="from=seizures&drug=fentanyl").status_code == 400
    for wrong in (
        "from=bulletins&port=nowhere",
        "from=nothing",
        "",
        "from=inbox&drug=cocaine",
        "from=search&x=1",
    ):
        assert taken("cbsa.officer", asked=wrong).status_code == 400, wrong
    assert taken("cbsa.officer", "exe").status_code == 400 and taken("cbsa.officer", "zip").status_code == 400


def test_some_that_are_chosen_and_a_hidden_one_chooses_nothing():
    first, second, hidden = (published_bulletin() for _each in range(3))
    for each in (first, second):
        released(each, "CBSA")
    found = rows(taken("cbsa.officer", ref=[second.ref, hidden.ref, "nonsense"]))
    assert [row["reference"] for row in found] == [second.ref]


def test_the_lists_lead_to_it():
    released(published_bulletin(), "CBSA")
    send()
    officer = reader("cbsa.officer")
    assert "/exports/new/?hazard=1&amp;from=bulletins" in text(officer.get("/bulletins/?hazard=1"))
    assert "/exports/new/?q=zebrafinch&amp;from=search" in text(officer.get("/search/?q=zebrafinch"))
    assert "/exports/new/?from=inbox" in text(officer.get("/inbox/"))
    assert "/exports/new/" not in text(reader("ncb.officer").get("/bulletins/"))


def test_it_is_in_the_ledger_and_on_the_trail():
    released(bulletin := published_bulletin(), "CBSA")
    taken("cbsa.officer", asked="from=search&q=zebrafinch")
    with engine():
        (row,) = LedgerRow.objects.filter(channel="export")
        assert (row.records, row.person) == ([bulletin.pk], "cbsa.officer")
        (told,) = TrailRow.objects.filter(event="record.export")
        assert (told.rows, told.facts["words"]) == (1, "zebrafinch") and told.bytes_out > 100


def test_every_column_is_described_in_its_order():
    said = (ROOT / "docs/files.md").read_text(encoding="utf-8").split("## Columns")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", said, re.MULTILINE) == [*COLUMNS]


def test_what_is_said_in_the_words_of_niem_is_of_columns_there_are():
    said = (
        (ROOT / "docs/files.md")
        .read_text(encoding="utf-8")
        .split("## In the words of NIEM")[1]
        .split("## ")[0]
    )
    named = re.findall(
        r"`(\w+)`", "".join(line.split("|")[1] for line in said.splitlines() if line.startswith("| `"))
    )
    assert len(named) > 15 and set(named) <= COLUMNS.keys()


def test_what_is_recalled_is_gone_from_the_next():
    released(bulletin := published_bulletin(), "CBSA")
    assert len(rows(taken("cbsa.officer"))) == 1
    take_back(bulletin)
    assert "There is nothing in it" in text(taken("cbsa.officer"))


def test_who_is_of_no_agency_takes_nothing_out():
    for username in ("steward", "inspector"):
        assert reader(username).get("/exports/new/?from=bulletins").status_code == 403
        assert taken(username).status_code == 403
