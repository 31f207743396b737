"""Alerts and their deliveries. Rows are the truth; the broker only makes them fast."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Kind, Record
from hub.agencies.models import Agency
from sharing.deliveries.querysets import (
    AskedQuerySet,
    DeliveryQuerySet,
    EndpointQuerySet,
    InboxItemQuerySet,
)
from sharing.subscriptions.models import Channel


class AlertKind(models.TextChoices):
    NEW = "new", _("New")
    AMENDED = "amended", _("Amended")
    RECALLED = "recalled", _("Recalled")
    # Notices: what an agency is told that is not a record given to it.
    CORRECTION = "correction", _("Correction")
    REQUEST = "request", _("Request")
    AGREEMENT = "agreement", _("Agreement")
    COMMUNITY = "community", _("Community")
    EMERGENCY = "emergency", _("Break glass")
    REVIEW = "review", _("Review")
    ACTION = "action", _("Action due")
    EXPORT = "export", _("File")
    HUB = "hub", _("Another hub")
    # Told to programs alone that had been told of the record: people find its tombstone.
    ENDED = "ended", _("No longer shared")
    # What a subscription brings together over a period; it is no notice and has no record of its own.
    DIGEST = "digest", _("Digest")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    CANCELLED = "cancelled", _("not sent, access ended")
    FAILED = "failed", _("failed")


class Alert(models.Model):
    """Something that happened to a record version, to be told. Its content is disclosed at sending.

    A notice has no `record`: `facts` are what its words are made of (sharing/deliveries/notices.py), never content of
    a record; `path` is the page it leads to, which asks for itself who may read it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=10, choices=AlertKind.choices)
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    record_kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    ref = models.CharField(max_length=9, blank=True)
    version = models.IntegerField(default=0)
    owner = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    hazard = models.BooleanField(default=False)
    at = models.DateTimeField()
    path = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    # Of the deed that caused it, as on the trail: the same in every log line up to the receipt.
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AlertKind.values), name="alert_kind_known"),
            models.CheckConstraint(
                condition=Q(record=None) | Q(owner__isnull=False), name="alert_of_a_record_names_its_owner"
            ),
        ]
        # Of a notice: whether a newer one tells of the same thing.
        indexes = [
            models.Index(fields=["path", "kind"], condition=Q(record=None), name="alert_notice"),
        ]


class Urgency(models.IntegerChoices):
    """In what order deliveries that are due go out."""

    FIRST = 0, _("hazards and recalls")
    INBOX = 1, _("inboxes")
    NEWS = 2, _("news and notices at once")
    DIGEST = 3, _("digests")


class EndpointKind(models.TextChoices):
    """Named as the channel that leads there."""

    WEBHOOK = Channel.WEBHOOK.value, _("Webhook")
    COLLECTION = Channel.TAXII.value, _("TAXII collection")


class Endpoint(models.Model):
    """Where an agency's programs take what is given to it: a receiver of webhooks, or a collection of a TAXII server.

    Secrets are encrypted at rest. A webhook's signs; while it is changed the old one signs as well. A collection's is
    the header that lets the hub in. `title` is what a collection calls itself.
    Nothing is sent before `verified_at` but the challenge, or the question whether the hub may write there. One that
    was removed keeps its row, for its deliveries are the proof of what was sent, and neither its address nor a secret.
    `behind` says that it is in use again, and what ended or was recalled meanwhile is still to be told to it.

    `failures` counts attempts in a row that nobody took, since `failing_since`; from some on the endpoint rests until
    `resting_until`, then one delivery tries whether it is back. `answered_at` is when it last took one, to the minute.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=10,
        choices=EndpointKind.choices,
        default=EndpointKind.WEBHOOK,
        db_default=EndpointKind.WEBHOOK.value,
    )
    url = models.URLField(max_length=500, blank=True)
    title = models.CharField(max_length=200, blank=True, default="", db_default="")
    sealed_secret = models.TextField(blank=True)
    sealed_old_secret = models.TextField(blank=True)
    old_secret_ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    behind = models.BooleanField(default=False, db_default=False)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed_old_secret="", old_secret_ends_at=None)
                | ~Q(sealed_old_secret="") & Q(old_secret_ends_at__isnull=False),
                name="endpoint_old_secret_ends",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None)
                | Q(disabled_at__isnull=False, url="", title="", sealed_secret="", sealed_old_secret=""),
                name="endpoint_removed_keeps_nothing",
            ),
            models.CheckConstraint(condition=Q(kind__in=EndpointKind.values), name="endpoint_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=EndpointKind.WEBHOOK) | Q(sealed_old_secret=""),
                name="endpoint_collection_has_one_secret",
            ),
        ]


class Delivery(models.Model):
    """One alert to one recipient by one channel. `uid` is the webhook-id and Message-ID for ever.

    `person` is set where somebody is named (TLP:RED), or is told by a subscription of their own: it is then theirs
    alone, not the desk's. `matched` are the recipient's subscriptions that asked for it, however many: none where they
    are told whatever they subscribe to.
    `begun_at` is set when an attempt was ever begun: a recall is sent after it, and only then. `resent_at` is when
    somebody had one that failed sent again: its three days count from there.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    # No index of its own where one below begins with it: each is written anew with every change of state.
    alert = models.ForeignKey(Alert, models.CASCADE, db_index=False, related_name="deliveries")
    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, null=True, related_name="+"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, db_index=False, null=True, related_name="+")
    urgency = models.SmallIntegerField(
        choices=Urgency.choices, default=Urgency.NEWS, db_default=Urgency.NEWS.value
    )
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    resent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    notes = ArrayField(models.CharField(max_length=200), default=list)
    matched = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "agency", "person", "channel", "endpoint"],
                nulls_distinct=False,
                name="delivery_once",
            ),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "urgency", "due_at", "id"],
                condition=Q(state="waiting"),
                name="delivery_due",
            ),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="delivery_claimed"),
            models.Index(fields=["agency", "channel", "-id"], name="delivery_agency"),
            # What waits for an endpoint that rests, and what did not get through to it.
            models.Index(
                fields=["endpoint", "state"],
                condition=Q(endpoint__isnull=False, state__in=["waiting", "failed"]),
                name="delivery_endpoint",
            ),
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="delivery_person"),
            # Few rows, and none of it is paid for by what is sent.
            models.Index(fields=["agency", "endpoint"], condition=Q(state="failed"), name="delivery_failed"),
        ]


class Looked(models.Model):
    """One row at most: up to which entry (its `n`) it was looked for what ended, to tell programs of it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    n = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="looked_is_one_row")]


class NoticeRead(models.Model):
    """A person has opened a notice."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="+")
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "person"], name="notice_read_once")]


class InboxItem(models.Model):
    """Row of `sharing_inboxitem`: a record's newest alert to the viewer, and whether this person has read it.

    `version` is the one the viewer has now. `recalled_at` is set on a recall: the page is then a tombstone, unless
    `only_version` alone was taken back and the viewer holds another. `matched` are subscriptions of the desk and of
    the viewer's own.
    """

    uid = models.UUIDField()
    alert = models.CharField(max_length=10, choices=AlertKind.choices)
    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    ref = models.CharField(max_length=9)
    version = models.IntegerField()
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    hazard = models.BooleanField()
    at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True)
    only_version = models.IntegerField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    matched = ArrayField(models.BigIntegerField())

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_inboxitem"

    @property
    def path(self) -> str:
        return f"/{'bulletins' if self.kind == Kind.BULLETIN else 'seizures'}/{self.ref}/"


class Asked(models.Model):
    """Row of `sharing_asked`: what the viewer's agency (at TLP:RED the viewer) is asked to acknowledge, and by when.

    `acknowledged_at` is the agency's first acknowledgement of the version it has, whoever gave it; at TLP:RED the
    viewer's own.
    """

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    ref = models.CharField(max_length=9)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    version = models.IntegerField()
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    acknowledge_by = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    objects = AskedQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_asked"


class Visit(models.Model):
    """When a person last looked at their inbox or Today, to the hour; nobody else reads it.

    `away_since` is set when they come back after days off, until they have seen what came meanwhile.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    away_since = models.DateTimeField(null=True)
