"""How agencies are grouped for people: the home country by kind, each other country, world bodies last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pycountry
from django.utils.translation import gettext as _

from hub.agencies.models import Agency, AgencyKind


@dataclass(frozen=True, order=True)
class Band:
    order: int
    label: str


def band_of(agency: Agency) -> Band:
    if agency.kind == AgencyKind.INTERNATIONAL:
        return Band(3, _("International bodies"))
    if agency.country != "US":
        return Band(2, country_name(agency.country))
    if agency.kind == AgencyKind.FEDERAL:
        return Band(0, _("United States, federal"))
    return Band(1, _("United States, HIDTA, state, local and tribal"))


@cache
def country_name(code: str) -> str:
    """A country by its two letters, as people say it; a code that is none stays as it is."""
    found = pycountry.countries.get(alpha_2=code)
    return str(getattr(found, "common_name", found.name)) if found else code
