"""Communities themselves, verb by verb: made, changed, extended, closed, and who sees the roster."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bulletins.records.refs import new_ref
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.trail.actions import record as write_trail
from sharing.communities.models import Community, CommunityKind, Membership
from sharing.communities.querysets import members_of
from sharing.communities.rules import closing_refusal, code_refusal, is_closed, may_convene, may_lead, may_set
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.flow.admitting import hold, recompute


def convene(
    *,
    name: str,
    description: str,
    closes_at: datetime | None,
    roster_visible: bool,
    viewer: Viewer,
    at: datetime,
    kind: str = CommunityKind.OPERATION,
    code: str = "",
    lead: str = "",
) -> Community:
    """Make a community; its lead is its first member.

    An agency makes operation groups that it leads; their code is random, for a chosen one that is taken would tell
    of a community that the chooser may not know. The steward, who sees all, makes every kind and chooses.
    """
    _need(may_convene(viewer))
    steward = viewer.agency_id is None
    if not steward:
        kind, code, lead = CommunityKind.OPERATION, "", viewer.agency_code
    found = Agency.objects.filter(code=lead.strip().upper(), state=AgencyState.ACTIVE).first()
    code = code.strip().upper() or f"OP-{new_ref()}"
    errors = {
        "name": "" if name.strip() else _("Give it a name that its members know it by."),
        "code": code_refusal(code),
        "lead": "" if found else _("No active agency has that code. Look it up under Agencies."),
        "closes_at": closing_refusal(closes_at, at, needed=kind == CommunityKind.OPERATION),
        "kind": "" if kind in CommunityKind.values else _("There is no such kind of community."),
    }
    if wrong := {field: [why] for field, why in errors.items() if why}:
        raise ValidationError(wrong)
    community = Community(
        code=code,
        name=name.strip(),
        kind=kind,
        lead=found,
        description=description.strip(),
        roster_visible=roster_visible,
        closes_at=closes_at,
    )
    try:
        with transaction.atomic():
            community.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"code": [_("There is a community with this code.")]}) from None
    Membership.objects.create(
        community=community, agency_id=community.lead_id, joined_at=at, confirmed_at=at, with_history=True
    )
    _note("community.open", community, viewer=viewer, at=at, kind=str(kind), lead=community.lead.code)
    return community


def set_community(
    community: Community, *, description: str, closes_at: datetime | None, viewer: Viewer, at: datetime
) -> None:
    """Change what is said of it, and when it closes. Another day is told to its members, and grants end with it."""
    _need(may_set(viewer, community.lead_id))
    moved = closes_at != community.closes_at
    ids = hold(community) if moved else []
    _still_open(community, at)
    if moved and (why := closing_refusal(closes_at, at, needed=community.kind == CommunityKind.OPERATION)):
        raise ValidationError({"closes_at": [why]})
    Community.objects.filter(pk=community.pk).update(description=description.strip(), closes_at=closes_at)
    if moved:
        recompute(ids, _members(community), at=at, end=closes_at)
    if moved and closes_at is not None:
        day = date_format(localtime(closes_at), "j M Y")
        _tell_members(community, "closes", at=at, besides=viewer.agency_id, day=day)
    _note("community.change", community, viewer=viewer, at=at, closes_at=str(closes_at or ""))


def close(community: Community, *, viewer: Viewer, at: datetime) -> None:
    """End it now: what came to members only through it is gone at once. It does not open again."""
    _need(may_lead(viewer, community.lead_id))
    ids = hold(community)
    _still_open(community, at)
    _tell_members(community, "closed", at=at, besides=viewer.agency_id)
    Community.objects.filter(pk=community.pk).update(closes_at=at)
    _note("community.close", community, viewer=viewer, at=at)
    recompute(ids, _members(community), at=at, end=at)


def show_roster(community: Community, *, visible: bool, viewer: Viewer, at: datetime) -> None:
    """Let members see who is in it, or its lead alone. They are told."""
    _need(may_lead(viewer, community.lead_id))
    ids = hold(community)
    _still_open(community, at)
    if community.roster_visible == visible:
        raise ValidationError(_("It is so already: somebody changed it meanwhile."))
    Community.objects.filter(pk=community.pk).update(roster_visible=visible)
    # Of several releases a grant is said to rest on the one its owner may be told of.
    recompute(ids, _members(community), at=at)
    _tell_members(community, "listed" if visible else "unlisted", at=at, besides=viewer.agency_id)
    _note("community.roster", community, viewer=viewer, at=at, listed=visible)


def _still_open(community: Community, at: datetime) -> None:
    if is_closed(community.closes_at, at):
        raise ValidationError(_("It is closed, and does not open again: make a new one."))


def _tell_members(
    community: Community, what: str, *, at: datetime, besides: int | None, **facts: str | int
) -> None:
    queue_notice(
        AlertKind.COMMUNITY,
        _members(community) - {besides},
        at=at,
        path="/communities/" if what == "closed" else community.path,
        facts={"what": f"community.{what}", "community": community.name, **facts},
    )


def _members(community: Community) -> set[int]:
    """The whole roster: its lead and the steward see it, whether its members do or not."""
    return set(members_of(community).values_list("agency_id", flat=True))


def _need(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Your role does not allow this."))


def _note(event: str, community: Community, *, viewer: Viewer, at: datetime, **facts: Any) -> None:
    write_trail(event, viewer=viewer, at=at, object_type="community", object_id=community.code, **facts)
