"""The words a face can be found by: four texts, weighted A to D, made of what it shows and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bulletins.vocabulary.models import Term
from bulletins.vocabulary.terms import terms


def words_of(shown: dict[str, Any], *, ref: str, owner: str) -> tuple[str, str, str, str]:
    """Title and ref; tear line and vocabulary with its aliases; free text; place, identifiers, case."""
    core = shown["core"]
    detail, place = shown.get("detail", {}), shown.get("place", {})
    technique, case = shown.get("technique", {}), shown.get("case", {})
    known = terms()
    codes = core.get("methods", [])
    drugs = [known.drugs[row["drug"]] for row in core.get("substances", []) if row["drug"] in known.drugs]
    above = dict.fromkeys(part for code in codes for part in known.path(code))
    vocabulary = [
        *(known.methods[code].label for code in above if code in known.methods),
        *codes,
        *(word for drug in drugs for word in (drug.label, *drug.aliases)),
        *_labels(known.modes, [core.get("mode", "")]),
    ]
    ports = _labels(known.ports, [place.get("port", "")])
    found_by = _labels(known.detections, technique.get("detection", []))
    captions = [row["caption"] for group in (detail, technique) for row in group.get("photographs", [])]
    identifiers = [
        text for row in shown.get("identifiers", {}).get("items", []) for text in (row["value"], row["note"])
    ]
    return (
        f"{core.get('title', '')} {ref}",
        " ".join([core.get("tear_line", ""), *vocabulary, owner]),
        " ".join(
            [
                detail.get("narrative", ""),
                detail.get("concealment", ""),
                core.get("safety_note", ""),
                core.get("conveyance", ""),
                core.get("region", ""),
                *captions,
            ]
        ),
        " ".join(
            [
                *(str(place.get(name, "")) for name in ("place", "state", "destination", "note")),
                *ports,
                *found_by,
                technique.get("technique", ""),
                *identifiers,
                *(str(value) for value in case.values()),
            ]
        ),
    )


def _labels(known: Mapping[str, Term], codes: Iterable[str]) -> list[str]:
    return [known[code].label for code in codes if code in known]
