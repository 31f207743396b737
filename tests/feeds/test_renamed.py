"""What is called otherwise than programs were told: the same object in a later version, for everybody."""

from __future__ import annotations

import json
from hashlib import blake2b

import pytest
from django.utils import timezone

from bulletins.vocabulary import terms
from bulletins.vocabulary.models import Method, Port
from hub.agencies.loading import load_agencies
from hub.agencies.models import Agency
from sharing.stix.context import CREATED, everywhere
from sharing.stix.ids import identity_id, location_id, method_id
from tests.builders import published_bulletin, released
from tests.conftest import as_owner
from tests.disclosures.reader import take_back
from tests.feeds.conftest import Resuming, numbered

pytestmark = pytest.mark.django_db
CBP = identity_id("CBP")


@pytest.fixture(autouse=True)
def read_anew():
    """The vocabulary is kept for a minute; what these tests write is gone after them."""
    terms._read.cache_clear()
    yield
    terms._read.cache_clear()


def given(*codes):
    record = published_bulletin()
    released(record, *codes)
    numbered()
    return record


def said(partner, id_):
    (found,) = partner.all(**{"match[id]": id_})
    return found


def test_an_agency_that_is_renamed_has_a_later_version_the_same_for_everybody(program):
    record = given("CBSA", "HSI")
    readers = [program(name) for name in ("cbsa.officer", "hsi.agent", "cbp.officer", "ncb.officer")]
    assert {said(each, CBP)["modified"] for each in readers} == {CREATED}
    feed = Resuming(readers[0])
    feed.poll()
    Agency.objects.filter(code="CBP").update(name="Customs")
    found = [said(each, CBP) for each in readers]
    assert all(each == found[0] for each in found)
    assert found[0]["name"] == "Customs" and found[0]["modified"] > CREATED == found[0]["created"]
    # With the next record, and with what stands in the place of one.
    given("CBSA")
    assert found[0] in feed.poll()
    assert next(each for each in readers[1].all() if each["id"] == CBP) == found[0]
    assert readers[0].object(CBP).json() == {"objects": [found[0]]}
    take_back(record)
    numbered()
    assert next(each for each in readers[1].all() if each["id"] == CBP) == found[0]


def test_who_reads_on_meanwhile_is_told_the_new_name_too(program):
    for _number in range(3):
        given("CBSA")
    partner = program("cbsa.officer")
    page = partner.objects(limit=8).json()
    assert CBP in {each["id"] for each in page["objects"]}
    Agency.objects.filter(code="CBP").update(name="Customs")
    rest = partner.all(next=page["next"])
    assert [each["name"] for each in rest if each["id"] == CBP] == ["Customs"]
    assert not {each["id"] for each in rest} & {each["id"] for each in page["objects"]} - {CBP}


def test_being_called_as_before_is_no_later_version():
    Agency.objects.filter(code="CBP").update(name=Agency.objects.get(code="CBP").name, desk_phone="1")
    load_agencies(timezone.now())
    assert Agency.objects.get(code="CBP").renamed_at is None


def test_a_method_or_a_port_in_other_words_has_a_later_version_and_so_has_what_is_below_it():
    before = everywhere()
    port = Port.objects.filter(retired_at=None).first()
    for sql in (
        "update bulletins_method set label = 'The body of it' where code = 'VEH-BODY'",
        "update bulletins_method set position = position + 1 where code like 'VEH%'",
        f"update bulletins_port set lat = lat + 1, position = position + 1 where code = '{port.code}'",
    ):
        as_owner(sql)
    terms._read.cache_clear()
    after = everywhere()
    changed = {id_ for id_ in before if before[id_].text != after[id_].text}
    below = Method.objects.filter(path__contains=["VEH-BODY"]).values_list("code", flat=True)
    assert changed == {*map(method_id, below), location_id("port", port.code)}
    assert len(changed) > 3
    for id_ in changed:
        assert json.loads(after[id_].text)["modified"] > json.loads(before[id_].text)["modified"], id_


def test_what_no_table_holds_is_called_as_its_version_says():
    """Where this fails: raise NAMED in sharing/stix/context.py, and write the new sum here."""
    known = [json.loads(each.text) for each in everywhere().values()]
    names = sorted(
        (each["name"], each.get("country", ""), each.get("region", ""))
        for each in known
        if each["type"] in ("location", "identity") and "external_references" not in each
    )
    assert len(names) > 200
    assert blake2b(repr(names).encode(), digest_size=8).hexdigest() == "d12bea9b77906730"
