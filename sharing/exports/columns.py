"""The columns of CSV and XLSX, in their order: fixed, so that what reads one file reads the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from django.conf import settings

from bulletins.vocabulary.terms import terms
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.shapes import instant
from sharing.disclosures.wording import amounts_of, methods_in_words, where_of, word

Cell: TypeAlias = str | int | float
Column: TypeAlias = Callable[[Disclosure], Any]


def _of(group: str, name: str) -> Column:
    return lambda shown: shown.facts.get(group, {}).get(name, "")


def _listed(group: str, name: str) -> Column:
    return lambda shown: "; ".join(map(str, shown.facts.get(group, {}).get(name, [])))


def _mass(shown: Disclosure) -> Any:
    masses = [float(row["mass_kg"]) for row in shown.core.get("substances", []) if row.get("mass_kg")]
    return round(sum(masses), 6) if masses else ""


def _identifiers(shown: Disclosure) -> str:
    rows = shown.facts.get("identifiers", {}).get("items", [])
    return "; ".join(f"{row.get('kind', '')}: {row['value']}" for row in rows)


def _keep_until(shown: Disclosure) -> str:
    ends = [until for each in shown.terms if (until := each.keep_until(shown.visible_since))]
    return instant(min(ends)) if ends else ""


def _terms(shown: Disclosure) -> str:
    said = (part for each in shown.terms for part in (each.caveat, each.permitted_use) if part)
    return "; ".join(dict.fromkeys(said))


def _withheld(shown: Disclosure) -> str:
    return "; ".join(f"{each.group} ({each.by})" for each in shown.withheld)


def _pictures(shown: Disclosure) -> str:
    base = f"{settings.SITE_URL}{shown.path}photographs/"
    return " ".join(f"{base}{row['uid']}/" for row in shown.photographs)


COLUMNS: Mapping[str, Column] = {
    "marking": lambda shown: shown.marking.banner,
    "reference": lambda shown: shown.ref,
    "uid": lambda shown: str(shown.uid),
    "kind": lambda shown: shown.kind,
    "version": lambda shown: shown.version,
    "title": lambda shown: shown.title,
    "owner": lambda shown: shown.owner.code,
    "originator": lambda shown: (
        shown.core.get("originator") or shown.core.get("originator_text") or shown.owner.code
    ),
    "issued_at": lambda shown: instant(shown.issued_at),
    "visible_since": lambda shown: instant(shown.visible_since),
    "hazard": lambda shown: "yes" if shown.hazard else "no",
    "urgency": _of("core", "urgency"),
    "month": _of("core", "month"),
    "occurred_on": _of("place", "occurred_on"),
    "occurred_time": _of("place", "occurred_time"),
    "where": where_of,
    "place": _of("place", "place"),
    "port": _of("place", "port"),
    "state": _of("place", "state"),
    "region": _of("core", "region"),
    "country": _of("core", "country"),
    "latitude": _of("place", "latitude"),
    "longitude": _of("place", "longitude"),
    "origin_country": _of("core", "origin_country"),
    "transit_countries": _listed("core", "transit_countries"),
    "destination": _of("place", "destination"),
    "mode": _of("core", "mode"),
    "mode_in_words": lambda shown: word(terms().modes, shown.core.get("mode", "")),
    "conveyance": _of("core", "conveyance"),
    "methods": _listed("core", "methods"),
    "methods_in_words": lambda shown: methods_in_words(shown.core.get("methods", [])),
    "drugs": lambda shown: "; ".join(row["drug"] for row in shown.core.get("substances", [])),
    "amounts": amounts_of,
    "mass_kg": _mass,
    "packages": _of("core", "packages"),
    "value_usd": _of("detail", "value_usd"),
    "tear_line": _of("core", "tear_line"),
    "safety_note": _of("core", "safety_note"),
    "concealment": _of("detail", "concealment"),
    "narrative": _of("detail", "narrative"),
    "detection": _listed("technique", "detection"),
    "technique": _of("technique", "technique"),
    "identifiers": _identifiers,
    "case_number": _of("case", "case_number"),
    "referred_to": _of("case", "referred_to"),
    "investigators": _of("case", "investigators"),
    "people_count": _of("case", "people_count"),
    "prosecution": _of("case", "prosecution"),
    "source_url": _of("place", "source_url"),
    "photographs": _pictures,
    "withheld": _withheld,
    "agreement": lambda shown: shown.agreement,
    "terms": _terms,
    "keep_until": _keep_until,
    "url": lambda shown: settings.SITE_URL + shown.path,
}


def row_of(shown: Disclosure) -> list[Cell]:
    """The cells of a record. What is withheld is empty, and named under `withheld`."""
    return [column(shown) for column in COLUMNS.values()]
