"""The words a face can be found by: four texts, weighted A to D, made of what it shows and nothing else."""

from __future__ import annotations

from typing import Any

from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port


def words_of(shown: dict[str, Any], *, ref: str, owner: str) -> tuple[str, str, str, str]:
    """Title and ref; tear line and vocabulary with its aliases; free text; place, identifiers, case."""
    core = shown["core"]
    detail, place = shown.get("detail", {}), shown.get("place", {})
    technique, case = shown.get("technique", {}), shown.get("case", {})
    codes = core.get("methods", [])
    drugs = Drug.objects.filter(code__in=[row["drug"] for row in core.get("substances", [])])
    ancestors = [
        part for path in Method.objects.filter(code__in=codes).values_list("path", flat=True) for part in path
    ]
    vocabulary = [
        *Method.objects.filter(code__in=ancestors).values_list("label", flat=True),
        *codes,
        *(word for drug in drugs for word in (drug.label, *drug.aliases)),
        *Mode.objects.filter(code=core.get("mode", "")).values_list("label", flat=True),
    ]
    ports = Port.objects.filter(code=place.get("port", "")).values_list("label", flat=True)
    found_by = Detection.objects.filter(code__in=technique.get("detection", [])).values_list(
        "label", flat=True
    )
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
