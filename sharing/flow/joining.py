"""Ways into a community, verb by verb: invite, ask, accept, withdraw, decline. The lead confirms in admitting.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.communities.models import Community, Joining, Outcome
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
)
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind

TRIES = 5
SETTLE = "sharing.tasks.settle_grants"


def invite(community: Community, code: str, *, viewer: Viewer, at: datetime) -> Joining:
    """Ask an agency into the community; it answers with or without history, and the lead confirms.

    Whom its lead had set aside waits for the decision again.
    """
    need(may_invite(viewer, community.lead_id))
    still_open(community, at)
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
    tell([agency.pk], "invited", community, joining, at=at, agency=viewer.agency_code)
    note("community.invite", community.code, viewer=viewer, at=at, agency=agency.code)
    return joining


def ask(code: str, *, with_history: bool, reason: str, viewer: Viewer, at: datetime) -> Joining:
    """Ask to be taken into the community of this code. Whether there is one, nothing that comes back tells.

    So the same statements run either way, and the request waits until it lapses, whatever the lead does short of
    taking the agency in.
    """
    need(may_join(viewer))
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
    tell([led.lead_id] if led else [], "asked", led or code, joining, at=at, agency=viewer.agency_code)
    note("community.ask", code, viewer=viewer, at=at, history=with_history)
    return joining


def accept(joining: Joining, *, with_history: bool, reason: str, viewer: Viewer, at: datetime) -> None:
    """The invited agency asks to be confirmed, from now or with history."""
    need(may_join(viewer) and joining.agency_id == viewer.agency_id)
    standing(joining, JoiningState.INVITED, at, lead=False)
    Joining.objects.filter(pk=joining.pk).update(
        asked_at=at,
        asked_by_id=viewer.person_id,
        with_history=with_history,
        reason=reason.strip(),
        lapses_at=at + WAITS,
    )
    with engine():
        community = Community.objects.get(code=joining.code)
    tell([community.lead_id], "asked", community, joining, at=at, agency=viewer.agency_code)
    note("community.ask", joining.code, viewer=viewer, at=at, history=with_history)


def withdraw(joining: Joining, *, viewer: Viewer, at: datetime) -> None:
    """The agency takes its request back, or declines its invitation."""
    need(may_join(viewer) and joining.agency_id == viewer.agency_id)
    fresh = standing(joining, (JoiningState.INVITED, JoiningState.WAITING), at, lead=False)
    invited = fresh.asked_at is None
    close_joining(fresh, Outcome.DECLINED if invited else Outcome.WITHDRAWN, at)
    with engine():
        led = Community.objects.filter(code=fresh.code).first()
    tell(
        [led.lead_id] if led else [],
        "declined_by_agency" if invited else "withdrawn",
        led or fresh.code,
        fresh,
        at=at,
        agency=viewer.agency_code,
    )
    note("community.withdraw", fresh.code, viewer=viewer, at=at)


def decline(joining: Joining, community: Community, *, viewer: Viewer, at: datetime) -> None:
    """The lead does not take the agency in, or takes its invitation back.

    Who was invited is told. Who asked by the code alone is not: a refusal would say that there is such a community.
    """
    need(may_lead(viewer, community.lead_id))
    fresh = standing(joining, (JoiningState.INVITED, JoiningState.WAITING), at, lead=True)
    if fresh.invited_at is not None:
        close_joining(fresh, Outcome.DECLINED, at)
        tell([fresh.agency_id], "declined", community, fresh, at=at, path="/communities/")
    else:
        Joining.objects.filter(pk=fresh.pk).update(declined_at=at)
    note("community.decline", community.code, viewer=viewer, at=at, agency=fresh.agency.code)


def need(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Your role does not allow this."))


def still_open(community: Community, at: datetime) -> None:
    if is_closed(community.closes_at, at):
        raise ValidationError(_("The community is closed: nobody joins it any more."))


def standing(
    joining: Joining, wanted: JoiningState | tuple[JoiningState, ...], at: datetime, *, lead: bool
) -> Joining:
    """The row, locked, where it still stands as it did; ValidationError where somebody acted meanwhile."""
    fresh = Joining.objects.select_for_update(of=("self",)).select_related("agency").get(pk=joining.pk)
    states = wanted if isinstance(wanted, tuple) else (wanted,)
    if joining_state(fresh, at, lead=lead) not in states:
        raise ValidationError(_("This was answered, withdrawn or has lapsed meanwhile. Nothing was changed."))
    return fresh


def close_joining(joining: Joining, outcome: Outcome, at: datetime) -> None:
    Joining.objects.filter(pk=joining.pk).update(closed_at=at, outcome=outcome)


def tell(
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


def note(event: str, code: str, *, viewer: Viewer, at: datetime, why: str = "", **facts: Any) -> None:
    write_trail(event, viewer=viewer, at=at, object_type="community", object_id=code, reason=why, **facts)


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
