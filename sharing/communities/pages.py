"""Communities: those one's agency belongs to or leads, and who else is in them where that may be seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.bands import band_of
from sharing.communities.models import Community, Membership


@dataclass(frozen=True)
class CommunityLine:
    """`members` is None where the roster is its lead's alone."""

    code: str
    name: str
    kind: str
    lead: str
    lead_name: str
    description: str
    leads: bool
    member_since: datetime | None
    members: int | None
    closes_at: datetime | None
    closed: bool

    @property
    def href(self) -> str:
        return f"/communities/{self.code}/"


@dataclass(frozen=True)
class Member:
    code: str
    name: str
    band: str
    since: datetime
    lead: bool
    waiting: bool


@login_required
@require_safe
def communities(request: HttpRequest) -> HttpResponse:
    """Row-level security answers: one's own, those one leads; for the steward all."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows = list(Community.objects.select_related("lead").order_by("kind", "name"))
    rosters = _rosters([row.pk for row in rows])
    found = [_line(row, rosters[row.pk], viewer) for row in rows]
    return render(
        request, "sharing/communities.html", {"communities": found, "all_of_them": viewer.agency_id is None}
    )


@login_required
@require_safe
def community(request: HttpRequest, code: str) -> HttpResponse:
    """One community, with its members where the viewer may see them. Those of others do not exist here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = get_object_or_404(Community.objects.select_related("lead"), code=code)
    roster = _rosters([row.pk])[row.pk]
    line = _line(row, roster, viewer)
    members = [] if line.members is None else _members(row, roster, viewer)
    context = {"community": line, "members": members, "crumbs": [(_("Communities"), "/communities/")]}
    return render(request, "sharing/community.html", context)


def _rosters(communities: list[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(community_id__in=communities, left_at=None).select_related("agency")
    for row in rows.order_by("agency__code"):
        found[row.community_id].append(row)
    return found


def _line(row: Community, roster: list[Membership], viewer: Viewer) -> CommunityLine:
    leads = row.lead_id == viewer.agency_id
    open_to_viewer = row.roster_visible or leads or viewer.agency_id is None
    own = [each for each in roster if each.agency_id == viewer.agency_id]
    return CommunityLine(
        code=row.code,
        name=row.name,
        kind=row.get_kind_display(),
        lead=row.lead.code,
        lead_name=row.lead.label,
        description=row.description,
        leads=leads,
        member_since=own[0].joined_at if own else None,
        members=sum(1 for each in roster if each.confirmed_at) if open_to_viewer else None,
        closes_at=row.closes_at,
        closed=bool(row.closes_at and row.closes_at <= timezone.now()),
    )


def _members(row: Community, roster: list[Membership], viewer: Viewer) -> list[Member]:
    """Confirmed members; the lead and the steward also see who waits to be confirmed."""
    waiting_too = row.lead_id == viewer.agency_id or viewer.agency_id is None
    found = [
        Member(
            code=each.agency.code,
            name=each.agency.label,
            band=band_of(each.agency).label,
            since=each.joined_at,
            lead=each.agency_id == row.lead_id,
            waiting=each.confirmed_at is None,
        )
        for each in sorted(roster, key=lambda each: (band_of(each.agency), each.agency.code))
        if each.confirmed_at or waiting_too
    ]
    return found
