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


def rising(viewer: Viewer, *, years: int = 7, limit: int = 4) -> list[Rising]:
    """The methods that rose most from the year before the newest to the newest, by seizure reports shown."""
    rows = Found.objects.visible_to(viewer).filter(kind=Kind.SEIZURE).filter(month__regex=r"^[12]\d{3}")
    sql, parameters = rows.order_by().values_list("month", "methods").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"select left(month, 4), code, count(*) from ({sql}) h (month, methods), unnest(methods) code"  # noqa: S608
            " group by 1, 2",
            parameters,
        )
        counted = cursor.fetchall()
    by_code: dict[str, Counter[int]] = defaultdict(Counter)
    for year, code, number in counted:
        by_code[code][int(year)] += number
    newest = max((int(year) for year, _code, _number in counted), default=0)
    found = [
        (code, numbers)
        for code, numbers in by_code.items()
        if _is_place(code) and numbers[newest] > numbers[newest - 1]
    ]
    found.sort(key=lambda row: (row[1][newest - 1] - row[1][newest], -row[1][newest], row[0]))
    return [
        Rising(
            method=code,
            label=word(terms().methods, code),
            year=str(newest),
            number=numbers[newest],
            year_before=str(newest - 1),
            number_before=numbers[newest - 1],
            history=tuple(numbers[year] for year in range(newest - years + 1, newest + 1)),
            first_year=str(newest - years + 1),
        )
        for code, numbers in found[:limit]
    ]


def _is_place(code: str) -> bool:
    """Whether the code names a place of its own: one with others below it, or none given, does not."""
    known = terms().methods
    has_below = any(row.parent_id == code for row in known.values())
    return code in known and not has_below and not code.endswith("-UNSP") and code != "UNK"
