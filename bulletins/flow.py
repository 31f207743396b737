"""What becomes of a record before it is shared: publish, and amend, each in order over the stages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.core.exceptions import ValidationError

from bulletins.faces.actions import Cut, make_faces
from bulletins.faces.content import content_of
from bulletins.faces.derived import derived_from, lock_with_derived
from bulletins.faces.sources import Source, below_sources, sources_for
from bulletins.markings.rules import marking_of
from bulletins.models import Bulletin, Record, SeizureReport, SourceLink, Version
from bulletins.publishing.rules import publish_refusals
from bulletins.publishing.signals import published
from bulletins.retention.rules import review_of
from hub.accounts.viewer import Viewer
from hub.database.context import lock_records
from hub.trail.actions import record as write_trail

__all__ = ["Source", "below_sources", "freeze", "hand_over", "publish", "rests_on", "sources_for"]


def publish(record: Bulletin | SeizureReport, *, viewer: Viewer, at: datetime, note: str = "") -> Version:
    """Freeze the working copy as the next version, readable by the owner's agency alone until it is released.

    The first publishing and an amendment are the same deed; `note` says what changed. Raises ValidationError with
    what is missing, by field. The caller's transaction holds it all.
    """
    version = freeze(record, viewer=viewer, at=at, note=note)
    hand_over([record.pk], at=at, viewer=viewer, derived=_bound_with(version))
    return version


def rests_on(records: Iterable[int]) -> set[int]:
    """What the versions of one's own records rest on, by internal id."""
    rows = Version.objects.filter(record_id__in=list(records)).exclude(linked=[])
    return {pk for linked in rows.values_list("linked", flat=True) for pk in linked}


def _bound_with(version: Version) -> list[int]:
    """What is derived from the version's record, where that rests on more than before: so does what is derived."""
    if not version.linked:
        return []
    earlier = Version.objects.filter(record_id=version.record_id, number__lt=version.number)
    known = {pk for linked in earlier.values_list("linked", flat=True) for pk in linked}
    return sorted(derived_from([version.record_id])) if set(version.linked) - known else []


def hand_over(
    records: list[int], *, at: datetime, viewer: Viewer | None = None, derived: Iterable[int] = ()
) -> None:
    """Give owners their newest versions: the second half of publishing, for one record or many.

    What is `derived` from them is decided anew with them.
    """
    published.send(sender=Record, records=records, at=at, viewer=viewer, derived=list(derived))


def freeze(record: Bulletin | SeizureReport, *, viewer: Viewer, at: datetime, note: str = "") -> Version:
    """The first half of publishing: the version and its whole face, which nobody can read before `hand_over`."""
    linked = (
        list(SourceLink.objects.filter(bulletin_id=record.pk).values_list("source_id", flat=True))
        if isinstance(record, Bulletin)
        else []
    )
    if set(linked) - rests_on([record.pk]):
        lock_with_derived([record.pk], linking=True)
    else:
        lock_records([record.pk])
    refusals = publish_refusals(record)
    if linked and (below := below_sources(linked, marking_of(record), viewer)):
        refusals["tlp"] = [*refusals.get("tlp", []), *below]
    if refusals:
        raise ValidationError(refusals)
    number = Record.objects.values_list("latest", flat=True).get(pk=record.pk) + 1
    content = content_of(record)
    if content["identifiers"]:
        _enter(record, at)
    version = Version.objects.create(
        record_id=record.pk,
        number=number,
        content=content,
        linked=linked,
        note=note,
        certified=bool(record.predicate.strip() and record.predicate_category and record.certified_at),
        published_at=at,
        published_by_id=viewer.person_id,
    )
    Record.objects.filter(pk=record.pk).update(latest=number, latest_at=at, edited_at=at)
    record.latest, record.latest_at, record.edited_at = number, at, at
    make_faces(record, number, [Cut()])
    write_trail(
        f"{record.kind}.{'publish' if number == 1 else 'amend'}",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=number,
        marking=record.tlp,
        reason=note,
    )
    return version


def _enter(record: Bulletin | SeizureReport, at: datetime) -> None:
    """Named subjects are entered with the first version that names any: from then on the record is under review."""
    entered, due = Record.objects.values_list("entered_on", "review_due").get(pk=record.pk)
    if entered is None:
        entered, due = at.astimezone(UTC).date(), review_of(due, at.astimezone(UTC).date())
        Record.objects.filter(pk=record.pk).update(entered_on=entered, review_due=due)
    record.entered_on, record.review_due = entered, due
