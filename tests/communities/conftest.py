"""What tests of communities share: people who speak for agencies, an operation group, and the deeds in their names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Person
from hub.database.context import viewing
from sharing.audiences.membership import history
from sharing.audiences.models import Received
from sharing.communities.models import Community, Joining
from sharing.deliveries.models import Alert, Delivery
from sharing.flow.admitting import confirm
from sharing.flow.convening import convene
from sharing.flow.joining import accept, invite
from tests.cast import agency, viewer

SPOKESMAN = {
    "CBP": "cbp.admin",
    "CBSA": "cbsa.liaison",
    "HSI": "hsi.agent",
    "TXDPS": "txdps.trooper",
    "HIDTA-STX": "stx.analyst",
    "RCMP": "rcmp.officer",
    "DEA": "dea.agent",
}


@pytest.fixture(autouse=True)
def admins(db: None) -> None:
    """Each of these agencies has somebody who speaks for it."""
    for username in SPOKESMAN.values():
        Person.objects.filter(username=username).update(roles=["officer", "releaser", "admin"])


def spokesman(code: str) -> Viewer:
    return viewer(SPOKESMAN[code])


def by(code: str, verb: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
    """The deed in the name of the agency, in its own context."""
    who = spokesman(code)
    with viewing(who):
        return verb(*args, viewer=who, **{"at": timezone.now(), **values})


def operation(lead: str = "CBP", *members: str, listed: bool = True, days: int = 30) -> Community:
    """An operation group of the lead's, with members who joined from now."""
    found = by(
        lead,
        convene,
        name="Night Haul",
        description="Fuel tanks at night",
        closes_at=timezone.now() + timedelta(days=days),
        roster_visible=listed,
    )
    for code in members:
        join(found, code)
    return found


def join(community: Community, code: str, *, with_history: bool = False) -> Any:
    """Invited, accepted, confirmed."""
    lead = community.lead.code
    joining = by(lead, invite, community, code)
    by(code, accept, joining, with_history=with_history, reason="Our highways")
    return confirmed(community, joining, with_history=with_history)


def confirmed(community: Community, joining: Joining, *, with_history: bool = False) -> Any:
    lead = community.lead.code
    seen = by(lead, history, community.pk, joining.agency_id) if with_history else None
    return by(lead, confirm, joining, community, seen=seen)


def holds(code: str) -> set[str]:
    """The refs of what an agency may read now, its own left out."""
    who = spokesman(code)
    with viewing(who):
        rows = Received.objects.visible_to(who).exclude(owner_id=who.agency_id)
        return set(rows.values_list("ref", flat=True))


def told(code: str) -> list[dict[str, Any]]:
    """The facts of the notices an agency was sent, oldest first."""
    who = spokesman(code)
    with viewing(who):
        ids = Delivery.objects.filter(alert__record=None, channel="inbox").values("alert_id")
        return list(Alert.objects.filter(pk__in=ids).order_by("id").values_list("facts", flat=True))


def code_of(pk: int) -> str:
    return Agency.objects.get(pk=pk).code


__all__ = ["agency", "by", "code_of", "confirmed", "holds", "join", "operation", "spokesman", "told"]
