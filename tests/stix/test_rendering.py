"""What a record is in STIX: all that is shown, nothing that is not, and accepted by whoever reads it strictly."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from bulletins.faces import content
from bulletins.faces.content import GROUPS, WITHHOLDABLE, content_of
from bulletins.faces.models import Found
from bulletins.markings.rules import Marking
from bulletins.vocabulary.terms import terms
from hub.database.context import viewing
from sharing.demo.records import load_records
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.disclosures.shapes import shape
from sharing.stix.extension import FACTS
from sharing.stix.finishing import Finished, finished, source_of, tail_of
from sharing.stix.rendering import heads, renderer
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.stix.checks import (
    MODIFIED,
    TOLD_BY,
    WORDS,
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


def given(shown: Disclosure) -> Finished:
    return finished(heads(source_of(shown, created=shown.issued_at)), tail_of(shown, modified=timezone.now()))


def shown_by_taxii(username: str, *records: int) -> list[Disclosure]:
    who = viewer(username)
    with viewing(who):
        return disclose(who, records, Channel.TAXII)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "withheld", ["", *WITHHOLDABLE, "place case", "detail place technique identifiers case"]
)
def test_a_record_is_strict_stix_and_tells_nothing_of_a_withheld_group(kind, withheld):
    groups = tuple(withheld.split())
    found = rendered(kind, *groups)
    text = bundled(found)
    accept(text)
    carried = extension(found)
    assert set(carried["facts"]) == set(GROUPS) - set(groups)
    assert [row["group"] for row in carried.get("withheld", [])] == list(groups)
    told = {word for group in groups for word in TOLD_BY[group]}
    assert [word for word in sorted(told) if word in text] == []
    kept = {word for group in WORDS if group not in groups for word in (WORDS[group],)}
    assert [word for word in sorted(kept) if word not in text] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_is_carried_as_it_is_shown(kind):
    carried, said = extension(rendered(kind)), facts(kind)
    for group, values in said.items():
        for name, value in values.items():
            if name == "photographs":
                value = [
                    {**row, "url": f"http://127.0.0.1:8000/{kind}s/7K3M-Q2XF/photographs/{row['uid']}/"}
                    for row in value
                ]
            assert carried["facts"][group][name] == value
    both = {group: {*facts("bulletin")[group], *facts("seizure")[group]} for group in FACTS}
    assert {group: set(names) for group, names in FACTS.items()} == both
    assert (carried["ref"], carried["version"], carried["originator"], carried["hazard"]) == (
        "7K3M-Q2XF",
        3,
        "HSI",
        True,
    )
    assert carried["labels"]["methods"] == {"VEH-MECH-FUEL": "Fuel tank", "VEH-BODY-QTR": "Quarter panels"}


def test_no_fact_that_content_may_have_is_missing_in_the_description(monkeypatch):
    # With blanks left in, each name that content may have is there.
    monkeypatch.setattr(content, "_without_blanks", lambda values: values)
    who = viewer("cbp.officer")
    with viewing(who):
        for made in (published_bulletin(), published_seizure()):
            names = {
                (group, name)
                for group, values in content_of(made).items()
                for name in values
                if group != "identifiers"
            }
            # By which hub it came is told of the record, not among its facts.
            known = {(group, name) for group, values in FACTS.items() for name in values}
            assert names - known <= {("core", "origin")}


@pytest.mark.parametrize("group", WITHHOLDABLE)
def test_what_a_partner_is_given_holds_no_word_of_what_is_withheld_from_it(group):
    bulletin, seizure = (
        published_bulletin(),
        published_seizure(narrative=CANARIES["detail"], place=CANARIES["place"]),
    )
    for record in (bulletin, seizure):
        released(record, ("CBSA", group), ("HSI",))
    texts = {
        who: bundled(*map(given, shown_by_taxii(who, bulletin.pk, seizure.pk)))
        for who in ("cbsa.officer", "hsi.agent")
    }
    for text in texts.values():
        accept(text)
    assert CANARIES[group] in texts["hsi.agent"] and CANARIES[group] not in texts["cbsa.officer"]


def test_the_facts_are_those_that_rest_shows():
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"))
    (shown,) = shown_by_taxii("cbsa.officer", bulletin.pk)
    rest, carried = shape(shown, labels=terms()), extension(given(shown))
    assert carried["facts"] == rest["facts"] and carried["labels"] == rest["labels"]
    assert [(row["group"], row["by"], row.get("under", "")) for row in carried["withheld"]] == [
        (row["group"], row["by"], row["under"]) for row in rest["withheld"]
    ]
    assert carried["keep_until"][:19] == rest["terms"][0]["keep_until"][:19]


def test_all_that_the_demo_holds_is_strict_stix():
    load_records(timezone.now())
    found: dict[object, Finished] = {}
    # What a partner is shown in part, and of what is left the whole.
    for username in ("cbsa.officer", "cbp.officer"):
        who = viewer(username)
        with viewing(who):
            ids = list(Found.objects.visible_to(who).values_list("record_id", flat=True))
        for shown in shown_by_taxii(username, *ids):
            if username == "cbp.officer" or shown.withheld:
                found.setdefault(shown.uid, given(shown))
    assert len(found) > 200
    accept(bundled(*found.values()))


def test_the_same_is_rendered_the_same_whoever_asks_in_whatever_language():
    first, again = heads(source()), heads(source())
    with translation.override("es"):
        abroad = heads(source())
        ended = finished(abroad, tail("place"))
    assert first == again == abroad
    assert ended == finished(first, tail("place"))


def test_what_is_kept_of_a_face_serves_every_caller():
    kept = heads(source())
    one = finished(kept, tail("place"))
    other = finished(kept, tail(terms=())._replace(modified=MODIFIED + timedelta(microseconds=100)))
    assert [each.id for each in one.objects] == [each.id for each in other.objects]
    assert own(one)["modified"] == "2026-03-02T08:30:00.000100Z" and own(other)["modified"].endswith(
        ".000200Z"
    )
    assert "withheld" in extension(one) and "withheld" not in extension(other)
    assert (
        extension(one)["terms"][0]["keep_days"] == 365
        and extension(one)["keep_until"] == "2027-03-01T12:00:00.000000Z"
    )
    assert "terms" not in extension(other) and "keep_until" not in extension(other)
    accept(bundled(other))


def test_a_rendering_is_stale_once_the_hub_has_another_address_or_id(settings):
    before = renderer()
    settings.SITE_URL = "https://elsewhere.example"
    moved = renderer()
    settings.HUB_ID = type(settings.HUB_ID)(int=7)
    assert len({before, moved, renderer()}) == 3 and len(before) == 32


@pytest.mark.parametrize(
    ("credibility", "confidence"),
    [("1", 90), ("2", 70), ("3", 50), ("4", 30), ("5", 10), ("6", None), ("", None)],
)
def test_credibility_is_confidence_on_the_scale_of_stix(credibility, confidence):
    found = finished(
        heads(source()), tail(marking=Marking("TLP:GREEN", reliability="A", credibility=credibility))
    )
    assert {each.get("confidence") for each in objects(found)} == {confidence}
    assert extension(found)["marking"].get("credibility", "") == credibility


NASTY = 'a "quoted" \\ \'single\' </script> {{7*7}} \u2028 \u202e {"id":"report--1"} \t tab, 🐕, CANÁRY'


@pytest.mark.parametrize("kind", KINDS)
def test_people_s_words_change_no_object(kind):
    found = rendered(kind, title=NASTY, safety_note=NASTY + "\nnext line", tear_line=NASTY)
    accept(bundled(found))
    assert own(found)["name"] == NASTY and len(found.objects) == len(rendered(kind).objects)
    assert extension(found)["facts"]["core"]["safety_note"] == NASTY + "\nnext line"


def parts(found: Finished) -> dict[str, list[dict]]:
    said = {}
    for each in objects(found)[1:]:
        said.setdefault(each["type"], []).append(each)
    return said


def test_a_safety_note_is_a_note_on_the_record():
    found = rendered()
    (note,) = parts(found)["note"]
    assert note["content"] == "Wear a respirator." and note["object_refs"] == [own(found)["id"]]
    assert "note" not in parts(rendered(safety_note=""))


@pytest.mark.parametrize(
    ("withheld", "month", "first", "last"),
    [
        ((), "2025-03", "2025-03-12T00:00:00Z", "2025-03-12T23:59:59Z"),
        (("place",), "2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z"),
        (("place",), "2025", "2025-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
        (("place",), "spring", None, None),
        (("place",), "", None, None),
    ],
)
def test_a_seizure_is_a_sighting_of_each_method_as_exact_as_it_is_shown(withheld, month, first, last):
    found = rendered("seizure", *withheld, month=month)
    accept(bundled(found))
    seen = parts(found)["sighting"]
    names = {each.id: json.loads(each.text).get("name") for each in found.context}
    assert [names[each["sighting_of_ref"]] for each in seen] == ["Fuel tank", "Quarter panels"]
    assert {(each.get("first_seen"), each.get("last_seen"), each["count"]) for each in seen} == {
        (first, last, 1)
    }
    where = [names[ref] for ref in seen[0]["where_sighted_refs"]]
    assert where == (["United States", "Southwest border"] if withheld else ["Tecate"])
    assert {each["id"] for each in seen} <= set(own(found)["object_refs"])
    assert "sighting" not in parts(rendered("bulletin"))


def test_an_identifier_with_a_pattern_is_an_indicator_and_no_other_is():
    found = rendered()
    patterns = [each["pattern"] for each in parts(found)["indicator"]]
    assert patterns == [
        "[email-addr:value = 'driver@canary77.example']",
        "[url:value = 'https://canary77.example/o\\'hare?a=\\\\1']",
    ]
    assert "indicator" not in parts(rendered("bulletin", "identifiers"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "no mail"), ("email", "a@b"), ("email", "x@y.example\n' OR '1"), ("other", "ftp://x.example"),
        ("other", "https://"), ("other", "https://x .example"), ("other", "javascript:alert(1)"), ("plate", "7ABC123"),
        ("other", "http://[bad"), ("phone", "+1 956 555 0100"),
    ],
)  # fmt: skip
def test_what_is_no_observable_makes_no_indicator(kind, value):
    face = source()
    face.facts["identifiers"] = {"items": [{"kind": kind, "value": value}]}
    found = finished(heads(face), tail())
    accept(bundled(found))
    assert "indicator" not in parts(found)


def test_a_record_that_knows_next_to_nothing_is_stix():
    face = replace(source(), facts={"core": {}, "withheld": []})
    for kind in KINDS:
        found = finished(heads(replace(face, kind=kind)), tail(terms=(), marking=Marking("TLP:CLEAR")))
        accept(bundled(found))
        assert own(found)["name"] == "7K3M-Q2XF" and own(found)["object_refs"] == [
            own(found)["created_by_ref"]
        ]


def test_its_description_says_the_facts_in_words_for_tools_that_know_no_extension():
    words = own(rendered())["description"]
    assert words.startswith("Carried in a false fuel tank.\n\nThe tank rang hollow")
    assert "Conveyance: Pickup" in words and "Identifiers: Licence plate: CANARY77 (front)" in words
    assert "goldcrest" in words and "goldcrest" not in own(rendered("bulletin", "technique"))["description"]
