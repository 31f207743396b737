"""The numbers of a pack: its reports by drug and by mode, from disclosed facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.pages.amounts import decimal
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.wording import word

NOT_GIVEN = "none"


@dataclass(frozen=True)
class Figure:
    """`events` reports, together `kg`; `unweighed` of them name no weight (pills, litres, nothing)."""

    code: str
    label: str
    events: int
    kg: Decimal
    unweighed: int


def drugs_of(shown: Disclosure) -> set[str]:
    return {row["drug"] for row in _substances(shown)} or {NOT_GIVEN}


def modes_of(shown: Disclosure) -> set[str]:
    return {shown.core.get("mode") or NOT_GIVEN}


def by_drug(reports: Sequence[Disclosure]) -> list[Figure]:
    """A report of two drugs counts under both, each with its own weight."""
    return _figures(reports, drugs_of, lambda code: _label(terms().drugs, code), of_drug=True)


def by_mode(reports: Sequence[Disclosure]) -> list[Figure]:
    return _figures(reports, modes_of, lambda code: _label(terms().modes, code), of_drug=False)


def total_kg(reports: Iterable[Disclosure]) -> Decimal:
    return sum((_kg(shown) or Decimal(0) for shown in reports), Decimal(0))


def narrowed(reports: Iterable[Disclosure], drug: str, mode: str) -> list[Disclosure]:
    """The reports behind a number: those of the drug and of the mode, where one is given."""
    return [
        shown
        for shown in reports
        if (not drug or drug in drugs_of(shown)) and (not mode or mode in modes_of(shown))
    ]


def _figures(
    reports: Sequence[Disclosure],
    codes_of: Callable[[Disclosure], set[str]],
    label: Callable[[str], str],
    *,
    of_drug: bool,
) -> list[Figure]:
    found = []
    for code in {code for shown in reports for code in codes_of(shown)}:
        members = [shown for shown in reports if code in codes_of(shown)]
        weights = [_kg(shown, code if of_drug else "") for shown in members]
        known = [kg for kg in weights if kg is not None]
        found.append(
            Figure(code, label(code), len(members), sum(known, Decimal(0)), len(members) - len(known))
        )
    return sorted(found, key=lambda figure: (-figure.events, -figure.kg, figure.label))


def _kg(shown: Disclosure, drug: str = "") -> Decimal | None:
    """The weight that is known of the report, of one drug or all together; None where none is."""
    weights = [
        decimal(row.get("mass_kg")) for row in _substances(shown) if drug in ("", row["drug"], NOT_GIVEN)
    ]
    known = [kg for kg in weights if kg is not None]
    return sum(known, Decimal(0)) if known else None


def _substances(shown: Disclosure) -> list[dict[str, Any]]:
    return list(shown.core.get("substances", []))


def _label(known: Any, code: str) -> str:
    return _("Not given") if code == NOT_GIVEN else word(known, code)
