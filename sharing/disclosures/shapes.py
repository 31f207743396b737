"""The one JSON rendering of a disclosure: what the REST API answers and what webhooks carry."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from django.conf import settings
from django.utils.translation import get_language, gettext

from bulletins.markings.rules import Marking
from bulletins.vocabulary import terms as vocabulary
from bulletins.vocabulary.models import Term
from sharing.disclosures.disclosure import Disclosure, Terms

Labels: TypeAlias = vocabulary.Terms


def shape(disclosure: Disclosure, *, labels: Labels) -> dict[str, Any]:
    """JSON values only. `facts` holds the shown groups as published; `labels` spells out the codes in them.

    Numbers whose exactness matters are strings. A group that is withheld is absent from `facts` and named in
    `withheld`; one that neither shows nor withholds anything is absent from both.
    """
    core = disclosure.core
    facts = {
        group: _linked(values, disclosure)
        for group, values in disclosure.facts.items()
        if isinstance(values, dict)
    }
    return {
        "uid": str(disclosure.uid),
        "ref": disclosure.ref,
        "kind": disclosure.kind,
        "version": disclosure.version,
        "url": settings.SITE_URL + disclosure.path,
        "owner": {"code": disclosure.owner.code, "name": disclosure.owner.name},
        "originator": core.get("originator") or core.get("originator_text") or disclosure.owner.code,
        "marking": marking_shape(disclosure.marking),
        "issued_at": instant(disclosure.issued_at),
        "visible_since": instant(disclosure.visible_since),
        "acknowledge_by": instant(disclosure.acknowledge_by) if disclosure.acknowledge_by else None,
        "agreement": disclosure.agreement,
        "terms": [_terms(each, disclosure) for each in disclosure.terms],
        "facts": facts,
        "withheld": [
            {"group": row.group, "label": row.label, "by": row.by, "under": row.under}
            for row in disclosure.withheld
        ],
        "labels": _labels(facts, labels),
    }


def marking_shape(marking: Marking) -> dict[str, Any]:
    """`caveats` is the banner to be shown beside the TLP label; the lists are for programs."""
    return {
        "tlp": marking.tlp,
        "caveats": marking.caveats,
        "controls": list(marking.controls),
        "rel_to": list(marking.rel_to),
        "cui_categories": list(marking.cui_categories),
        "reliability": marking.reliability,
        "credibility": marking.credibility,
    }


def _terms(terms: Terms, disclosure: Disclosure) -> dict[str, Any]:
    """What binds the recipient; `keep_until` counts from when this was given."""
    until = terms.keep_until(disclosure.visible_since)
    return {
        "agreement": terms.agreement,
        "giver": terms.giver,
        "caveat": terms.caveat,
        "legal_basis": terms.legal_basis,
        "permitted_use": terms.permitted_use,
        "keep_days": terms.keep_days,
        "keep_until": instant(until) if until else None,
    }


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _linked(values: dict[str, Any], disclosure: Disclosure) -> dict[str, Any]:
    """The facts of a group, its photographs with the address they are fetched from."""
    if "photographs" not in values:
        return values
    base = f"{settings.SITE_URL}{disclosure.path}photographs/"
    return {
        **values,
        "photographs": [{**row, "url": f"{base}{row['uid']}/"} for row in values["photographs"]],
    }


def _labels(facts: dict[str, Any], labels: Labels) -> dict[str, dict[str, str]]:
    """Of every code that the facts use, by list, its label."""
    core, place = facts.get("core", {}), facts.get("place", {})
    found = {
        "methods": _spelled(labels.methods, core.get("methods", [])),
        "drugs": _spelled(labels.drugs, [row["drug"] for row in core.get("substances", [])]),
        "modes": _spelled(labels.modes, [core.get("mode", "")]),
        "detections": _spelled(labels.detections, facts.get("technique", {}).get("detection", [])),
        "ports": _spelled(labels.ports, [place.get("port", "")]),
    }
    return {name: codes for name, codes in found.items() if codes}


def _spelled(known: dict[str, Any], codes: list[str]) -> dict[str, str]:
    terms: dict[str, Term] = known
    language = get_language() or ""
    return {code: _label(language, terms[code].label) or code for code in codes if code in terms}


@lru_cache(maxsize=4096)
def _label(language: str, label: str) -> str:
    """Once a language: a long list names the same few codes hundreds of times."""
    return gettext(label) if label else ""
