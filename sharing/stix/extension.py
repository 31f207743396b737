"""The extension that carries a record's facts: one description gives both its schema and what is rendered."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.conf import settings

from bulletins.markings.models import TLP, Control
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.retention.models import Sensitivity
from bulletins.vocabulary.lists import (
    FieldGroup,
    IdentifierKind,
    LabState,
    Qualifier,
    SubstanceForm,
    Unit,
)
from sharing.stix.ids import EXTENSION, MAKER

VERSION = "1.1"
CREATED = "2026-01-01T00:00:00.000Z"
# Bound to the version: a hub that changes the description gives a later one.
MODIFIED = "2026-11-26T00:00:00.000Z"

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
# Numbers whose exactness matters are strings.
DECIMAL: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
CLOCK: Schema = {"type": "string", "pattern": r"^\d{2}:\d{2}$"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
URL: Schema = {"type": "string", "format": "uri"}
UID: Schema = {"type": "string", "format": "uuid"}


def one_of(choices: Any) -> Schema:
    return {"type": "string", "enum": list(choices.values)}


def many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def thing(properties: dict[str, Schema], *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


PHOTOGRAPHS = many(
    thing(
        {"uid": UID, "caption": TEXT, "width": COUNT, "height": COUNT, "sha256": DIGEST, "url": URL},
        "uid",
        "url",
    )
)
SUBSTANCE = thing(
    {
        "drug": TEXT,
        "quantity": DECIMAL,
        "unit": one_of(Unit),
        "qualifier": one_of(Qualifier),
        "mass_kg": DECIMAL,
        "form": one_of(SubstanceForm),
        "purity_percent": DECIMAL,
        "lab_state": one_of(LabState),
    },
    "drug",
)
IDENTIFIER = thing({"kind": one_of(IdentifierKind), "value": TEXT, "note": TEXT}, "kind", "value")

# By field group, as bulletins/faces/content.py names them.
FACTS: dict[str, dict[str, Schema]] = {
    "core": {
        "title": TEXT,
        "tear_line": TEXT,
        "urgency": one_of(Urgency),
        "hazard": FLAG,
        "safety_note": TEXT,
        "mode": TEXT,
        "methods": many(TEXT),
        "substances": many(SUBSTANCE),
        "packages": COUNT,
        "packages_qualifier": one_of(Qualifier),
        "conveyance": TEXT,
        "origin_country": TEXT,
        "transit_countries": many(TEXT),
        "month": {**TEXT, "description": "2025-03, or the year alone"},
        "region": TEXT,
        "country": TEXT,
        "originator": TEXT,
        "originator_text": TEXT,
    },
    "detail": {
        "concealment": TEXT,
        "narrative": TEXT,
        "photographs": PHOTOGRAPHS,
        "value_amount": DECIMAL,
        "value_currency": TEXT,
        "value_usd": DECIMAL,
        "value_qualifier": one_of(Qualifier),
    },
    "place": {
        "occurred_on": DAY,
        "occurred_time": CLOCK,
        "place": TEXT,
        "state": TEXT,
        "port": TEXT,
        "latitude": DECIMAL,
        "longitude": DECIMAL,
        "destination": TEXT,
        "source_url": TEXT,
        "reported_on": DAY,
        "note": TEXT,
    },
    "technique": {"detection": many(TEXT), "technique": TEXT, "photographs": PHOTOGRAPHS},
    "identifiers": {
        "items": many(IDENTIFIER),
        "sensitivity": one_of(Sensitivity),
        "control_official": TEXT,
    },
    "case": {
        "case_number": TEXT,
        "referred_to": TEXT,
        "investigators": TEXT,
        "prosecution": TEXT,
        "people_count": COUNT,
        "own_reference": TEXT,
        "lab_reference": TEXT,
    },
}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}
FACTS_SCHEMA = thing({group: thing(names) for group, names in FACTS.items()}, "core")
MARKING = thing(
    {
        "tlp": one_of(TLP),
        "caveats": TEXT,
        "controls": many(one_of(Control)),
        "rel_to": many(TEXT),
        "cui_categories": many(TEXT),
        "reliability": TEXT,
        "credibility": TEXT,
    },
    "tlp",
)
GROUP: Schema = {"type": "string", "enum": [each.value for each in FieldGroup if each != FieldGroup.CORE]}
WITHHELD = thing({"group": GROUP, "by": TEXT, "under": TEXT}, "group", "by")
TERMS = thing(
    {
        "agreement": TEXT,
        "giver": TEXT,
        "caveat": TEXT,
        "legal_basis": TEXT,
        "permitted_use": TEXT,
        "keep_days": {"type": "integer", "minimum": 1},
    },
    "agreement",
    "giver",
)
# A record that came from another hub: what it is there, and what binds whoever has it since.
HUB = thing({"hub": UID, "name": TEXT}, "hub", "name")
ORIGIN = thing(
    {
        "hub": UID,
        "name": TEXT,
        "uid": UID,
        "ref": TEXT,
        "version": {"type": "integer", "minimum": 1},
        "owner": TEXT,
        "originator": TEXT,
        "marking": MARKING,
        "withheld": many(thing({"group": GROUP, "by": TEXT, "under": TEXT, "at": TEXT}, "group", "by", "at")),
        "terms": many(
            thing(
                {
                    "agreement": TEXT,
                    "giver": TEXT,
                    "caveat": TEXT,
                    "legal_basis": TEXT,
                    "permitted_use": TEXT,
                    "keep_days": {"type": "integer", "minimum": 1},
                    "at": TEXT,
                },
                "agreement",
                "giver",
                "at",
            )
        ),
        "keep_until": INSTANT,
        "via": many(HUB),
    },
    "hub",
    "name",
    "uid",
    "ref",
    "version",
    "owner",
    "originator",
    "marking",
)
TYPE: Schema = {"const": "property-extension"}
# What a report carries, and what an attack-pattern of the vocabulary does.
RECORD: dict[str, Schema] = {
    "extension_type": TYPE,
    "kind": one_of(Kind),
    "uid": UID,
    "ref": TEXT,
    "version": {"type": "integer", "minimum": 1},
    "issued_at": INSTANT,
    "hub": UID,
    "owner": TEXT,
    "originator": TEXT,
    "origin": ORIGIN,
    "urgency": one_of(Urgency),
    "hazard": FLAG,
    "facts": FACTS_SCHEMA,
    "labels": thing(dict.fromkeys(("methods", "drugs", "modes", "detections", "ports"), LABELS)),
    "marking": MARKING,
    "withheld": many(WITHHELD),
    "terms": many(TERMS),
    "keep_until": INSTANT,
    "acknowledge_by": INSTANT,
}
METHOD: dict[str, Schema] = {
    "extension_type": TYPE,
    "kind": {"const": "method"},
    "code": TEXT,
    "path": {**many(thing({"code": TEXT, "label": TEXT}, "code", "label")), "minItems": 1},
}
# What a note says by which one hub tells another that an agency of its own has a record.
ACKNOWLEDGEMENT: dict[str, Schema] = {
    "extension_type": TYPE,
    "kind": {"const": "acknowledgement"},
    "hub": UID,
    "record": UID,
    "version": {"type": "integer", "minimum": 1},
    "agency": TEXT,
    "at": INSTANT,
}
ALWAYS = (
    "extension_type",
    "kind",
    "uid",
    "ref",
    "version",
    "issued_at",
    "hub",
    "owner",
    "originator",
    "hazard",
    "facts",
    "marking",
)


def schema_address() -> str:
    return f"{settings.SITE_URL}/feeds/stix/schema/"


def schema() -> Schema:
    """The JSON schema of the extension, wherever it is found."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_address(),
        "title": f"Drug concealment {VERSION}",
        "description": "What a report (a bulletin or a seizure report) or an attack-pattern (a concealment method) "
        "carries beyond STIX. A field group that is withheld is absent from facts.",
        "oneOf": [
            thing(RECORD, *ALWAYS),
            thing(METHOD, *METHOD),
            thing(ACKNOWLEDGEMENT, *ACKNOWLEDGEMENT),
        ],
    }


def extension_definition() -> dict[str, Any]:
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION,
        "created_by_ref": MAKER,
        "created": CREATED,
        "modified": MODIFIED,
        "name": "Drug concealment",
        "description": "How drugs were hidden and found: facts of a bulletin or seizure report by field group.",
        "schema": schema_address(),
        "version": f"{VERSION}.0",
        "extension_types": ["property-extension"],
    }


def kept(shape: Schema, value: Any) -> Any:
    """Of `value` what `shape` describes; nothing else is ever rendered."""
    if shape.get("type") == "array":
        return [kept(shape["items"], each) for each in value]
    if "properties" in shape:
        return {name: kept(each, value[name]) for name, each in shape["properties"].items() if name in value}
    return value
