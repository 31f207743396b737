"""Lists of bulletins and seizure reports: only what the reader has, narrowed by what they are shown."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from bulletins.vocabulary.models import Mode, Port
from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.filters import OF_LISTS, NotUnderstood, read
from sharing.disclosures.paging import page_of
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.disclosures.reader import reader, take_back, text, with_photographs

pytestmark = pytest.mark.django_db


def refs(username, path):
    """Which of the cast's records stand on a page, by their addresses."""
    page = text(reader(username).get(path))
    return set(re.findall(r'<a class="title" href="/(?:bulletins|seizures)/([^/]+)/"', page))


def test_a_list_holds_what_its_reader_has_and_nothing_else(bulletin):
    report, kept = published_seizure(), published_bulletin()
    released(report, "CBSA")
    assert refs("cbsa.officer", "/bulletins/") == {bulletin.ref}
    assert refs("cbsa.officer", "/seizures/") == {report.ref}
    assert refs("cbp.officer", "/bulletins/") == {bulletin.ref, kept.ref}
    assert refs("ncb.officer", "/bulletins/") == refs("ncb.officer", "/seizures/") == set()
    assert "1 that CBSA may see" in text(reader("cbsa.officer").get("/bulletins/"))
    assert "No bulletins yet" in text(reader("ncb.officer").get("/bulletins/"))
    take_back(bulletin)
    assert refs("cbsa.officer", "/bulletins/") == set()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("method=VEH-MECH-FUEL", True),
        ("method=VEH-MECH", True),
        ("method=VEH", True),
        ("method=VEH-BODY", False),
        ("drug=fentanyl", True),
        ("drug=cocaine", False),
        ("mode=passenger_vehicle", True),
        ("mode=vessel", False),
        ("owner=CBP", True),
        ("owner=HSI", False),
        ("hazard=1", True),
        ("region=southwest", True),
        ("region=northern", False),
        ("month=2025-03", True),
        ("month=2025", True),
        ("month=2025-04", False),
        ("month=2024", False),
        ("tlp=TLP:AMBER", True),
        ("tlp=TLP:GREEN", False),
        ("country=US", True),
        ("country=CA", False),
        ("method=&drug=&month=", True),
    ],
)
def test_filters_narrow_by_what_is_shown(question, found):
    record = published_bulletin(occurred_on="2025-03-12")
    released(record, "CBSA")
    for username in ("cbsa.officer", "cbp.officer"):
        assert (record.ref in refs(username, f"/bulletins/?{question}")) is found


def test_a_withheld_port_is_not_filtered_by(bulletin):
    port = Port.objects.filter(label__startswith="Laredo").first().code
    assert refs("stx.analyst", f"/bulletins/?port={port}") == {bulletin.ref}
    assert refs("cbsa.officer", f"/bulletins/?port={port}") == set()


@pytest.mark.parametrize(
    "question",
    [
        "colour=red",
        "method=NO-SUCH",
        "drug=sugar",
        "mode=rocket",
        "month=2025-13",
        "month=last",
        "month=2٠٢٥",
        "hazard=maybe",
        "owner=KGB",
        "region=moon",
        "country=XX",
        "tlp=TLP:PINK",
        "method=VEH&method=TRK",
        "after=elsewhere",
        "after=20259999T000000000000-2222-3333",
        "q=words",
        "shown__place=Laredo",
        "owner__code=CBP",
        "method=%00",
    ],
)
@pytest.mark.parametrize("section", ["bulletins", "seizures"])
def test_an_address_that_says_something_else_is_refused_in_words(section, question):
    answer = reader("cbp.officer").get(f"/{section}/?{question}")
    assert answer.status_code == 400
    assert "This address was not understood" in text(answer)


def test_a_refusal_tells_no_more_of_a_hidden_record_than_of_none(bulletin):
    after = "20990101T000000000000"
    stranger = reader("ncb.officer")
    hidden, ghost = (
        text(stranger.get(f"/bulletins/?after={after}-{ref}")) for ref in (bulletin.ref, "2222-3333")
    )
    assert (
        hidden.replace(bulletin.ref, "").split("csrf")[0] == ghost.replace("2222-3333", "").split("csrf")[0]
    )


@pytest.mark.parametrize("path", ["/bulletins/", "/search/", "/", "/inbox/"])
def test_a_list_costs_the_same_queries_however_long(path):
    part = reader("cbsa.officer")
    for _n in range(3):
        released(published_bulletin(), ("CBSA", "place"))
    part.get(path)
    with CaptureQueriesContext(connection) as few:
        part.get(path)
    for _n in range(9):
        released(published_bulletin(methods=["VEH-BODY-QTR"], mode=Mode(code="bus")), ("CBSA", "place"))
    with CaptureQueriesContext(connection) as many:
        part.get(path)
    assert len(many) == len(few)


def test_pages_of_a_list_hold_each_record_once_also_those_of_one_instant():
    records = [published_bulletin(title=f"Number {n}") for n in range(7)]
    who = viewer("cbp.officer")
    with viewing(who):
        found, after = [], ""
        for _page in range(4):
            keys = page_of(Received.objects.visible_to(who), by="visible_since", after=after, size=2)
            found += keys.ids
            after = keys.after
        assert found == sorted((record.pk for record in records), reverse=True) and not after
        first = page_of(Received.objects.visible_to(who), by="visible_since", size=2)
        assert str(first.ids[-1]) not in first.after.split("-")


def test_a_page_goes_on_when_the_record_it_ended_with_is_gone():
    records = [published_bulletin(title=f"Number {n}") for n in range(4)]
    for record in records:
        released(record, "CBSA")
    who = viewer("cbsa.officer")
    with viewing(who):
        first = page_of(Received.objects.visible_to(who), by="visible_since", size=2)
    take_back(next(record for record in records if record.pk == first.ids[-1]))
    with viewing(who):
        rest = page_of(Received.objects.visible_to(who), by="visible_since", after=first.after, size=5)
    assert {record.pk for record in records} == {*first.ids, *rest.ids}


def test_a_photograph_that_is_withheld_is_no_thumbnail_either():
    record, uids = with_photographs()
    released(record, ("CBSA", "detail"), ("HSI", "technique"))
    lists = {
        name: text(reader(name).get("/bulletins/")) for name in ("cbsa.officer", "hsi.agent", "cbp.officer")
    }
    assert uids["detail"] in lists["cbp.officer"] and uids["detail"] in lists["hsi.agent"]
    assert uids["detail"] not in lists["cbsa.officer"] and uids["technique"] in lists["cbsa.officer"]


def test_authors_are_led_to_the_form_and_others_are_not():
    assert 'href="/bulletins/new/"' in text(reader("cbp.officer").get("/bulletins/"))
    assert 'href="/seizures/new/"' in text(reader("cbp.officer").get("/seizures/"))
    assert "Post a bulletin" not in text(reader("cbp.admin").get("/bulletins/"))


@pytest.mark.parametrize("username", ["steward", "inspector"])
@pytest.mark.parametrize("path", ["/", "/bulletins/", "/seizures/", "/search/", "/search/?q=tank", "/inbox/"])
def test_whoever_stands_above_agencies_reads_nothing_and_is_told_so(bulletin, username, path):
    answer = reader(username).get(path)
    assert answer.status_code == 200
    assert CANARIES["core"] not in text(answer) and "may see" not in text(answer)


def test_a_year_takes_its_months_and_everything_else_is_read_strictly():
    filters = read(QueryDict("month=2025&hazard=1"), OF_LISTS)
    assert [chip.label for chip in filters.chips()] == ["When: 2025", "Hazards only"]
    assert filters.query(month="") == "?hazard=1"
    with pytest.raises(NotUnderstood):
        read(QueryDict("month=2025&x=1"), OF_LISTS)
