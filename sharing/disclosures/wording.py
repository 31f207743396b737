"""Words for what a disclosure says in codes and dates. The vocabulary is in memory: a list costs no query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import pycountry
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bulletins.markings.models import Control, Credibility, Reliability
from bulletins.markings.rules import Marking, trigraph
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.models import Term
from bulletins.vocabulary.terms import terms
from hub.pages.amounts import amount
from sharing.disclosures.disclosure import Disclosure


def word(known: Mapping[str, Term], code: str) -> str:
    """The label of a code in the reader's language; one the vocabulary does not hold is shown as it is."""
    found = known.get(code)
    return found.label_now() if found else code


def methods_in_words(codes: Iterable[str]) -> str:
    return ", ".join(word(terms().methods, code) for code in codes)


def region_in_words(region: str) -> str:
    return str(Region(region).label) if region in Region.values else region


def country_in_words(code: str) -> str:
    found = pycountry.countries.get(alpha_2=code) if code else None
    return str(found.name) if found else code


def kind_in_words(kind: str) -> str:
    return _("Bulletin") if kind == Kind.BULLETIN else _("Seizure report")


def day(text: str) -> str:
    """`2025-03-12` as `12 Mar 2025`, `2025-03` as `March 2025`; a year, or anything else, as it is."""
    try:
        if len(text) == 10:
            return date_format(date.fromisoformat(text), "j M Y")
        if len(text) == 7:
            return date_format(date.fromisoformat(f"{text}-01"), "F Y")
    except ValueError:
        pass
    return text


def when_of(shown: Disclosure) -> str:
    """The day where it is shown, else the month, else the year."""
    return day(shown.facts.get("place", {}).get("occurred_on", "") or shown.core.get("month", ""))


def where_of(shown: Disclosure) -> str:
    """The place where it is shown, else the region."""
    place, core = shown.facts.get("place", {}), shown.core
    port, exact = word(terms().ports, place.get("port", "")), str(place.get("place", ""))
    # A place in words mostly names its port already, in its own way.
    if port and not any(part in exact for part in port.split() if len(part) > 3):
        exact = f"{exact}, {port}" if exact else port
    if exact:
        state = place.get("state", "")
        return f"{exact}, {state}" if state and state not in exact else exact
    region, country = core.get("region", ""), core.get("country", "")
    named = region_in_words(region)
    land = country_in_words(country)
    return ", ".join(part for part in (named, land if land != named else "") if part)


def amounts_of(shown: Disclosure) -> str:
    """Drugs and amounts in one line: `Cocaine 20 kg (44.1 lb), Fentanyl 12.5 lb (5.7 kg)`."""
    rows = shown.core.get("substances", [])
    said = [f"{word(terms().drugs, row['drug'])} {amount(row)}".strip() for row in rows[:3]]
    if len(rows) > 3:
        said.append(_("and more"))
    return ", ".join(said)


def marking_in_words(marking: Marking) -> list[str]:
    said = [marking.means]
    for control in marking.controls:
        if control == Control.REL_TO:
            countries = ", ".join(trigraph(code) for code in marking.rel_to)
            said.append(_("Releasable to %(countries)s only.") % {"countries": countries})
        elif control in Control.values:
            said.append(f"{Control(control).label}.")
    if marking.cui_categories:
        said.append(_("CUI categories: %(names)s.") % {"names": ", ".join(marking.cui_categories)})
    if marking.caveat:
        said.append(marking.caveat)
    return said


def grading_in_words(marking: Marking) -> Iterable[str]:
    if marking.reliability in Reliability.values:
        yield _("Source %(grade)s") % {"grade": Reliability(marking.reliability).label}
    if marking.credibility in Credibility.values:
        yield _("Information %(grade)s") % {"grade": Credibility(marking.credibility).label}
