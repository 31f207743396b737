"""How many records stand under each value of each filter of search and lists, over what the reader is shown.

Each number opens its list: as many records as it says, unless the value is chosen, when it takes the filter off.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.models import Method
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency
from sharing.disclosures.filters import Filters
from sharing.disclosures.wording import day, region_in_words, word

# Counts beside filters are taken over so many results at most: a page must not pay for a hub of millions.
COUNTED = 10_000
SHOWN = 8
COLUMNS = (
    "methods", "drugs", "mode", "month", "region", "port", "kind", "hazard", "urgency", "owner_id", "tlp",
)  # fmt: skip
VALUES = {
    "method": "unnest(methods)",
    "drug": "unnest(drugs)",
    "mode": "mode",
    "month": "month",
    "region": "region",
    "port": "port",
    "kind": "kind",
    "hazard": "case when hazard then '1' else '' end",
    "urgency": "urgency",
    "owner": "owner_id::text",
    "tlp": "tlp",
}


@dataclass(frozen=True)
class Choice:
    label: str
    count: str
    href: str
    chosen: bool = False
    level: int = 1


@dataclass(frozen=True)
class Facet:
    """One filter with its values, the commonest first; `rest` is folded away."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    rest: tuple[Choice, ...] = ()


def counts_of(matching: Any, filters: Filters) -> tuple[int, dict[str, Counter[str]]]:
    """How many results in all, and under each value of each filter: one statement.

    A filter that is set is counted as if it were not: its other values stay to be chosen.
    """
    sources: dict[tuple[str, tuple[Any, ...]], str] = {}

    def source(but: str) -> str:
        rows = filters.narrow(matching, but=but).order_by()
        return sources.setdefault(rows.looked_at(*COLUMNS, most=COUNTED + 1), f"hits{len(sources)}")

    whole = source("")
    parts = [f"select 'all', '', count(*) from {whole}"]  # noqa: S608 - our own names
    for name, value in VALUES.items():
        rows = source(name if filters.get(name) else "")
        parts.append(f"select '{name}', {value} as v, count(*) from {rows} group by v")  # noqa: S608 - our own names
    named = ", ".join(("place", *COLUMNS))
    hits = ", ".join(f"{name} ({named}) as materialized ({sql})" for (sql, _p), name in sources.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"with {hits} {' union all '.join(parts)}",
            [value for _sql, parameters in sources for value in parameters],
        )
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for name, value, number in cursor.fetchall():
            found[name][value or ""] += number
    return found["all"][""], found


def facets_of(
    filters: Filters, counts: Mapping[str, Counter[str]], *, over: bool, but: Sequence[str] = ()
) -> list[Facet]:
    """The facets that have values; `but` names filters that the list does not take."""
    known = terms()
    owners = {
        str(pk): (code, name)
        for pk, code, name in Agency.objects.filter(pk__in=[int(pk) for pk in counts["owner"]]).values_list(
            "pk", "code", "name"
        )
    }
    by_code = Counter({owners[pk][0]: number for pk, number in counts["owner"].items() if pk in owners})
    kinds = {Kind.BULLETIN.value: _("Bulletins"), Kind.SEIZURE.value: _("Seizure reports")}
    urgencies = {code: str(label) for code, label in Urgency.choices}
    facets = [
        _facet("kind", _("Kind"), filters, counts["kind"], kinds.get, over=over),
        _methods(filters, counts["method"], over=over),
        _facet("mode", _("Mode"), filters, counts["mode"], lambda code: word(known.modes, code), over=over),
        _facet("drug", _("Drug"), filters, counts["drug"], lambda code: word(known.drugs, code), over=over),
        _months(filters, counts["month"], over=over),
        _facet("region", _("Region"), filters, counts["region"], region_in_words, over=over),
        _facet("port", _("Port"), filters, counts["port"], lambda code: word(known.ports, code), over=over),
        _facet("hazard", _("Hazard"), filters, counts["hazard"], lambda _one: _("Hazards only"), over=over),
        _facet("urgency", _("Urgency"), filters, counts["urgency"], urgencies.get, over=over),
        _facet("owner", _("Agency"), filters, by_code, str, over=over),
        _facet("tlp", _("Marking"), filters, counts["tlp"], str, over=over),
    ]
    return [facet for facet in facets if facet.choices and facet.name not in but]


def _facet(name: str, label: str, filters: Filters, found: Counter[str], say: Any, *, over: bool) -> Facet:
    chosen = filters.get(name)
    codes = [code for code, _number in found.most_common() if code]
    if chosen and chosen not in codes:
        codes.insert(0, chosen)
    choices = [_choice(name, code, say(code) or code, filters, found[code], over=over) for code in codes]
    # What is chosen stays in sight.
    choices.sort(key=lambda choice: not choice.chosen)
    return Facet(name, label, tuple(choices[:SHOWN]), tuple(choices[SHOWN:]))


def _choice(
    name: str, value: str, label: str, filters: Filters, number: int, *, over: bool, level: int = 1
) -> Choice:
    chosen = filters.get(name) == value
    return Choice(
        label=label,
        count=f"{number:,}+" if over else f"{number:,}",
        href=filters.query(**{name: "" if chosen else value}),
        chosen=chosen,
        level=level,
    )


def _methods(filters: Filters, found: Counter[str], *, over: bool) -> Facet:
    """The top of the vocabulary; below what is chosen, the next level of it."""
    known, chosen = terms().methods, filters.get("method")
    path = known[chosen].path if chosen in known else []
    rows: list[Choice] = []

    def add(code: str, *, alone: bool) -> None:
        label = word(known, code)
        rows.append(_choice("method", code, label, filters, found[code], over=over, level=known[code].level))
        if code in path or alone:
            add_all(_below(known, found, code, keep=path))

    def add_all(codes: list[str]) -> None:
        # One that stands alone is opened: choosing it would narrow nothing.
        for code in codes:
            add(code, alone=len(codes) == 1)

    add_all(_below(known, found, None, keep=path))
    rest = rows[2 * SHOWN :]
    return Facet("method", _("Where hidden"), tuple(rows[: 2 * SHOWN]), tuple(rest))


def _below(
    known: Mapping[str, Method], found: Counter[str], parent: str | None, *, keep: Sequence[str]
) -> list[str]:
    codes = [code for code, row in known.items() if row.parent_id == parent and (found[code] or code in keep)]
    return sorted(codes, key=lambda code: -found[code])


def _months(filters: Filters, found: Counter[str], *, over: bool) -> Facet:
    """Years, newest first; below the chosen year its months."""
    chosen = filters.get("month")
    years: Counter[str] = Counter()
    for month, number in found.items():
        years[month[:4]] += number
    rows: list[Choice] = []
    for year in sorted({*years, chosen[:4]} - {""}, reverse=True):
        rows.append(_choice("month", year, year, filters, years[year], over=over))
        if year == chosen[:4]:
            months = sorted(
                (month for month in {*found, chosen} if month[:4] == year and len(month) == 7), reverse=True
            )
            rows += [
                _choice("month", month, day(month), filters, found[month], over=over, level=2)
                for month in months
            ]
    return Facet("month", _("When"), tuple(rows[: 2 * SHOWN]), tuple(rows[2 * SHOWN :]))
