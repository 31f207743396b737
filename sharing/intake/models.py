"""What came in and as what: original objects, envelopes and what became of them, and an agency's terms for both."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from bulletins.records.models import Record
from hub.agencies.models import Agency


class Way(models.TextChoices):
    """How something came in."""

    TAXII = "taxii", _("sent by TAXII")
    PULL = "pull", _("fetched by TAXII")


class OriginalState(models.TextChoices):
    """What was made of an original: written into the working copy, or kept beside it for its owner to decide."""

    WRITTEN = "written", _("written into the working copy")
    WAITING = "waiting", _("waits: the working copy was edited by hand since")
    WITHDRAWN = "withdrawn", _("its sender has withdrawn it")
    REVOKED = "revoked", _("its sender has revoked it")
    PART = "part", _("a note or indicator that only repeats part of a record")
    MARKING = "marking", _("a marking that other objects refer to")


class Original(models.Model):
    """An object as it was sent, kept with the record it became; read by the agency it was taken in for alone.

    `scope` is empty for what the agency's own people sent, else it names the peer it was fetched from: the same STIX
    id in another scope, or another agency's, is another thing. `body` is the object as JSON, empty once its record was
    purged. `written_at` is the working copy's `edited_at` when this was written into it: a later one tells of work by
    hand. `decided_at` is when its owner settled what could not be done by itself.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    scope = models.CharField(max_length=40, blank=True)
    stix_id = models.CharField(max_length=120)
    modified_at = models.DateTimeField()
    # Its constraint is the migration's own: a draft is discarded in SQL, and takes these along.
    record = models.ForeignKey(
        Record, models.CASCADE, null=True, db_constraint=False, related_name="originals"
    )
    body = models.TextField()
    state = models.CharField(max_length=10, choices=OriginalState.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    sender = models.CharField(max_length=150, blank=True)
    notes = models.JSONField(default=list)
    taken_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-modified_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "scope", "stix_id", "modified_at"], name="original_once_a_version"
            ),
            models.CheckConstraint(condition=Q(state__in=OriginalState.values), name="original_state_known"),
            models.CheckConstraint(
                condition=Q(record__isnull=False) | Q(state="marking"), name="original_of_a_record"
            ),
        ]


class Envelope(models.Model):
    """Objects sent at once, and what became of each; read by whoever sent it alone.

    `lines`: {"id", "version", "state": success | failure, "message"} for each object, in the order sent.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    requested_at = models.DateTimeField(db_index=True)
    lines = models.JSONField(default=list)


class Participation(models.Model):
    """Whether what an agency sends in is published in it at once; without a row it is a draft."""

    agency = models.OneToOneField(Agency, models.CASCADE, primary_key=True, related_name="+")
    publishes = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


class Voice(models.Model):
    """`speaker` may name `principal` as the originator of what it sends in, once that agency has confirmed it."""

    speaker = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    principal = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["speaker", "principal"], name="voice_once"),
            models.CheckConstraint(condition=~Q(speaker=F("principal")), name="voice_for_another"),
        ]


class UploadState(models.TextChoices):
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked: say whether the good rows are to be taken")
    TAKING = "taking", _("good rows are being taken in")
    TAKEN = "taken", _("taken in")
    UNREADABLE = "unreadable", _("cannot be read")


class Upload(models.Model):
    """A file of seizures that an officer sent, and reads alone; its files are gone once it is taken, or in a week.

    `line` is how far the work has come, so that whoever goes on after an interruption does nothing twice; `worked_at`
    when somebody last said that they are at it. Of `good` rows `created`, `changed` and `unchanged` say what becomes of
    them, or has. `problems`: the first refused rows, as the page has them.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=150)
    is_workbook = models.BooleanField(default=False)
    tlp = models.CharField(max_length=16, choices=TLP.choices, default=TLP.AMBER)
    posts = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKING)
    reason = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)
    line = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    posted = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    sent_at = models.DateTimeField()
    worked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=UploadState.values), name="upload_state_known"),
            models.CheckConstraint(condition=Q(tlp__in=TLP.values), name="upload_tlp_known"),
        ]
