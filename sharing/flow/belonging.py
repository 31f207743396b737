"""Agencies that belong to another: named by the child, confirmed or refused by the parent, ended by either.

A confirmed child is its parent's client: what the parent is given at TLP:AMBER and below reaches it too, and the
parent's agreements cover it.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Role
from hub.trail.actions import record as write_trail
from sharing.audiences.membership import (
    deny_crossing,
    deny_through,
    openly_reached,
    reaching,
    reaching_either,
    resting_on,
)
from sharing.audiences.settling import AT_ONCE, settle
from sharing.deliveries.actions import hasten, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.flow.admitting import SETTLE, hold_all


def may_speak(viewer: Viewer, agency: int | None) -> bool:
    return viewer.agency_id is not None and viewer.agency_id == agency and viewer.can(Role.ADMIN)


def name_parent(code: str, *, viewer: Viewer, at: datetime) -> Agency:
    """Say which agency one's own belongs to. Nothing follows from it until that agency confirms."""
    _need(may_speak(viewer, viewer.agency_id))
    child = _locked(viewer.agency_id or 0)
    parent = Agency.objects.filter(code=code.strip().upper(), state=AgencyState.ACTIVE).first()
    if parent is None:
        raise ValidationError({"parent": [_("No active agency has that code. Look it up under Agencies.")]})
    if child.parent_confirmed_at:
        raise ValidationError({"parent": [_("Your agency belongs to another: end that first.")]})
    if child.pk in (parent.pk, parent.parent_id):
        raise ValidationError({"parent": [_("An agency belongs neither to itself nor to one of its own.")]})
    Agency.objects.filter(pk=child.pk).update(parent=parent)
    _tell(parent.pk, "parent_asked", child.code, at)
    _note("agency.name_parent", child, parent, viewer=viewer, at=at)
    return parent


def confirm_child(child: Agency, *, viewer: Viewer, at: datetime) -> None:
    """The parent takes the agency as its own; each owner whose records reach it so is told how many."""
    parent = viewer.agency_id or 0
    _need(may_speak(viewer, parent))
    ids = _hold(child.pk, parent)
    fresh = _asking(child, parent)
    if fresh.state != AgencyState.ACTIVE:
        raise ValidationError(_("%(agency)s is suspended.") % {"agency": fresh.code})
    Agency.objects.filter(pk=fresh.pk).update(parent_confirmed_at=at)
    gained = _gained(ids, fresh.pk, parent, at=at)
    for owner, records in sorted(gained.items()):
        facts: dict[str, str | int] = {"agency": fresh.code, "parent": viewer.agency_code, "records": records}
        _tell_owner(owner, facts, at)
    _tell(fresh.pk, "parent_confirmed", viewer.agency_code, at)
    _note("agency.confirm_child", fresh, fresh.parent, viewer=viewer, at=at)


def refuse_child(child: Agency, *, viewer: Viewer, at: datetime) -> None:
    parent = viewer.agency_id or 0
    _need(may_speak(viewer, parent))
    fresh = _asking(child, parent)
    Agency.objects.filter(pk=fresh.pk).update(parent=None)
    _tell(fresh.pk, "parent_refused", viewer.agency_code, at)
    _note("agency.refuse_child", fresh, fresh.parent, viewer=viewer, at=at)


def end_belonging(child: Agency, *, viewer: Viewer, at: datetime) -> None:
    """Either side ends it, or the child takes back what it said: what came to it as a client goes at once."""
    parent = child.parent_id or 0
    _need(may_speak(viewer, child.pk) or may_speak(viewer, parent))
    ids = _hold(child.pk, parent)
    fresh = _locked(child.pk)
    if fresh.parent_id != parent or not parent:
        raise ValidationError(_("It was changed meanwhile. Nothing was done."))
    Agency.objects.filter(pk=fresh.pk).update(parent=None, parent_confirmed_at=None)
    if len(ids) > AT_ONCE:
        deny_through(ids, [fresh.pk], at=at)
        deny_crossing(resting_on(fresh.pk), at=at)
    _settle(ids, at)
    other = parent if viewer.agency_id == fresh.pk else fresh.pk
    _tell(other, "parent_ended", viewer.agency_code, at)
    _note("agency.end_parent", fresh, fresh.parent, viewer=viewer, at=at)


def _hold(child: int, parent: int) -> list[int]:
    def read() -> list[int]:
        return sorted({*reaching_either(child, parent), *resting_on(child)})

    return hold_all(read)


def _gained(ids: list[int], child: int, parent: int, *, at: datetime) -> dict[int, int]:
    """Recompute; return owner -> how many of its records the child gained in a way the owner may know of."""
    if len(ids) > AT_ONCE:
        granted = list(reaching(ids, [child], at=at))
        _settle(ids, at)
    else:
        changes = settle(ids, at=at, quiet=True)
        granted = changes.granted if changes else []
    return openly_reached((record for record, agency in granted if agency == child), child, parent)


def _settle(ids: list[int], at: datetime) -> None:
    if settle(ids, at=at, quiet=True) is None:
        transaction.on_commit(partial(hasten, SETTLE), robust=True)


def _asking(child: Agency, parent: int) -> Agency:
    fresh = _locked(child.pk)
    if fresh.parent_id != parent or fresh.parent_confirmed_at:
        raise ValidationError(_("It was answered or taken back meanwhile. Nothing was done."))
    return fresh


def _locked(agency: int) -> Agency:
    return Agency.objects.select_for_update(of=("self",), no_key=True).select_related("parent").get(pk=agency)


def _need(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Only an administrator of the agency may do this."))


def _tell(agency: int, what: str, by: str, at: datetime) -> None:
    code = Agency.objects.values_list("code", flat=True).get(pk=agency)
    queue_notice(
        AlertKind.COMMUNITY,
        [agency],
        at=at,
        path=f"/agencies/{code}/belonging/",
        facts={"what": f"community.{what}", "agency": by},
    )


def _tell_owner(owner: int, facts: dict[str, str | int], at: datetime) -> None:
    queue_notice(
        AlertKind.COMMUNITY,
        [owner],
        at=at,
        path="/bulletins/",
        facts={"what": "community.client", **facts},
    )


def _note(event: str, child: Agency, parent: Agency | None, *, viewer: Viewer, at: datetime) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="agency",
        object_id=child.code,
        parent=parent.code if parent else "",
    )
