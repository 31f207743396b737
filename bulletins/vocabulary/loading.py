"""The vocabulary from its data files into its tables; the same files twice change nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port, Term

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Counts:
    """Terms over all tables."""

    added: int = 0
    changed: int = 0
    retired: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.retired + other.retired,
            self.unchanged + other.unchanged,
        )


def load_vocabulary(at: datetime, *, folder: Path = DATA) -> Counts:
    """Bring the tables in line with the files, in one transaction.

    A term gone from its file is kept, retired as of `at`; one that comes back is current again.
    """
    with transaction.atomic():
        return (
            _load(Method, list(methods(folder)), at)
            + _load(Drug, list(drugs(folder)), at)
            + _load(Mode, [Mode(**row) for row in _rows(folder / "modes.csv")], at)
            + _load(Detection, [Detection(**row) for row in _rows(folder / "detections.csv")], at)
            + _load(Port, list(ports(folder)), at)
        )


def methods(folder: Path = DATA) -> Iterator[Method]:
    """Methods in file order, a parent before its children, each with its path."""
    paths: dict[str, list[str]] = {"": []}
    for row in _rows(folder / "methods.csv"):
        parent = row.pop("parent")
        paths[row["code"]] = [*paths[parent], row["code"]]
        yield Method(
            **row | {"level": int(row["level"]), "modes": _words(row["modes"])},
            parent_id=parent or None,
            path=paths[row["code"]],
        )


def drugs(folder: Path = DATA) -> Iterator[Drug]:
    for row in _rows(folder / "drugs.csv"):
        yield Drug(
            **row
            | {
                "aliases": _words(row["aliases"]),
                "is_drug": row["is_drug"] == "1",
                "lethal_dose_mg": Decimal(row["lethal_dose_mg"]) if row["lethal_dose_mg"] else None,
            }
        )


def ports(folder: Path = DATA) -> Iterator[Port]:
    for row in _rows(folder / "ports.csv"):
        yield Port(**row | {"lat": Decimal(row["lat"]), "lon": Decimal(row["lon"])})


def _load(model: type[Term], terms: list[Any], at: datetime) -> Counts:
    """Upsert `terms`; only rows that differ are written. Since when they are so is noted by the database."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name != "reworded_at"
    ]
    rows = model._default_manager
    known = rows.in_bulk()
    added = [term for term in terms if term.code not in known]
    changed = [
        term
        for term in terms
        if term.code in known
        and any(getattr(term, f.attname) != getattr(known[term.code], f.attname) for f in fields)
    ]
    rows.bulk_create(
        [*added, *changed],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[field.name for field in fields],
    )
    gone = rows.filter(retired_at=None).exclude(code__in=[term.code for term in terms])
    retired = gone.update(retired_at=at)
    return Counts(len(added), len(changed), retired, len(terms) - len(added) - len(changed))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The file's rows with their position, which is the order in lists."""
    with path.open(encoding="utf-8", newline="") as file:
        for position, row in enumerate(csv.DictReader(file), start=1):
            yield {**row, "position": position}


def _words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(";") if word.strip()]
