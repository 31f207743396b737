"""Peers: partners' collections that an agency fetches from, and how far it has come with each."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import require_viewer
from sharing.receipts.models import Step

PAGE = 200


class Scheme(models.TextChoices):
    """How a peer is told who asks."""

    BASIC = "basic", _("user name and password")
    TOKEN = "token", _("token")
    NONE = "none", _("nothing: it answers anybody")


class PeerQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The viewer's agency's own, without those that were removed."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id, removed_at=None)


class Peer(models.Model):
    """A TAXII 2.1 collection of a partner's, fetched every so many minutes. `uid` is the scope of what came from it.

    A walk goes over all that was added `after` an instant: pages by `next`, `reached` being the last instant that a
    page told; both as the peer wrote them. They are written with what the page brought: a walk goes on where it was.
    `pages` and `idle` count, in this walk, its pages and those that brought nothing new.
    `due_at` is when it is asked next, also after a failure; `claimed_at` when a worker last took it up.
    `unmarked` is the label of what has none; DISPLAY ONLY stands beside it. `hub` is the id of the hub that it is, as
    the first object told it: another id is never believed.
    """

    # A walk that begins with the first that was ever added.
    FROM_THE_BEGINNING = {"after": "", "next": "", "reached": "", "pages": 0, "idle": 0}

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    title = models.CharField(max_length=100)
    url = models.CharField(max_length=500, blank=True)
    scheme = models.CharField(max_length=5, choices=Scheme.choices)
    username = models.CharField(max_length=150, blank=True)
    sealed_secret = models.TextField(blank=True)
    every_minutes = models.PositiveIntegerField(default=60)
    unmarked = models.CharField(max_length=16, choices=TLP.choices, default=TLP.STRICT)
    is_hub = models.BooleanField(default=False)
    hub = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)

    after = models.CharField(max_length=40, blank=True)
    next = models.CharField(max_length=4000, blank=True)
    reached = models.CharField(max_length=40, blank=True)
    page_size = models.PositiveIntegerField(default=PAGE)
    pages = models.PositiveIntegerField(default=0)
    idle = models.PositiveIntegerField(default=0)

    pulled_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    taken = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    # The newest objects that were refused: {"id", "version", "message"}.
    problems = models.JSONField(default=list)

    objects = PeerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scheme__in=Scheme.values), name="peer_scheme_known"),
            models.CheckConstraint(
                condition=Q(unmarked__in=[TLP.STRICT, TLP.RED]), name="peer_unmarked_strict"
            ),
            models.CheckConstraint(condition=Q(every_minutes__range=(5, 10_080)), name="peer_every"),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(url="", sealed_secret=""), name="peer_removed_keeps_nothing"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(removed_at=None, paused_at=None), name="peer_due")
        ]


class Arrival(models.Model):
    """A record that came from another hub, once an agency: `hub` and `uid` name it where it came from first.

    `peer` is what keeps it up to date; there it is `peer_uid`, in its `version`. The acknowledgement of
    `acknowledged_version` is told to the peer at `due_at`, until `sent_at`.
    `acknowledge_by` is until when the peer asks, since `asked_at`, that this version be acknowledged; `told` what the
    agency was told of that last.
    Its photographs that are not here yet are asked for at `photographs_due_at`.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    # Its constraint is the migration's own: a draft is discarded in SQL, and takes this along.
    record = models.OneToOneField(Record, models.CASCADE, db_constraint=False, related_name="arrival")
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="+")
    hub = models.UUIDField()
    uid = models.UUIDField()
    peer_uid = models.UUIDField()
    version = models.PositiveIntegerField()

    acknowledged_version = models.PositiveIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, db_index=False, null=True, related_name="+"
    )
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    acknowledge_by = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=10, choices=Step.choices, blank=True, default="", db_default="")
    photographs_due_at = models.DateTimeField(null=True)
    photographs_attempts = models.PositiveIntegerField(default=0, db_default=0)
    photographs_failure = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "hub", "uid"], name="arrival_once_an_agency")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="arrival_due"),
            models.Index(
                fields=["acknowledge_by"],
                condition=Q(acknowledge_by__isnull=False),
                name="arrival_asked",
            ),
            models.Index(
                fields=["photographs_due_at"],
                condition=Q(photographs_due_at__isnull=False),
                name="arrival_photographs_due",
            ),
        ]
