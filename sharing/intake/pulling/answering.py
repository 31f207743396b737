"""Telling the hub a record came from that it is acknowledged here: queued with the deed, sent until it is taken."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.records.models import Record
from hub.accounts.viewer import NOBODY, Viewer, desk_of
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.disclosures.disclosure import Disclosure
from sharing.intake.acknowledging import acknowledgement
from sharing.intake.pulling.asking import Rejected, Unanswered, ask_inbox, send
from sharing.intake.pulling.models import Arrival
from sharing.intake.pulling.rules import rest_s

TELL_DUE = "sharing.intake.pulling.tasks.tell_due"
GIVE_UP_AFTER = timedelta(days=7)
# Whoever has not come to an end with it by then is taken for dead.
CLAIM = timedelta(seconds=120)


@dataclass(frozen=True)
class Standing:
    """Whether this version is acknowledged to the hub `peer`, what became of telling it, or until when that is asked
    for."""

    peer: str
    version: int
    acknowledged_at: datetime | None
    sent_at: datetime | None
    failure: str
    waits: bool
    acknowledge_by: datetime | None = None


def standing_of(record: int) -> Standing | None:
    """Of a record that came from another hub, for its owner's people; None of any other."""
    row = Arrival.objects.select_related("peer").filter(record_id=record).first()
    if row is None:
        return None
    done = row.acknowledged_version == row.version
    return Standing(
        peer=row.peer.title,
        version=row.version,
        acknowledged_at=row.acknowledged_at if done else None,
        sent_at=row.sent_at if done else None,
        failure=row.failure if done else "",
        waits=done and row.due_at is not None,
        acknowledge_by=None if done else row.acknowledge_by,
    )


def acknowledge_there(record: Any, *, viewer: Viewer, at: datetime) -> None:
    """Acknowledge the version that came, to the hub it came from; once is enough. Raises ValidationError."""
    row = (
        Arrival.objects.select_related("peer")
        .select_for_update(of=("self",))
        .filter(record_id=record.pk)
        .first()
    )
    if row is None or row.peer.removed_at is not None:
        raise ValidationError(_("The hub it came from is fetched from no more: nothing can be told to it."))
    if row.acknowledged_version == row.version:
        return
    row.acknowledged_version, row.acknowledged_at = row.version, at
    row.acknowledged_by_id = viewer.person_id
    row.due_at, row.attempts, row.sent_at, row.failure = at, 0, None, ""
    row.save()
    write_trail(
        "peer.acknowledge",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
    )
    transaction.on_commit(partial(hasten, TELL_DUE), robust=True)


def told_there(viewer: Viewer, shown: Disclosure, at: datetime) -> None:
    """The same, of what somebody acknowledges here; where that hub is fetched from no more, it stays here."""
    with suppress(ValidationError):
        acknowledge_there(Record.objects.get(pk=shown.key), viewer=viewer, at=at)


def tell_next(at: datetime) -> bool:
    """Tell one acknowledgement that is due; false where there is none."""
    row = _claim(at)
    if row is None:
        return False
    values: dict[str, Any] = {"due_at": None, "sent_at": at, "failure": ""}
    try:
        if row.peer.removed_at is not None:
            raise Rejected(_("the peer was removed"))
        assert row.acknowledged_at is not None
        note = acknowledgement(
            row.peer_uid, row.acknowledged_version, agency=row.agency.code, at=row.acknowledged_at
        )
        send(row.peer, ask_inbox(row.peer), [note])
    except Unanswered as error:
        values = {"failure": error.reason[:200], "due_at": _again(row, error, at)}
    with viewing(desk_of(Agency.objects.get(pk=row.agency_id))):
        held = {"pk": row.pk, "acknowledged_version": row.acknowledged_version, "attempts": row.attempts}
        Arrival.objects.filter(**held).update(**values)
    return True


def _claim(at: datetime) -> Arrival | None:
    """Whoever takes it up puts it off: if they die, it is due again by itself."""
    with viewing(NOBODY), engine():
        rows = Arrival.objects.filter(due_at__lte=at, agency__state=AgencyState.ACTIVE)
        row: Arrival | None = (
            rows.select_related("peer", "agency")
            .order_by("due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if row is not None:
            row.due_at, row.attempts = at + CLAIM, row.attempts + 1
            row.save(update_fields=["due_at", "attempts"])
    return row


def _again(row: Arrival, error: Unanswered, at: datetime) -> datetime | None:
    """When to try again; None where it was read and not taken, or a week has passed."""
    given_up = row.acknowledged_at is None or at >= row.acknowledged_at + GIVE_UP_AFTER
    if isinstance(error, Rejected) or given_up:
        return None
    chance = random.random()  # noqa: S311  (spreads retries, guards nothing)
    return at + timedelta(seconds=rest_s(failures=row.attempts, chance=chance, asked_wait_s=error.wait_s))
