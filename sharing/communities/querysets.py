"""Questions about communities and the ways into them. Row-level security gives each agency its own side."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.communities.models import Community, Invitation, Joining, Membership


def members_of(community: Community | int) -> QuerySet[Membership]:
    """The confirmed members now, as far as the viewer may see the roster; always the viewer's own."""
    pk = community if isinstance(community, int) else community.pk
    return Membership.objects.filter(community_id=pk, left_at=None).exclude(confirmed_at=None)


def own_membership(community: Community, viewer: Viewer) -> Membership | None:
    return members_of(community).filter(agency_id=viewer.agency_id).first()


def open_joinings(at: datetime) -> QuerySet[Joining]:
    """What waits: of the viewer's own agency, and into what it leads. Row-level security keeps the others away."""
    return Joining.objects.filter(closed_at=None, lapses_at__gt=at).select_related("agency").order_by("id")


def led_by(viewer: Viewer) -> QuerySet[Community]:
    require_viewer(viewer)
    return Community.objects.filter(lead_id=viewer.agency_id)


def led_joinings(viewer: Viewer, at: datetime) -> QuerySet[Joining]:
    """Into communities that the viewer's agency leads: invited and not answered, or asked and not decided."""
    codes = led_by(viewer).filter(Q(closes_at=None) | Q(closes_at__gt=at)).values("code")
    return open_joinings(at).filter(code__in=codes, declined_at=None)


def to_confirm(viewer: Viewer, at: datetime) -> QuerySet[Joining]:
    """What waits for the lead's decision."""
    return led_joinings(viewer, at).exclude(asked_at=None)


def invitations(viewer: Viewer) -> QuerySet[Invitation]:
    """Communities that the viewer's agency is invited to: a view, read by the transaction's context."""
    require_viewer(viewer)
    return Invitation.objects.select_related("lead").order_by("id")
