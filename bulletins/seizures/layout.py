"""What each column of a file of seizures holds, in words, and which list its codes are from: for the template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.markings.models import TLP
from bulletins.seizures.rows import COLUMNS, SUBSTANCES
from bulletins.vocabulary.lists import DateBasis, Qualifier, SubstanceForm, Unit
from bulletins.vocabulary.models import Detection, Drug, Method, Mode

_NUMBERED = {
    "drug": (gettext_lazy("what was seized; up to %(n)d of them, each with its amount"), "drugs"),
    "qty": (gettext_lazy("the amount as reported, a plain number"), ""),
    "unit": (gettext_lazy("its unit"), "units"),
    "form": (gettext_lazy("its form"), "forms"),
    "qual": (gettext_lazy("how firm the amount is; empty where it was given plainly"), "qualifiers"),
}
_HELP: dict[str, tuple[str | Promise, str]] = {
    "event_id": (gettext_lazy("your own reference, once in the file and once in your agency. Required"), ""),
    "source_url": (gettext_lazy("a web page about it"), ""),
    "source_title_short": (gettext_lazy("the title of that page; it is not kept"), ""),
    "published_date": (gettext_lazy("when it was made public, YYYY-MM-DD"), ""),
    "seizure_date": (gettext_lazy("the day, YYYY-MM-DD"), ""),
    "seizure_period": (gettext_lazy("where the day is not known: YYYY or YYYY-MM"), ""),
    "date_basis": (gettext_lazy("where the date is from"), "date bases"),
    "event_year": (gettext_lazy("the year, where no more is known"), ""),
    "agency": (gettext_lazy("whose finding it is; empty for your own agency"), "agencies"),
    "country": (gettext_lazy("where it was found: two letters (ISO 3166-1). Required"), ""),
    "port_or_place": (gettext_lazy("the port or place by name"), ""),
    "state_province": (gettext_lazy("state or province"), ""),
    "lat": (gettext_lazy("latitude in degrees, with lon"), ""),
    "lon": (gettext_lazy("longitude in degrees, with lat"), ""),
    "transport_mode": (gettext_lazy("how it travelled. Required"), "modes"),
    "conveyance": (gettext_lazy("the vehicle or vessel in words"), ""),
    "origin_country": (gettext_lazy("where it came from: two letters"), ""),
    "transit_countries": (gettext_lazy("two letters each, semicolons between them"), ""),
    "destination": (gettext_lazy("where it was going, in words"), ""),
    "packages_count": (gettext_lazy("how many packages, a whole number"), ""),
    "packages_qual": (gettext_lazy("how firm that number is"), "qualifiers"),
    "concealment_method": (gettext_lazy("where it was hidden, in words"), ""),
    "concealment_code": (gettext_lazy("where it was hidden: codes, semicolons between them"), "methods"),
    "concealment_detail": (gettext_lazy("how it was hidden, in more words"), ""),
    "detection_method": (gettext_lazy("how it was found: codes, semicolons between them"), "detections"),
    "suspects_count": (gettext_lazy("people arrested, a whole number"), ""),
    "referred_to": (gettext_lazy("who took the case over"), ""),
    "estimated_value_usd": (gettext_lazy("value in US dollars"), ""),
    "value_amount": (gettext_lazy("value in another currency, with value_currency"), ""),
    "value_currency": (gettext_lazy("three letters (ISO 4217)"), ""),
    "value_qual": (gettext_lazy("how firm the value is"), "qualifiers"),
    "officer_safety_note": (gettext_lazy("what is dangerous, and what to do"), ""),
    "data_note": (gettext_lazy("a note on the data"), ""),
    "tlp": (
        gettext_lazy("a marking of its own; never lower than the file's. The column may be left out"),
        "markings",
    ),
}


def described() -> list[tuple[str, str, str]]:
    """(column, what it holds, the list of its codes) for each, in the template's order."""
    found = []
    for name in (*COLUMNS, "tlp"):
        stem, _underscore, number = name.rpartition("_")
        text, codes = _NUMBERED[stem] if number.isdecimal() else _HELP[name]
        found.append((name, str(text) % {"n": SUBSTANCES} if "%" in str(text) else str(text), codes))
    return found


def code_lists(agencies: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """By name each list's (code, label); `agencies` are those that may be named."""
    tables: dict[str, Any] = {"methods": Method, "drugs": Drug, "modes": Mode, "detections": Detection}
    choices = {
        "units": Unit,
        "forms": SubstanceForm,
        "qualifiers": Qualifier,
        "date bases": DateBasis,
        "markings": TLP,
    }
    found = {
        name: [(row.code, str(row.label)) for row in model.objects.filter(retired_at=None).order_by("code")]
        for name, model in tables.items()
    }
    found |= {
        name: [(str(code), str(label)) for code, label in each.choices] for name, each in choices.items()
    }
    return found | {"agencies": list(agencies)}


def sheet_names() -> tuple[str, str, str]:
    return "Seizures", _("Columns"), _("Codes")
