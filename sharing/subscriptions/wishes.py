"""What somebody asks to be told, before it is a row: read from an address, checked, said in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import time
from typing import Any

import pycountry
from django.http import QueryDict
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState
from sharing.subscriptions.models import PROGRAMS, Channel, Frequency, Subscription
from sharing.subscriptions.rules import FURTHEST_KM, MOST_SHIFTS

Codes = tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """The filters by the names of their columns, owners by their codes; and how to be told."""

    title: str = ""
    kinds: Codes = ()
    methods: Codes = ()
    drugs: Codes = ()
    classes: Codes = ()
    modes: Codes = ()
    regions: Codes = ()
    ports: Codes = ()
    near_km: int = 0
    countries: Codes = ()
    origins: Codes = ()
    destinations: Codes = ()
    owners: Codes = ()
    urgencies: Codes = ()
    tlps: Codes = ()
    hazard: bool = False
    words: str = ""
    channels: Codes = (Channel.INBOX.value,)
    endpoint: str = ""
    frequency: str = Frequency.AT_ONCE.value
    times: tuple[time, ...] = ()
    weekday: int = 0
    day: int = 1


# The filters of several values.
LISTS = tuple(each.name for each in fields(Wish) if each.default == () and each.name != "times")
# What an address of lists and search asks for, by the name of the filter there. A month is no wish: it is past.
ASKED = {
    "method": "methods",
    "drug": "drugs",
    "mode": "modes",
    "region": "regions",
    "country": "countries",
    "port": "ports",
    "owner": "owners",
    "tlp": "tlps",
    "urgency": "urgencies",
    "kind": "kinds",
}
LONGEST_WORDS = 300


def classes() -> list[str]:
    """The classes of drugs that the vocabulary knows, in its order."""
    return list(dict.fromkeys(row.drug_class for row in terms().drugs.values() if row.drug_class))


def known(name: str) -> Iterable[str]:
    """The values that a filter may have: asked of vocabulary and directory, never of records."""
    words = terms()
    if name == "owners":
        return set(Agency.objects.filter(state=AgencyState.ACTIVE).values_list("code", flat=True))
    if name in ("countries", "origins", "destinations"):
        return {row.alpha_2 for row in pycountry.countries}
    found: dict[str, Iterable[str]] = {
        "kinds": Kind.values,
        "methods": words.methods,
        "drugs": words.drugs,
        "classes": classes(),
        "modes": words.modes,
        "regions": Region.values,
        "ports": words.ports,
        "urgencies": Urgency.values,
        "tlps": TLP.values,
    }
    return found[name]


def asked_by(query: QueryDict) -> dict[str, Any]:
    """The filters of an address of lists or search, as those of a wish; what is unknown is left out."""
    found: dict[str, Any] = {}
    for name, column in ASKED.items():
        if codes := [code for code in query.getlist(name) if code in known(column)]:
            found[column] = codes
    if query.get("hazard") == "1":
        found["hazard"] = True
    if words := query.get("q", "").replace("\0", "").strip()[:LONGEST_WORDS]:
        found["words"] = words
    return found


def wrong(wish: Wish, *, desk: bool, kept: Mapping[str, Iterable[str]] | None = None) -> dict[str, list[str]]:
    """What is wrong with it, by field. `kept` are values it had before, which may since have left the lists."""
    found: dict[str, list[str]] = {}

    def say(name: str, text: str) -> None:
        found.setdefault(name, []).append(text)

    if not wish.title.strip():
        say("title", _("Give it a name: it is what your inbox says beside what it brings."))
    for name in LISTS:
        if chosen := getattr(wish, name):
            allowed = {*known(name), *(kept or {}).get(name, ())}
            for code in sorted(set(chosen) - allowed):
                say(name, _("“%(code)s” is not among the values to choose from.") % {"code": code[:60]})
    if wish.near_km and not wish.ports:
        say("near_km", _("Say which port it is to be near to."))
    if wish.near_km > FURTHEST_KM:
        say("near_km", _("Give %(km)s km at most.") % {"km": FURTHEST_KM})
    if len(wish.words) > LONGEST_WORDS:
        say("words", _("Use %(n)s characters at most.") % {"n": LONGEST_WORDS})
    for name, text in _told_wrongly(wish, desk=desk):
        say(name, text)
    return found


def _told_wrongly(wish: Wish, *, desk: bool) -> list[tuple[str, str]]:
    """What is wrong with how it is to be told."""
    found = []
    if not wish.channels or set(wish.channels) - set(Channel.values):
        found.append(("channels", _("Choose at least one way to be told.")))
    if not desk and set(PROGRAMS) & set(wish.channels):
        found.append(
            ("channels", _("Webhooks and TAXII are your agency's: its desk's subscriptions go there."))
        )
    if Channel.TAXII in wish.channels and wish.frequency != Frequency.AT_ONCE:
        found.append(
            ("channels", _("A collection is given each record at once: choose that, or leave TAXII out."))
        )
    if wish.endpoint and not set(PROGRAMS) & set(wish.channels):
        found.append(
            ("endpoint", _("An address is for webhooks or TAXII: choose that way too, or leave it empty."))
        )
    if wish.frequency not in Frequency.values:
        found.append(("frequency", _("Choose how often.")))
    elif wish.frequency not in (Frequency.AT_ONCE, Frequency.HOURLY):
        if not wish.times:
            found.append(("times", _("Say at what time.")))
        elif len(wish.times) > (MOST_SHIFTS if wish.frequency == Frequency.SHIFT else 1):
            found.append(("times", _("There are too many times: one, or for shifts up to six.")))
    if not 0 <= wish.weekday <= 6:
        found.append(("weekday", _("Choose a day of the week.")))
    if not 1 <= wish.day <= 31:
        found.append(("day", _("Give a day of the month, 1 to 31.")))
    return found


def wished(wish: Wish, given: Mapping[str, Any]) -> Wish:
    """The wish with what was given, by its names; lists become tuples."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    return replace(wish, **values)


def wish_of(row: Subscription) -> Wish:
    """The row as a wish, as its owner would ask for it again."""
    return wishes_of([row])[row.pk]


def wishes_of(rows: Sequence[Subscription]) -> dict[int, Wish]:
    """The rows as wishes, by id; their agencies are looked up at once."""
    wanted = {pk for row in rows for pk in row.owners}
    codes = dict(Agency.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}
    found = {}
    for row in rows:
        values: dict[str, Any] = {each.name: getattr(row, each.name, "") for each in fields(Wish)}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        values["owners"] = tuple(sorted(codes[pk] for pk in row.owners if pk in codes))
        values["endpoint"] = str(row.endpoint.uid) if row.endpoint else ""
        found[row.pk] = Wish(**values)
    return found


def columns_of(wish: Wish) -> dict[str, Any]:
    """The filters as the columns of a row, each code once."""
    found: dict[str, Any] = {name: sorted(set(getattr(wish, name))) for name in LISTS}
    found["owners"] = sorted(Agency.objects.filter(code__in=wish.owners).values_list("pk", flat=True))
    return found | {"near_km": wish.near_km, "hazard": wish.hazard, "words": wish.words.strip()}


def narrows(row: Subscription) -> bool:
    """Whether it asks for anything in particular: one that does not says nothing by having matched."""
    return any(getattr(row, name) for name in (*LISTS, "hazard", "words"))
