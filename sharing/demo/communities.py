"""The demo's operation group: made by CBP, with CBSA asking to join it with history."""

from __future__ import annotations

from datetime import datetime, timedelta

from bulletins.models import Record, SeizureReport
from hub.accounts.viewer import viewer_of
from hub.agencies.models import Person
from hub.database.context import viewing
from sharing.communities.models import Community, CommunityKind
from sharing.flow import release
from sharing.flow.convening import convene
from sharing.flow.joining import accept, invite
from sharing.releases.plan import Pick, Plan

SHARED = 3


def load_operation(at: datetime) -> None:
    """Once: the group, the newest of CBP's seizure reports released to it, and a request that waits for CBP."""
    lead = viewer_of(Person.objects.get(username="cbp.admin"))
    releaser = viewer_of(Person.objects.get(username="cbp.releaser"))
    partner = viewer_of(Person.objects.get(username="cbsa.liaison"))
    with viewing(lead):
        if Community.objects.filter(kind=CommunityKind.OPERATION, lead_id=lead.agency_id).exists():
            return
        group = convene(
            name="Operation Night Haul",
            description="Loads hidden in fuel tanks and trailers, on the road by night. For the demonstration.",
            closes_at=at + timedelta(days=60),
            roster_visible=True,
            viewer=lead,
            at=at,
        )
    with viewing(releaser):
        newest = SeizureReport.objects.filter(owner_id=lead.agency_id, latest__gt=0).order_by("-latest_at")
        rows = list(Record.objects.filter(pk__in=list(newest.values_list("pk", flat=True)[:SHARED])))
        plan = Plan(
            picks=(Pick(community=group.pk),),
            tlp="TLP:GREEN",
            need_to_know="Trucks stopped by night",
            right_to_know="Drug enforcement in their own jurisdiction",
        )
        release(rows, plan, viewer=releaser, at=at, announce=False)
    with viewing(lead):
        joining = invite(group, "CBSA", viewer=lead, at=at)
    with viewing(partner):
        accept(joining, with_history=True, reason="Night crossings at Windsor", viewer=partner, at=at)
