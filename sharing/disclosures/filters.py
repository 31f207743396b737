"""The filters of lists and search, as an address carries them: read strictly, said in words, taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pycountry
from django.http import QueryDict
from django.utils.translation import gettext as _

from bulletins.faces.querysets import FoundQuerySet
from bulletins.markings.models import TLP
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency
from sharing.disclosures.wording import country_in_words, day, region_in_words, word

OF_LISTS = (
    "method",
    "drug",
    "mode",
    "month",
    "region",
    "country",
    "port",
    "hazard",
    "owner",
    "tlp",
    "urgency",
)
OF_SEARCH = (*OF_LISTS, "kind")
MONTH = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?")
LONGEST = 300


class NotUnderstood(ValueError):
    """An address asks for what there is not. The message is for the reader."""


@dataclass(frozen=True)
class Chip:
    label: str
    remove: str


@dataclass(frozen=True)
class Filters:
    """`words` is what was typed, `values` the filters by name, `after` where the page before ended."""

    words: str = ""
    values: Mapping[str, str] | None = None
    after: str = ""

    def get(self, name: str) -> str:
        return (self.values or {}).get(name, "")

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.values)

    def narrow(self, rows: FoundQuerySet, *, but: str = "") -> Any:
        """`rows` narrowed by all filters, or all but one. A year takes its months with it."""
        values: dict[str, Any] = {name: value for name, value in (self.values or {}).items() if name != but}
        if "hazard" in values:
            values["hazard"] = True
        month = values.pop("month", "")
        if len(month) == 4:
            rows = rows.filter(month__startswith=month)
        return rows.narrowed({**values, "month": month if len(month) == 7 else ""})

    def query(self, **changes: str) -> str:
        """This address's question with changes, from its first page; an empty value takes a filter off."""
        asked = QueryDict(mutable=True)
        for name, value in {"q": self.words, **(self.values or {}), **changes}.items():
            if value:
                asked[name] = value
        return "?" + asked.urlencode()

    def chips(self) -> list[Chip]:
        found = [Chip(_("Words: %(words)s") % {"words": self.words}, self.query(q=""))] if self.words else []
        return found + [
            Chip(in_words(name, value), self.query(**{name: ""}))
            for name, value in (self.values or {}).items()
        ]


def read(asked: QueryDict, allowed: tuple[str, ...], *, words: bool = False) -> Filters:
    """The filters in `asked`. Raises NotUnderstood for an unknown name, or a value it cannot have."""
    known = {*allowed, "after", *(("q",) if words else ())}
    for name in asked:
        if name not in known:
            raise NotUnderstood(_("There is no filter “%(name)s” here.") % {"name": name[:40]})
        if len(asked.getlist(name)) > 1:
            raise NotUnderstood(_("“%(name)s” is given more than once.") % {"name": name})
        value = asked[name]
        if "\0" in value or len(value) > LONGEST:
            raise NotUnderstood(_("“%(name)s” is not readable.") % {"name": name})
    values = {name: said for name in allowed if (said := str(asked.get(name, "")).strip())}
    for name, value in values.items():
        if not _possible(name, value):
            raise NotUnderstood(
                _("“%(value)s” is not among the values of “%(name)s”.") % {"value": value[:60], "name": name}
            )
    return Filters(str(asked.get("q", "")).strip() if words else "", values, str(asked.get("after", "")))


def _possible(name: str, value: str) -> bool:
    """Whether the filter may have the value: asked of the vocabulary and the directory, never of records."""
    known = terms()
    if name == "owner":
        return Agency.objects.filter(code=value).exists()
    if name == "month":
        return MONTH.fullmatch(value) is not None
    if name == "country":
        return pycountry.countries.get(alpha_2=value) is not None
    lists: dict[str, Any] = {
        "method": known.methods,
        "drug": known.drugs,
        "mode": known.modes,
        "port": known.ports,
        "region": Region.values,
        "tlp": TLP.values,
        "urgency": Urgency.values,
        "kind": Kind.values,
        "hazard": ("1",),
    }
    return value in lists[name]


def in_words(name: str, value: str) -> str:
    """`Where hidden: Fuel tank`."""
    known = terms()
    said = {
        "method": (_("Where hidden"), word(known.methods, value)),
        "drug": (_("Drug"), word(known.drugs, value)),
        "mode": (_("Mode"), word(known.modes, value)),
        "port": (_("Port"), word(known.ports, value)),
        "month": (_("When"), day(value)),
        "region": (_("Region"), region_in_words(value)),
        "country": (_("Country"), country_in_words(value)),
        "owner": (_("Agency"), value),
        "tlp": (_("Marking"), value),
        "urgency": (_("Urgency"), str(Urgency(value).label) if value in Urgency.values else value),
        "kind": (_("Kind"), _("Bulletins") if value == Kind.BULLETIN else _("Seizure reports")),
    }
    if name == "hazard":
        return _("Hazards only")
    label, what = said[name]
    return f"{label}: {what}"
