"""One record as PDF: what its reader is shown, marked on every page."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader

from bulletins.publishing.photographs.storage import keep, remove
from hub.database.context import engine
from hub.trail.models import TrailRow
from sharing.disclosures.models import LedgerRow
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text, with_photographs
from tests.feeds.test_atom import marked

pytestmark = pytest.mark.django_db


def paper(username: str, record) -> PdfReader:
    section = "bulletins" if record.kind == "bulletin" else "seizures"
    answer = reader(username).get(f"/{section}/{record.ref}/pdf/")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"] and record.ref in answer["Content-Disposition"]
    return PdfReader(io.BytesIO(answer.content))


def words(found: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in found.pages).split())


def pictures(found: PdfReader) -> int:
    return sum(len(page.images) for page in found.pages)


def real(uids) -> None:
    """The photographs as a camera's, in place of the builder's stand-ins."""
    for uid, colour in zip(uids.values(), ("teal", "olive"), strict=True):
        written = io.BytesIO()
        Image.new("RGB", (640, 480), colour).save(written, "JPEG")
        remove([uid])
        keep(uid, {"full": written.getvalue(), "thumb": written.getvalue()})


def test_each_reader_gets_what_they_are_shown():
    released(bulletin := published_bulletin(), ("CBSA", "place", "identifiers"), "HSI")
    whole, part = words(paper("hsi.agent", bulletin)), words(paper("cbsa.officer", bulletin))
    for group, word in CANARIES.items():
        assert word in whole, group
        assert (word in part) is (group not in ("place", "identifiers", "case")), group
    assert "withheld by CBP, under the CBP-CBSA agreement" in part and "withheld by" not in whole
    assert "Not in this copy" in part and "Terms" in part


def test_every_page_is_marked_above_and_below():
    released(bulletin := published_bulletin(narrative="\n".join(["Long. " * 60] * 12)), "CBSA")
    found = paper("cbsa.officer", bulletin)
    assert len(found.pages) >= 2
    for page in found.pages:
        assert page.extract_text().count("TLP:AMBER") >= 2
    assert found.metadata.title.startswith("TLP:AMBER")


def test_photographs_that_are_shown_are_on_it_and_others_are_not():
    bulletin, uids = with_photographs()
    real(uids)
    released(bulletin, ("CBSA", "technique"), "HSI")
    assert pictures(paper("hsi.agent", bulletin)) == 2 and pictures(paper("cbsa.officer", bulletin)) == 1
    assert "Picture of technique" not in words(paper("cbsa.officer", bulletin))


def test_what_is_for_reading_alone_is_refused_and_has_no_button():
    released(bulletin := published_bulletin(), "CBSA")
    officer = reader("cbsa.officer")
    assert f"/bulletins/{bulletin.ref}/pdf/" in text(officer.get(f"/bulletins/{bulletin.ref}/"))
    marked(bulletin, "TLP:AMBER", controls=("DISPLAY ONLY",))
    assert f"/bulletins/{bulletin.ref}/pdf/" not in text(officer.get(f"/bulletins/{bulletin.ref}/"))
    assert officer.get(f"/bulletins/{bulletin.ref}/pdf/").status_code == 403
    red = published_bulletin(tlp="TLP:RED")
    assert reader("cbp.officer").get(f"/bulletins/{red.ref}/pdf/").status_code == 403


def test_whoever_may_not_read_it_finds_nothing():
    released(bulletin := published_bulletin(), "CBSA")
    for username in ("ncb.officer", "hsi.agent", "steward"):
        found = same_to_a_stranger(reader(username).get(f"/bulletins/{bulletin.ref}/pdf/"))
        assert found == same_to_a_stranger(reader(username).get("/bulletins/2222-2222/pdf/")), username
        assert found[0] == 404
    take_back(bulletin)
    assert reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/pdf/").status_code == 404


def test_it_is_in_the_ledger_and_on_the_trail():
    released(seizure := published_seizure(), "CBSA")
    assert "20 kg" in words(paper("cbsa.officer", seizure))
    with engine():
        assert LedgerRow.objects.get(channel="pdf").records == [seizure.pk]
        assert TrailRow.objects.get(event="record.paper").object_id == seizure.ref


def test_what_people_wrote_is_never_read_as_markup():
    evil = '#eval("1+1") $x^2$ *bold* `raw` @ref <label> #image("/etc/passwd") \\ // end'
    bulletin = published_bulletin(title=f"T {evil}", tear_line=evil, narrative=evil, safety_note=evil)
    released(bulletin, "CBSA")
    said = words(paper("cbsa.officer", bulletin))
    assert said.count(" ".join(evil.split())) >= 4 and not re.search(r"root:x", said)
