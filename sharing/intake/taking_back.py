"""What its sender takes back: ended or recalled here as well, or left for its owner to decide."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind, Record
from hub.accounts.viewer import Viewer
from sharing.deliveries.actions import queue_notice, told_in_person
from sharing.deliveries.models import AlertKind
from sharing.flow import end_by_source, recall
from sharing.intake.models import Original, OriginalState
from sharing.intake.outcome import Source
from sharing.intake.pulling.models import Peer
from sharing.intake.pulling.photographs import let_go


def take_back(
    record: Record, state: OriginalState, *, source: Source, publishes: bool, viewer: Viewer, at: datetime
) -> bool:
    """Whether it is done with. What a hub takes back is gone here too; what was published at once on its owner's terms
    (`publishes`) is recalled by a releaser, for a recall reaches other agencies; all else is for its owner to decide.
    """
    if source.peer is not None:
        return _by_its_hub(record, state, source.peer, source.sender, viewer, at)
    if record.recalled_at is not None:
        return True
    if state != OriginalState.REVOKED or not (record.latest and publishes and may_release(viewer)):
        return False
    try:
        with transaction.atomic():
            recall(record, reason=_("Its sender has revoked it."), viewer=viewer, at=at)
    except ValidationError:  # it was never released: nobody else has it
        return False
    return True


def _by_its_hub(
    record: Record, state: OriginalState, peer: Peer, sender: str, viewer: Viewer, at: datetime
) -> bool:
    """The hub it came from recalls it, or shares it no more: so it is here, for its owner's people too."""
    if state == OriginalState.REVOKED and record.latest:
        if record.recalled_at is None or record.ended_at is None:
            reason = _("%(hub)s has recalled it.") % {"hub": sender}
            recall(record, reason=reason, viewer=viewer, at=at, by_source=True)
    elif record.ended_at is None:
        end_by_source(record, viewer=viewer, at=at)
        _tell_end(record, peer, at)
    let_go(record)
    if state == OriginalState.REVOKED:  # for good: of what it said nothing is kept
        Original.objects.filter(record_id=record.pk).update(body="")
    return True


def _tell_end(record: Record, peer: Peer, at: datetime) -> None:
    """Programs are told as of every end; the desk, and who was told of it by a subscription of their own, by this."""
    queue_notice(
        AlertKind.HUB,
        [record.owner_id],
        at=at,
        path=f"/{'bulletins' if record.kind == Kind.BULLETIN else 'seizures'}/{record.ref}/",
        ref=record.ref,
        facts={"what": "hub.ended", "hub": peer.title, "ref": record.ref},
        also=told_in_person(record.pk, record.owner_id),
    )
