"""What reads our STIX in tests: the strict parser, the reference checker, and full facts to render."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jsonschema
import stix2
import stix2validator

from bulletins.markings.rules import Marking
from sharing.disclosures.disclosure import Terms, Withheld
from sharing.stix.bundle import bundle_of
from sharing.stix.extension import schema
from sharing.stix.finishing import Finished, Tail, finished
from sharing.stix.ids import EXTENSION
from sharing.stix.rendering import Source, heads

UID = UUID("3b0e7a52-5d8f-4a53-9d0e-0d6a7c1b2f44")
PHOTOGRAPH = "8a1d52a4-93c9-4bb0-8a6e-6d9c11f2c001"
CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODIFIED = datetime(2026, 3, 2, 8, 30, 0, 100, tzinfo=UTC)
TERMS = Terms("CBP-CBSA", "CBP", "For customs use", "Treaty of 1984", "Customs enforcement", 365)
# A word of its own in each group that can be withheld.
WORDS = {
    "detail": "kingfisher",
    "place": "nightjar",
    "technique": "goldcrest",
    "identifiers": "CANARY77",
    "case": "waxwing",
}
# What programs must not be told by a withheld group either: codes, numbers, addresses.
TOLD_BY = {
    "detail": ("kingfisher", PHOTOGRAPH, "41000"),
    "place": ("nightjar", "P003", "14:05", "2025-03-12", "32.55", "reports.example"),
    "technique": ("goldcrest", "canine"),
    "identifiers": ("CANARY77", "canary77.example", "Officer Keeper"),
    "case": ("waxwing", "LAB-9"),
}


def facts(kind: str) -> dict[str, Any]:
    """Every fact that a record of `kind` may have."""
    photograph = {"uid": PHOTOGRAPH, "caption": "The void", "width": 640, "height": 480, "sha256": "5f" * 32}
    core: dict[str, Any] = {
        "title": "Fentanyl in a fuel tank zebrafinch",
        "hazard": True,
        "safety_note": "Wear a respirator.",
        "mode": "passenger_vehicle",
        "methods": ["VEH-MECH-FUEL", "VEH-BODY-QTR"],
        "substances": [
            {
                "drug": "fentanyl", "quantity": "12.5", "unit": "lb", "qualifier": "approx", "mass_kg": "5.669905",
                "form": "powder", "purity_percent": "8.5", "lab_state": "confirmed",
            }
        ],
        "packages": 12,
        "packages_qualifier": "more_than",
        "conveyance": "Pickup",
        "origin_country": "MX",
        "transit_countries": ["GT"],
        "month": "2025-03",
        "region": "southwest",
        "country": "US",
        "originator": "HSI",
        "originator_text": "A sheriff",
    }  # fmt: skip
    found: dict[str, Any] = {
        "core": core,
        "detail": {
            "concealment": "A box in the tank",
            "narrative": f"The tank rang hollow near a {WORDS['detail']}.",
            "photographs": [photograph],
        },
        "place": {
            "occurred_on": "2025-03-12",
            "occurred_time": "14:05",
            "place": f"Lane 7, {WORDS['place']}",
            "state": "CA",
            "port": "P003",
            "latitude": "32.55",
            "longitude": "-116.938",
            "destination": "Laval, QC",
            "source_url": "https://reports.example/1",
        },
        "technique": {
            "detection": ["canine"],
            "technique": f"A dog named {WORDS['technique']} alerted.",
            "photographs": [{**photograph, "uid": "8a1d52a4-93c9-4bb0-8a6e-6d9c11f2c002"}],
        },
        "identifiers": {
            "items": [
                {"kind": "plate", "value": WORDS["identifiers"], "note": "front"},
                {"kind": "email", "value": "driver@canary77.example"},
                {"kind": "account", "value": "https://canary77.example/o'hare?a=\\1", "note": "shop"},
                {"kind": "phone", "value": "+1 956 555 0100"},
            ],
            "sensitivity": "confidential",
            "control_official": "Officer Keeper",
        },
        "case": {
            "case_number": f"CASE-{WORDS['case']}",
            "referred_to": f"HSI {WORDS['case']}",
            "investigators": "A. Nobody",
            "prosecution": "Pending",
            "people_count": 2,
            "own_reference": "OWN-1",
        },
    }
    if kind == "bulletin":
        core |= {"tear_line": "Carried in a false fuel tank.", "urgency": "immediate"}
        return found
    found["detail"] |= {
        "value_amount": "41000", "value_currency": "CAD", "value_usd": "30000.5", "value_qualifier": "approx",
    }  # fmt: skip
    found["place"] |= {"reported_on": "2025-03-20", "note": "Day inferred"}
    found["case"]["lab_reference"] = "LAB-9"
    return found


def source(kind: str = "bulletin", *, without: tuple[str, ...] = (), **core: Any) -> Source:
    shown = {name: values for name, values in facts(kind).items() if name not in without}
    shown["core"] = shown["core"] | core
    shown["withheld"] = list(without)
    return Source(UID, "7K3M-Q2XF", kind, 3, "CBP", CREATED, CREATED + timedelta(hours=1), shown)


def tail(*withheld: str, marking: Marking | None = None, terms: tuple[Terms, ...] = (TERMS,)) -> Tail:
    return Tail(
        modified=MODIFIED,
        since=CREATED,
        marking=marking or Marking("TLP:AMBER", ("REL TO",), ("US", "CA"), ("LEI",), "LES", "B", "2"),
        owner="CBP",
        owner_name="U.S. Customs and Border Protection",
        withheld=tuple(Withheld(group, group, "CBP", "CBP-CBSA") for group in withheld),
        terms=terms,
    )


def rendered(kind: str = "bulletin", *withheld: str, **core: Any) -> Finished:
    return finished(heads(source(kind, without=withheld, **core)), tail(*withheld))


def objects(found: Finished) -> list[dict[str, Any]]:
    return [json.loads(each.text) for each in found.objects]


def own(found: Finished) -> dict[str, Any]:
    return dict(json.loads(found.objects[0].text))


def extension(found: Finished) -> dict[str, Any]:
    return dict(own(found)["extensions"][EXTENSION])


def bundled(*found: Finished) -> str:
    return b"".join(bundle_of(found)).decode()


def accept(text: str) -> None:
    """The strict parser, the checker with every check, and our own schema take it; every reference is within it."""
    stix2.parse(text, allow_custom=False)
    # A page behind sign-in has no hash that anybody could compare.
    for options in (
        {
            "disabled": ["extref-hashes"],
            "strict_types": True,
            "strict_properties": True,
            "enforce_refs": True,
        },
        {
            "enabled": [
                "uuid-check",
                "extensions-use",
                "custom-prefix",
                "open-vocab-format",
                "approved-values",
            ]
        },
    ):
        said = stix2validator.validate_string(
            text, stix2validator.ValidationOptions(version="2.1", strict=True, **options)
        )
        assert said.is_valid, [str(error) for error in said.errors]
    bundle = json.loads(text)
    ids = {each["id"] for each in bundle.get("objects", [])}
    for each in bundle.get("objects", []):
        assert each["spec_version"] == "2.1"
        assert refs_of(each) <= ids, f"{each['id']} refers to what is not there"
        if carried := each.get("extensions", {}).get(EXTENSION):
            jsonschema.Draft202012Validator(
                schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
            ).validate(carried)


def refs_of(stix: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for name, value in stix.items():
        if name.endswith("_ref"):
            found.add(value)
        elif name.endswith("_refs"):
            found.update(value)
    # The TLP's own extension is known by its id, as OASIS published it.
    return found | {name for name in stix.get("extensions", {}) if name == EXTENSION}
