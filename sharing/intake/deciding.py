"""What the owner decides on what could not be written by itself: take it over, or leave it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.records.actions import write_down_again
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from sharing.intake.bodies import typed
from sharing.intake.hubs import as_there
from sharing.intake.markings import refs_of
from sharing.intake.models import Original, OriginalState
from sharing.intake.pieces import Piece, written_over
from sharing.intake.pulling.models import Arrival
from sharing.intake.pulling.photographs import follow
from sharing.intake.reading import Refused, extension_of, read


def take_over(record: Any, original: Original, *, viewer: Viewer, at: datetime) -> None:
    """Write a version that waits over the working copy, which the caller has locked. It is then there to be posted.

    What it says takes the place of what was written by hand; what it is silent on stays. Raises ValidationError.
    """
    _check(original, OriginalState.WAITING)
    stix = orjson.loads(original.body)
    rows = Original.objects.filter(
        agency_id=original.agency_id,
        scope=original.scope,
        stix_id__in=refs_of(stix),
        state=OriginalState.MARKING,
    )
    markings = {row.stix_id: orjson.loads(row.body) for row in rows}
    try:
        reading = read(stix, beside={}, markings=markings, words=terms())
        if record.origin and (extension := extension_of(stix)):
            reading = as_there(reading, extension)
        piece = Piece(
            0,
            stix,
            original.modified_at,
            original.body,
            reading=reading,
            typed=typed(reading.kind, reading.body),
        )
    except Refused as reason:
        raise ValidationError(str(reason)) from None
    last = Original.objects.filter(record_id=record.pk, state=OriginalState.WRITTEN).first()
    write_down_again([written_over(record, piece, last)], viewer=viewer, at=at)
    if Arrival.objects.filter(record_id=record.pk).exists():
        follow(record, stix, at=at)
    original.state, original.written_at = OriginalState.WRITTEN, at
    _settle(record, original, "intake.take_over", viewer, at)


def leave(record: Any, original: Original, *, viewer: Viewer, at: datetime) -> None:
    """Note that it was seen: the working copy stays as it is."""
    _check(original, *UNDECIDED)
    _settle(record, original, "intake.leave", viewer, at)


UNDECIDED = (OriginalState.WAITING, OriginalState.WITHDRAWN, OriginalState.REVOKED)


def _check(original: Original, *states: OriginalState) -> None:
    if original.decided_at or original.state not in states:
        raise ValidationError(_("Somebody has decided on it meanwhile. Nothing was done."))


def _settle(record: Any, original: Original, event: str, viewer: Viewer, at: datetime) -> None:
    original.decided_at = at
    original.save(update_fields=["state", "written_at", "decided_at"])
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
    )
