"""CBP's public monthly statistics, beside a briefing: published figures, none of the hub's records."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from bulletins.vocabulary.terms import terms
from hub.pages.amounts import KG_OF_LB
from sharing.disclosures.wording import word

FILE = Path(__file__).parent / "data" / "cbp_monthly.csv"
# Ports of entry and Border Patrol. Air and Marine comes from another file and may count the same seizures.
ADDED_UP = frozenset({"CBP", "USBP"})
SHOWN = 6
SOURCE = _(
    "U.S. Customs and Border Protection, nationwide drug seizures, Office of Field Operations and U.S. "
    "Border Patrol, as published in spring 2026; CBP revises its figures. Public, none of the hub's records."
)


@dataclass(frozen=True)
class Published:
    """One drug nationwide in one month."""

    label: str
    events: int
    kg: Decimal


@dataclass(frozen=True)
class Month:
    """The month's heaviest drugs."""

    month: str
    rows: tuple[Published, ...]


def a_year_before(month: date) -> Month | None:
    """CBP's figures for the same month of the year before; None where there are none."""
    named = f"{month.year - 1}-{month.month:02}"
    rows = sorted(_months().get(named, {}).items(), key=lambda item: -item[1][1])
    if not rows:
        return None
    return Month(
        named,
        tuple(
            Published(word(terms().drugs, drug), events, (pounds * KG_OF_LB).quantize(Decimal("0.1")))
            for drug, (events, pounds) in rows[:SHOWN]
        ),
    )


@cache
def _months() -> dict[str, dict[str, tuple[int, Decimal]]]:
    """Month -> drug -> (events, pounds), both components and all regions together."""
    found: dict[str, dict[str, tuple[int, Decimal]]] = defaultdict(dict)
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # CBP's "Other Drugs" are many; they say nothing beside the others.
            if row["component"] not in ADDED_UP or row["drug"] == "other":
                continue
            events, pounds = found[row["month"]].get(row["drug"], (0, Decimal(0)))
            found[row["month"]][row["drug"]] = (events + int(row["events"]), pounds + Decimal(row["pounds"]))
    return dict(found)
