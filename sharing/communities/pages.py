"""Communities: those one's agency belongs to or leads, who else is in them where that may be seen, and who waits."""

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
from sharing.communities.models import Community, Joining, Membership
from sharing.communities.querysets import invitations, led_joinings, open_joinings
from sharing.communities.rules import (
    is_closed,
    may_convene,
    may_invite,
    may_join,
    may_lead,
    may_leave,
    may_set,
)


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
    with_history: bool
    members: int | None
    listed: bool
    closes_at: datetime | None
    closed: bool

    @property
    def href(self) -> str:
        return f"/communities/{self.code}/"


@dataclass(frozen=True)
class Member:
    """`history` is None where only the lead may know how it joined."""

    code: str
    name: str
    band: str
    since: datetime
    lead: bool
    history: bool | None = None


@dataclass(frozen=True)
class Waiting:
    """A way into a community that is not at its end: an invitation, or a request."""

    href: str
    title: str
    agency: str
    asked: bool
    since: datetime
    lapses_at: datetime


@login_required
@require_safe
def communities(request: HttpRequest) -> HttpResponse:
    """Row-level security answers: one's own, those one leads; for the steward all."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    rows = list(Community.objects.select_related("lead").order_by("kind", "name"))
    rosters = _rosters([row.pk for row in rows])
    led = {row.code: row.name for row in rows if row.lead_id == viewer.agency_id}
    waiting, decide = _on_their_way(viewer, led, now) if viewer.agency_id else ([], [])
    context = {
        "communities": [line_of(row, rosters[row.pk], viewer) for row in rows],
        "all_of_them": viewer.agency_id is None,
        "waiting": waiting,
        "decide": decide,
        "may_join": may_join(viewer),
        "may_convene": may_convene(viewer),
    }
    return render(request, "sharing/communities.html", context)


@login_required
@require_safe
def community(request: HttpRequest, code: str) -> HttpResponse:
    """One community, with its members where the viewer may see them. Those of others do not exist here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = get_object_or_404(Community.objects.select_related("lead"), code=code)
    roster = _rosters([row.pk])[row.pk]
    line = line_of(row, roster, viewer)
    waiting = led_joinings(viewer, timezone.now()).filter(code=row.code) if line.leads else []
    context = {
        "community": line,
        "members": [] if line.members is None else members_shown(row, roster, viewer),
        "waiting": [_waits(each, each.agency.code) for each in waiting],
        "may_invite": may_invite(viewer, row.lead_id) and not line.closed,
        "may_lead": may_lead(viewer, row.lead_id) and not line.closed,
        "may_set": may_set(viewer, row.lead_id) and not line.closed,
        "may_leave": bool(line.member_since) and not line.leads and may_leave(viewer),
        "crumbs": [(_("Communities"), "/communities/")],
    }
    return render(request, "sharing/community.html", context)


def _rosters(communities: list[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(community_id__in=communities, left_at=None).exclude(confirmed_at=None)
    for row in rows.select_related("agency").order_by("agency__code"):
        found[row.community_id].append(row)
    return found


def line_of(row: Community, roster: list[Membership], viewer: Viewer) -> CommunityLine:
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
        with_history=bool(own and own[0].with_history),
        members=len(roster) if open_to_viewer else None,
        listed=row.roster_visible,
        closes_at=row.closes_at,
        closed=is_closed(row.closes_at, timezone.now()),
    )


def members_shown(row: Community, roster: list[Membership], viewer: Viewer) -> list[Member]:
    """The members, in bands; how each joined is told to the lead and the steward."""
    whole = row.lead_id == viewer.agency_id or viewer.agency_id is None
    return [
        Member(
            code=each.agency.code,
            name=each.agency.label,
            band=band_of(each.agency).label,
            since=each.joined_at,
            lead=each.agency_id == row.lead_id,
            history=each.with_history if whole else None,
        )
        for each in sorted(roster, key=lambda each: (band_of(each.agency), each.agency.code))
    ]


def _on_their_way(viewer: Viewer, led: dict[str, str], now: datetime) -> tuple[list[Waiting], list[Waiting]]:
    """(where the viewer's own agency is invited or asked, who asks to join what it leads: code -> name).

    Of a request nothing but what was typed is known.
    """
    rows = list(open_joinings(now))
    own = [row for row in rows if row.agency_id == viewer.agency_id]
    asking = [row for row in rows if row.code in led and row.asked_at and row.declined_at is None]
    invited = any(row.invited_at for row in own)
    names = {row.code: row.name for row in invitations(viewer)} if invited else {}
    return (
        [
            _waits(row, names.get(row.code, row.code))
            for row in own
            if not row.invited_at or row.code in names
        ],
        [_waits(row, led[row.code]) for row in asking],
    )


def _waits(row: Joining, title: str) -> Waiting:
    return Waiting(
        href=row.path,
        title=title,
        agency=row.agency.code,
        asked=row.asked_at is not None,
        since=row.asked_at or row.invited_at or row.lapses_at,
        lapses_at=row.lapses_at,
    )
