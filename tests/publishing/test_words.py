"""What is made of words: a title where none is written, and what in a tear line leads to somebody."""

from __future__ import annotations

import pytest
from django.test import Client

from bulletins.models import Bulletin
from bulletins.publishing.telltales import said_of, telltales
from bulletins.publishing.titles import suggested_title
from hub.database.context import viewing
from tests.builders import draft_bulletin, published_bulletin, released
from tests.cast import person, viewer
from tests.publishing.author import WHOLE


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
    ("text", "words", "kind"),
    [
        ("Call +1 (956) 555-0147 for more.", "+1 (956) 555-0147", "phone"),
        ("Call 956-555-0147.", "956-555-0147", "phone"),
        ("Call +52 867 711 0147 in Nuevo Laredo.", "+52 867 711 0147", "phone"),
        ("Container CSQU 305438 3 was opened.", "CSQU 305438 3", "container"),
        ("A pickup, VIN 1M8GDM9AXKP042788, was stopped.", "1M8GDM9AXKP042788", "vin"),
        ("Texas plate 7ABC123 seen twice.", "7ABC123", "plate"),
        ("Plate ABC-1234.", "ABC-1234", "plate"),
        ("Write to driver@example.org.", "driver@example.org", "email"),
        ("Parcel RB123456785GB from Leeds.", "RB123456785GB", "tracking"),
        ("Parcel 1Z999AA10123456784 in a box.", "1Z999AA10123456784", "tracking"),
        ("Parcel 9400 1000 0000 0000 0000 00 by mail.", "9400 1000 0000 0000 0000 00", "tracking"),
        ("See case no. 2026-LRD-00417 for more.", "2026-LRD-00417", "other"),
    ],
)
def test_what_leads_to_somebody_is_pointed_out(text, words, kind):
    assert [(each.words, each.kind) for each in telltales(text)] == [(words, kind)]
    assert "looks like" in said_of(text, telltales(text))


@pytest.mark.parametrize(
    "text",
    [
        "Methamphetamine packages split over doors, tailgate and spare tire of a late-model pickup.",
        "In 2026 about 235.37 lb (106.76 kg) in 200 packages, wrapped 12 by 20 cm.",
        "Pills marked M30 and a blue Ford F-150 on I-35 near SR-94.",
        "Found in 3 of 14 barrels; 4-ANPP and U-47700 suspected.",
        "Twice within 48 hours, at 10:30 and 14:45 on 22 Nov 2026.",
        "In this case 12 packages of 1,000,000 tablets, worth 12,500,000 dollars.",
    ],
)
def test_plain_sentences_are_left_alone(text):
    assert telltales(text) == []


@pytest.mark.parametrize(
    "text",
    ["Container CSQU 305438 4 was opened.", "VIN 1M8GDM9A1KP042788.", "Parcel RB123456786GB."],
)
def test_a_number_with_a_wrong_check_digit_is_no_such_number(text):
    assert not {each.kind for each in telltales(text)} & {"container", "vin", "tracking"}


def test_an_identifier_of_the_record_is_found_in_its_sentence():
    (found,) = telltales("The driver, juan perez, fled.", identifiers=["Juan Perez"])
    assert (found.words, found.looks_like) == ("juan perez", "an identifier of this record")


@pytest.mark.django_db
def test_people_of_ones_own_agency_are_known_and_those_of_others_are_not():
    who, other = viewer("cbp.officer"), viewer("cbsa.officer")
    text = "Found by Ruth Reyes at the ramp."
    with viewing(who):
        assert [each.words for each in telltales(text, viewer=who)] == ["Ruth Reyes"]
    with viewing(other):
        assert telltales(text, viewer=other) == []


@pytest.mark.django_db
def test_identifiers_are_known_only_from_records_read_whole():
    """STX reads it whole, CBSA without identifiers, RCMP not at all: only STX may learn that the plate is known."""
    record = published_bulletin()
    released(record, "HIDTA-STX", ("CBSA", "identifiers"))
    text = "The same grey truck CANARY77 as before."
    known = {}
    for username in ("stx.analyst", "cbsa.officer", "rcmp.officer"):
        who = viewer(username)
        with viewing(who):
            known[username] = {each.looks_like for each in telltales(text, viewer=who)}
    assert known["stx.analyst"] == {"an identifier of another record"}
    assert known["cbsa.officer"] == known["rcmp.officer"] == {"a licence plate"}


@pytest.mark.django_db
def test_a_press_moves_the_words_to_the_identifiers():
    draft = draft_bulletin(tear_line="The plate ABC-1234 was seen twice.")
    client = Client()
    client.force_login(person("cbp.officer"))
    address = f"/bulletins/{draft.ref}/edit/"
    page = client.get(address).content.decode()
    assert "move:tear_line:ABC-1234" in page
    sent = {**WHOLE, "title": "A plate", "tear_line": "The plate ABC-1234 was seen twice."}
    done = client.post(address, {"do": "move:tear_line:ABC-1234", **sent})
    assert done.status_code == 302
    with viewing(viewer("cbp.officer")):
        after = Bulletin.objects.get(pk=draft.pk)
        assert after.tear_line == "The plate was seen twice."
        assert ("plate", "ABC-1234") in after.identifiers.values_list("kind", "value")
