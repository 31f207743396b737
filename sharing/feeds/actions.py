"""The secret link of a feed: made, replaced, revoked, found by what is shown."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer, desk_of, viewer_of
from hub.agencies.models import Agency, Person
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.feeds.models import FeedEntry, FeedLink
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.rules import may_change

LIVES = timedelta(days=365)
SHOWN = 16  # of a digest, on the trail: tells two apart and opens nothing


@dataclass(frozen=True)
class Opened:
    """What a link opens: the subscription, and as whom it is read."""

    link: int
    subscription: int
    reader: Viewer


def make_link(feed: Subscription, *, viewer: Viewer, at: datetime) -> str:
    """A new secret, in place of any that there is; it cannot be read again."""
    _require(feed, viewer)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Subscription.objects.select_for_update(of=("self",)).get(pk=feed.pk)
        replaced = FeedLink.objects.filter(subscription=feed, revoked_at=None).update(revoked_at=at)
        row = FeedLink.objects.create(
            subscription=feed,
            digest=digest_of(secret),
            made_by_id=viewer.person_id or 0,
            made_at=at,
            expires_at=at + LIVES,
        )
        _note("feed.rotate" if replaced else "feed.make", feed, row.digest, viewer=viewer, at=at)
    return secret


def revoke_link(feed: Subscription, *, viewer: Viewer, at: datetime) -> None:
    """From now on the address leads nowhere."""
    _require(feed, viewer)
    with transaction.atomic():
        row = FeedLink.objects.select_for_update().filter(subscription=feed, revoked_at=None).first()
        if row is None:
            raise ValidationError(_("There is no link to revoke."))
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        _note("feed.revoke", feed, row.digest, viewer=viewer, at=at)


def forget_shapes(ids: Iterable[int]) -> None:
    """Not even a digest of what feeds said of these records stays; that they did stays, for they tell of the end."""
    with engine():
        FeedEntry.objects.filter(record__in=list(ids)).update(shape="")


def opened_by(secret: str) -> Opened | None:
    """What the secret opens; None for one that is unknown, expired, revoked, or whose maker may make it no more."""
    with connection.cursor() as cursor:
        cursor.execute("select * from hub_feed_link(%s)", [digest_of(secret)])
        found = cursor.fetchone()
    if found is None:
        return None
    link, subscription, agency, person, made_by = found
    maker = viewer_of(Person.objects.select_related("agency").filter(pk=made_by).first())
    if not may_change(maker, agency=agency, person=person):
        return None
    reader = maker if person else desk_of(Agency.objects.get(pk=agency))
    return Opened(link, subscription, reader)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _require(feed: Subscription, viewer: Viewer) -> None:
    if not may_change(viewer, agency=feed.agency_id, person=feed.person_id):
        raise ValidationError(_("The link of a desk's feed is its liaison's and administrators' to make."))


def _note(event: str, feed: Subscription, digest: str, *, viewer: Viewer, at: datetime) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="subscription",
        object_id=str(feed.uid),
        link=digest[:SHOWN],
    )
