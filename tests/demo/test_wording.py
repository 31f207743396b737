"""Words of demo bulletins: facts alone, in a sentence that reads."""

from __future__ import annotations

import pytest

from bulletins.vocabulary.models import Method, Mode
from sharing.demo.wording import HOW, SAID, WHERE, _lower, _title

pytestmark = pytest.mark.django_db


def test_every_phrase_is_of_a_code_of_the_vocabulary():
    methods = set(Method.objects.values_list("code", flat=True))
    assert methods >= WHERE.keys() | SAID
    assert set(Mode.objects.values_list("code", flat=True)) == HOW.keys()


@pytest.mark.parametrize(
    ("drug", "method", "mode", "title"),
    [
        ("Fentanyl", "VEH-INT-SEAT", "highway_stop", "Fentanyl in a seat, on the highway"),
        ("Cocaine", "VSL-LPV", "small_boat", "Cocaine in a low-profile vessel"),
        (
            "Fentanyl precursor (not further named)",
            "DELV-DRONE",
            "drone",
            "Fentanyl precursor dropped by drone",
        ),
        ("Cocaine", "AIRC-PANEL", "air_cargo", "Cocaine: panel or hold void, air cargo"),
    ],
)
def test_a_title_says_what_where_and_how(drug, method, mode, title):
    assert _title(drug, Method.objects.get(code=method), Mode.objects.get(code=mode)) == title


@pytest.mark.parametrize(("label", "inside"), [("Cocaine", "cocaine"), ("THC products", "THC products")])
def test_abbreviations_stay_in_a_sentence(label, inside):
    assert _lower(label) == inside
