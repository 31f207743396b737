"""Lists: pages by keyset that miss and repeat nothing, filters declared, a constant number of queries."""

from __future__ import annotations

import base64
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import Marking
from bulletins.models import Bulletin
from hub.database.context import viewing
from sharing.disclosures.answers import carried
from sharing.disclosures.rules import Carries, Channel, carries
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def given(count, to="CBSA"):
    """Reports of CBP's released to an agency, oldest first."""
    made = [published_seizure() for _ in range(count)]
    for report in made:
        released(report, to)
    return [str(report.uid) for report in made]


def uids(answer):
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()["results"]]


def walk(caller, path):
    """(uids, previous) page by page."""
    while path:
        answer = caller.get(path)
        yield uids(answer), answer.json()["previous"]
        path = answer.json()["next"]


def test_a_walk_visits_each_once_while_new_ones_arrive(caller):
    partner = caller("cbsa.officer")
    there = given(5)
    visited = []
    for page, _previous in walk(partner, "seizures/?limit=2"):
        assert len(page) <= 2
        visited += page
        given(1)
    assert visited == there[::-1]


def test_the_way_back_is_the_way_there(caller):
    partner = caller("cbsa.officer")
    given(5)
    pages = list(walk(partner, "seizures/?limit=2"))
    assert [len(page) for page, previous in pages] == [2, 2, 1]
    assert pages[0][1] is None
    back = partner.get(pages[2][1])
    assert uids(back) == pages[1][0]
    assert uids(partner.get(back.json()["previous"])) == pages[0][0]
    assert uids(partner.get(back.json()["next"])) == pages[2][0]
    assert partner.get(back.json()["previous"]).json()["previous"] is None
    # What came since the first page lies before it.
    (new,) = given(1)
    assert uids(partner.get(partner.get(back.json()["previous"]).json()["previous"])) == [new]


def test_words_are_walked_too(caller):
    partner = caller("cbsa.officer")
    there = given(3)
    assert [uid for page, previous in walk(partner, "seizures/?limit=1&q=cocaine") for uid in page] == there[
        ::-1
    ]


def test_other_lists_are_walked_too(caller):
    for path in ("agencies/?limit=7&country=US", "vocabulary/drugs/?limit=9"):
        one = caller("cbsa.officer")
        rows, address = [], path
        while address:
            answer = one.get(address).json()
            rows += [row["code"] for row in answer["results"]]
            address = answer["next"]
        assert len(rows) == len(set(rows)) > 9
        assert sorted(rows) == rows or path.startswith("vocabulary")


def test_a_cursor_tells_no_numbers_and_is_good_for_its_own_list_alone(caller):
    partner = caller("cbsa.officer")
    given(2)
    address = partner.get("seizures/?limit=1").json()["next"]
    cursor = address.partition("cursor=")[2]
    opened = base64.urlsafe_b64decode(cursor.replace("%3D", "=") + "==")
    assert not [word for word in (b"seizures", b"record_id", b"visible_since") if word in opened]
    assert uids(partner.get(f"seizures/?limit=1&cursor={cursor}"))
    for path in (
        f"bulletins/?cursor={cursor}",
        f"seizures/?q=cocaine&cursor={cursor}",
        f"agencies/?cursor={cursor}",
        f"releases/?cursor={cursor}",
        "seizures/?cursor=1",
        f"seizures/?cursor={cursor[:-9]}",
        "seizures/?cursor=%00",
    ):
        answer = partner.get(path)
        assert answer.status_code == 400 and "cursor" in answer.json()["errors"], path


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "format=json",
        "fields=title",
        "expand=owner",
        "ordering=-title",
        "author__agency=CBP",
        "body__regex=a",
        "owner__code__startswith=C",
        "title=a",
        "page=2",
        "offset=10",
        "drug=fentanyl&drug=cocaine",
        "limit=0",
        "limit=201",
        "limit=all",
        "hazard=perhaps",
        "tlp=AMBER",
        "month=2026-11-03",
        "month=2026-13",
        "month=٢٠٢٦",
        "region=mars",
        "state=published",
        "state=draft&drug=fentanyl",
        "q=%00",
        f"q={'a' * 201}",
        "mode=%00",
    ],
)
def test_an_unknown_or_unreadable_filter_is_refused(query, caller):
    answer = caller("cbsa.officer").get(f"bulletins/?{query}")
    assert answer.status_code == 400 and answer.json()["errors"], query


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("", True),
        ("method=VEH-MECH-FUEL", True),
        ("method=VEH", True),
        ("method=VEH-BODY", False),
        ("drug=fentanyl", True),
        ("drug=heroin", False),
        ("mode=passenger_vehicle", True),
        ("mode=mail", False),
        ("region=southwest&country=US", True),
        ("region=northern", False),
        ("owner=CBP", True),
        ("owner=CBSA", False),
        ("tlp=TLP:AMBER", True),
        ("tlp=TLP:GREEN", False),
        ("hazard=true", True),
        ("hazard=false", False),
        ("urgency=routine", True),
        ("urgency=immediate", False),
        ("q=fuel tank", True),
        ('q="fuel tank" -pickup', False),
        ("q=sulphur or fentanyl", True),
        ("q=((", False),
    ],
)
def test_filters_narrow_what_the_caller_sees(filters, found, caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    assert uids(caller("cbsa.officer").get(f"bulletins/?{filters}")) == ([str(bulletin.uid)] if found else [])


def test_lists_ask_the_same_number_of_queries_however_long(caller):
    releaser, partner = caller("cbp.releaser"), caller("cbsa.officer")
    asked = {
        "seizures/": partner,
        "bulletins/": partner,
        "bulletins/?q=fentanyl": partner,
        "bulletins/?state=draft": releaser,
        "releases/": releaser,
        "receipts/": partner,
        "agencies/?limit=2": partner,
        "vocabulary/ports/?limit=2": partner,
    }

    def fill(count):
        for _ in range(count):
            bulletin = published_bulletin()
            released(bulletin, "CBSA")
            assert partner.post("receipts/", {"record": str(bulletin.uid)}).status_code == 201
            draft_bulletin()
        given(count)

    def counted():
        found = {}
        for path, who in asked.items():
            who.get(path)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert who.get(path).json()["results"]
            found[path] = len(queries)
        return found

    fill(1)
    few = counted()
    fill(3)
    assert counted() == few


def test_rest_carries_what_the_table_of_channels_says(caller):
    """The lists leave out in the query what disclose would leave out after it."""
    who = viewer("cbp.releaser")
    with viewing(who):
        for tlp, control in itertools.product(TLP.values, ([], [Control.DISPLAY_ONLY], [Control.NOFORN])):
            draft = draft_bulletin(tlp=tlp, controls=[str(each) for each in control])
            found = carried(Bulletin.objects.filter(pk=draft.pk)).exists()
            marking = Marking(tlp, tuple(control))
            assert found == (carries(marking, Channel.REST) == Carries.ALL), (tlp, control)


def test_what_is_for_people_alone_is_not_there_for_programs(caller):
    shown, kept = published_bulletin(), published_bulletin(controls=["DISPLAY ONLY"])
    own = caller("cbp.releaser")
    assert uids(own.get("bulletins/")) == [str(shown.uid)]
    assert own.get(f"bulletins/{kept.uid}/").status_code == 404
    assert own.get(f"bulletins/{kept.uid}/?state=draft").status_code == 404
