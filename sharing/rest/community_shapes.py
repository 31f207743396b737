"""What communities and the ways into them look like as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from hub.rest.filters import PagedFilters
from sharing.communities.models import Community, CommunityKind, Joining
from sharing.communities.rules import CODE_LENGTH, joining_state

STATES = ["invited", "waiting", "declined", "over"]


class CommunityShape(serializers.Serializer[Any]):
    """A community your agency is in or leads."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=CommunityKind.choices)
    lead = serializers.CharField()
    description = serializers.CharField()
    closes_at = serializers.DateTimeField(allow_null=True)
    leads = serializers.BooleanField(help_text=gettext_lazy("your agency leads it"))
    members_listed = serializers.BooleanField(help_text=gettext_lazy("you may read who is in it"))


class MemberShape(serializers.Serializer[Any]):
    agency = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateTimeField()


class GivesShape(serializers.Serializer[Any]):
    """What history would give it, of what your agency holds too. Send the same back to confirm."""

    records = serializers.IntegerField(min_value=0)
    owners = serializers.IntegerField(min_value=0)


class JoiningShape(serializers.Serializer[Any]):
    """A way into a community, as your side sees it. Of a request, whether there is such a community is not told."""

    uid = serializers.UUIDField()
    community = serializers.CharField(help_text=gettext_lazy("its code, as it was written down"))
    agency = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    invited_at = serializers.DateTimeField(allow_null=True)
    asked_at = serializers.DateTimeField(allow_null=True)
    with_history = serializers.BooleanField()
    reason = serializers.CharField()
    lapses_at = serializers.DateTimeField()
    gives = GivesShape(allow_null=True, help_text=gettext_lazy("for the lead of a request with history"))


class JoinBody(serializers.Serializer[Any]):
    """`code` asks by a community's code; `joining` answers an invitation."""

    example = {"code": "HIDTA-STX", "with_history": False, "reason": "We work the same corridor"}

    code = serializers.CharField(max_length=CODE_LENGTH, required=False)
    joining = serializers.UUIDField(required=False)
    with_history = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class ConfirmBody(serializers.Serializer[Any]):
    """With history: the numbers that you were shown. Where they have changed since, nothing is done."""

    example = {"gives": {"records": 0, "owners": 0}}

    gives = GivesShape(required=False)


class InviteBody(serializers.Serializer[Any]):
    example = {"agency": "RCMP"}

    agency = serializers.CharField(max_length=20)


class CommunityFilters(PagedFilters):
    kind = serializers.ChoiceField(choices=CommunityKind.choices, required=False)


COLUMNS = ["code", "name", "kind", "lead_id", "lead__code", "description", "closes_at", "roster_visible"]


def community_shape(row: dict[str, Any], agency: int | None) -> dict[str, Any]:
    leads = row["lead_id"] == agency
    return {
        "code": row["code"],
        "name": row["name"],
        "kind": row["kind"],
        "lead": row["lead__code"],
        "description": row["description"],
        "closes_at": instant(row["closes_at"]),
        "leads": leads,
        "members_listed": bool(row["roster_visible"] or leads or agency is None),
    }


def shape_of(row: Community, agency: int | None) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in COLUMNS if name != "lead__code"}
    return community_shape({**values, "lead__code": row.lead.code}, agency)


def joining_shape(
    row: Joining, *, lead: bool, at: datetime, gives: dict[str, int] | None = None
) -> dict[str, Any]:
    return {
        "uid": str(row.uid),
        "community": row.code,
        "agency": row.agency.code,
        "state": joining_state(row, at, lead=lead).name.lower(),
        "invited_at": instant(row.invited_at),
        "asked_at": instant(row.asked_at),
        "with_history": row.with_history,
        "reason": row.reason,
        "lapses_at": instant(row.lapses_at),
        "gives": gives,
    }


def instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
