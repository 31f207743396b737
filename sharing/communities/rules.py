"""Who may make, lead, join and leave a community, and how a way into one stands: judgement without a database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.agencies.models import Role

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer
    from sharing.communities.models import Joining

# How long an invitation or a request waits for its answer.
WAITS = timedelta(days=30)
# An operation group is temporary: it is extended when the day comes near, not made for ever.
LONGEST = timedelta(days=366)
CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
CODE_LENGTH = 20


def may_join(viewer: Viewer) -> bool:
    """Speaks for their agency towards communities: asks, answers an invitation, makes an operation group."""
    return viewer.agency_id is not None and viewer.can(Role.LIAISON, Role.ADMIN)


def may_leave(viewer: Viewer) -> bool:
    return viewer.agency_id is not None and viewer.can(Role.ADMIN)


def may_convene(viewer: Viewer) -> bool:
    """The steward brings communities of every kind on board; an agency makes operation groups of its own."""
    return may_join(viewer) or viewer.can(Role.STEWARD)


def may_invite(viewer: Viewer, lead: int) -> bool:
    return viewer.agency_id == lead and may_join(viewer)


def may_lead(viewer: Viewer, lead: int) -> bool:
    """Decides for the community: who comes in and goes, until when, and who sees the roster."""
    return viewer.agency_id == lead and viewer.can(Role.ADMIN)


def may_set(viewer: Viewer, lead: int) -> bool:
    """Changes what is said of it and when it closes: its lead, or the steward."""
    return may_lead(viewer, lead) or viewer.can(Role.STEWARD)


def code_refusal(code: str) -> str:
    """Why this cannot be a community's code, or nothing. It says nothing of whether there is one."""
    if not CODE.fullmatch(code) or len(code) > CODE_LENGTH:
        return _("Write the code as its lead gave it to you: letters, digits and dashes, as OP-7K3M-Q2XF.")
    return ""


def closing_refusal(closes_at: datetime | None, at: datetime, *, needed: bool) -> str:
    """Why a community cannot close then, or nothing."""
    if closes_at is None:
        return _("An operation group is temporary: say when it closes.") if needed else ""
    if closes_at <= at:
        return _("It must close in the future. To end it now, close it.")
    if needed and closes_at > at + LONGEST:
        return _("An operation group lasts a year at most. It can be extended before it closes.")
    return ""


def is_closed(closes_at: datetime | None, at: datetime) -> bool:
    return closes_at is not None and closes_at <= at


class JoiningState(Enum):
    INVITED = gettext_lazy("invited")
    WAITING = gettext_lazy("waits for the lead")
    DECLINED = gettext_lazy("declined")
    OVER = gettext_lazy("over")


def joining_state(joining: Joining, at: datetime, *, lead: bool) -> JoiningState:
    """How it stands for its agency, or for the lead.

    A decline of who was not invited is the lead's alone: otherwise asking would tell which communities there are.
    """
    if joining.closed_at is not None or joining.lapses_at <= at:
        return JoiningState.OVER
    if joining.declined_at is not None and lead:
        return JoiningState.DECLINED
    return JoiningState.WAITING if joining.asked_at else JoiningState.INVITED
