"""Quantities as reported and in kilograms: masses are converted exactly, nothing else is."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulletins.records.units import COUNTS, MASSES, MONEY, is_count, mass_kg
from bulletins.vocabulary.lists import Unit

# Each is exact by definition: NIST Handbook 44, appendix C.
KG_PER = {
    Unit.KG: Decimal(1),
    Unit.G: Decimal("0.001"),
    Unit.MG: Decimal("0.000001"),
    Unit.TONNE: Decimal(1000),
    Unit.LB: Decimal("0.45359237"),
    Unit.OZ: Decimal("0.028349523125"),
}
quantities = st.decimals(min_value=0, max_value=10**10, places=4)
masses = st.sampled_from(sorted(MASSES))


@settings(deadline=None)  # the first call loads the definitions of units
@given(quantity=quantities, unit=masses)
def test_a_mass_is_converted_by_its_defined_factor_to_the_milligram(quantity: Decimal, unit: Unit) -> None:
    found = mass_kg(quantity, unit)
    assert found is not None
    assert abs(found - quantity * KG_PER[unit]) <= Decimal("0.0000005")
    assert found.as_tuple().exponent == -6


@settings(deadline=None)  # the first call loads the definitions of units
@given(less=quantities, more=quantities, unit=masses)
def test_more_of_a_substance_never_weighs_less(less: Decimal, more: Decimal, unit: Unit) -> None:
    less, more = sorted((less, more))
    assert (mass_kg(less, unit) or 0) <= (mass_kg(more, unit) or 0)


@settings(deadline=None)  # the first call loads the definitions of units
@given(quantity=quantities, unit=st.sampled_from(sorted(set(Unit) - set(MASSES))))
def test_counts_volumes_and_money_have_no_mass(quantity: Decimal, unit: Unit) -> None:
    assert mass_kg(quantity, unit) is None


def test_a_plain_text_unit_is_as_good_as_the_list_s_own() -> None:
    assert mass_kg(Decimal(16), "oz") == mass_kg(Decimal(1), "lb") == Decimal("0.453592")


@pytest.mark.parametrize("unit", ["", "stone", "KG"])
def test_an_unknown_unit_has_no_mass(unit: str) -> None:
    assert mass_kg(Decimal(1), unit) is None


def test_an_unknown_quantity_has_no_mass() -> None:
    assert mass_kg(None, "kg") is None


def test_pills_are_counted_and_pounds_are_not() -> None:
    assert is_count("pills") and not is_count("lb")
    assert not set(MASSES) & (COUNTS | MONEY) and not COUNTS & MONEY
