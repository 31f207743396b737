"""What records' objects refer to: markings, agencies, methods, places. Public vocabulary, the same for every reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
import pycountry
from django.utils import translation

from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.models import Method, Port
from bulletins.vocabulary.terms import Terms as Vocabulary
from bulletins.vocabulary.terms import terms as vocabulary
from sharing.disclosures.disclosure import Terms
from sharing.stix.extension import extension_definition
from sharing.stix.ids import EXTENSION, MAKER, identity_id, location_id, made_id, method_id, stamp

CREATED = "2026-01-01T00:00:00.000Z"
# Raise it with any change of what countries, regions and the hub itself are called here.
NAMED = CREATED
SOURCE = "drug-concealment-hub"
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
# TLP 2.0 as OASIS published it (FIRST, 2022); STIX 2.1 itself has version 1 alone.
TLP_IDS = {
    "TLP:CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "TLP:GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "TLP:AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "TLP:AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "TLP:RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
# The regions of the vocabulary as STIX names the part of the world; `elsewhere` is none.
WORLD = {
    Region.SOUTHWEST: "northern-america",
    Region.NORTHERN: "northern-america",
    Region.COASTAL_INTERIOR: "northern-america",
    Region.CANADA: "northern-america",
    Region.MEXICO: "central-america",
}


def _dated(*changed_at: datetime | None) -> dict[str, str]:
    """The same in every answer; `modified` is since when it says what it says, where it said something else before."""
    latest = max(filter(None, changed_at), default=None)
    return {"created": CREATED, "modified": stamp(latest) if latest else NAMED}


class Ready(NamedTuple):
    """A whole STIX object as JSON."""

    id: str
    type: str
    text: bytes


def ready(found: dict[str, Any]) -> Ready:
    return Ready(found["id"], found["type"], orjson.dumps(found))


@cache
def tlp_marking(tlp: str) -> Ready:
    return ready(
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": TLP_IDS[tlp],
            "created": "2022-10-01T00:00:00.000Z",
            "name": tlp,
            "extensions": {
                TLP_EXTENSION: {
                    "extension_type": "property-extension",
                    "tlp_2_0": tlp.removeprefix("TLP:").lower(),
                }
            },
        }
    )


@lru_cache(maxsize=4096)
def statement(text: str) -> Ready:
    """A marking in words. Markings have no versions: other words are another marking."""
    return ready(
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": made_id("marking-definition", text),
            "created": CREATED,
            "definition_type": "statement",
            "definition": {"statement": text},
        }
    )


def terms_statement(terms: Terms) -> Ready:
    """What an agreement binds the recipient to, in one line: MISP makes a tag of it."""
    parts = [
        f"Given by {terms.giver} under {terms.agreement}",
        terms.caveat,
        f"Legal basis: {terms.legal_basis}" if terms.legal_basis else "",
        f"Permitted use: {terms.permitted_use}" if terms.permitted_use else "",
        f"Not to be kept longer than {terms.keep_days} days" if terms.keep_days else "",
    ]
    sentences = [" ".join(part.split()).rstrip(".") for part in parts]
    return statement("".join(f" {part}." for part in sentences if part).strip())


@lru_cache(maxsize=4096)
def identity(agency: str, name: str, renamed_at: datetime | None) -> Ready:
    return ready(
        {
            "type": "identity",
            "spec_version": "2.1",
            "id": identity_id(agency),
            **_dated(renamed_at),
            "name": name,
            "identity_class": "organization",
            "sectors": ["government"],
            "external_references": [{"source_name": f"{SOURCE}-agencies", "external_id": agency}],
        }
    )


def context_objects(ids: Iterable[str]) -> list[Ready]:
    """Of `ids` those of the vocabulary, the TLP and the extension; others are in `Finished.context`."""
    known = everywhere()
    return [known[each] for each in ids if each in known]


def everywhere() -> dict[str, Ready]:
    """By id all that is the same in every answer: read by everybody, holding nothing of a record."""
    words = vocabulary()
    if not _kept or _kept[0][0] is not words:
        _kept[:] = [(words, _rendered(words))]
    return _kept[0][1]


_kept: list[tuple[Vocabulary, dict[str, Ready]]] = []


def _rendered(words: Vocabulary) -> dict[str, Ready]:
    with translation.override(None):
        found = [
            ready(extension_definition()),
            ready(_maker()),
            *map(tlp_marking, TLP_IDS),
            *(ready(_method(row, words)) for row in words.methods.values()),
            *(ready(_port(row)) for row in words.ports.values()),
            *(ready(_region(region)) for region in WORLD),
            *(ready(_country(row.alpha_2, row.name)) for row in pycountry.countries),
        ]
    return {each.id: each for each in found}


def _maker() -> dict[str, Any]:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": MAKER,
        **_dated(),
        "name": "Drug concealment hub",
        "identity_class": "system",
    }


def _method(row: Method, words: Vocabulary) -> dict[str, Any]:
    path = [{"code": code, "label": words.methods[code].label} for code in row.path if code in words.methods]
    found = {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": method_id(row.code),
        **_dated(*(words.methods[code].reworded_at for code in row.path if code in words.methods)),
        "name": row.label,
        "kill_chain_phases": [
            {"kill_chain_name": "drug-concealment", "phase_name": row.path[0].lower()},
        ],
        "external_references": [{"source_name": f"{SOURCE}-methods", "external_id": row.code}],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "kind": "method",
                "code": row.code,
                "path": path,
            }
        },
    }
    return found | ({"description": row.definition} if row.definition else {})


def _location(id_: str, name: str, changed_at: datetime | None = None, **values: Any) -> dict[str, Any]:
    return {
        "type": "location",
        "spec_version": "2.1",
        "id": id_,
        **_dated(changed_at),
        "name": name,
        **values,
    }


def _port(row: Port) -> dict[str, Any]:
    found = _location(
        location_id("port", row.code),
        row.label,
        row.reworded_at,
        latitude=float(row.lat),
        longitude=float(row.lon),
        country=row.country,
        external_references=[{"source_name": f"{SOURCE}-ports", "external_id": row.code}],
    )
    return found | ({"administrative_area": row.state} if row.state else {})


def _region(region: Region) -> dict[str, Any]:
    return _location(location_id("region", region.value), str(region.label), region=WORLD[region])


def _country(code: str, name: str) -> dict[str, Any]:
    return _location(location_id("country", code), name, country=code)
