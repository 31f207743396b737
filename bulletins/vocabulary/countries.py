"""From a destination as written to the countries it names, where that is certain."""

from __future__ import annotations

from functools import cache

import pycountry

# Whose states and provinces are written behind a town, without the country.
WITH_STATES = ("US", "CA", "MX", "AU")
ALSO = {"UK": "GB", "USA": "US", "U.S.": "US", "NZ": "NZ", "RUSSIA": "RU", "TURKEY": "TR", "UAE": "AE"}


def countries_named(text: str) -> list[str]:
    """ISO codes of `Laval, QC`, `Essen, Belgium; Rotterdam`, `MX`: CA; BE; MX. Whatever is not certain is left out."""
    found = {_country([part.strip() for part in place.split(",")]) for place in text.split(";")}
    return sorted(found - {""})


def _country(parts: list[str]) -> str:
    """The country of one place, told by its last part. Two letters alone are a country, behind a town a state."""
    last = parts[-1].upper()
    if len(parts) == 1 and len(last) == 2 and pycountry.countries.get(alpha_2=last):
        return last
    country, state = _countries().get(last, ""), _states().get(last, "")
    if len(last) == 2 and len(parts) > 1 and state:
        return state
    # Georgia is both.
    return "" if country and state and country != state else country or state


@cache
def _countries() -> dict[str, str]:
    names = dict(ALSO)
    for row in pycountry.countries:
        for name in (row.name, getattr(row, "common_name", ""), getattr(row, "official_name", "")):
            if name:
                names[name.upper()] = row.alpha_2
        names[row.alpha_3] = row.alpha_2
    return names


@cache
def _states() -> dict[str, str]:
    """Codes and names of states; one that two countries have is not certain."""
    names: dict[str, str] = {}
    for country in WITH_STATES:
        for row in pycountry.subdivisions.get(country_code=country):
            for name in (row.code.partition("-")[2], row.name.upper()):
                names[name] = country if names.get(name, country) == country else ""
    return names
