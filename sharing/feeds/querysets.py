"""What a feed says now: the newest that its subscription asks for, and whatever it has said before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q

from hub.accounts.viewer import Viewer
from sharing.audiences.models import Grant, Received
from sharing.audiences.querysets import InboxQuerySet
from sharing.disclosures.actions import disclose
from sharing.disclosures.carrying import carried_by
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.feeds.models import FeedEntry
from sharing.feeds.rules import KEPT_DAYS, MOST, MOST_BEFORE
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.querysets import brought
from sharing.subscriptions.wishes import columns_of, wish_of

KEPT = timedelta(days=KEPT_DAYS)


@dataclass(frozen=True)
class Said:
    """One record in a feed. Without `shown` it is withdrawn: nothing is left to say of it but that.

    `before` are (message, instant) that this message takes the place of, oldest first.
    """

    uid: UUID
    path: str
    message: UUID
    changed_at: datetime
    before: tuple[tuple[UUID, datetime], ...] = ()
    shown: Disclosure | None = None


def said_by(
    feed: Subscription, viewer: Viewer, channel: Channel, shape: Callable[[Disclosure], str], *, at: datetime
) -> list[Said]:
    """What the feed says to its recipient now, what changed last first; and keeps what it has said.

    What it said once it goes on telling, whether the subscription still asks for it or not: how it is now, or that it
    is withdrawn. Nothing is withdrawn that this very feed did not give. `shape` says all that is told of a record.
    """
    # Two pulls at once would each tell of a change in a message of its own.
    Subscription.objects.select_for_update(of=("self",)).get(pk=feed.pk)
    received = _of_all(feed, Received.objects.visible_to(viewer))
    there = Exists(carried_by(received, channel).filter(record_id=OuterRef("record")))
    memory = FeedEntry.objects.filter(subscription=feed, channel=channel.value)
    memory.filter(gone_at__lte=at - KEPT).delete()
    lost = list(memory.filter(gone_at=None).exclude(there))
    asked = _asked(feed, viewer, channel, at)
    recent = memory.filter(Q(changed_at__gt=at - KEPT) | Q(record__in=asked)).annotate(there=there)
    known = {row.record: row for row in recent.order_by("-changed_at", "-id")}
    kept = [pk for pk, row in known.items() if row.there and pk not in set(asked)]
    shown = disclose(viewer, [*asked, *kept[:MOST]], channel, at=at)
    found = [_say(feed, channel, known.get(each.key), each, shape(each), at) for each in shown]
    found += [_withdraw(row, at) for row in lost]
    found += [_said(row) for row in known.values() if row.gone_at and not row.there]
    return sorted(found, key=lambda said: (said.changed_at, str(said.uid)), reverse=True)


def one_said(
    feed: Subscription, viewer: Viewer, channel: Channel, message: UUID, shape: Callable[[Disclosure], str]
) -> Said | None:
    """The message as it stands; None where the feed has said something else of the record since, or should."""
    row = FeedEntry.objects.filter(subscription=feed, channel=channel.value, message=message).first()
    if row is None:
        return None
    if row.gone_at:
        return _said(row)
    shown = disclose(viewer, [row.record], channel)
    return _said(row, shown[0]) if shown and digest_of(shape(shown[0])) == row.shape else None


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _asked(feed: Subscription, viewer: Viewer, channel: Channel, at: datetime) -> list[int]:
    """The newest that the subscription asks for; paused, of what came before."""
    rows = _of_all(feed, carried_by(brought(viewer, columns_of(wish_of(feed)), at=at), channel))
    if feed.paused_at:
        rows = rows.filter(visible_since__lte=feed.paused_at)
    return list(dict.fromkeys(pk for (pk,) in rows.look("record_id", most=MOST)))


def _of_all(feed: Subscription, rows: InboxQuerySet) -> InboxQuerySet:
    """Of a desk's feed, whoever of the agency polls it, without what was given to one of them alone."""
    if feed.person_id:
        return rows
    to_all = Grant.objects.filter(
        content_object_id=OuterRef("record_id"), group_id=feed.agency_id, person=None
    )
    return rows.filter(Exists(to_all))


def _say(
    feed: Subscription, channel: Channel, row: FeedEntry | None, shown: Disclosure, shape: str, at: datetime
) -> Said:
    """As it was said last, or what changed as a message of its own."""
    digest = digest_of(shape)
    # Of a correction, the instant of the version; of what was marked or given anew, when it reached the viewer.
    moved = min(max(shown.issued_at, shown.visible_since), at)
    if row is None:
        row = FeedEntry.objects.create(
            subscription=feed,
            channel=channel.value,
            record=shown.key,
            uid=shown.uid,
            path=shown.path,
            shape=digest,
            changed_at=moved,
        )
    elif row.gone_at or row.shape != digest:
        # What was withdrawn and comes back is new: what is cancelled is referred to no more.
        before = [] if row.gone_at else _past(row)
        later = max(moved, _after(row, at))
        _keep(row, uid=shown.uid, shape=digest, before=before, gone_at=None, changed_at=later)
    return _said(row, shown)


def _withdraw(row: FeedEntry, at: datetime) -> Said:
    _keep(row, shape="", before=_past(row), gone_at=at, changed_at=_after(row, at))
    return _said(row)


def _after(row: FeedEntry, at: datetime) -> datetime:
    """Later than what was said last, by a whole second: feeds of CAP know no smaller step."""
    return max(at, row.changed_at + timedelta(seconds=1))


def _past(row: FeedEntry) -> list[list[str]]:
    return [*row.before, [str(row.message), row.changed_at.isoformat()]][-MOST_BEFORE:]


def _keep(row: FeedEntry, **values: Any) -> None:
    for name, value in {**values, "message": uuid4()}.items():
        setattr(row, name, value)
    row.save(update_fields=[*values, "message"])


def _said(row: FeedEntry, shown: Disclosure | None = None) -> Said:
    before = tuple((UUID(message), datetime.fromisoformat(at)) for message, at in row.before)
    return Said(row.uid, row.path, row.message, row.changed_at, before, shown)
