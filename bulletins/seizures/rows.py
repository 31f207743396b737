"""What one row of a file of seizures says, normalised and typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.records.units import mass_kg
from bulletins.seizures.cells import EARLIEST, Cells, country_codes, currency_codes
from bulletins.vocabulary.lists import DateBasis, Precision, Qualifier, Region, SubstanceForm, Unit
from bulletins.vocabulary.places import Place, PortBook

SUBSTANCES = 5
_EVENT = (
    "event_id source_url source_title_short published_date seizure_date seizure_period date_basis event_year"
    " agency country port_or_place state_province lat lon transport_mode conveyance origin_country"
    " transit_countries destination"
)
_FINDINGS = (
    "packages_count packages_qual concealment_method concealment_code concealment_detail detection_method"
    " suspects_count referred_to estimated_value_usd value_amount value_currency value_qual"
    " officer_safety_note data_note"
)
COLUMNS = (
    *_EVENT.split(),
    *(f"{name}_{n}" for n in range(1, SUBSTANCES + 1) for name in ("drug", "qty", "unit", "form", "qual")),
    *_FINDINGS.split(),
)

# May be there or not: a marking of its own; and what the file of refused rows adds, which is passed over.
OPTIONAL = ("tlp", "line", "problems")

# What a seizure report has room for.
ID_LIMIT, STATE_LIMIT, NAME_LIMIT, ADDRESS_LIMIT, TEXT_LIMIT = 60, 60, 200, 500, 2000
COUNT_LIMIT = 1_000_000_000
MASS_LIMIT_KG = 10**8
_PERIOD = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True)
class Codes:
    """The vocabulary a row is checked against. `agency` is whose a row is that names none; without it each must."""

    methods: frozenset[str]
    drugs: frozenset[str]
    modes: frozenset[str]
    detections: frozenset[str]
    agencies: frozenset[str]
    agency: str = ""


@dataclass(frozen=True)
class When:
    """The day where it is known; else how much of it is. `period` is YYYY, YYYY-MM, YYYY-MM-DD or empty."""

    day: date | None
    period: str
    precision: Precision
    basis: DateBasis

    @property
    def first_day(self) -> date | None:
        """The first day it can have been, for sorting."""
        if self.day or not self.period:
            return self.day
        return date(int(self.period[:4]), int(self.period[5:7] or 1), 1)


@dataclass(frozen=True)
class SubstanceRow:
    """A substance as reported; `mass_kg` only where the unit is one of mass."""

    drug: str
    quantity: Decimal | None
    unit: str
    form: str
    qualifier: str
    mass_kg: Decimal | None


@dataclass(frozen=True)
class SeizureRow:
    """Everything one row tells. Text that is not given is empty; numbers, days and the port are None.

    `tlp` is its own marking, where the file has one a row; `cells` are its cells as they stand.
    """

    line: int
    external_id: str
    title: str
    source_url: str
    published_on: date | None
    agency: str
    country: str
    state: str
    place: str
    port: str | None
    region: Region
    lat: Decimal | None
    lon: Decimal | None
    when: When
    mode: str
    conveyance: str
    origin: str
    transit: tuple[str, ...]
    destination: str
    substances: tuple[SubstanceRow, ...]
    packages_count: int | None
    packages_qualifier: str
    methods: tuple[str, ...]
    concealment: str
    concealment_detail: str
    detections: tuple[str, ...]
    people_count: int | None
    referred_to: str
    value_amount: Decimal | None
    value_currency: str
    value_usd: Decimal | None
    value_qualifier: str
    officer_safety_note: str
    data_note: str
    tlp: str = ""
    cells: tuple[str, ...] = ()


def read_row(cells: Cells, *, line: int, codes: Codes, ports: PortBook, today: date) -> SeizureRow:
    """The row, to be kept only if `cells.problems` is empty afterwards."""
    external_id = cells.text("event_id", ID_LIMIT, required=True)
    published_on = cells.day("published_date")
    when = _when(cells, today)
    if published_on and when.day and published_on < when.day:
        cells.refuse("published_date", _("is before the day of the seizure"))
    place = Place(
        text=cells.text("port_or_place", NAME_LIMIT),
        country=cells.word("country", country_codes(), required=True),
        state=cells.text("state_province", STATE_LIMIT),
        lat=cells.degrees("lat", 90),
        lon=cells.degrees("lon", 180),
    )
    if (place.lat is None) != (place.lon is None):
        cells.refuse("lat" if place.lat is None else "lon", _("latitude and longitude go together"))
        place = replace(place, lat=None, lon=None)
    port = ports.find(place)
    amount, currency, dollars = _value(cells)
    return SeizureRow(
        line=line,
        external_id=external_id,
        title=cells.text("source_title_short", NAME_LIMIT),
        source_url=cells.web_address("source_url", ADDRESS_LIMIT),
        published_on=published_on,
        agency=cells.word("agency", codes.agencies, required=not codes.agency) or codes.agency,
        country=place.country,
        state=place.state,
        place=place.text,
        port=port.code if port else None,
        region=ports.region(place, port),
        lat=place.lat,
        lon=place.lon,
        when=when,
        mode=cells.word("transport_mode", codes.modes, required=True),
        conveyance=cells.text("conveyance", NAME_LIMIT),
        origin=cells.word("origin_country", country_codes()),
        transit=cells.words("transit_countries", country_codes()),
        destination=cells.text("destination", NAME_LIMIT),
        substances=_substances(cells, codes),
        packages_count=cells.whole("packages_count", COUNT_LIMIT),
        packages_qualifier=cells.word("packages_qual", Qualifier.values),
        methods=cells.words("concealment_code", codes.methods),
        concealment=cells.text("concealment_method", NAME_LIMIT),
        concealment_detail=cells.text("concealment_detail", TEXT_LIMIT),
        detections=cells.words("detection_method", codes.detections),
        people_count=cells.whole("suspects_count", COUNT_LIMIT),
        referred_to=cells.text("referred_to", NAME_LIMIT),
        value_amount=amount,
        value_currency=currency,
        value_usd=dollars,
        value_qualifier=cells.word("value_qual", Qualifier.values),
        officer_safety_note=cells.text("officer_safety_note", TEXT_LIMIT),
        data_note=cells.text("data_note", TEXT_LIMIT),
        tlp=cells.word("tlp", TLP.values) if cells.has("tlp") else "",
        cells=cells.raw,
    )


def _when(cells: Cells, today: date) -> When:
    """Day, period and year must tell the same; what is finest of them is kept."""
    basis = DateBasis(cells.word("date_basis", DateBasis.values) or DateBasis.UNKNOWN)
    day = cells.day("seizure_date")
    year = cells.text("event_year", 4)
    period = cells.text("seizure_period", 10)
    known = day.isoformat() if day else period or year
    for column, told in (("seizure_period", period), ("event_year", year)):
        if not told or told == known:
            continue
        if not known.startswith(told):
            cells.refuse(column, _("does not agree with the date"))
    if day:
        return When(day, known, Precision.DAY, basis)
    if not known:
        return When(None, "", Precision.UNKNOWN, basis)
    column = "seizure_period" if period else "event_year"
    found = _PERIOD.fullmatch(known)
    if not found:
        cells.refuse(column, _("a period is written YYYY or YYYY-MM; a day stands in seizure_date too"))
    elif not EARLIEST.isoformat()[:4] <= known <= today.isoformat():
        cells.refuse(column, _("the date is in the future, or before 1970"))
    else:
        return When(None, known, Precision.MONTH if found[2] else Precision.YEAR, basis)
    return When(None, "", Precision.UNKNOWN, basis)


def _substances(cells: Cells, codes: Codes) -> tuple[SubstanceRow, ...]:
    return tuple(
        substance for n in range(1, SUBSTANCES + 1) if (substance := _substance(cells, n, codes)) is not None
    )


def _substance(cells: Cells, n: int, codes: Codes) -> SubstanceRow | None:
    drug = cells.word(f"drug_{n}", codes.drugs)
    quantity, unit = cells.number(f"qty_{n}"), cells.word(f"unit_{n}", Unit.values)
    form = cells.word(f"form_{n}", SubstanceForm.values)
    qualifier = cells.word(f"qual_{n}", Qualifier.values)
    if not cells.text(f"drug_{n}"):
        if quantity is not None or unit or form or qualifier:
            cells.refuse(f"drug_{n}", _("an amount or a form without a drug"))
        return None
    if quantity is not None and not cells.text(f"unit_{n}"):
        cells.refuse(f"unit_{n}", _("a quantity needs its unit"))
    if unit and not cells.text(f"qty_{n}"):
        cells.refuse(f"qty_{n}", _("a unit needs its quantity"))
    if quantity == 0:
        cells.refuse(f"qty_{n}", _("must be above 0; leave it empty where it is not known"))
    mass = mass_kg(quantity, unit)
    if mass is not None and mass >= MASS_LIMIT_KG:
        cells.refuse(f"qty_{n}", _("is more than any seizure can weigh"))
    return SubstanceRow(drug, quantity, unit, form, qualifier, mass)


def _value(cells: Cells) -> tuple[Decimal | None, str, Decimal | None]:
    """Amount, its currency, and the dollars: given as such, or the amount where that is in dollars."""
    amount = cells.number("value_amount", digits=14, decimals=2)
    currency = cells.word("value_currency", currency_codes())
    dollars = cells.number("estimated_value_usd", digits=14, decimals=2)
    if amount is not None and not cells.text("value_currency"):
        cells.refuse("value_currency", _("a value needs its currency"))
    if currency and not cells.text("value_amount"):
        cells.refuse("value_amount", _("a currency needs its value"))
    if currency == "USD":
        if dollars is not None and amount is not None and dollars != amount:
            cells.refuse("estimated_value_usd", _("differs from value_amount, which is in USD"))
        dollars = amount
    return amount, currency, dollars
