"""Where more is being hidden than before, over the seizure reports a reader may see."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db import connection

from bulletins.models import Found
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from sharing.disclosures.wording import word

YEARS = 7


@dataclass(frozen=True)
class Rising:
    """A method reported more often in the newest year than in the year before it."""

    method: str
    label: str
    year: str
    number: int
    year_before: str
    number_before: int
    history: tuple[int, ...]
    first_year: str

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.method,)


def rising(viewer: Viewer, *, year: int, limit: int = 4) -> list[Rising]:
    """The methods that rose most in `year` so far; where none has risen yet, in the full year before."""
    rows = Found.objects.visible_to(viewer).filter(kind=Kind.SEIZURE, month__regex=r"^[12]\d{3}")
    sql, parameters = rows.order_by().looked_at("month", "methods", most=None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select left(month, 4)::int, code, count(*) from ({sql}) h (place, month, methods),"  # noqa: S608
            " unnest(methods) code group by 1, 2",
            parameters,
        )
        counted = cursor.fetchall()
    by_code: dict[str, Counter[int]] = defaultdict(Counter)
    for of_year, code, number in counted:
        if _is_place(code):
            by_code[code][of_year] += number
    return _risen(by_code, year)[:limit] or _risen(by_code, year - 1)[:limit]


def _risen(by_code: dict[str, Counter[int]], year: int) -> list[Rising]:
    found = [(code, numbers) for code, numbers in by_code.items() if numbers[year] > numbers[year - 1]]
    found.sort(key=lambda row: (row[1][year - 1] - row[1][year], -row[1][year], row[0]))
    return [
        Rising(
            method=code,
            label=word(terms().methods, code),
            year=str(year),
            number=numbers[year],
            year_before=str(year - 1),
            number_before=numbers[year - 1],
            history=tuple(numbers[each] for each in range(year - YEARS + 1, year + 1)),
            first_year=str(year - YEARS + 1),
        )
        for code, numbers in found
    ]


def _is_place(code: str) -> bool:
    """Whether the code names a place of its own: one with others below it, or none given, does not."""
    known = terms().methods
    has_below = any(row.parent_id == code for row in known.values())
    return code in known and not has_below and not code.endswith("-UNSP") and code != "UNK"
