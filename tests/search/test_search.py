"""Search: words, filters, counts and quotations are of what the reader is shown, and of nothing else."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.vocabulary.models import Mode, Port
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.disclosures.facets import COUNTED
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.disclosures.reader import reader, take_back, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin(db):
    """CBP's: CBSA has it without place and identifiers, South Texas HIDTA's members whole, others not."""
    found = published_bulletin()
    released(found, ("CBSA", "place", "identifiers"), "community:HIDTA-STX")
    return found


def asked(username, question):
    return text(reader(username).get(f"/search/?{question}"))


def refs(page):
    return set(re.findall(r'<a class="title" href="/(?:bulletins|seizures)/([^/]+)/"', page))


def counts(page):
    """Label to number of every value of every filter."""
    found = re.findall(r'<li><a href="\?[^"]*"[^>]*>([^<]+)<span class="n">([\d,+]+)', page)
    return {label.strip(): number for label, number in found}


@pytest.mark.parametrize("group", list(CANARIES))
def test_a_word_finds_what_is_shown_and_not_what_is_withheld(bulletin, group):
    word = CANARIES[group]
    assert refs(asked("stx.analyst", f"q={word}")) == {bulletin.ref}
    shown = group in ("core", "detail", "technique")
    page = asked("cbsa.officer", f"q={word}")
    assert refs(page) == ({bulletin.ref} if shown else set())
    assert ("1 result for" in page) is shown and ("0 results for" in page) is not shown
    assert refs(asked("ncb.officer", f"q={word}")) == set()


def test_a_withheld_port_finds_nothing_by_filter_or_by_name(bulletin):
    port = Port.objects.filter(label__startswith="Laredo").first().code
    for question in (f"port={port}", "q=Laredo", f"q=tank&port={port}"):
        assert refs(asked("stx.analyst", question)) == {bulletin.ref}
        assert refs(asked("cbsa.officer", question)) == set()


def test_a_withheld_word_changes_no_count_when_it_is_left_out(bulletin):
    assert refs(asked("cbsa.officer", f"q=tank+-{CANARIES['place']}")) == {bulletin.ref}
    assert refs(asked("stx.analyst", f"q=tank+-{CANARIES['place']}")) == set()


def test_counts_beside_filters_are_of_what_the_reader_may_see(bulletin):
    other = published_seizure()
    released(other, "HSI")
    assert counts(asked("cbp.officer", ""))["Seizure reports"] == "1"
    mine = counts(asked("cbsa.officer", ""))
    assert mine["Bulletins"] == "1" and "Seizure reports" not in mine
    assert mine["Fentanyl"] == "1" and "Cocaine" not in mine
    assert mine["Road vehicle structure"] == mine["Fuel tank"] == "1"
    assert counts(asked("ncb.officer", "")) == {}
    take_back(bulletin)
    assert counts(asked("cbsa.officer", "")) == {}


def test_a_filter_that_is_set_leaves_its_other_values_to_be_chosen():
    for mode in ("bus", "bus", "rail"):
        published_bulletin(mode=Mode(code=mode))
    page = asked("cbp.officer", "mode=rail")
    assert len(refs(page)) == 1
    found = counts(page)
    assert found["Bus"] == "2" and found["Rail"] == "1" and found["Bulletins"] == "1"


def test_filters_and_words_narrow_together():
    fuel, quarter = (
        published_bulletin(),
        published_bulletin(methods=["VEH-BODY-QTR"], hazard=False, safety_note=""),
    )
    assert refs(asked("cbp.officer", "q=tank")) == {fuel.ref, quarter.ref}
    assert refs(asked("cbp.officer", "q=tank&method=VEH-BODY")) == {quarter.ref}
    assert refs(asked("cbp.officer", "q=tank&hazard=1")) == {fuel.ref}
    assert refs(asked("cbp.officer", "q=%22false+fuel+tank%22&kind=bulletin")) == {fuel.ref, quarter.ref}
    assert refs(asked("cbp.officer", "q=%22tank+false%22")) == set()
    assert refs(asked("cbp.officer", "kind=seizure")) == set()


def test_matched_words_are_marked_in_what_was_disclosed(bulletin):
    page = asked("cbsa.officer", "q=hollow")
    assert "<mark>hollow</mark>" in page and CANARIES["detail"] in page
    title = asked("cbsa.officer", "q=tank")
    assert re.search(r'<a class="title"[^>]*>Fentanyl in a fuel <mark>tank</mark>', title)
    both = f"q=tank+or+{CANARIES['identifiers']}"
    results = asked("cbsa.officer", both).partition('<ul class="list">')[2]
    assert "<mark>tank</mark>" in results and CANARIES["identifiers"] not in results


def test_markup_in_a_text_stays_text():
    published_bulletin(title="<script>alert(1)</script> tank \x02x\x03")
    page = asked("cbp.officer", "q=tank")
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_a_reference_leads_to_its_record_where_the_reader_may_see_it(bulletin):
    known, stranger = reader("cbsa.officer"), reader("ncb.officer")
    for typed in (bulletin.ref, bulletin.ref.lower(), bulletin.ref.replace("-", ""), f" {bulletin.ref} "):
        answer = known.get("/search/", {"q": typed})
        assert answer.status_code == 302 and answer["Location"] == f"/bulletins/{bulletin.ref}/"
        assert stranger.get("/search/", {"q": typed}).status_code == 200
    take_back(bulletin)
    assert known.get("/search/", {"q": bulletin.ref})["Location"] == f"/bulletins/{bulletin.ref}/"
    hidden, ghost = (text(stranger.get("/search/", {"q": ref})) for ref in (bulletin.ref, "2222-3333"))
    assert len(hidden) == len(ghost)


def test_what_was_searched_for_is_on_the_trail(bulletin):
    reader("cbsa.officer").get("/search/?q=fuel+tank&method=VEH")
    reader("cbsa.officer").get("/search/")
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        rows = list(TrailRow.objects.filter(event="search.run").values_list("actor", "rows", "facts"))
    assert rows == [("cbsa.officer", 1, {"words": "fuel tank", "filters": {"method": "VEH"}})]


@pytest.mark.parametrize(
    "question", ["q=tank&colour=1", "method=NO", "q=a&q=b", "q=%00", "q=" + "x" * 301, "after=x"]
)
def test_what_is_not_understood_is_refused_in_words(question):
    answer = reader("cbp.officer").get(f"/search/?{question}")
    assert answer.status_code == 400 and "This address was not understood" in text(answer)


@pytest.mark.parametrize(
    "words", ["'", '"', "\\", "a & !", ":*", "<->", "or or", "-", "%", "%s", "()", "é", "🚚"]
)
def test_no_words_break_the_search(bulletin, words):
    assert reader("cbsa.officer").get("/search/", {"q": words}).status_code == 200


def test_a_search_costs_the_same_queries_however_much_it_finds():
    part = reader("cbsa.officer")
    question = "/search/?q=tank&method=VEH&mode=passenger_vehicle"
    for _n in range(3):
        released(published_bulletin(), ("CBSA", "place"))
    part.get(question)
    with CaptureQueriesContext(connection) as few:
        part.get(question)
    for n in range(9):
        released(published_bulletin(title=f"Another tank {n}"), "CBSA")
    with CaptureQueriesContext(connection) as many:
        part.get(question)
    assert len(many) == len(few)


def test_counts_stop_where_they_would_cost_too_much(bulletin, monkeypatch):
    published_bulletin()
    assert COUNTED == 10_000
    monkeypatch.setattr("sharing.disclosures.facets.COUNTED", 1)
    monkeypatch.setattr("sharing.disclosures.searching.COUNTED", 1)
    assert counts(asked("cbp.officer", ""))["Bulletins"] == "2+"
