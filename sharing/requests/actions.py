"""Asking to share a record on, consenting or refusing, taking either back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes
from sharing.audiences.preview import Preview, preview
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.disclosures.disclosure import Disclosure
from sharing.flow import release
from sharing.releases.facts import load, party_of
from sharing.releases.models import Consent
from sharing.releases.plan import Pick, Plan
from sharing.requests.consenting import regranted
from sharing.requests.models import OnwardRequest, RequestState, Verdict, VerdictState
from sharing.requests.rules import LONGEST_REASON, Terms, ask_refusals, asked_of, term_refusals, word_refusals


def ask(
    shown: Disclosure, to: str, *, need_to_know: str, right_to_know: str, viewer: Viewer, at: datetime
) -> OnwardRequest:
    """Ask that the agency with the code `to` may have what `shown` is a disclosure of, to the viewer.

    Those it rests on are asked at once, its owner after them. Accepted alike whether the agency has it or not:
    recipients never learn who else does. Raises ValidationError by field.
    """
    recipient = Agency.objects.filter(code=to).first()
    refusals = ask_refusals(
        asker=viewer.agency_id or 0,
        owner=shown.owner.id,
        owner_code=shown.owner.code,
        recipient=party_of(recipient) if recipient else None,
        code=to[:20],
        tlp=shown.marking.tlp,
    )
    found = word_refusals(need_to_know, right_to_know) | ({"to": refusals} if refusals else {})
    if found:
        raise ValidationError(found)
    assert recipient is not None
    with engine():
        lock_records([shown.key])
    world = load([shown.key], whole=True)
    subject = world.subjects[shown.key]
    origins = asked_of(subject, world.parties[recipient.pk])
    _check(shown, recipient, origins, has_seat=subject.originator is not None)
    with engine():
        waiting = OnwardRequest.objects.filter(
            asker_id=viewer.agency_id, record_id=shown.key, recipient=recipient, state=RequestState.WAITING
        )
        if waiting.exists():
            raise ValidationError(
                _("Your agency has asked this already, and it waits for an answer: see your requests.")
            )
        request = OnwardRequest.objects.create(
            record_id=shown.key,
            kind=shown.kind,
            ref=shown.ref,
            version=shown.version,
            owner_id=shown.owner.id,
            asker_id=viewer.agency_id,
            recipient=recipient,
            need_to_know=need_to_know.strip(),
            right_to_know=right_to_know.strip(),
            asked_at=at,
            asked_by_id=viewer.person_id,
        )
        rows = [_verdict(request, each, VerdictState.WAITING) for each in origins]
        for row in rows:
            row.sources = [each.ref for each in world.sources[shown.key] if each.owner_id == row.agency_id]
        if not shown.own:
            later = VerdictState.LATER if origins else VerdictState.WAITING
            rows.append(_verdict(request, shown.owner.id, later))
        Verdict.objects.bulk_create(rows)
    _tell_asked(request, [row.agency_id for row in rows if row.state == VerdictState.WAITING], viewer, at)
    _on_trail("request.ask", request, viewer, at, reason=request.need_to_know)
    return request


def _check(shown: Disclosure, recipient: Agency, origins: list[int], *, has_seat: bool) -> None:
    if not has_seat:
        raise ValidationError(
            _(
                "The body that found it has no seat in the hub, so nobody here can consent. Ask the owner's desk."
            )
        )
    if shown.own and not origins:
        raise ValidationError(
            _("Nobody else has a say in where this goes: release it to %(code)s yourself.")
            % {"code": recipient.code}
        )


def _verdict(request: OnwardRequest, agency: int, state: VerdictState) -> Verdict:
    return Verdict(request=request, agency_id=agency, owner_id=request.owner_id, state=state)


def grant(request: OnwardRequest, given: Terms, *, viewer: Viewer, at: datetime) -> Changes:
    """The viewer's agency grants: as one that the record rests on it consents, as its owner it releases.

    Returns what changed for recipients. Raises ValidationError, and nothing is written, when the terms cannot stand,
    when the agency would get nothing by an owner's release, or when somebody has answered before.
    """
    if found := term_refusals(given, at):
        raise ValidationError(found)
    request, verdict = _taken_up(request, viewer)
    if not Agency.objects.filter(pk=request.recipient_id, state="active").exists():
        raise ValidationError(_("%(code)s takes no part at present.") % {"code": request.recipient.code})
    owner = verdict.agency_id == request.owner_id
    consent = None if owner else _consent(request, given, viewer=viewer, at=at)
    changes = _released(request, given, viewer=viewer, at=at) if owner else regranted(request, at)
    with engine():
        Verdict.objects.filter(pk=verdict.pk).update(
            state=VerdictState.GRANTED,
            withheld=sorted(given.withheld),
            until=given.until,
            decided_at=at,
            decided_by_id=viewer.person_id,
            consent=consent,
        )
    _go_on(request, viewer, at)
    _on_trail("request.grant", request, viewer, at, withheld=", ".join(sorted(given.withheld)))
    return changes


def refuse_request(request: OnwardRequest, reason: str, *, viewer: Viewer, at: datetime) -> None:
    """The viewer's agency refuses; the asker is shown `reason`. Raises ValidationError without one."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": [_("Say why: the asker is shown your reason.")]})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": [_("Say it in %(n)d characters at most.") % {"n": LONGEST_REASON}]})
    request, verdict = _taken_up(request, viewer)
    with engine():
        # The asker is told who, where it knows of that agency from the record it holds.
        originator = (
            Record.objects.filter(pk=request.record_id).values_list("originator_id", flat=True).first()
        )
        Verdict.objects.filter(pk=verdict.pk).update(
            state=VerdictState.REFUSED, reason=reason, decided_at=at, decided_by_id=viewer.person_id
        )
    named = verdict.agency_id if verdict.agency_id in (request.owner_id, originator) else None
    _settle(request, RequestState.REFUSED, at, answer=reason, answered_by_id=named)
    _tell_asker("request.refused", request, at)
    _on_trail("request.refuse", request, viewer, at, reason=reason)


def withdraw_request(request: OnwardRequest, *, viewer: Viewer, at: datetime) -> None:
    """The asker takes its request back. Consents that were given for it stand until those who gave them withdraw."""
    if request.asker_id != viewer.agency_id:
        raise PermissionDenied("only the agency that asked takes a request back")
    request = _locked(request)
    if request.state != RequestState.WAITING:
        raise ValidationError(_("It has been answered already: there is nothing to take back."))
    _settle(request, RequestState.WITHDRAWN, at)
    _on_trail("request.withdraw", request, viewer, at)


def withdraw_consent(request: OnwardRequest, *, viewer: Viewer, at: datetime) -> Changes:
    """The viewer's agency withdraws the consent it gave: who has the record by it alone has it no more."""
    request = _locked(request)
    verdict = Verdict.objects.filter(request=request, agency_id=viewer.agency_id).first()
    consent = verdict.consent_id if verdict else None
    standing = Consent.objects.filter(pk=consent or 0, withdrawn_at=None)
    if verdict is None or not standing.update(withdrawn_at=at):
        raise ValidationError(_("No consent of your agency's stands here: there is nothing to withdraw."))
    with engine():
        Verdict.objects.filter(pk=verdict.pk).update(state=VerdictState.WITHDRAWN)
    changes = regranted(request, at)
    told = {request.owner_id, request.asker_id} - {viewer.agency_id}
    _notify("consent.withdrawn", request, told, at)
    _on_trail("consent.withdraw", request, viewer, at)
    return changes


def plan_of(request: OnwardRequest, record: Record, given: Terms) -> Plan:
    """The release by which the owner grants: the record's own marking, and the reasons as they were asked."""
    return Plan(
        picks=(Pick(agency=request.recipient_id, withheld=given.withheld),),
        tlp=record.tlp,
        controls=tuple(record.controls),
        rel_to=tuple(record.rel_to),
        need_to_know=request.need_to_know,
        right_to_know=request.right_to_know,
        ends_at=given.until,
    )


def foreseen_by_owner(
    request: OnwardRequest, record: Record, given: Terms, *, viewer: Viewer, at: datetime
) -> Preview:
    """What the owner's release would do; `possible` only where the agency asked for would get something."""
    found = preview(record, plan_of(request, record, given), viewer=viewer, at=at)
    reasons = [
        reason
        for row in found.rows
        if row.agency == request.recipient_id and row.outcome == "no"
        for reason in row.reasons
    ]
    if record.recalled_at:
        reasons.append(_("It was recalled: release it anew before it is shared on."))
    return replace(found, refusals=(*found.refusals, *reasons))


def _taken_up(request: OnwardRequest, viewer: Viewer) -> tuple[OnwardRequest, Verdict]:
    """The request, its record locked, and the viewer's agency's waiting say in it."""
    request = _locked(request)
    verdict = Verdict.objects.filter(request=request, agency_id=viewer.agency_id).first()
    if verdict is None:
        raise PermissionDenied("only those asked answer a request")
    if verdict.state != VerdictState.WAITING:
        raise ValidationError(
            _("Somebody has answered this meanwhile, or it was taken back. Nothing was changed: look again.")
        )
    return request, verdict


def _locked(request: OnwardRequest) -> OnwardRequest:
    """Records first, all others after: whoever decides anything of a record waits here."""
    with engine():
        lock_records([request.record_id])
    found = OnwardRequest.objects.select_related("recipient", "asker").filter(pk=request.pk).first()
    if found is None:
        raise PermissionDenied("no request that concerns the viewer's agency")
    return found


def _consent(request: OnwardRequest, given: Terms, *, viewer: Viewer, at: datetime) -> Consent:
    """The consent of the viewer's agency, in place of one that stands for the same version and recipient."""
    same = {
        "record_id": request.record_id,
        "version": request.version,
        "originator_id": viewer.agency_id,
        "recipient_id": request.recipient_id,
    }
    Consent.objects.filter(**same, withdrawn_at=None).update(withdrawn_at=at)
    consent = Consent.objects.create(
        **same,
        withheld=sorted(given.withheld),
        until=given.until,
        given_at=at,
        given_by_id=viewer.person_id,
    )
    _on_trail("consent.give", request, viewer, at, withheld=", ".join(sorted(given.withheld)))
    return consent


def _released(request: OnwardRequest, given: Terms, *, viewer: Viewer, at: datetime) -> Changes:
    record = Record.objects.select_related("owner").get(pk=request.record_id)
    foreseen = foreseen_by_owner(request, record, given, viewer=viewer, at=at)
    if foreseen.refusals:
        raise ValidationError(list(dict.fromkeys(foreseen.refusals)))
    return release([record], plan_of(request, record, given), viewer=viewer, at=at)


def _go_on(request: OnwardRequest, viewer: Viewer, at: datetime) -> None:
    """After somebody granted: ask the owner once all others have, or settle it."""
    with engine():
        rows = list(Verdict.objects.filter(request=request))
        if any(row.state == VerdictState.WAITING for row in rows):
            return
        owner = [row for row in rows if row.state == VerdictState.LATER]
        Verdict.objects.filter(pk__in=[row.pk for row in owner]).update(state=VerdictState.WAITING)
    if owner:
        _tell_asked(request, [request.owner_id], viewer, at)
        return
    ends = [row.until for row in rows if row.until]
    withheld = sorted(frozenset[str]().union(*(row.withheld for row in rows)))
    _settle(request, RequestState.GRANTED, at, withheld=withheld, until=min(ends, default=None))
    _tell_asker("request.granted", request, at)


def _settle(request: OnwardRequest, state: RequestState, at: datetime, **values: object) -> None:
    undecided = (VerdictState.WAITING, VerdictState.LATER)
    with engine():
        OnwardRequest.objects.filter(pk=request.pk).update(state=state, settled_at=at, **values)
        Verdict.objects.filter(request=request, state__in=undecided).update(state=VerdictState.CLOSED)


# --- Telling ----------------------------------------------------------------------------------------------
def _tell_asked(request: OnwardRequest, agencies: list[int], viewer: Viewer, at: datetime) -> None:
    _notify("request.asked", request, set(agencies) - {viewer.agency_id}, at)


def _tell_asker(what: str, request: OnwardRequest, at: datetime) -> None:
    _notify(what, request, {request.asker_id}, at)


def _notify(what: str, request: OnwardRequest, agencies: Iterable[int], at: datetime) -> None:
    """Codes and the reference alone: who asks, what, for whom."""
    facts: dict[str, str | int] = {
        "what": what,
        "ref": request.ref,
        "asker": request.asker.code,
        "recipient": request.recipient.code,
    }
    path = f"/requests/{request.uid}/"
    queue_notice(AlertKind.REQUEST, agencies, at=at, path=path, ref=request.ref, facts=facts)


def _on_trail(
    event: str, request: OnwardRequest, viewer: Viewer, at: datetime, *, reason: str = "", withheld: str = ""
) -> None:
    more: dict[str, Any] = {"withheld": withheld} if withheld else {}
    knows = viewer.agency_id in (request.asker_id, request.owner_id)
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=request.kind,
        object_id=request.ref,
        version=request.version if knows else None,
        reason=reason,
        asker=request.asker.code,
        recipient=request.recipient.code,
        **more,
    )
