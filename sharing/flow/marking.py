"""Marking what is out, and embargo: every grant of it is decided again, of what is derived from it too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from bulletins.faces.actions import remark_faces
from bulletins.faces.derived import lock_with_derived
from bulletins.flow import below_sources, rests_on
from bulletins.markings.rules import Marking, loosenings, marking_of, marking_refusals
from bulletins.models import Record
from bulletins.records.origins import below_origin
from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, note_remarked, regrant
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.flow.audience import audiences_of, had, has
from sharing.releases.models import Release


@dataclass(frozen=True)
class Handling:
    """How a record is to be treated: the marking that decides access, and until when it is under embargo."""

    tlp: str
    controls: tuple[str, ...] = ()
    rel_to: tuple[str, ...] = ()
    embargo_until: datetime | None = None


def mark(record: Record, handling: Handling, *, reason: str, viewer: Viewer, at: datetime) -> Changes:
    """Mark the record anew, and set or lift its embargo: every grant of it is decided again, at once.

    Raises ValidationError where the marking cannot stand, or is lower than what others were given and `reason` is
    empty; then nothing is written.
    """
    if record.owner_id != viewer.agency_id:
        raise PermissionDenied("only the owner's agency marks a record")
    derived = lock_with_derived([record.pk])
    record.refresh_from_db()
    refusals = marking_refusals(
        tlp=handling.tlp,
        controls=handling.controls,
        rel_to=handling.rel_to,
        owner_country=record.owner.country,
    )
    asked = Marking(handling.tlp, tuple(handling.controls), tuple(handling.rel_to))
    refusals += below_sources(rests_on([record.pk]), asked, viewer)
    refusals += below_origin(record.origin, asked)
    if handling.embargo_until and handling.embargo_until <= at:
        refusals.append(_("The end of the embargo must lie ahead; leave it empty to lift the embargo."))
    if refusals:
        raise ValidationError(refusals)
    before = audiences_of([record.pk], viewer)
    wanted = {"tlp": handling.tlp, "controls": list(handling.controls), "rel_to": list(handling.rel_to)}
    was = remark(record, wanted, reason=reason)
    if record.embargo_until != handling.embargo_until:
        _embargo(record, handling.embargo_until, viewer=viewer, at=at)
    changes = regrant([record.pk], at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    if was is not None:
        follow(derived, at)
        after = audiences_of([record.pk], viewer)
        audiences = {**had(before.get(record.pk)), **has(after.get(record.pk))}
        note_marking(record, was, reason, viewer=viewer, at=at, **audiences)
    return changes


def follow(derived: list[int], at: datetime) -> None:
    """Decide anew what is derived from a record that was marked anew: it is as strict as its sources."""
    if not derived:
        return
    changes = regrant(derived, at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)


def remark(record: Record, wanted: dict[str, Any], *, reason: str) -> Marking | None:
    """Write a marking on the record and its faces; return what it was, None where nothing changes.

    Lower than what others were given it needs a reason: ValidationError.
    """
    old = marking_of(record)
    new = Marking(wanted["tlp"], tuple(wanted["controls"]), tuple(wanted["rel_to"]))
    if (old.tlp, old.controls, old.rel_to) == (new.tlp, new.controls, new.rel_to):
        return None
    lower = loosenings(old, new)
    if lower and not reason.strip() and Release.objects.filter(record_id=record.pk).exists():
        raise ValidationError(
            _("Say why it is marked lower than what others were given (%(what)s).")
            % {"what": "; ".join(lower)}
        )
    Record.objects.filter(pk=record.pk).update(**wanted)
    record.refresh_from_db()
    remark_faces(record)
    note_remarked([record.pk])
    return old


def note_marking(
    record: Record, was: Marking, reason: str, *, viewer: Viewer, at: datetime, **audiences: Any
) -> None:
    write_trail(
        "record.mark",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=marking_of(record).banner[:100],
        reason=reason.strip(),
        marking_before=was.banner,
        **audiences,
    )


def _embargo(record: Record, until: datetime | None, *, viewer: Viewer, at: datetime) -> None:
    """Set or lift the embargo. Releases that stand begin again when it ends."""
    Record.objects.filter(pk=record.pk).update(embargo_until=until)
    record.refresh_from_db()
    live = Release.objects.filter(record_id=record.pk, ended_at=None, starts_at__lte=at)
    live.update(applied_at=None if until else at)
    write_trail(
        "record.embargo",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
        until=until.isoformat() if until else "",
    )
