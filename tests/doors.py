"""What may not leave: records, versions, faces and querysets of them, looked for in whatever a template is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from django.db.models import Model, QuerySet

from bulletins import models as known
from sharing import models as shared

LOCKED = (
    known.Record, known.Version, known.Face, known.Found, known.Substance, known.Identifier, known.Photograph,
    known.SourceLink, shared.Received, shared.Grant, shared.Given, shared.Rewording, shared.Release,
    shared.Receipt, shared.LedgerGiven, shared.LedgerTaken,
)  # fmt: skip
DEPTH = 5


def leaks(value: Any, depth: int = DEPTH) -> Iterator[str]:
    """Names of locked models found in `value`, in its items and in the fields of dataclasses."""
    if isinstance(value, LOCKED) or (isinstance(value, type) and issubclass(value, LOCKED)):
        yield type(value).__name__
    elif isinstance(value, QuerySet):
        if issubclass(value.model, LOCKED):
            yield f"QuerySet of {value.model.__name__}"
    elif depth and not isinstance(value, Model | str | bytes):
        for inner in _inside(value):
            yield from leaks(inner, depth - 1)


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield getattr(value, field.name, None)
