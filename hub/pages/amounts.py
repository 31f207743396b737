"""Amounts in words: as reported first, then in the other system."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

KG_OF_LB = Decimal("0.45359237")
METRIC = frozenset({"kg", "g", "mg", "tonne"})
IMPERIAL = frozenset({"lb", "oz"})
UNITS = {
    "tonne": _("tonnes"),
    "gal": _("US gallons"),
    "pills": _("pills"),
    "items": _("items"),
    "cartons": _("cartons"),
    "rounds": _("rounds"),
}
QUALIFIERS = {"approx": _("about"), "more_than": _("more than")}


def of(item: Any, name: str) -> Any:
    """A value of a dict or an object; empty text where there is none."""
    found = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
    return "" if found is None else found


def decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def shown(value: Decimal, *, exact: bool = False) -> str:
    """By locale; unless exact rounded to one decimal, below 1 to three significant figures."""
    if not exact:
        small = value and abs(value) < 1
        value = value.quantize(Decimal(1).scaleb(value.adjusted() - 2) if small else Decimal("0.1"))
    plain = format(value.normalize(), "f")
    return number_format(plain, decimal_pos=len(plain.partition(".")[2]), use_l10n=True, force_grouping=True)


def in_kilograms(kg: Any) -> str:
    """A sum of masses in both systems: `1,204.5 kg (2,655.5 lb)`."""
    value = decimal(kg)
    return "" if value is None else f"{shown(value)} kg ({shown(value / KG_OF_LB)} lb)"


def amount(substance: Any) -> str:
    """`962.31 lb (436.5 kg)`, `about 5 kg (11 lb)`; a count stays a count. Nothing known is nothing."""
    quantity, kg = decimal(of(substance, "quantity")), decimal(of(substance, "mass_kg"))
    unit = str(of(substance, "unit"))
    if quantity is None:
        return in_kilograms(kg)
    said = f"{shown(quantity, exact=True)} {UNITS.get(unit, unit)}".strip()
    if word := QUALIFIERS.get(str(of(substance, "qualifier"))):
        said = f"{word} {said}"
    if kg is None:
        return said
    if unit in METRIC:
        return f"{said} ({shown(kg / KG_OF_LB)} lb)"
    if unit in IMPERIAL:
        return f"{said} ({shown(kg)} kg)"
    return f"{said} ({shown(kg)} kg, {shown(kg / KG_OF_LB)} lb)"
