"""The directory of agencies: who they are and how their desks are reached. It tells nothing of any record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.agencies.bands import band_of, country_name
from hub.agencies.models import Agency, AgencyState, Person, Role

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


@dataclass(frozen=True)
class AgencyLine:
    code: str
    name: str
    band: str
    region: str
    words: str

    @property
    def href(self) -> str:
        return f"/agencies/{self.code}/"


@dataclass(frozen=True)
class PersonLine:
    username: str
    name: str
    roles: str
    active: bool
    last_login: datetime | None


@login_required
@require_safe
def agencies(request: HttpRequest) -> HttpResponse:
    """Every active agency, in bands; `?q=` narrows by code, name, country or region."""
    asked = request.GET.get("q", "").strip()[:100]
    words = asked.casefold().split()
    rows = Agency.objects.filter(state=AgencyState.ACTIVE)
    ordered = sorted(rows, key=lambda agency: (band_of(agency), agency.code))
    found = [line for line in map(_line, ordered) if all(word in line.words for word in words)]
    return render(request, "hub/agencies.html", {"agencies": found, "asked": asked})


@login_required
@require_safe
def agency(request: HttpRequest, code: str) -> HttpResponse:
    """One agency's desk; for its own administrator also its people."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(Agency.objects.select_related("parent"), code=code, state=AgencyState.ACTIVE)
    own_admin = viewer.agency_id == found.pk and viewer.can(Role.ADMIN)
    context = {
        "line": _line(found),
        "facts": _facts(found),
        "people": _people(found) if own_admin else None,
        "crumbs": [(_("Agencies"), "/agencies/")],
    }
    return render(request, "hub/agency.html", context)


def _line(agency: Agency) -> AgencyLine:
    parts = (
        agency.code,
        agency.label,
        _regions(agency),
        country_name(agency.country),
        agency.get_kind_display(),
    )
    return AgencyLine(
        code=agency.code,
        name=agency.label,
        band=band_of(agency).label,
        region=_regions(agency),
        words=" ".join(parts).casefold(),
    )


def _regions(agency: Agency) -> str:
    """States, provinces or parts of a country; the data file puts semicolons between them."""
    return agency.region.replace(";", ", ")


def _facts(agency: Agency) -> list[dict[str, str]]:
    """What stands in the table: blanks are left out."""
    parent = agency.parent if agency.parent_confirmed_at else None
    accepted = agency.cfr23_accepted_on
    told = [
        {"label": _("Kind"), "value": agency.get_kind_display()},
        {"label": _("Country"), "value": country_name(agency.country)},
        {"label": _("Region"), "value": _regions(agency)},
        {"label": _("Desk"), "href": f"mailto:{agency.desk_email}", "link": agency.desk_email},
        {"label": _("Telephone"), "href": f"tel:{agency.desk_phone}", "link": agency.desk_phone},
        {"label": _("Hours"), "value": agency.desk_hours},
        {"label": _("Time zone"), "value": agency.time_zone},
        {
            "label": _("Part of"),
            "href": f"/agencies/{parent.code}/" if parent else "",
            "link": parent.code if parent else "",
        },
        {
            "label": _("Identifiers"),
            "value": _("28 CFR Part 23 procedures accepted")
            if accepted
            else _("28 CFR Part 23 procedures not yet accepted: identifiers stay behind"),
        },
    ]
    return [fact for fact in told if fact.get("value") or fact.get("link")]


def _people(agency: Agency) -> list[PersonLine]:
    rows = Person.objects.filter(agency=agency).order_by("-is_active", "username")
    return [
        PersonLine(
            username=row.username,
            name=row.get_full_name(),
            roles=", ".join(str(Role(role).label) for role in Role.values if role in row.roles),
            active=row.is_active,
            last_login=row.last_login,
        )
        for row in rows
    ]
