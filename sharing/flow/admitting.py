"""Into communities and out of them, verb by verb: confirm, leave, remove; what they give and take away, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, hold_ground, lock_records
from sharing.audiences.actions import regrant
from sharing.audiences.membership import (
    Extent,
    deny_through,
    history,
    owners_releasing_to,
    reached,
    reaching,
    released_to,
    with_clients,
)
from sharing.audiences.settling import AT_ONCE, settle
from sharing.communities.models import Community, Joining, Membership, Outcome
from sharing.communities.querysets import members_of
from sharing.communities.rules import (
    JoiningState,
    may_lead,
    may_leave,
)
from sharing.deliveries.actions import hasten
from sharing.flow.joining import close_joining, need, note, standing, still_open, tell

TRIES = 5
SETTLE = "sharing.tasks.settle_grants"


def confirm(
    joining: Joining, community: Community, *, seen: Extent | None, viewer: Viewer, at: datetime
) -> None:
    """Take the agency in: its membership, the grants it gives, and word to the owners whose records history reached.

    `seen` is what the lead was shown that history gives: where that is no longer so, nothing is done. Raises
    ValidationError when somebody acted meanwhile.
    """
    need(may_lead(viewer, community.lead_id))
    fresh = standing(joining, JoiningState.WAITING, at, lead=True)
    if fresh.agency.state != AgencyState.ACTIVE:
        raise ValidationError(
            _("%(agency)s is suspended: it cannot join now.") % {"agency": fresh.agency.code}
        )
    ids = hold(community)
    still_open(community, at)
    if members_of(community).filter(agency_id=fresh.agency_id).exists():
        raise ValidationError(_("%(agency)s is a member already.") % {"agency": fresh.agency.code})
    if fresh.with_history and seen != history(community.pk, fresh.agency_id, viewer=viewer, at=at):
        raise ValidationError(_("What history gives has changed since you looked: look at it again."))
    Membership.objects.create(
        community=community,
        agency_id=fresh.agency_id,
        joined_at=at,
        confirmed_at=at,
        with_history=fresh.with_history,
    )
    close_joining(fresh, Outcome.JOINED, at)
    gained = _gained(ids, fresh.agency_id, at=at)
    what, gives = "confirmed", {}
    if fresh.with_history:
        _tell_owners(community, fresh, reached(gained, with_clients([fresh.agency_id])), at=at)
        own = reached(gained, [fresh.agency_id])
        what, gives = "confirmed_with_history", {"records": sum(own.values()), "owners": len(own)}
    tell([fresh.agency_id], what, community, fresh, at=at, path=community.path, **gives)
    note(
        "community.confirm",
        community.code,
        viewer=viewer,
        at=at,
        agency=fresh.agency.code,
        history=fresh.with_history,
    )


def leave(community: Community, *, viewer: Viewer, at: datetime) -> None:
    """The viewer's agency goes, and what came to it only through this community goes at once."""
    need(may_leave(viewer))
    if community.lead_id == viewer.agency_id:
        raise ValidationError(_("The lead stays a member: close the community instead."))
    _end(community, viewer.agency_id or 0, at)
    tell([community.lead_id], "left", community, None, at=at, path=community.path, agency=viewer.agency_code)
    note("community.leave", community.code, viewer=viewer, at=at)


def remove(community: Community, agency: Agency, *, reason: str, viewer: Viewer, at: datetime) -> None:
    """The lead takes a member out. The agency is told, and why."""
    need(may_lead(viewer, community.lead_id))
    if not reason.strip():
        raise ValidationError({"reason": [_("Say why: the agency is told your reason.")]})
    if agency.pk == community.lead_id:
        raise ValidationError(_("The lead stays a member: close the community instead."))
    _end(community, agency.pk, at)
    tell([agency.pk], "removed", community, None, at=at, path="/communities/", reason=reason.strip())
    note("community.remove", community.code, viewer=viewer, at=at, agency=agency.code, why=reason.strip())


def hold(community: Community) -> list[int]:
    """Lock what was released to the community, and the ground; return the records, in order of id."""
    ids = hold_all(lambda: released_to(community.pk))
    community.refresh_from_db(fields=["closes_at", "roster_visible"])
    return ids


def hold_all(read: Callable[[], list[int]]) -> list[int]:
    """Lock the records that `read` gives, then alone the ground of decisions; return the records.

    Records come first, as everywhere. What is being decided meanwhile is waited for; where that brought more of them,
    all is let go and locked anew: no grant is written by what was read before, and committed after.
    """
    for _number in range(TRIES):
        here = transaction.savepoint()
        ids = read()
        with engine():
            lock_records(ids)
        hold_ground(alone=True)
        if set(read()) <= set(ids):
            return ids
        transaction.savepoint_rollback(here)
    raise ValidationError(_("Much is being released at this moment. Try again."))


def recompute(ids: list[int], agencies: Iterable[int], *, at: datetime, end: datetime | None = None) -> None:
    """Bring the records' grants up to date: a few now. Of many, what is to go ends now, and a task does the rest.

    `end` is when what these agencies hold is to end, where they lose something.
    """
    if len(ids) > AT_ONCE:
        if end is not None:
            deny_through(ids, with_clients(agencies), at=end)
        transaction.on_commit(partial(hasten, SETTLE), robust=True)
    settle(ids, at=at, quiet=True)


def _end(community: Community, agency: int, at: datetime) -> None:
    ids = hold(community)
    ended = Membership.objects.filter(community=community, agency_id=agency, left_at=None).update(left_at=at)
    if not ended:
        raise ValidationError(_("It is no member any more: somebody acted meanwhile."))
    recompute(ids, [agency], at=at, end=at)


def _gained(ids: list[int], agency: int, *, at: datetime) -> list[tuple[int, int]]:
    """Recompute the records; return what the agency and its clients gained, or with many, are about to."""
    if len(ids) <= AT_ONCE:
        return regrant(ids, at=at).granted
    coming = list(reaching(ids, with_clients([agency]), at=at))
    recompute(ids, [agency], at=at)
    return coming


def _tell_owners(community: Community, joining: Joining, gained: dict[int, int], *, at: datetime) -> None:
    """Each owner whose records reached the agency, or its clients, is told how many.

    Where the roster is its lead's alone neither name nor number leaves it, and every owner that ever released to it
    is told the same: otherwise who was told would say what kind of agency it is.
    """
    if not community.roster_visible:
        owners = owners_releasing_to(community.pk) - {joining.agency_id}
        tell(owners, "history_unlisted", community, None, at=at, path="/bulletins/")
        return
    for owner, records in sorted(gained.items()):
        tell(
            [owner],
            "history",
            community,
            None,
            at=at,
            path="/bulletins/",
            agency=joining.agency.code,
            records=records,
        )
