"""What a consent, given or withdrawn, does to who has a record."""

from __future__ import annotations

from datetime import datetime

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.trail.actions import Origin, origin
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, regrant
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.flow.audience import Audience, audiences_of, had, has
from sharing.requests.models import OnwardRequest


def regranted(request: OnwardRequest, at: datetime) -> Changes:
    """Decide the record anew, tell those for whom something changed, and on its owner's trail who has it now."""
    owner = Viewer(agency_id=request.owner_id, agency_code=request.owner.code)
    before = _audience(request, owner)
    changes = regrant([request.record_id], at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    after = _audience(request, owner)
    if before != after:
        # On another agency's trail nothing stands of where, and with what, the one who consented was signed in.
        kept = origin.set(Origin())
        try:
            with viewing(owner):
                write_trail(
                    "record.consent",
                    viewer=owner,
                    at=at,
                    object_type=request.kind,
                    object_id=request.ref,
                    version=request.version,
                    **had(before),
                    **has(after),
                )
        finally:
            origin.reset(kept)
    return changes


def _audience(request: OnwardRequest, owner: Viewer) -> Audience | None:
    """Who has the record, as its owner may know it."""
    with viewing(owner):
        return audiences_of([request.record_id], owner).get(request.record_id)
