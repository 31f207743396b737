"""Into communities and out of them, verb by verb: invite, ask, accept, decline, confirm, leave, remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import regrant
from sharing.audiences.membership import (
    Extent,
    deny_through,
    history,
    hold_community,
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
    WAITS,
    JoiningState,
    code_refusal,
    is_closed,
    joining_state,
    may_invite,
    may_join,
    may_lead,
    may_leave,
)
from sharing.deliveries.actions import hasten, queue_notice
from sharing.deliveries.models import AlertKind

TRIES = 5
SETTLE = "sharing.tasks.settle_grants"


def invite(community: Community, code: str, *, viewer: Viewer, at: datetime) -> Joining:
    """Ask an agency into the community; it answers with or without history, and the lead confirms.

    Whom its lead had set aside waits for the decision again.
    """
    _need(may_invite(viewer, community.lead_id))
    _open(community, at)
    agency = Agency.objects.filter(code=code.strip().upper(), state=AgencyState.ACTIVE).first()
    if agency is None:
        raise ValidationError({"agency": [_("No active agency has that code. Look it up under Agencies.")]})
    if members_of(community).filter(agency=agency).exists():
        raise ValidationError({"agency": [_("%(agency)s is a member already.") % {"agency": agency.code}]})
    _let_lapse(community.code, agency.pk, at)
    earlier = _open_joining(community.code, agency.pk)
    if earlier is not None:
        return _taken_up_again(earlier, agency)
    joining = _begun(
        Joining(
            code=community.code,
            agency=agency,
            invited_at=at,
            invited_by_id=viewer.person_id,
            lapses_at=at + WAITS,
        )
    )
    _tell([agency.pk], "invited", community, joining, at=at, agency=viewer.agency_code)
    _note("community.invite", community.code, viewer=viewer, at=at, agency=agency.code)
    return joining


def ask(code: str, *, with_history: bool, reason: str, viewer: Viewer, at: datetime) -> Joining:
    """Ask to be taken into the community of this code. Whether there is one, nothing that comes back tells.

    So the same statements run either way, and the request waits until it lapses, whatever the lead does short of
    taking the agency in.
    """
    _need(may_join(viewer))
    code = code.strip().upper()
    if why := code_refusal(code):
        raise ValidationError({"code": [why]})
    if Community.objects.filter(code=code).exists():
        raise ValidationError({"code": [_("Your agency is in it already.")]})
    agency = viewer.agency_id or 0
    _let_lapse(code, agency, at)
    earlier = _open_joining(code, agency)
    if earlier is not None and not earlier.asked_at:
        raise ValidationError({"code": [_("Your agency is invited to it: answer the invitation.")]})
    if earlier is not None:
        raise ValidationError({"code": [_("Your agency has asked already, and the request waits.")]})
    joining = _begun(
        Joining(
            code=code,
            agency_id=agency,
            asked_at=at,
            asked_by_id=viewer.person_id,
            with_history=with_history,
            reason=reason.strip(),
            lapses_at=at + WAITS,
        )
    )
    with engine():
        led = Community.objects.filter(code=code).exclude(closes_at__lte=at).first()
    _tell([led.lead_id] if led else [], "asked", led or code, joining, at=at, agency=viewer.agency_code)
    _note("community.ask", code, viewer=viewer, at=at, history=with_history)
    return joining


def accept(joining: Joining, *, with_history: bool, reason: str, viewer: Viewer, at: datetime) -> None:
    """The invited agency asks to be confirmed, from now or with history."""
    _need(may_join(viewer) and joining.agency_id == viewer.agency_id)
    _standing(joining, JoiningState.INVITED, at, lead=False)
    Joining.objects.filter(pk=joining.pk).update(
        asked_at=at,
        asked_by_id=viewer.person_id,
        with_history=with_history,
        reason=reason.strip(),
        lapses_at=at + WAITS,
    )
    with engine():
        community = Community.objects.get(code=joining.code)
    _tell([community.lead_id], "asked", community, joining, at=at, agency=viewer.agency_code)
    _note("community.ask", joining.code, viewer=viewer, at=at, history=with_history)


def withdraw(joining: Joining, *, viewer: Viewer, at: datetime) -> None:
    """The agency takes its request back, or declines its invitation."""
    _need(may_join(viewer) and joining.agency_id == viewer.agency_id)
    fresh = _standing(joining, (JoiningState.INVITED, JoiningState.WAITING), at, lead=False)
    invited = fresh.asked_at is None
    _close(fresh, Outcome.DECLINED if invited else Outcome.WITHDRAWN, at)
    with engine():
        led = Community.objects.filter(code=fresh.code).first()
    _tell(
        [led.lead_id] if led else [],
        "declined_by_agency" if invited else "withdrawn",
        led or fresh.code,
        fresh,
        at=at,
        agency=viewer.agency_code,
    )
    _note("community.withdraw", fresh.code, viewer=viewer, at=at)


def decline(joining: Joining, community: Community, *, viewer: Viewer, at: datetime) -> None:
    """The lead does not take the agency in, or takes its invitation back.

    Who was invited is told. Who asked by the code alone is not: a refusal would say that there is such a community.
    """
    _need(may_lead(viewer, community.lead_id))
    fresh = _standing(joining, (JoiningState.INVITED, JoiningState.WAITING), at, lead=True)
    if fresh.invited_at is not None:
        _close(fresh, Outcome.DECLINED, at)
        _tell([fresh.agency_id], "declined", community, fresh, at=at, path="/communities/")
    else:
        Joining.objects.filter(pk=fresh.pk).update(declined_at=at)
    _note("community.decline", community.code, viewer=viewer, at=at, agency=fresh.agency.code)


def confirm(
    joining: Joining, community: Community, *, seen: Extent | None, viewer: Viewer, at: datetime
) -> None:
    """Take the agency in: its membership, the grants it gives, and word to the owners whose records history reached.

    `seen` is what the lead was shown that history gives: where that is no longer so, nothing is done. Raises
    ValidationError when somebody acted meanwhile.
    """
    _need(may_lead(viewer, community.lead_id))
    fresh = _standing(joining, JoiningState.WAITING, at, lead=True)
    if fresh.agency.state != AgencyState.ACTIVE:
        raise ValidationError(
            _("%(agency)s is suspended: it cannot join now.") % {"agency": fresh.agency.code}
        )
    ids = hold(community)
    _open(community, at)
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
    _close(fresh, Outcome.JOINED, at)
    gained = _gained(ids, fresh.agency_id, at=at)
    what, gives = "confirmed", {}
    if fresh.with_history:
        _tell_owners(community, fresh, reached(gained, with_clients([fresh.agency_id])), at=at)
        own = reached(gained, [fresh.agency_id])
        what, gives = "confirmed_with_history", {"records": sum(own.values()), "owners": len(own)}
    _tell([fresh.agency_id], what, community, fresh, at=at, path=community.path, **gives)
    _note(
        "community.confirm",
        community.code,
        viewer=viewer,
        at=at,
        agency=fresh.agency.code,
        history=fresh.with_history,
    )


def leave(community: Community, *, viewer: Viewer, at: datetime) -> None:
    """The viewer's agency goes, and what came to it only through this community goes at once."""
    _need(may_leave(viewer))
    if community.lead_id == viewer.agency_id:
        raise ValidationError(_("The lead stays a member: close the community instead."))
    _end(community, viewer.agency_id or 0, at)
    _tell([community.lead_id], "left", community, None, at=at, path=community.path, agency=viewer.agency_code)
    _note("community.leave", community.code, viewer=viewer, at=at)


def remove(community: Community, agency: Agency, *, reason: str, viewer: Viewer, at: datetime) -> None:
    """The lead takes a member out. The agency is told, and why."""
    _need(may_lead(viewer, community.lead_id))
    if not reason.strip():
        raise ValidationError({"reason": [_("Say why: the agency is told your reason.")]})
    if agency.pk == community.lead_id:
        raise ValidationError(_("The lead stays a member: close the community instead."))
    _end(community, agency.pk, at)
    _tell([agency.pk], "removed", community, None, at=at, path="/communities/", reason=reason.strip())
    _note("community.remove", community.code, viewer=viewer, at=at, agency=agency.code, why=reason.strip())


def hold(community: Community) -> list[int]:
    """Lock what was released to the community, then the community; return the records, in order of id."""
    ids = hold_all(lambda: released_to(community.pk), lambda: hold_community(community.pk))
    community.refresh_from_db(fields=["closes_at", "roster_visible"])
    return ids


def hold_all(read: Callable[[], list[int]], keep: Callable[[], None]) -> list[int]:
    """Lock the records that `read` gives, then what they rest on by `keep`; return them.

    Records come first, as everywhere. What is being released meanwhile is waited for, and then all of it is locked
    anew: no grant is written by what was read before, and committed after.
    """
    for _number in range(TRIES):
        here = transaction.savepoint()
        ids = read()
        with engine():
            lock_records(ids)
        keep()
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
        _tell(owners, "history_unlisted", community, None, at=at, path="/bulletins/")
        return
    for owner, records in sorted(gained.items()):
        _tell(
            [owner],
            "history",
            community,
            None,
            at=at,
            path="/bulletins/",
            agency=joining.agency.code,
            records=records,
        )


def _need(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Your role does not allow this."))


def _open(community: Community, at: datetime) -> None:
    if is_closed(community.closes_at, at):
        raise ValidationError(_("The community is closed: nobody joins it any more."))


def _standing(
    joining: Joining, wanted: JoiningState | tuple[JoiningState, ...], at: datetime, *, lead: bool
) -> Joining:
    """The row, locked, where it still stands as it did; ValidationError where somebody acted meanwhile."""
    fresh = Joining.objects.select_for_update(of=("self",)).select_related("agency").get(pk=joining.pk)
    states = wanted if isinstance(wanted, tuple) else (wanted,)
    if joining_state(fresh, at, lead=lead) not in states:
        raise ValidationError(_("This was answered, withdrawn or has lapsed meanwhile. Nothing was changed."))
    return fresh


def _begun(joining: Joining) -> Joining:
    try:
        with transaction.atomic():
            joining.save()
    except IntegrityError:
        raise ValidationError(_("Somebody did the same a moment ago. Look again.")) from None
    return joining


def _open_joining(code: str, agency: int) -> Joining | None:
    return Joining.objects.filter(code=code, agency_id=agency, closed_at=None).first()


def _let_lapse(code: str, agency: int, at: datetime) -> None:
    """Close what has lapsed, so that the way is free again."""
    old = Joining.objects.filter(code=code, agency_id=agency, closed_at=None, lapses_at__lte=at)
    old.update(closed_at=at, outcome=Outcome.LAPSED)


def _taken_up_again(earlier: Joining, agency: Agency) -> Joining:
    if earlier.declined_at is None:
        said = (
            _("%(agency)s has asked already: confirm or decline it.")
            if earlier.asked_at
            else _("%(agency)s is invited already.")
        )
        raise ValidationError({"agency": [said % {"agency": agency.code}]})
    Joining.objects.filter(pk=earlier.pk).update(declined_at=None)
    return earlier


def _close(joining: Joining, outcome: Outcome, at: datetime) -> None:
    Joining.objects.filter(pk=joining.pk).update(closed_at=at, outcome=outcome)


def _tell(
    agencies: Iterable[int],
    what: str,
    community: Community | str,
    joining: Joining | None,
    *,
    at: datetime,
    path: str = "",
    **facts: str | int,
) -> None:
    named = community if isinstance(community, str) else community.name
    queue_notice(
        AlertKind.COMMUNITY,
        agencies,
        at=at,
        path=path or (joining.path if joining else ""),
        facts={"what": f"community.{what}", "community": named, **facts},
    )


def _note(event: str, code: str, *, viewer: Viewer, at: datetime, why: str = "", **facts: object) -> None:
    write_trail(event, viewer=viewer, at=at, object_type="community", object_id=code, reason=why, **facts)
