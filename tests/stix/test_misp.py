"""What MISP makes of it: a bulletin and a seizure report each an event, marked and readable."""

from __future__ import annotations

import pytest
import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser

from tests.stix.checks import UID, bundled, rendered

pytestmark = pytest.mark.django_db


def imported(text: str):
    parser = ExternalSTIX2toMISPParser()
    parser.load_stix_bundle(stix2.parse(text, allow_custom=False))
    parser.parse_stix_bundle()
    return parser


@pytest.mark.parametrize("kind", ["bulletin", "seizure"])
def test_misp_keeps_title_marking_words_and_place(kind):
    parser = imported(bundled(rendered(kind)))
    event = parser.misp_event
    assert event.info == "Fentanyl in a fuel tank zebrafinch" and event.uuid == str(UID)
    tags = {tag.name for tag in event.tags}
    assert {"tlp:amber", kind, "hazard", "drug:fentanyl", "mode:passenger_vehicle"} <= tags
    assert any(tag.startswith("statement:CUI//LEI//REL TO USA, CAN") for tag in tags)
    assert any("Not to be kept longer than 365 days" in tag for tag in tags)
    assert any(tag.startswith("misp-galaxy:producer=") and "Customs" in tag for tag in tags)
    words = event.event_reports[0].content
    assert all(part in words for part in ("kingfisher", "goldcrest", "nightjar", "CANARY77", "waxwing"))
    clusters = {cluster.value for galaxy in event.galaxies for cluster in galaxy.clusters}
    assert clusters == {"Fuel tank", "Quarter panels"}
    assert "geolocation" in {each.name for each in event.objects}
    assert {attribute.value for attribute in event.attributes} == {
        "driver@canary77.example",
        "https://canary77.example/o'hare?a=\\1",
    }


def test_misp_shows_nothing_of_a_withheld_group():
    said = imported(bundled(rendered("bulletin", "place", "technique", "identifiers"))).misp_event.to_json()
    assert "kingfisher" in said
    assert [word for word in ("nightjar", "goldcrest", "CANARY77", "canary77", "32.55") if word in said] == []
