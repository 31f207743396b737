"""What the marking of a STIX object means here: TLP 2.0 and 1.0, statements as caveat, the unknown as strictest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bulletins.markings.models import TLP, Control, Credibility, Reliability
from bulletins.markings.rules import RANK, Marking

CAVEAT_LIMIT = 120

# Of the OASIS specification and its TLP 2.0 extension; of TLP 1.0, AMBER was what is AMBER today.
TLP_OF = {
    f"marking-definition--{uid}": tlp.value
    for uid, tlp in (
        ("94868c89-83c2-464b-929b-a1a8aa3c8487", TLP.CLEAR),
        ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", TLP.GREEN),
        ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", TLP.AMBER),
        ("939a9414-2ddd-4d32-a0cd-375ea402b003", TLP.STRICT),
        ("e828b379-4e03-4974-9ac4-e53a884c97c1", TLP.RED),
        ("613f2e26-407d-48c7-9eca-b8e91df99dc9", TLP.CLEAR),
        ("34098fce-860f-48ae-8e50-ebd3cc5e41da", TLP.GREEN),
        ("f88d31f6-486f-44da-b317-01333bde0b82", TLP.AMBER),
        ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", TLP.RED),
    )
}


@dataclass(frozen=True)
class Handling:
    """The marking, and every statement in full where the caveat has no room for them."""

    marking: Marking
    statements: tuple[str, ...] = ()


def refs_of(stix: Mapping[str, Any]) -> list[str]:
    """Every marking that the object, or a part of it, refers to: a part's holds for the whole."""
    found = list(stix.get("object_marking_refs", ()))
    found += [each["marking_ref"] for each in stix.get("granular_markings", ()) if "marking_ref" in each]
    return list(dict.fromkeys(found))


def handling_of(
    stix: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], unmarked: str = TLP.STRICT.value
) -> Handling:
    """The strictest of the TLP labels; `unmarked` and DISPLAY ONLY where there is none, or a marking is unknown.

    `known` are marking definitions by id.
    """
    labels, statements, unknown = [], [], False
    for ref in refs_of(stix):
        definition = known.get(ref, {})
        said = definition.get("definition")
        statement = str(said.get("statement", "")).strip() if isinstance(said, dict) else ""
        if ref in TLP_OF:
            labels.append(TLP_OF[ref])
        elif definition.get("definition_type") == "statement" and statement:
            statements.append(" ".join(statement.split()))
        else:
            unknown = True
    told = "; ".join(statements)
    caveat = told if len(told) <= CAVEAT_LIMIT else told[: CAVEAT_LIMIT - 1] + "…"
    if unknown or not labels:
        strict = Marking(unmarked, (Control.DISPLAY_ONLY.value,), caveat=caveat)
        return Handling(_stricter_tlp(strict, labels), tuple(statements))
    return Handling(_stricter_tlp(Marking(caveat=caveat), labels), tuple(statements))


def stricter(old: Marking, new: Marking, *, home: str) -> Marking:
    """What stands of two markings of one record, so that neither is lowered; `home` is its owner's country.

    The caveat is the new one's, where that has any: it decides nothing.
    """
    both = {*old.controls, *new.controls}
    if Control.NOFORN in both:  # none is left that REL TO could name
        both.discard(Control.REL_TO)
    controls = tuple(control for control in Control.values if control in both)
    rel_to = (old.rel_to or new.rel_to) if Control.REL_TO in both else ()
    if rel_to and old.rel_to and new.rel_to:
        rel_to = tuple(each for each in old.rel_to if each in new.rel_to) or (home,)
    return replace(
        _stricter_tlp(old, [new.tlp]),
        controls=controls,
        rel_to=rel_to,
        cui_categories=tuple(dict.fromkeys([*old.cui_categories, *new.cui_categories])),
        caveat=new.caveat or old.caveat,
        reliability=new.reliability or old.reliability,
        credibility=new.credibility or old.credibility,
    )


def with_own(handling: Handling, given: Any) -> Handling:
    """Controls, caveat and grading as our extension has them; the label is the strictest of all that is said."""
    if not isinstance(given, dict):
        return handling
    told = _marking_in(given)
    words = given.get("caveats")
    words = words.removeprefix(told.caveats).removeprefix("; ") if isinstance(words, str) else ""
    own = replace(told, caveat=words[:CAVEAT_LIMIT])
    return Handling(stricter(handling.marking, own, home=""), handling.statements)


def _marking_in(given: Mapping[str, Any]) -> Marking:
    """The marking of our extension. What this hub does not know of it may bind: it is AMBER+STRICT, DISPLAY ONLY."""

    def listed(name: str, pattern: str) -> tuple[str, ...]:
        found = given.get(name)
        known = found if isinstance(found, list) else []
        return tuple(each for each in known if isinstance(each, str) and re.fullmatch(pattern, each))

    def one(name: str, known: list[str]) -> str:
        return str(given[name]) if given.get(name) in known else ""

    controls, rel_to = listed("controls", "(?s).*"), listed("rel_to", "[A-Z]{2}")
    tlp = one("tlp", TLP.values)
    known = [each for each in controls if each in Control.values]
    limits = Control.REL_TO.value in controls
    if (
        not tlp
        or list(given.get("controls") or ()) != known
        or list(given.get("rel_to") or ()) != list(rel_to)
        or limits != bool(rel_to)
    ):
        tlp = max(tlp or TLP.STRICT.value, TLP.STRICT.value, key=RANK.__getitem__)
        known = [*(each for each in known if each != Control.DISPLAY_ONLY), Control.DISPLAY_ONLY.value]
    return Marking(
        tlp=tlp,
        controls=tuple(each for each in Control.values if each in known),
        rel_to=rel_to,
        cui_categories=listed("cui_categories", ".{1,10}"),
        reliability=one("reliability", Reliability.values),
        credibility=one("credibility", Credibility.values),
    )


def _stricter_tlp(marking: Marking, labels: Iterable[str]) -> Marking:
    return replace(marking, tlp=max([marking.tlp, *labels], key=RANK.__getitem__))
