"""From a working copy to what is published: the facts of a record by field group.

The groups are the unit of withholding; a face is this content without the withheld ones.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bulletins.publishing.models import Bulletin
from bulletins.records.models import Record, Substance
from bulletins.seizures.models import SeizureReport
from bulletins.vocabulary.countries import countries_named
from bulletins.vocabulary.lists import FieldGroup
from bulletins.vocabulary.terms import terms

GROUPS = tuple(group.value for group in FieldGroup)
WITHHOLDABLE = tuple(group for group in GROUPS if group != FieldGroup.CORE)

# What each group may hold, of either kind of record.
KEYS: dict[str, frozenset[str]] = {
    "core": frozenset({
        "title", "hazard", "safety_note", "mode", "methods", "substances", "packages", "packages_qualifier",
        "conveyance", "origin_country", "transit_countries", "month", "region", "country", "originator",
        "originator_text", "origin", "tear_line", "urgency",
    }),
    "detail": frozenset({
        "concealment", "narrative", "photographs", "value_amount", "value_currency", "value_usd", "value_qualifier",
    }),
    "place": frozenset({
        "occurred_on", "occurred_time", "place", "state", "port", "latitude", "longitude", "destination", "source_url",
        "reported_on", "note",
    }),
    "technique": frozenset({"detection", "technique", "photographs"}),
    "identifiers": frozenset({"items", "sensitivity", "control_official"}),
    "case": frozenset({
        "case_number", "referred_to", "investigators", "prosecution", "people_count", "own_reference", "lab_reference",
    }),
}  # fmt: skip

Content = dict[str, dict[str, Any]]


def content_of(record: Bulletin | SeizureReport) -> Content:
    """The content of `record` as it stands: JSON values only, numbers as strings where exactness matters."""
    photographs = list(record.photographs.all())
    substances = list(record.substances.all())
    content: Content = {
        "core": _core(record, substances),
        "detail": {
            "concealment": record.concealment,
            "narrative": record.narrative,
            "photographs": [_photograph(row) for row in photographs if row.group == "detail"],
        },
        "place": {
            "occurred_on": record.occurred_on.isoformat() if record.occurred_on else "",
            "occurred_time": record.occurred_time.strftime("%H:%M") if record.occurred_time else "",
            "place": record.place,
            "state": record.state,
            "port": record.port_id or "",
            "latitude": _text(record.latitude),
            "longitude": _text(record.longitude),
            "destination": record.destination,
            "source_url": record.source_url,
        },
        "technique": {
            "detection": list(record.detection),
            "technique": record.technique,
            "photographs": [_photograph(row) for row in photographs if row.group == "technique"],
        },
        "identifiers": _identifiers(record),
        "case": {
            "case_number": record.case_number,
            "referred_to": record.referred_to,
            "investigators": record.investigators,
            "prosecution": record.prosecution,
            "people_count": record.people_count,
            "own_reference": record.external_id,
        },
    }
    if isinstance(record, SeizureReport):
        content["detail"] |= {
            "value_amount": _text(record.value_amount),
            "value_currency": record.value_currency,
            "value_usd": _text(record.value_usd),
            "value_qualifier": record.value_qualifier,
        }
        content["place"]["reported_on"] = record.reported_on.isoformat() if record.reported_on else ""
        # A note on the data may name the place as easily as anything else.
        content["place"]["note"] = record.note
        content["case"]["lab_reference"] = record.lab_reference
    return {group: _without_blanks(facts) for group, facts in content.items()}


def _core(record: Bulletin | SeizureReport, substances: list[Substance]) -> dict[str, Any]:
    core: dict[str, Any] = {
        "title": title_of(record, substances),
        "hazard": record.hazard,
        "safety_note": record.safety_note,
        "mode": record.mode_id or "",
        "methods": list(record.methods),
        "substances": [_substance(row) for row in substances],
        "packages": record.packages,
        "packages_qualifier": record.packages_qualifier,
        "conveyance": record.conveyance,
        "origin_country": record.origin_country,
        "transit_countries": list(record.transit_countries),
        "month": month_of(record),
        "region": record.region,
        "country": record.country,
        "originator": record.originator.code if record.originator else "",
        "originator_text": record.originator_text,
        "origin": record.origin,
    }
    if isinstance(record, Bulletin):
        core |= {"tear_line": record.tear_line, "urgency": record.urgency}
    return core


def _identifiers(record: Record) -> dict[str, Any]:
    """Named subjects with the labels they travel under (28 CFR 23.20 g); nothing where none is named."""
    items = [{"kind": row.kind, "value": row.value, "note": row.note} for row in record.identifiers.all()]
    labels = {"sensitivity": record.sensitivity, "control_official": record.control_official}
    return {"items": items, **labels} if items else {}


def title_of(record: Bulletin | SeizureReport, substances: list[Substance]) -> str:
    """A bulletin's own title; a seizure report's is made of its drugs and the place of concealment."""
    if isinstance(record, Bulletin):
        return record.title
    words = terms()
    drugs = [str((words.drugs.get(row.drug_id) or row.drug).label) for row in substances[:3]]
    known = words.methods
    method = max(
        (known[code] for code in record.methods if code in known), key=lambda row: row.level, default=None
    )
    what = ", ".join(drugs) or _("Seizure")
    where = method.label.lower() if method else ""
    return f"{what}: {where}"[:200] if where else what[:200]


def month_of(record: Record) -> str:
    """`2025-03`, or the year alone where no more is known, or nothing."""
    return record.occurred_on.strftime("%Y-%m") if record.occurred_on else record.occurred_period[:7]


def drop(content: Content, withheld: frozenset[str]) -> dict[str, Any]:
    """The content without `withheld`; `withheld` then lists those groups that held anything, for their labels."""
    shown: dict[str, Any] = {group: facts for group, facts in content.items() if group not in withheld}
    shown["withheld"] = [group for group in WITHHOLDABLE if group in withheld and content.get(group)]
    return shown


def columns_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The filter columns of a face, from what it shows alone."""
    core, place = shown["core"], shown.get("place", {})
    masses = [float(row["mass_kg"]) for row in core.get("substances", []) if row.get("mass_kg")]
    return {
        "title": core.get("title", ""),
        "methods": _with_ancestors(core.get("methods", [])),
        "drugs": sorted({row["drug"] for row in core.get("substances", [])}),
        "mode": core.get("mode", ""),
        "month": core.get("month", ""),
        "region": core.get("region", ""),
        "country": core.get("country", ""),
        "port": place.get("port", ""),
        "latitude": place.get("latitude") or None,
        "longitude": place.get("longitude") or None,
        "hazard": bool(core.get("hazard")),
        "urgency": core.get("urgency", ""),
        "mass_kg": sum(masses) if masses else None,
        "origin": core.get("origin_country", ""),
        "destinations": countries_named(place.get("destination", "")),
    }


def _with_ancestors(codes: list[str]) -> list[str]:
    known = terms()
    return sorted({above for code in codes for above in known.path(code)})


def _substance(row: Any) -> dict[str, Any]:
    return _without_blanks(
        {
            "drug": row.drug_id,
            "quantity": _text(row.quantity),
            "unit": row.unit,
            "qualifier": row.qualifier,
            "mass_kg": _text(row.mass_kg),
            "form": row.form,
            "purity_percent": _text(row.purity_percent),
            "lab_state": row.lab_state,
        }
    )


def _photograph(row: Any) -> dict[str, Any]:
    return {
        "uid": str(row.uid),
        "caption": row.caption,
        "width": row.width,
        "height": row.height,
        "sha256": row.sha256,
    }


def _text(number: Any) -> str:
    return "" if number is None else format(number.normalize(), "f")


def _without_blanks(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in ("", None, [], False)}
