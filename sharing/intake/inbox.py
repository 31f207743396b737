"""The inbox of TAXII: an envelope of objects is taken in, and its sender can ask what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from bulletins.publishing.rules import may_draft
from hub.accounts.viewer import Viewer
from sharing.feeds.taxii.inbox import Unreadable
from sharing.intake.models import Envelope, Way
from sharing.intake.outcome import Source
from sharing.intake.taking import take_objects

MAX_BYTES: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
MOST_OBJECTS = 1_000
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Status:
    """TAXII's status resource."""

    id: UUID
    request_timestamp: datetime
    successes: list[dict[str, str]]
    failures: list[dict[str, str]]

    @property
    def resource(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "status": "complete",
            "request_timestamp": _stamp(self.request_timestamp),
            "total_count": len(self.successes) + len(self.failures),
            "success_count": len(self.successes),
            "successes": self.successes,
            "failure_count": len(self.failures),
            "failures": self.failures,
            "pending_count": 0,
            "pendings": [],
        }


def may_send(viewer: Viewer) -> bool:
    """Who may write drafts, with a token that may write, be it to feeds alone."""
    return viewer.person_id is not None and may_draft(viewer) and viewer.scope in ("write", "taxii")


def take_envelope(viewer: Viewer, body: bytes, at: datetime) -> Status:
    """Take in a TAXII envelope, in the caller's transaction; raises Unreadable where it is none.

    What became of each object is kept for its sender.
    """
    outcome = take_objects(viewer, objects_in(body), source=Source(Way.TAXII, sender=viewer.username), at=at)
    if len(outcome.refused) == len(outcome.lines):
        details = [_told(line.data, at) for line in outcome.lines]
        raise Unreadable(422, _("None of its objects was taken: details say why."), details)
    kept = Envelope.objects.create(
        agency_id=viewer.agency_id,
        person_id=viewer.person_id or 0,
        requested_at=at,
        lines=[line.data for line in outcome.lines],
    )
    return _status(kept)


def status_of(viewer: Viewer, uid: UUID) -> Status | None:
    """What became of an envelope the viewer sent for the agency they are of; None for whatever else."""
    rows = Envelope.objects.filter(uid=uid, agency_id=viewer.agency_id, person_id=viewer.person_id or 0)
    found = rows.first() if viewer.agency_id and viewer.person_id else None
    return _status(found) if found else None


def objects_in(body: bytes) -> list[Any]:
    """The objects of an envelope, unchecked."""
    if len(body) > MAX_BYTES:
        raise Unreadable(
            413, _("The envelope is larger than %(most)d bytes: send less at a time.") % {"most": MAX_BYTES}
        )
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(400, _("The body is not JSON: %(why)s.") % {"why": error}) from None
    objects = envelope.get("objects") if isinstance(envelope, dict) else None
    if not isinstance(objects, list) or not objects:
        raise Unreadable(422, _("An envelope is an object with a list “objects” that holds one at least."))
    if len(objects) > MOST_OBJECTS:
        text = _("An envelope holds %(most)d objects at most: send the rest in another.")
        raise Unreadable(413, text % {"most": MOST_OBJECTS})
    return objects


def _status(row: Envelope) -> Status:
    told = [(line["ok"], _told(line, row.requested_at)) for line in row.lines]
    return Status(
        row.uid,
        row.requested_at,
        [line for ok, line in told if ok],
        [line for ok, line in told if not ok],
    )


def _told(line: dict[str, Any], at: datetime) -> dict[str, str]:
    """TAXII's details of one object. What has no version of its own has the instant it was sent."""
    found = {"id": line["id"], "version": line["version"] or _stamp(at)}
    return found | ({"message": line["message"]} if line["message"] else {})


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
