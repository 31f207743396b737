"""Photographs of records that came from another hub: fetched from its own server alone, and gone when it says so."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.flow import freeze, hand_over
from bulletins.markings.models import TLP
from bulletins.publishing.models import Bulletin, Photograph
from bulletins.publishing.photographs.actions import enter
from bulletins.publishing.photographs.intake import Accepted, accept
from bulletins.publishing.photographs.refusals import Refused
from bulletins.publishing.photographs.storage import forget_when_committed
from bulletins.publishing.rules import publish_refusals
from bulletins.records.models import Kind, Record
from bulletins.records.refs import PATTERN
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import NOBODY, Viewer, desk_of
from hub.agencies.models import AgencyState
from hub.database.context import engine, lock_records, viewing
from sharing.intake.models import Original, OriginalState
from sharing.intake.pieces import in_words
from sharing.intake.pulling.asking import Unanswered, Unfit, ask_photograph
from sharing.intake.pulling.models import Arrival
from sharing.intake.pulling.naming import Named, named_in, uid_here
from sharing.intake.pulling.rules import rest_s
from sharing.intake.reading import extension_of

# One record's are fetched so long; what is left is asked for in the next run.
RUN_S = 20.0
# Whoever has not come to an end with a record by then is taken for dead.
CLAIM = timedelta(seconds=180)
# With longer and longer rests between them, about a week.
MOST_ATTEMPTS = 35
MODELS: dict[str, type[Any]] = {"bulletin": Bulletin, "seizure": SeizureReport}


@dataclass(frozen=True)
class Wanted:
    """What of a record is not here yet; `path` is the record's on the server it came from."""

    original: int
    path: str
    named: dict[UUID, Named]
    missing: tuple[UUID, ...]


def follow(record: Record, stix: Mapping[str, Any], *, at: datetime) -> None:
    """Bring the working copy in line with what its hub names now.

    What it names no more is gone, its files too; what is not here yet is asked for. Photographs that people of its
    owner added stay.
    """
    named = {uid_here(record.uid, each.there): each for each in named_in(stix)}
    places = {uid: place for place, uid in enumerate(named)}
    here, gone = set[UUID](), []
    for row in _theirs(record.pk):
        each = named.get(row.uid)
        if each is None:
            gone.append(row.uid)
            continue
        here.add(row.uid)
        row.group, row.caption, row.position = each.group, each.caption, places[row.uid]
        row.save(update_fields=["group", "caption", "position"])
    _forget(record.pk, gone)
    _due(record.pk, at if named.keys() - here else None)


def ask_again(record: Record, *, at: datetime) -> None:
    """It is shared again: what was let go is asked for once more."""
    _due(record.pk, at)


def let_go(record: Record) -> None:
    """Its hub takes it back, or shares it no more: nothing of its photographs stays."""
    _forget(record.pk, [row.uid for row in _theirs(record.pk)])
    _due(record.pk, None)


def said_of(record: Record) -> str:
    """Which of its photographs have not come, and why, in words for its owner's people; empty where none is missing."""
    row = Arrival.objects.select_related("peer").filter(record_id=record.pk).first()
    if row is None or (row.photographs_due_at is None and not row.photographs_failure):
        return ""
    wanted = _wanted(row)
    number = len(wanted.missing) if wanted else 0
    said = {"n": number, "why": row.photographs_failure, "peer": row.peer.title}
    if not number:
        return ""
    if row.photographs_due_at is None or row.peer.removed_at is not None:
        text = ngettext(
            "%(n)d photograph of it did not come from %(peer)s: %(why)s.",
            "%(n)d photographs of it did not come from %(peer)s: %(why)s.",
            number,
        )
    elif row.photographs_failure:
        text = ngettext(
            "%(n)d photograph of it has not come from %(peer)s (%(why)s), and is asked for again.",
            "%(n)d photographs of it have not come from %(peer)s (%(why)s), and are asked for again.",
            number,
        )
    else:
        text = ngettext(
            "%(n)d photograph of it is being fetched from %(peer)s.",
            "%(n)d photographs of it are being fetched from %(peer)s.",
            number,
        )
    return text % said


def fetch_next(at: datetime, *, run_s: float = RUN_S) -> bool:
    """Fetch what is missing of the record that is due longest; false where there is none."""
    row = _claim(at)
    if row is None:
        return False
    desk = desk_of(row.agency)
    with viewing(desk):
        wanted = _wanted(row)
    if wanted is None:
        with viewing(desk):
            _held(row).update(photographs_due_at=None, photographs_failure="")
        return True
    taken, failed = _fetched(row, wanted, time.monotonic() + run_s)
    with viewing(desk):
        lock_records([row.record_id])
        if _held(row).select_for_update().first() is None:
            return True
        try:
            with transaction.atomic():
                _keep(row, wanted, taken, viewer=desk, at=at)
        except ValidationError as error:
            taken, failed = {}, Unfit(in_words(error))
        _settle(row, len(wanted.missing) - len(taken), failed, at)
    return True


def _claim(at: datetime) -> Arrival | None:
    """Whoever takes it up puts it off: if they die, it is due again by itself."""
    with viewing(NOBODY), engine():
        rows = Arrival.objects.filter(photographs_due_at__lte=at, agency__state=AgencyState.ACTIVE)
        row: Arrival | None = (
            rows.filter(peer__removed_at=None, peer__paused_at=None)
            .select_related("peer", "agency")
            .order_by("photographs_due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if row is not None:
            row.photographs_due_at = at + CLAIM
            row.photographs_attempts += 1
            row.save(update_fields=["photographs_due_at", "photographs_attempts"])
    return row


def _held(row: Arrival) -> Any:
    """As long as nobody has taken it up since, and no later version has come."""
    held = {"photographs_attempts": row.photographs_attempts, "photographs_due_at": row.photographs_due_at}
    return Arrival.objects.filter(pk=row.pk, **held)


def _wanted(row: Arrival) -> Wanted | None:
    """What the version that was written last names; None of what is recalled, shared no more, or purged."""
    record = Record.objects.filter(pk=row.record_id, recalled_at=None, ended_at=None).first()
    original = Original.objects.filter(record_id=row.record_id, state=OriginalState.WRITTEN).first()
    stix = orjson.loads(original.body) if original and original.body else None
    extension = extension_of(stix) if stix else None
    if record is None or original is None or stix is None or extension is None:
        return None
    ref, kind = str(extension.get("ref")), extension.get("kind")
    if not PATTERN.fullmatch(ref) or kind not in Kind.values:
        return None
    named = {uid_here(record.uid, each.there): each for each in named_in(stix)}
    here = {photograph.uid for photograph in _theirs(record.pk)}
    path = f"/{'bulletins' if kind == Kind.BULLETIN else 'seizures'}/{ref}/photographs/"
    return Wanted(original.pk, path, named, tuple(uid for uid in named if uid not in here))


def _fetched(row: Arrival, wanted: Wanted, ends: float) -> tuple[dict[UUID, Accepted], Unanswered | None]:
    """What came, and why the rest did not. Where the server does not answer, no more is asked of it."""
    taken: dict[UUID, Accepted] = {}
    failed: Unanswered | None = None
    for uid in wanted.missing:
        if time.monotonic() >= ends:
            return taken, failed
        each = wanted.named[uid]
        try:
            body = ask_photograph(row.peer, f"{wanted.path}{each.there}/")
            taken[uid] = _opened(body, each)
        except Unfit as error:
            failed = error
        except Unanswered as error:
            return taken, error
    return taken, failed


def _opened(body: bytes, named: Named) -> Accepted:
    """Re-encoded by the door that every upload comes through."""
    if named.sha256 and hashlib.sha256(body).hexdigest() != named.sha256:
        raise Unfit(_("what came is not what it named"))
    try:
        return accept(body)
    except Refused as refused:
        raise Unfit(
            _("what came is no photograph that the hub opens (%(why)s)") % {"why": refused.reason}
        ) from None


def _keep(
    row: Arrival, wanted: Wanted, taken: Mapping[UUID, Accepted], *, viewer: Viewer, at: datetime
) -> None:
    """Into the working copy, and published with it where that stood as it was published."""
    if not taken:
        return
    kind = Record.objects.values_list("kind", flat=True).get(pk=row.record_id)
    record: Any = MODELS[kind]._default_manager.select_related("owner", "originator").get(pk=row.record_id)
    original = Original.objects.get(pk=wanted.original)
    as_written, as_published = original.written_at == record.edited_at, record.latest_at == record.edited_at
    places = list(wanted.named)
    for uid, photograph in taken.items():
        each = wanted.named[uid]
        enter(
            record,
            photograph,
            uid=uid,
            position=places.index(uid),
            caption=each.caption,
            group=each.group,
            viewer=viewer,
            at=at,
        )
    if as_written:
        original.written_at = at
        original.save(update_fields=["written_at"])
    if as_published and record.tlp != TLP.RED and not publish_refusals(record):
        freeze(record, viewer=viewer, at=at, note=_("with its photographs"))
        hand_over([record.pk], at=at, viewer=viewer)


def _settle(row: Arrival, left: int, failed: Unanswered | None, at: datetime) -> None:
    """When what has not come is asked for again; a server that does not answer is left alone with all that is due."""
    if not left:
        _held(row).update(photographs_due_at=None, photographs_failure="")
        return
    if failed is None:  # the time was up
        _held(row).update(photographs_due_at=at, photographs_failure="")
        return
    chance = random.random()  # noqa: S311  (spreads retries, guards nothing)
    rest = rest_s(failures=row.photographs_attempts, chance=chance, asked_wait_s=failed.wait_s)
    due = at + timedelta(seconds=rest) if row.photographs_attempts < MOST_ATTEMPTS else None
    _held(row).update(photographs_due_at=due, photographs_failure=failed.reason[:200])
    if not isinstance(failed, Unfit) and due is not None:
        others = Arrival.objects.filter(peer_id=row.peer_id, photographs_due_at__lte=at)
        others.update(photographs_due_at=due, photographs_failure=failed.reason[:200])


def _theirs(record: int) -> Sequence[Photograph]:
    """Photographs that came from the hub: those that people add say who."""
    return list(Photograph.objects.filter(record_id=record, added_by=None))


def _forget(record: int, uids: Sequence[UUID]) -> None:
    Photograph.objects.filter(record_id=record, uid__in=uids).delete()
    forget_when_committed(uids)


def _due(record: int, at: datetime | None) -> None:
    Arrival.objects.filter(record_id=record).update(
        photographs_due_at=at, photographs_attempts=0, photographs_failure=""
    )
