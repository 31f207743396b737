"""From a body, as programs send it, to the typed values of a working copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from rest_framework import serializers

from bulletins.markings.rules import Marking
from bulletins.publishing.api import BODIES, EDITABLE
from bulletins.records.models import Record
from bulletins.vocabulary.models import Mode, Port
from sharing.intake.reading import Refused

MARKS = ("tlp", "controls", "rel_to", "cui_categories", "caveat", "reliability", "credibility")
DECIDES = ("tlp", "controls", "rel_to")


@dataclass
class Typed:
    """What `write_down` takes."""

    values: dict[str, Any]
    substances: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]


def typed(kind: str, body: dict[str, Any]) -> Typed:
    """The body's values, each of its field's type; raises Refused with every field that cannot be read."""
    given = dict(body)
    # Looked up in memory already; the serializer would ask the database for each.
    codes = {"port": (Port, given.pop("port", None)), "mode": (Mode, given.pop("mode", None))}
    try:
        found = dict(_serializer(kind).run_validation(given))
    except serializers.ValidationError as error:
        raise Refused("; ".join(_said(error.detail))) from None
    substances, identifiers = found.pop("substances", []), found.pop("identifiers", [])
    values = {name: value for name, value in found.items() if name in EDITABLE[kind]}
    values |= {name: model(code=str(code)) for name, (model, code) in codes.items() if code}
    return Typed(values, [dict(row) for row in substances], [dict(row) for row in identifiers])


@cache
def _serializer(kind: str) -> serializers.Serializer[Any]:
    return BODIES[kind]()


def _said(detail: Any, where: str = "") -> Iterator[str]:
    """`substances.0.unit: …` for each field."""
    if isinstance(detail, dict):
        for name, each in detail.items():
            yield from _said(each, f"{where}.{name}" if where else str(name))
    elif isinstance(detail, list) and any(isinstance(each, dict | list) for each in detail):
        for number, each in enumerate(detail):
            yield from _said(each, f"{where}.{number}") if each else ()
    else:
        words = detail if isinstance(detail, list) else [detail]
        yield f"{where}: {' '.join(map(str, words))}"


def marks_of(marking: Marking) -> dict[str, Any]:
    """The columns of a marking."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in MARKS
        for value in [getattr(marking, name)]
    }


def blank(record: Record, name: str) -> Any:
    """What stands in a field of which nothing is said."""
    field = record._meta.get_field(name)
    if field.is_relation:
        return None
    return field.get_default()  # type: ignore[union-attr]
