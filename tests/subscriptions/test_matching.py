"""A subscription is compared with what its owner is shown, and with nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bulletins.vocabulary.models import Port
from hub.database.context import viewing
from sharing.subscriptions.matching import FILTERS
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.querysets import named
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.recalls.conftest import amend, carried
from tests.releases.test_other_words import SAID, cbsa, give, worded
from tests.subscriptions.conftest import subscribed, to

pytestmark = pytest.mark.django_db

FACTS = {
    "hazard": False,
    "safety_note": "",
    "urgency": "priority",
    "region": "southwest",
    "country": "US",
    "origin_country": "MX",
    "destination": "Calgary, AB",
    "latitude": Decimal("27.50000"),
    "longitude": Decimal("-99.50000"),
}
LAREDO = "its code"


@pytest.fixture
def laredo():
    return Port.objects.filter(label__startswith="Laredo").first().code


def brings(record, wish, target="CBSA", who="cbsa.officer", tlp="TLP:GREEN"):
    subscribed(who, **wish)
    released(record, target, tlp=tlp)
    return bool(to(who))


FITS = [
    {},
    {"methods": ("VEH-MECH-FUEL",)},
    {"methods": ("VEH",)},
    {"methods": ("CONT", "VEH-MECH")},
    {"drugs": ("fentanyl",)},
    {"drugs": ("heroin",), "classes": ("opioid",)},
    {"modes": ("passenger_vehicle", "bus")},
    {"regions": ("southwest",)},
    {"countries": ("US",)},
    {"origins": ("MX", "CO")},
    {"destinations": ("CA",)},
    {"owners": ("CBP",)},
    {"urgencies": ("priority",)},
    {"tlps": ("TLP:GREEN",)},
    {"kinds": ("bulletin",)},
    {"words": "zebrafinch tank"},
    {"words": "pickup -heroin", "methods": ("VEH",), "drugs": ("fentanyl",)},
]
FITS_NOT = [
    {"methods": ("VEH-MECH-BATT",)},
    {"methods": ("CONT",)},
    {"drugs": ("heroin",)},
    {"classes": ("stimulant",)},
    {"modes": ("bus",)},
    {"regions": ("northern",)},
    {"countries": ("CA",)},
    {"origins": ("CO",)},
    {"destinations": ("US",)},
    {"owners": ("DEA",)},
    {"urgencies": ("immediate",)},
    {"tlps": ("TLP:AMBER",)},
    {"kinds": ("seizure",)},
    {"hazard": True},
    {"words": "pickup -fentanyl"},
    {"methods": ("VEH",), "drugs": ("heroin",)},
]


@pytest.mark.parametrize("wish", FITS, ids=str)
def test_what_fits_is_told(wish):
    assert brings(published_bulletin(**FACTS), wish)


@pytest.mark.parametrize("wish", FITS_NOT, ids=str)
def test_what_does_not_fit_is_not_told(wish):
    assert not brings(published_bulletin(**FACTS), wish)


def test_a_hazard_fits_where_hazards_are_asked_for():
    assert brings(published_bulletin(), {"hazard": True})


@pytest.mark.parametrize(("km", "fits"), [(0, False), (20, False), (100, True)])
def test_near_is_measured_from_a_port_to_where_the_face_says_it_was(km, fits, laredo):
    # Fifty kilometres north of the bridges.
    facts = {**FACTS, "port": None, "latitude": Decimal("27.95000")}
    assert brings(published_bulletin(**facts), {"ports": (laredo,), "near_km": km}) is fits


def test_a_port_without_coordinates_on_the_face_is_where_the_vocabulary_has_it(laredo):
    facts = {**FACTS, "latitude": None, "longitude": None}
    hidalgo = Port.objects.get(label__startswith="Hidalgo").code
    assert brings(published_bulletin(**facts), {"ports": (hidalgo,), "near_km": 300})


# --- Withheld: each with the same release to one who is given it all ----------------------------------------
WITHHELD = {
    "place": [
        {"ports": (LAREDO,)},
        {"ports": (LAREDO,), "near_km": 300},
        {"destinations": ("CA",)},
        {"words": CANARIES["place"]},
        {"words": "Laredo"},
        {"words": "Calgary"},
    ],
    "detail": [{"words": CANARIES["detail"]}, {"words": "hollow"}],
    "technique": [{"words": CANARIES["technique"]}, {"words": "dog alerted"}, {"words": "canine"}],
    "identifiers": [{"words": CANARIES["identifiers"]}],
    "case": [{"words": CANARIES["case"]}],
}


@pytest.mark.parametrize(
    ("group", "wish"),
    [(group, wish) for group, wishes in WITHHELD.items() for wish in wishes],
    ids=str,
)
def test_what_is_withheld_makes_no_alert_arrive_and_whoever_is_given_it_is_told(group, wish, laredo):
    asked = {**wish, "ports": (laredo,)} if "ports" in wish else wish
    subscribed("hsi.agent", **asked)
    subscribed("dea.agent", **asked)
    released(published_bulletin(**FACTS), ("HSI", group), "DEA", tlp="TLP:GREEN")
    assert to("hsi.agent") == []
    assert [row.channel for row in to("dea.agent")] == ["mail"]


def test_an_older_version_is_compared_as_it_is_and_the_newer_one_when_it_is_given():
    bulletin = published_bulletin(**FACTS)
    released(bulletin, "CBSA", "HSI")
    for who in ("cbsa.officer", "hsi.agent"):
        subscribed(who, words="heronry")
    amend(bulletin, narrative="Near a heronry.")
    carried(bulletin, "HSI")
    assert len(to("hsi.agent")) == 1 and to("cbsa.officer") == []


def test_other_words_are_what_is_compared():
    """Who reads a text in other words is told by those, and not by the author's."""
    other = subscribed("cbsa.officer", words="wrenlike", title="Other")
    subscribed("cbsa.officer", words="Nightjarville", title="Author's")
    subscribed("hsi.agent", words="Nightjarville")
    record = published_bulletin(**SAID)
    give(record, cbsa(), worded("HSI"), tlp="TLP:GREEN")
    (row,) = to("cbsa.officer")
    assert row.matched == [other.pk]
    with viewing(viewer("cbsa.officer")) as who:
        assert [each.title for each in named(who, [(record.pk, pk) for pk in row.matched]).values()] == [
            "Other"
        ]
    assert len(to("hsi.agent")) == 1


def test_reports_are_told_like_bulletins():
    assert brings(published_seizure(), {"kinds": ("seizure",), "drugs": ("cocaine",)})


def test_every_column_is_compared_or_says_how_to_be_told():
    columns = {field.column for field in Subscription._meta.concrete_fields}
    told_by = {
        "channels",
        "endpoint_id",
        "frequency",
        "times",
        "weekday",
        "day",
        "next_at",
        "since_at",
        "since_n",
        "asks_anew",
    }
    kept = {"id", "uid", "agency_id", "person_id", "title", "paused_at", "created_at", "changed_at"}
    assert columns == set(FILTERS) | told_by | kept
