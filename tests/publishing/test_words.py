"""What is made of words: a title where none is written, and what in a tear line leads to somebody."""

from __future__ import annotations

import pytest

from bulletins.publishing.telltales import seen_in, telltales
from bulletins.publishing.titles import suggested_title


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("drugs", "methods", "title"),
    [
        (["methamphetamine"], ["VEH-BODY-DOOR"], "Methamphetamine in doors"),
        (["cocaine", "heroin"], ["TRK-WALL"], "Cocaine and Heroin in trailer wall or nose"),
        (["fentanyl"], ["PERS-SWAL"], "Fentanyl: swallowed"),
        (["fentanyl"], ["VEH-UNSP"], "Fentanyl: in vehicle, place not given"),
        (
            ["methamphetamine"],
            ["VEH-BODY-DOOR", "VEH-BODY-TAIL", "VEH-MECH-ENG", "VEH-INT-SEAT"],
            "Methamphetamine in doors, tailgate and 2 more places",
        ),
        ([], ["VEH-TRAP"], "Engineered trap"),
        (["cocaine"], [], "Cocaine"),
        ([], [], ""),
    ],
)
def test_a_title_says_what_and_where(drugs, methods, title):
    assert suggested_title(drugs, methods) == title


@pytest.mark.parametrize(
    "text",
    [
        "Call +1 (956) 555-0147 for more.",
        "Call 956-555-0147.",
        "Container MSKU 123456 7 was opened.",
        "A pickup, VIN 1HGCM82633A004352, was stopped.",
        "Texas plate 7ABC123 seen twice.",
        "Plate ABC-1234.",
        "Write to driver@example.org.",
    ],
)
def test_what_leads_to_somebody_is_pointed_out(text):
    assert telltales(text)
    said, warned = seen_in(text)
    assert "looks like" in said and warned


@pytest.mark.parametrize(
    "text",
    [
        "Methamphetamine packages split over doors, tailgate and spare tire of a late-model pickup.",
        "In 2026 about 235.37 lb (106.76 kg) in 200 packages, wrapped 12 by 20 cm.",
        "Pills marked M30 and a blue Ford F-150 on I-35 near SR-94.",
        "Found in 3 of 14 barrels; 4-ANPP and U-47700 suspected.",
        "Twice within 48 hours, at 10:30 and 14:45 on 22 Nov 2026.",
    ],
)
def test_plain_sentences_are_left_alone(text):
    assert telltales(text) == []


def test_an_identifier_of_the_record_is_found_in_its_sentence():
    assert telltales("The driver, juan perez, fled.", ["Juan Perez"]) == [
        ("an identifier of this record", "Juan Perez")
    ]
