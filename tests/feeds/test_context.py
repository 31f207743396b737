"""What records refer to: found by its id where a page gave it; given once in a run, and never left out."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from sharing.feeds.taxii.collections import EVERYTHING
from sharing.feeds.taxii.given import MOST_TRACES, Given
from sharing.flow import recall
from sharing.stix.context import everywhere, statement
from sharing.stix.ids import identity_id
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.disclosures.reader import same_to_a_stranger, take_back
from tests.feeds.conftest import COLLECTIONS, CONTEXT, Resuming, numbered
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db


@pytest.fixture
def given():
    """Of CBP's, marked in words of their own: one CBSA has under an agreement, one HSI has."""
    one = published_bulletin(caveat="Ask Laredo before you act")
    other = published_seizure(caveat="For Tucson alone", cui_categories=["LEI"])
    released(one, ("CBSA", "place"))
    released(other, "HSI")
    numbered()
    return one, other


def context_of(partner, collection=EVERYTHING):
    return [each for each in partner.all(collection) if each["type"] in CONTEXT]


def statements(partner, collection=EVERYTHING):
    return [each["id"] for each in context_of(partner, collection) if "definition" in each]


def answers_alike(partner, ids, collection=EVERYTHING):
    """All of them as ghosts of their types."""
    for id_ in ids:
        ghost = f"{id_.partition('--')[0]}--{uuid4()}"
        for below in ("{}/", "{}/versions/"):
            found, other = (
                partner.get(f"{COLLECTIONS}{collection}/objects/{below.format(each)}")
                for each in (id_, ghost)
            )
            assert found.status_code == 404, id_
            assert same_to_a_stranger(found) == same_to_a_stranger(other)
        assert partner.all(collection, **{"match[id]": id_}) == []
        assert partner.get(f"{COLLECTIONS}{collection}/manifest/", **{"match[id]": id_}).json() == {}


def test_whatever_a_page_gave_is_found_by_its_id(program, given):
    subscription = subscribed("cbsa.officer")
    partner = program("cbsa.officer")
    assert len(statements(partner)) == 2
    for collection in (EVERYTHING, subscription.uid):
        for each in partner.all(collection):
            assert partner.object(each["id"], collection).json() == {"objects": [each]}, each
            versions = partner.get(f"{COLLECTIONS}{collection}/objects/{each['id']}/versions/")
            assert versions.json() == {"versions": [each.get("modified", each["created"])]}
            manifest = partner.get(f"{COLLECTIONS}{collection}/manifest/", **{"match[id]": each["id"]})
            assert [row["id"] for row in manifest.json()["objects"]] == [each["id"]]


def test_several_of_them_are_found_at_once_each_once_page_by_page(program, given):
    partner = program("cbsa.officer")
    wanted = [each["id"] for each in partner.all()]
    found, query = [], {"match[id]": ",".join(wanted), "limit": 2}
    for _turn in range(20):
        body = partner.objects(**query).json()
        found += [each["id"] for each in body.get("objects", [])]
        if not body.get("more"):
            break
        query = {"limit": 2, "next": body["next"]}
    assert sorted(found) == sorted(wanted)


def test_words_that_mark_what_others_have_are_nobodys_else(program, given):
    mine, theirs = statements(program("cbsa.officer")), statements(program("hsi.agent"))
    assert mine and theirs and not set(mine) & set(theirs)
    answers_alike(program("cbsa.officer"), theirs)
    answers_alike(program("hsi.agent"), mine)
    answers_alike(program("ncb.officer"), mine + theirs)


def test_words_are_found_as_long_as_something_bears_them(program, given):
    partner = program("cbsa.officer")
    words = statements(partner)
    take_back(given[0])
    numbered()
    answers_alike(partner, words)


def test_words_are_found_in_the_collections_that_give_them(program, given):
    seizures = subscribed("cbsa.officer", kinds=("seizure",))
    partner = program("cbsa.officer")
    answers_alike(partner, statements(partner), seizures.uid)


@pytest.mark.parametrize("gone", [False, True])
def test_an_owner_that_is_suspended_is_found_by_whom_it_gave_something_alone(program, given, gone):
    partner = program("cbsa.officer")
    if gone:
        take_back(given[0])
        numbered()
    Agency.objects.filter(code="CBP").update(state=AgencyState.SUSPENDED)
    said = {each["id"]: each for each in context_of(partner)}
    wanted = identity_id("CBP")
    if wanted in said:
        assert partner.object(wanted).json() == {"objects": [said[wanted]]}
    else:
        answers_alike(partner, [wanted])
    answers_alike(program("ncb.officer"), [wanted])


def test_what_was_not_given_is_never_taken_for_given():
    given = Given()
    for number in range(500):
        given.add(statement(f"Given {number}"))
    again = Given(given.packed())
    assert not any(again.has(statement(f"Not given {number}")) for number in range(60_000))
    last = [statement(f"Given {number}") for number in range(500 - MOST_TRACES, 500)]
    assert all(again.has(each) for each in last)


def test_of_the_vocabulary_each_is_known_by_itself():
    known = list(everywhere().values())
    given = Given()
    for each in known[::3]:
        given.add(each)
    again = Given(given.packed())
    assert [each for each in known if again.has(each)] == known[::3]
    other = given.packed().replace(given.packed()[:8], b"another!")
    assert not any(Given(other).has(each) for each in known)


def test_next_is_short_whatever_a_run_has_given(program):
    """Hubs and others keep it in a thousand characters."""
    words = [f"Ask desk {number} of Laredo" for number in range(MOST_TRACES + 5)]
    for each in words:
        released(published_bulletin(caveat=each), "CBSA")
    numbered()
    partner = program("cbsa.officer")
    whole = {each["id"] for each in partner.all()}
    pages = list(partner.pages(limit=9))
    nexts = [page.json()["next"] for page in pages if "next" in page.json()]
    assert max(map(len, nexts)) < 1_000
    came = [each["id"] for page in pages for each in page.json()["objects"]]
    assert set(came) == whole
    assert len([id_ for id_ in came if id_ in everywhere()]) == len(whole & everywhere().keys())


def test_a_manifest_reads_the_names_of_a_rendering_alone(program, given):
    partner = program("cbsa.officer")
    whole = partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/").json()
    assert len(whole["objects"]) > 5
    with engine(), connection.cursor() as cursor:
        cursor.execute("update bulletins_face set stix = split_part(stix, E'\\n', 1) || E'\\nnothing'")
    assert partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/").json() == whole


def test_a_run_that_went_on_after_a_recall_gives_what_it_refers_to(program, given):
    partner = Resuming(program("cbsa.officer"), limit=2)
    partner.poll()
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(given[0], reason="wrong", viewer=who, at=timezone.now())
    numbered()
    assert {each["type"] for each in partner.poll()} >= {"report", "identity"}
