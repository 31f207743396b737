"""Who attends a briefing: the agencies named, and the members that its communities have at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from sharing.briefings.models import Briefing
from sharing.briefings.rules import Seat
from sharing.communities.models import Community, Membership


@dataclass(frozen=True)
class Party:
    """What was picked: an agency, or a community with its members' codes, the viewer's own agency aside."""

    code: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attendees:
    """`seats` are the agencies asked, each once. `refusals`: why nothing can be shown to them."""

    seats: tuple[Seat, ...]
    agencies: tuple[Party, ...] = ()
    communities: tuple[Party, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def known_to_all(self) -> tuple[Party, ...]:
        """What a paper for all may name: the agencies, and communities to which every attendee belongs.

        Whoever is not in a community must not learn of it.
        """
        codes = {seat.code for seat in self.seats}
        return (*self.agencies, *(each for each in self.communities if codes <= set(each.members)))


def open_communities(viewer: Viewer, *, at: datetime) -> QuerySet[Community]:
    """Those the viewer's agency belongs to or leads, that have not closed, and whose members it may know."""
    known = Q(roster_visible=True) | Q(lead_id=viewer.agency_id)
    return Community.objects.filter(known, Q(closes_at=None) | Q(closes_at__gt=at))


def attendees_of(briefing: Briefing, viewer: Viewer, *, at: datetime) -> Attendees:
    """The briefing's attendees as of now. `briefing` is the viewer's own agency's.

    A community whose members the viewer can no longer know does not just drop out: the pack would then hold
    more than everybody may see.
    """
    named = list(briefing.agencies.exclude(pk=viewer.agency_id).order_by("code"))
    picked = set(
        Briefing.communities.through.objects.filter(briefing_id=briefing.pk).values_list(
            "community_id", flat=True
        )
    )
    communities = {row.pk: row for row in open_communities(viewer, at=at).filter(pk__in=picked)}
    members: dict[int, list[Agency]] = {pk: [] for pk in communities}
    rows = Membership.objects.filter(community_id__in=communities, left_at=None, confirmed_at__lte=at)
    active = rows.filter(agency__state=AgencyState.ACTIVE).exclude(agency_id=viewer.agency_id)
    for row in active.select_related("agency").order_by("agency__code"):
        members[row.community_id].append(row.agency)
    everybody = {
        agency.pk: agency for agency in [*named, *(one for rows in members.values() for one in rows)]
    }
    seats = tuple(sorted((_seat(agency) for agency in everybody.values()), key=lambda seat: seat.code))
    return Attendees(
        seats=seats,
        agencies=tuple(Party(agency.code, agency.label) for agency in named),
        communities=tuple(
            Party(row.code, row.name, tuple(agency.code for agency in members[row.pk]))
            for row in sorted(communities.values(), key=lambda row: row.name)
        ),
        refusals=tuple(_refusals(lost=bool(picked - set(communities)), anybody=bool(seats))),
    )


def _refusals(*, lost: bool, anybody: bool) -> list[str]:
    if lost:
        return [
            _(
                "Your agency can no longer know the members of a community that was picked: it closed, you "
                "left it, or its roster is hidden. So nothing can be said to be for all. Make a new briefing."
            )
        ]
    return [] if anybody else [_("Nobody else attends: the communities picked have no other member.")]


def _seat(agency: Agency) -> Seat:
    return Seat(
        id=agency.pk,
        code=agency.code,
        active=agency.state == AgencyState.ACTIVE,
        parent=agency.parent_id if agency.parent_confirmed_at else None,
    )
