"""Stubs, parts that are gone, markings, context and bundles."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
import stix2
from misp_stix_converter.stix2misp.external_stix2_mapping import ExternalSTIX2toMISPMapping

from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking
from sharing.stix import context
from sharing.stix.bundle import bundle_of
from sharing.stix.context import (
    TLP_IDS,
    context_objects,
    everywhere,
    identity,
    statement,
    terms_statement,
    tlp_marking,
)
from sharing.stix.finishing import _ending, finished, stubs
from sharing.stix.ids import EXTENSION, MAKER
from sharing.stix.rendering import heads
from tests.stix.checks import (
    CREATED,
    MODIFIED,
    TERMS,
    TOLD_BY,
    UID,
    accept,
    bundled,
    extension,
    facts,
    objects,
    own,
    rendered,
    source,
    tail,
)

pytestmark = pytest.mark.django_db
KINDS = ("bulletin", "seizure")
PARTS = ("note", "sighting-1", "sighting-2", "indicator-1", "indicator-2")
# What every version of an object has, and what its type cannot do without.
COMMON = {"type", "spec_version", "id", "created_by_ref", "created", "modified"}
REQUIRED = {
    "report": {"name", "published", "object_refs"},
    "note": {"content", "object_refs"},
    "sighting": {"sighting_of_ref"},
    # Name and description are what the checker asks for; the end stops programs from looking for it.
    "indicator": {"name", "description", "pattern", "pattern_type", "valid_from", "valid_until"},
}


def stubbed(*, revoked: bool, parts: tuple[str, ...] = PARTS):
    return stubs(
        UID,
        created=CREATED,
        modified=MODIFIED + timedelta(days=1),
        revoked=revoked,
        owner="CBP",
        owner_name="U.S. Customs and Border Protection",
        parts=parts,
    )


@pytest.mark.parametrize(("revoked", "name"), [(False, "Withdrawn"), (True, "Recalled")])
def test_a_stub_has_the_id_of_what_it_takes_the_place_of_and_nothing_of_it(revoked, name):
    found = stubbed(revoked=revoked)
    accept(bundled(found))
    for each in objects(found):
        assert set(each) == COMMON | REQUIRED[each["type"]] | ({"revoked"} if revoked else set())
        assert each.get("revoked", False) is revoked
        assert {each[key] for key in ("name", "description", "content") if key in each} <= {name}
    before = {
        each.id: stix2.parse(each.text, allow_custom=False)
        for kind in KINDS
        for each in rendered(kind).objects
    }
    for each in found.objects:
        after = stix2.parse(each.text, allow_custom=False)
        assert after.modified > before[each.id].modified
        assert [after[key] for key in ("id", "type", "created", "created_by_ref")] == [
            before[each.id][key] for key in ("id", "type", "created", "created_by_ref")
        ]
    text = bundled(found)
    said = [word for words in TOLD_BY.values() for word in words]
    said += [
        str(value) for values in facts("seizure").values() for value in values.values() if len(str(value)) > 3
    ]
    assert [word for word in said if word in text] == []


def test_a_part_that_is_no_longer_shown_is_withdrawn_and_comes_back_under_its_id():
    given = heads(source())
    narrowed = heads(source(without=("identifiers",)))
    names = finished(given, tail()).parts
    assert names == ("note", "indicator-1", "indicator-2")
    less = finished(narrowed, tail("identifiers"), gone=names)
    accept(bundled(less))
    told = [(each["type"], each.get("name")) for each in objects(less)]
    assert (
        told
        == [("report", "Fentanyl in a fuel tank zebrafinch"), ("note", None)]
        + [("indicator", "Withdrawn")] * 2
    )
    assert "canary77" not in bundled(less)
    again = finished(given, tail(), gone=names)
    assert [each.id for each in again.objects] == [each.id for each in less.objects]
    assert [each["type"] for each in objects(again) if each.get("name") == "Withdrawn"] == []


@pytest.mark.parametrize("tlp", TLP.values)
def test_each_tlp_marking_is_the_object_that_was_published_for_it(tlp):
    published = ExternalSTIX2toMISPMapping.tlp2_marking_definitions(TLP_IDS[tlp])
    assert stix2.parse(tlp_marking(tlp).text, allow_custom=False) == published
    found = finished(heads(source()), tail(marking=Marking(tlp), terms=()))
    assert {tuple(each["object_marking_refs"]) for each in objects(found)} == {(TLP_IDS[tlp],)}


def test_banner_and_terms_are_statements_whose_id_is_made_of_their_words():
    found = rendered()
    markings = [json.loads(each.text) for each in found.context if each.type == "marking-definition"]
    assert own(found)["object_marking_refs"] == [each["id"] for each in markings]
    words = [each["definition"]["statement"] for each in markings[1:]]
    assert words == [
        "CUI//LEI//REL TO USA, CAN; LES",
        "Given by CBP under CBP-CBSA. For customs use. Legal basis: Treaty of 1984. "
        "Permitted use: Customs enforcement. Not to be kept longer than 365 days.",
    ]
    assert statement("one").id == statement("one").id != statement("other").id
    assert terms_statement(TERMS).id != terms_statement(replace(TERMS, permitted_use="Training")).id


def test_terms_of_several_agreements_each_mark_it_and_the_shortest_time_counts():
    second = replace(TERMS, agreement="HSI-CBSA", giver="HSI", keep_days=30)
    found = finished(heads(source()), tail(terms=(TERMS, second, replace(second, keep_days=None))))
    accept(bundled(found))
    assert extension(found)["keep_until"] == "2026-03-31T12:00:00.000000Z"
    assert len(own(found)["object_marking_refs"]) == 5


def test_all_vocabulary_is_strict_stix_and_always_the_same():
    known = everywhere()
    text = b'{"type":"bundle","id":"bundle--5c9b0a55-8d0f-4c0e-9d0a-5b1f6a0c7d11","objects":[%b]}'
    accept((text % b",".join(each.text for each in known.values())).decode())
    assert context_objects([*known, "identity--nobody"]) == list(known.values())
    types = [each.type for each in known.values()]
    assert types.count("attack-pattern") > 50 and types.count("location") > 250


@pytest.fixture
def afresh():
    """Nothing that was rendered for this hub is kept, before and after."""
    kept = (context._kept.clear, identity.cache_clear, statement.cache_clear, _ending.cache_clear)

    def forget():
        for each in kept:
            each()

    yield forget
    forget()


def test_ids_are_of_this_hub_but_for_the_extension_and_tlp(settings, afresh):
    here = {each.id for each in rendered().context}
    settings.HUB_ID = type(settings.HUB_ID)(int=1)
    afresh()
    shared = here & {each.id for each in rendered().context}
    assert shared == {EXTENSION, MAKER, TLP_IDS["TLP:AMBER"]}


def test_a_bundle_holds_context_once_and_is_written_as_it_is_read():
    taken: list[int] = []

    def many():
        for number in range(50):
            taken.append(number)
            yield finished(heads(replace(source(), uid=uid())), tail())

    rng = random.Random(7)

    def uid():
        return type(UID)(int=rng.getrandbits(128), version=4)

    pieces = bundle_of(many())
    begun = b"".join(next(pieces) for _ in range(3))
    assert begun.startswith(b'{"type":"bundle","id":"bundle--') and taken == [0]
    whole = (begun + b"".join(pieces)).decode()
    accept(whole)
    ids = [each["id"] for each in json.loads(whole)["objects"]]
    assert len(ids) == len(set(ids)) and taken == list(range(50))


def test_a_bundle_of_nothing_is_a_bundle():
    text = bundled()
    accept(text)
    assert [each["type"] for each in json.loads(text)["objects"]] == ["identity", "extension-definition"]


def test_a_stub_beside_others_shares_their_context():
    other = stubbed(revoked=True, parts=())
    found = finished(heads(replace(source(), uid=type(UID)(int=5, version=4))), tail())
    accept(bundled(found, other))
    assert found.context[0] == other.context[0]
