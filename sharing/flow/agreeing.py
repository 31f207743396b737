"""Agreements, verb by verb: propose, change, accept, decline, suspend, resume, each in order over the stages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.markings.rules import RANK
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import terms as vocabulary
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import engine, hold_ground, lock_records
from hub.trail.actions import record as write_trail
from sharing.agreements.actions import (
    claim,
    close_draft,
    enter,
    hold,
    let_go,
    put_in_force,
    rewrite,
    terms_of,
)
from sharing.agreements.models import Agreement
from sharing.agreements.rules import (
    Stand,
    Terms,
    day,
    narrows,
    resume_refusal,
    stand,
    suspend_refusal,
)
from sharing.audiences.actions import Changes, Narrowed, deny_under, move_under, records_under
from sharing.audiences.settling import (
    AT_ONCE,
    concerned,
    had_before,
    reached_otherwise,
    settle,
    treaties_of,
)
from sharing.deliveries.actions import hasten, queue_alerts, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.releases.grounds import Treaty

SETTLE = "sharing.tasks.settle_grants"


def may_agree(viewer: Viewer) -> bool:
    """Whether the viewer decides on agreements for their agency: its administrators do."""
    return viewer.agency_id is not None and viewer.can(Role.ADMIN)


def propose(terms: Terms, *, viewer: Viewer, at: datetime) -> Agreement:
    """Enter a draft for the viewer's agency and tell the other side. Nothing crosses until they accept it."""
    by = _side(viewer, terms.first, terms.second)
    row = enter(terms, by=by, at=at)
    _trail("agreement.propose", row, viewer, at)
    _tell("proposed", row, viewer, at, to=[_other(row, by)])
    return row


def change(row: Agreement, terms: Terms, *, revision: int, viewer: Viewer, at: datetime) -> Agreement:
    """Edit one's own draft, or propose another agreement in place of one that stands; return the draft.

    What two sides accepted is never edited: the draft takes its place once accepted.
    """
    by = _side(viewer, row.first_id, row.second_id)
    row = claim(row, revision=revision)
    if refusal := change_refusal(row, by, at):
        raise ValidationError(refusal)
    if (terms.first, terms.second) != (row.first_id, row.second_id):
        raise ValidationError(
            {"other": [_("The parties stay: propose a new agreement with another agency.")]}
        )
    before = terms_of(row)
    if row.accepted_at is None:
        rewrite(row, terms, by=by, at=at)
        _trail("agreement.change", row, viewer, at)
        return Agreement.objects.told().get(pk=row.pk)
    if terms == before:
        raise ValidationError(_("Nothing is different: change something, or leave it as it is."))
    draft = enter(terms, by=by, at=at, replaces=row)
    _trail("agreement.propose", draft, viewer, at, replaces=row.code)
    _tell("change", draft, viewer, at, to=[_other(draft, by)], replaces=row.code)
    return draft


def change_refusal(row: Agreement, by: int, at: datetime) -> str:
    """Why `by` cannot change it now, or nothing."""
    found = stand(row, at)
    if found == Stand.DRAFT:
        theirs = row.proposed_by_id != by
        return _("The other side entered this draft: accept or decline it.") if theirs else ""
    if found == Stand.SUSPENDED:
        return _("It is suspended: take it up again before it is changed.")
    if found not in (Stand.IN_FORCE, Stand.NOT_BEGUN):
        return _("It is over: propose a new agreement.")
    if row.replaced_at is not None:
        return _("Another agreement will replace it: change that one.")
    if pending := Agreement.objects.open_drafts().filter(replaces=row, valid_to__gt=at).first():
        return _("%(code)s already proposes a change: edit, accept or decline it first.") % {
            "code": pending.code
        }
    return ""


def accept_refusal(row: Agreement, by: int, at: datetime) -> str:
    """Why `by` cannot put the draft into force, or nothing.

    The other side than the one that entered it accepts. A change that only takes away from what the one who entered
    it gives needs nobody's leave: a giver may always give less.
    """
    if row.accepted_at is not None:
        return _("It has been accepted already.")
    if row.declined_at is not None:
        return _("It has been declined: propose a new one.")
    if row.valid_to <= at:
        return _("Its last day has passed: propose it anew with other days.")
    if row.replaces is not None and stand(row.replaces, at) not in (Stand.IN_FORCE, Stand.NOT_BEGUN):
        return _("%(code)s, which it would replace, is no longer in force: propose a new agreement.") % {
            "code": row.replaces.code
        }
    if row.proposed_by_id == by and not only_narrows(row):
        return _("The other side accepts what your agency entered.")
    return ""


def only_narrows(row: Agreement) -> bool:
    """Whether the draft only takes away from what the side that entered it gives."""
    if row.replaces is None or row.proposed_by_id is None:
        return False
    return narrows(terms_of(row.replaces), terms_of(row), by=row.proposed_by_id)


def accept(row: Agreement, *, revision: int, viewer: Viewer, at: datetime) -> Agreement:
    """Put a draft into force: for what already crossed under the one it replaces, and for what waited for it."""
    by = _side(viewer, row.first_id, row.second_id)
    row = claim(row, revision=revision)
    if refusal := accept_refusal(row, by, at):
        raise ValidationError(refusal)
    old = treaties_of(row.replaces) if row.replaces else []
    touched = _locked_alone([*old, *treaties_of(row)], at)
    put_in_force(row, at=at)
    begun = row.valid_from <= at
    _trail("agreement.accept", row, viewer, at, replaces=row.replaces.code if row.replaces else "")
    _tell("accepted", row, viewer, at, to=[row.first_id, row.second_id])
    if begun:
        mark_settled([row.pk], at)
    if len(touched) > AT_ONCE and old:
        _narrow_at_once(old, treaties_of(row), begun=begun, at=at)
    # What begins later ends nothing now; yet the grants under what it replaces end sooner than they say.
    if begun or old:
        announce(settle(touched, at=at), at)
    return row


def decline(row: Agreement, *, reason: str, revision: int, viewer: Viewer, at: datetime) -> None:
    """Close a draft: the other side declines it, the one that entered it takes it back."""
    by = _side(viewer, row.first_id, row.second_id)
    row = claim(row, revision=revision)
    if row.accepted_at is not None:
        raise ValidationError(_("It has been accepted already: suspend it instead."))
    if row.declined_at is not None:
        raise ValidationError(_("It has been declined already."))
    close_draft(row, by=by, reason=_reason(reason), at=at)
    _trail("agreement.decline", row, viewer, at, reason=reason.strip())
    _tell("declined", row, viewer, at, to=[_other(row, by)], reason=reason.strip())


def suspend(row: Agreement, *, reason: str, revision: int, viewer: Viewer, at: datetime) -> None:
    """Stop everything that crosses under it, both ways, when the transaction commits. Either side may, alone.

    Of what crossed under it, what another agreement lets through is given again: at once, or by the task.
    """
    by = _side(viewer, row.first_id, row.second_id)
    row = claim(row, revision=revision)
    if refusal := suspend_refusal(stand(row, at), row.suspended_by, by):
        raise ValidationError(refusal)
    said = _reason(reason)
    treaties = treaties_of(row)
    touched = _locked_alone(treaties, at, given=True)
    hold(row, by=by, reason=said, at=at)
    _trail("agreement.suspend", row, viewer, at, reason=said)
    _tell("suspended", row, viewer, at, to=[row.first_id, row.second_id], reason=said)
    if len(touched) <= AT_ONCE:
        settle(touched, at=at)
        return
    lost = deny_under([treaty.direction for treaty in treaties], at=at).withdrawn
    again = reached_otherwise(treaties, at=at)
    announce(settle({record for record, agency in lost if agency in again}, at=at), at)


def resume(row: Agreement, *, revision: int, viewer: Viewer, at: datetime) -> None:
    """Take the suspension of one's own side back. What was released meanwhile arrives with what had crossed before."""
    by = _side(viewer, row.first_id, row.second_id)
    row = claim(row, revision=revision)
    if refusal := resume_refusal(stand(row, at), row.suspended_by, by):
        raise ValidationError(refusal)
    touched = _locked_alone(treaties_of(row), at)
    let_go(row, by=by)
    _trail("agreement.resume", row, viewer, at)
    _tell(
        "resumed" if row.suspended_at is None else "half_resumed",
        row,
        viewer,
        at,
        to=[row.first_id, row.second_id],
    )
    if row.suspended_at is None:
        announce(settle(touched, at=at), at)


def path_of(row: Agreement) -> str:
    return f"/agreements/{row.code}/"


def _side(viewer: Viewer, *parties: int) -> int:
    """The party whose administrator the viewer is."""
    if viewer.agency_id is None or viewer.agency_id not in parties or not may_agree(viewer):
        raise PermissionDenied(_("Only an administrator of one of the two agencies may do this."))
    return viewer.agency_id


def _other(row: Agreement, by: int) -> int:
    return row.second_id if by == row.first_id else row.first_id


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": [_("Say why: the other side is shown your reason.")]})
    return reason.strip()


def _locked_alone(treaties: Collection[Treaty], at: datetime, *, given: bool = False) -> list[int]:
    """Lock the records that these directions touch, then the ground, alone; return the records.

    With `given` only those that crossed. Asked again once nobody else decides: what was released in between
    is among them, too.
    """

    def touched() -> list[int]:
        under = records_under([treaty.direction for treaty in treaties])
        return under if given else sorted({*under, *concerned(treaties, at=at)})

    with engine():
        lock_records(touched())
        hold_ground(alone=True)
    return touched()


def _narrow_at_once(old: list[Treaty], new: list[Treaty], *, begun: bool, at: datetime) -> None:
    """Where the task will do the rest: end now what the new terms do not clearly cover, and shorten what they do."""
    later = {treaty.giver.id: treaty for treaty in new}
    for treaty in old:
        after = later.get(treaty.giver.id)
        if not begun:
            move_under(treaty.direction, until=new[0].valid_from if new else at)
        elif after is None or (treaty.whole_governments and not after.whole_governments):
            deny_under([treaty.direction], at=at)
        else:
            deny_under([treaty.direction], at=at, unless=_narrowed(after))
            move_under(treaty.direction, until=after.valid_to, to=after)


def _narrowed(treaty: Treaty) -> Narrowed:
    classes = treaty.drug_classes
    return Narrowed(
        kinds=[kind for kind in Kind.values if kind in treaty.kinds],
        tlps=[tlp for tlp in TLP.values if RANK[tlp] <= RANK[treaty.highest_tlp]],
        withheld=sorted(treaty.withheld),
        drugs=[code for code, drug in vocabulary().drugs.items() if drug.drug_class in classes]
        if classes
        else None,
    )


def mark_settled(ids: list[int], at: datetime) -> None:
    with engine():
        Agreement.objects.filter(pk__in=ids).update(settled_at=at)


def announce(changes: Changes | None, at: datetime) -> None:
    """Alert those who get a record for the first time; who had it before is told of the agreement alone.

    With nothing to say yet the task is asked to look at what was left to it.
    """
    if changes is None:
        transaction.on_commit(partial(hasten, SETTLE), robust=True)
        return
    known = had_before(changes.granted)
    queue_alerts(AlertKind.NEW, [pair for pair in changes.granted if pair not in known], at=at)


def _trail(
    event: str, row: Agreement, viewer: Viewer, at: datetime, *, reason: str = "", replaces: str = ""
) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="agreement",
        object_id=row.code,
        version=row.revision,
        reason=reason,
        parties=[row.first.code, row.second.code],
        replaces=replaces,
    )


def _tell(
    what: str,
    row: Agreement,
    viewer: Viewer,
    at: datetime,
    *,
    to: list[int],
    reason: str = "",
    replaces: str = "",
) -> None:
    """A notice to desks: which agreement, who did what, and what one side wrote for the other."""
    facts: dict[str, str | int] = {
        "what": f"agreement.{what}",
        "code": row.code,
        "by": viewer.agency_code,
        "reason": reason,
        "replaces": replaces,
        "day": day(row.valid_from),
    }
    queue_notice(AlertKind.AGREEMENT, to, at=at, path=path_of(row), facts=facts)
