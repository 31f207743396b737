"""Words for a demo bulletin, made of facts alone: no sentence of a source, no place, no name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from bulletins.models import SeizureReport, Substance
from bulletins.vocabulary.models import Drug, Method, Mode


@dataclass(frozen=True)
class Wording:
    title: str
    tear_line: str
    narrative: str
    safety_note: str


def word(method: Method, mode: Mode, reports: list[SeizureReport]) -> Wording:
    """Title, tear line, narrative and hazard for several reports of one way of hiding."""
    drugs = Counter(row.drug for report in reports for row in report.substances.all() if row.drug.is_drug)
    names = [drug.label for drug, _ in drugs.most_common(3)] or ["Contraband"]
    return Wording(
        title=f"{names[0]}: {_lower(method.label)}, {_lower(mode.label)}"[:200],
        tear_line=_tear_line(method, mode, names, reports),
        narrative=_narrative(reports),
        safety_note=_hazard(list(drugs)),
    )


def _tear_line(method: Method, mode: Mode, names: list[str], reports: list[SeizureReport]) -> str:
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    masses = [row.mass_kg for report in reports for row in report.substances.all() if row.mass_kg]
    amount = f" Loads weighed {_kg(min(masses))} to {_kg(max(masses))} kg." if len(masses) > 1 else ""
    seen = f"{len(reports)} seizures" if len(reports) > 1 else "one seizure"
    return f"{listed} hidden by {_lower(mode.label)}, in {seen}. {method.definition}.{amount}".replace(
        "..", "."
    )[:1000]


def _narrative(reports: list[SeizureReport]) -> str:
    lines = []
    for report in reports:
        when = (
            report.occurred_on.strftime("%B %Y")
            if report.occurred_on
            else report.occurred_period or "Date not given"
        )
        amounts = ", ".join(_amount(row) for row in report.substances.all())
        how = f": {report.concealment}" if report.concealment else ""
        lines.append(f"{when}: {amounts}{how}.")
    return "\n".join(lines)


def _amount(row: Substance) -> str:
    if row.quantity is None:
        return str(row.drug.label)
    return f"{row.drug.label} {row.quantity.normalize():f} {row.get_unit_display()}"


def _hazard(drugs: list[Drug]) -> str:
    """A field-test caution of the vocabulary, where one of the drugs has one."""
    for drug in drugs:
        if drug.drug_class == "opioid" and drug.presumptive_test_caution:
            return f"{drug.label}: wear gloves and work in moving air. {drug.presumptive_test_caution}"[:2000]
    return ""


def _kg(mass: Decimal) -> str:
    return f"{mass:.1f}" if mass >= 1 else f"{mass:.3f}".rstrip("0").rstrip(".")


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
