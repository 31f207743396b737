"""The secret address of a subscription's feed, and what a feed has said."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from sharing.subscriptions.models import Subscription


class FeedLink(models.Model):
    """Whoever holds the secret reads the subscription's Atom feed, as its recipient. Kept is its SHA-256 alone.

    One at a time of a subscription. It lives as long as who made it may change the subscription.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(revoked_at=None), name="feed_link_once"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("made_at")), name="feed_link_ends"),
        ]


class FeedChannel(models.TextChoices):
    ATOM = "atom"
    CAP = "cap"


class FeedEntry(models.Model):
    """What a feed last said of a record, so that it goes on telling of it: changes, and that it is withdrawn.

    `record` is the number of a record, of which nothing else is kept but its names; `shape` is a digest of what was
    said, empty once withdrawn. `message` names what was said last, at `changed_at`; `before` the messages that it takes
    the place of, as CAP refers to them.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, db_index=False, related_name="+")
    channel = models.CharField(max_length=10, choices=FeedChannel.choices)
    record = models.BigIntegerField()
    uid = models.UUIDField()
    path = models.CharField(max_length=40)
    shape = models.CharField(max_length=64, blank=True)
    message = models.UUIDField(default=uuid.uuid4, unique=True)
    before = models.JSONField(default=list)
    changed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "channel", "record"], name="feed_entry_once"),
            models.CheckConstraint(condition=Q(channel__in=FeedChannel.values), name="feed_entry_channel"),
        ]
