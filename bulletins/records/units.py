"""Quantities as reported, and the same in kilograms where the unit is one of mass."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from bulletins.vocabulary.lists import Unit

# Units of mass and their names in pint. A volume or a count has no mass without a density or a weight each.
MASSES = {
    Unit.KG: "kilogram",
    Unit.G: "gram",
    Unit.MG: "milligram",
    Unit.TONNE: "metric_ton",
    Unit.LB: "pound",
    Unit.OZ: "ounce",
}
COUNTS = frozenset({Unit.PILLS, Unit.ITEMS, Unit.CARTONS, Unit.ROUNDS})
MONEY = frozenset({Unit.USD, Unit.CAD, Unit.MXN, Unit.EUR, Unit.GBP})
MILLIGRAM = Decimal("0.000001")  # of a kilogram: the least that is kept


def mass_kg(quantity: Decimal | None, unit: str) -> Decimal | None:
    """The mass to the milligram; None for volumes, counts and money, and where no quantity is known."""
    if quantity is None or unit not in MASSES:
        return None
    return (quantity * _kg_per(MASSES[Unit(unit)])).quantize(MILLIGRAM)


def is_count(unit: str) -> bool:
    """Whether the number counts things: pills stay pills."""
    return unit in COUNTS


@cache
def _kg_per(name: str) -> Decimal:
    factor: Decimal = _registry().Quantity(Decimal(1), name).to("kilogram").magnitude
    return factor


@cache
def _registry() -> Any:
    # Imported here: pint and its definitions take a third of a second that no page needs to wait for.
    from pint import UnitRegistry

    return UnitRegistry(non_int_type=Decimal)
