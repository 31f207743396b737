"""Break glass, verb by verb: ask, confirm, decline, end, each in order over the stages."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bulletins.models import Record
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.agencies.models import AgencyState, Person, Role
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import regrant
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.emergencies.models import OPEN_FOR, Emergency, EmergencyState
from sharing.emergencies.rules import Inspector, ask_refusals, confirm_refusals
from sharing.releases.facts import load
from sharing.releases.grounds import Opening
from sharing.releases.rules import decide_emergency


def ask(*, ref: str, username: str, danger: str, viewer: Viewer, at: datetime) -> Emergency:
    """Ask that a record be opened to one person in imminent danger. Whether there is such a record is not looked at.

    Raises ValidationError by field where the words cannot stand or there is no such person at work in an agency.
    """
    by = _inspector(viewer)
    wanted, said = ref.strip().upper(), " ".join(danger.split())
    found = ask_refusals(by=by, ref=wanted, danger=said)
    person = (
        Person.objects.filter(username=username.strip(), is_active=True, agency__state=AgencyState.ACTIVE)
        .select_related("agency")
        .first()
    )
    if person is None:
        found["username"] = [_("Nobody of that name is at work in an agency of the hub.")]
    if found or person is None or by.seconded_from is None:
        raise ValidationError(found)
    row = Emergency(
        ref=wanted,
        person=person,
        agency_id=person.agency_id,
        danger=said,
        asked_by_id=by.person,
        asked_from_id=by.seconded_from,
        asked_at=at,
    )
    row.save(force_insert=True)
    _tell("emergency.ask", row, viewer=viewer, at=at)
    return row


def confirm(asked: Emergency, *, viewer: Viewer, at: datetime) -> Emergency:
    """Confirm another agency's inspector: the record is open to the person for an hour, owner and originator are told.

    What cannot be opened comes back as `impossible`, in the same words and by the same way whatever the cause, a
    reference that never was among them. Raises ValidationError where this inspector cannot confirm it.
    """
    by = _inspector(viewer)
    with engine():
        row = _locked(asked, EmergencyState.ASKED)
        refusals = confirm_refusals(
            asked=Inspector(row.asked_by_id, row.asked_from_id), asked_at=row.asked_at, by=by, at=at
        )
        if refusals:
            raise ValidationError(refusals)
        record = _openable(row, at)
        row.state = EmergencyState.CONFIRMED if record else EmergencyState.IMPOSSIBLE
        row.decided_by_id, row.decided_from_id, row.decided_at = by.person, by.seconded_from, at
        if record:
            row.record, row.record_kind, row.until = record, record.kind, at + OPEN_FOR
        row.save()
    if record:
        regrant([record.pk], at=at)
        _tell_all(row, record, at=at)
    _tell("emergency.confirm", row, viewer=viewer, at=at, outcome="ok" if record else "refused")
    return row


def decline(asked: Emergency, *, viewer: Viewer, at: datetime) -> Emergency:
    """Answer no, or take back one's own asking. Raises ValidationError when it was decided meanwhile."""
    by = _inspector(viewer)
    with engine():
        row = _locked(asked, EmergencyState.ASKED)
        row.state = EmergencyState.DECLINED
        row.decided_by_id, row.decided_from_id, row.decided_at = by.person, by.seconded_from, at
        row.save()
    _tell("emergency.decline", row, viewer=viewer, at=at)
    return row


def end(opened: Emergency, *, viewer: Viewer, at: datetime) -> Emergency:
    """Close it before its hour is over. Raises ValidationError when it is closed already."""
    by = _inspector(viewer)
    with engine():
        row = _locked(opened, EmergencyState.CONFIRMED)
        if row.ended_at or row.until is None or row.until <= at:
            raise ValidationError(_("It is closed already."))
        row.ended_at, row.ended_by_id = at, by.person
        row.save()
    regrant([row.record_id] if row.record_id else [], at=at)
    _tell("emergency.end", row, viewer=viewer, at=at)
    return row


def _inspector(viewer: Viewer) -> Inspector:
    if not viewer.can(Role.INSPECTOR) or viewer.agency_id is not None or viewer.person_id is None:
        raise PermissionDenied(_("Emergencies are for the hub's inspectors."))
    seconded = Person.objects.values_list("seconded_from_id", flat=True).get(pk=viewer.person_id)
    return Inspector(viewer.person_id, seconded)


def _locked(emergency: Emergency, state: EmergencyState) -> Emergency:
    row: Emergency = (
        Emergency.objects.select_for_update(of=("self",))
        .select_related("person__agency", "agency", "asked_from")
        .get(pk=emergency.pk)
    )
    if row.state != state:
        raise ValidationError(_("Somebody has decided it since you looked."))
    return row


def _openable(row: Emergency, at: datetime) -> Record | None:
    """The record, if the rule opens it to the person now. The same questions are asked whether there is one or not."""
    found = Record.objects.filter(ref=row.ref, latest__gt=0, purged_at=None).first()
    # Nobody's id stands for none: Django asks nothing at all of an empty list.
    ids = [found.pk if found else 0]
    lock_records(ids)
    world = load(ids, whole=True)
    person, party = row.person, world.parties.get(row.agency_id)
    at_work = person.is_active and person.agency_id == row.agency_id
    if found is None or party is None or not at_work:
        return None
    opening = Opening(row.pk, person.pk, row.agency_id, at + OPEN_FOR)
    decided = decide_emergency(world.subjects[found.pk], party, opening, world.facts[found.pk], at)
    return world.records[found.pk] if decided.allowed else None


def _tell_all(row: Emergency, record: Record, *, at: datetime) -> None:
    """Owner and originator: whose officer, which inspectors, what danger, until when. And the person, where to read."""
    path = f"/{'bulletins' if record.kind == Kind.BULLETIN else 'seizures'}/{record.ref}/"
    until = date_format(row.until.astimezone(UTC), "H:i") + " UTC" if row.until else ""
    facts: dict[str, str | int] = {
        "what": "emergency.opened",
        "ref": row.ref,
        "agency": row.agency.code,
        "inspectors": _("%(first)s and %(second)s")
        % {"first": row.asked_from.code, "second": row.decided_from.code if row.decided_from else ""},
        "danger": row.danger,
        "until": until,
    }
    queue_notice(AlertKind.EMERGENCY, [record.owner_id], at=at, path=path, ref=row.ref, facts=facts)
    if record.originator_id and record.originator_id != record.owner_id:
        # The originator may have no grant: the notice leads to no page of the record.
        queue_notice(AlertKind.EMERGENCY, [record.originator_id], at=at, ref=row.ref, facts=facts)
    yours: dict[str, str | int] = {"what": "emergency.yours", "ref": row.ref, "until": until}
    queue_notice(
        AlertKind.EMERGENCY,
        [row.agency_id],
        at=at,
        path=path,
        ref=row.ref,
        facts=yours,
        person=row.person_id,
    )


def _tell(event: str, row: Emergency, *, viewer: Viewer, at: datetime, outcome: str = "ok") -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        outcome=outcome,
        object_type="emergency",
        object_id=row.ref,
        reason=row.danger if event == "emergency.ask" else "",
        emergency=row.uid,
        person=row.person.username,
        agency=row.agency.code,
    )
