"""The PDF: marked on every page, data and never markup, for its own agency alone."""

from __future__ import annotations

import json
import subprocess

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.briefings import pdf
from sharing.flow import release
from tests.builders import pick, plan, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def test_every_page_is_marked_above_and_below_with_the_highest_marking(briefing):
    amber, green = published_bulletin(title="Amber one"), published_bulletin(title="Green one")
    with viewing(viewer("cbp.releaser")) as who:
        at = timezone.now()
        marked = plan(pick("CBSA"), controls=("REL TO",), rel_to=("CA", "US"))
        release([amber], marked, viewer=who, at=at)
    released(green, "CBSA", tlp="TLP:GREEN")
    for _ in range(3):
        released(published_seizure(), "CBSA", tlp="TLP:GREEN")
    reader = briefing("CBSA", title="The call").pdf()
    assert len(reader.pages) >= 4
    for number, page in enumerate(reader.pages, start=1):
        above, below = [], []

        def note(text, cm, tm, font, size, above=above, below=below):
            """Text by height on the page: Letter is 792 points high."""
            where = tm[5] * cm[3] + cm[5]
            if "TLP:AMBER" in text and (where > 700 or where < 90):
                (above if where > 700 else below).append(size * tm[3])

        said = page.extract_text(visitor_text=note)
        assert len(above) == len(below) == 1 and min(abs(size) for size in above + below) >= 12
        assert said.count("TLP:AMBER") >= 2 and said.count("CUI//REL TO CAN, USA") >= 2
        assert f"Page {number} of {len(reader.pages)}" in said
    assert "TLP:GREEN" in reader.pages[-1].extract_text()
    assert reader.metadata.title == "TLP:AMBER The call"
    assert "liaison" not in str(reader.metadata) and "Lopez" not in str(reader.metadata)


def test_what_people_wrote_is_never_read_as_markup(briefing):
    evil = '#eval("1+1") $x^2$ *bold* _it_ `raw` @ref <label> #import "/etc/passwd" \\ // end'
    bulletin = published_bulletin(title=f"T {evil}", tear_line=f"L {evil}", narrative="", place=evil)
    released(bulletin, "CBSA", "DEA")
    paper = briefing("CBSA", "DEA", title=evil).paper()
    assert paper.count(" ".join(evil.split())) >= 3


def test_letters_without_a_glyph_are_replaced_and_said_so(briefing):
    released(published_bulletin(title="Кокаин in 貨物 and Ñandú 😀"), "CBSA")
    paper = briefing("CBSA").paper()
    assert "Кокаин in □□ and Ñandú □" in paper and "Letters that the paper's fonts do not have" in paper


def test_it_is_kept_by_nobody_and_named_by_its_reference_alone(briefing):
    released(published_bulletin(), "CBSA")
    opened = briefing("CBSA", title="Secret name")
    answer = opened.client.get(f"{opened.path}briefing.pdf")
    ref = opened.path.split("/")[2]
    assert answer["Content-Disposition"] == f'attachment; filename="briefing-{ref}.pdf"'
    assert answer["Cache-Control"] == "private, no-store"


def test_a_paper_for_all_does_not_name_communities_that_some_are_not_in(briefing):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    mixed = briefing("CBSA", "community:HIDTA-STX").paper()
    alone = briefing("community:HIDTA-STX").paper()
    assert "CBSA, Canada" in mixed and "South Texas" not in mixed
    assert "South Texas" in alone


def test_without_records_there_is_no_paper(briefing):
    opened = briefing("CBSA")
    answer = opened.client.get(f"{opened.path}briefing.pdf")
    assert (answer.status_code, answer["Location"]) == (302, opened.path)


@pytest.mark.parametrize(
    "outcome",
    [
        subprocess.TimeoutExpired("typesetter", 45),
        subprocess.CompletedProcess([], 1, b"", b"a record's words"),
        subprocess.CompletedProcess([], 0, b"not a PDF", b""),
    ],
)
def test_a_typesetter_that_fails_is_said_so_and_quotes_nothing(outcome, briefing, monkeypatch, caplog):
    released(published_bulletin(), "CBSA")
    opened = briefing("CBSA")

    def run(*arguments, **named):
        assert json.loads(named["input"])["bulletins"] and named["timeout"]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(pdf.subprocess, "run", run)
    answer = opened.client.get(f"{opened.path}briefing.pdf", follow=True)
    assert "could not be made just now" in answer.content.decode()
    assert "a record's words" not in caplog.text
