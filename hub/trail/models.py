"""Trail rows: who did what, when, from where, with what outcome (NIST AU-3, standards 5). Only ever added."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Outcome(models.TextChoices):
    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class TrailRow(models.Model):
    """Names are copied, not linked: a row stays true when a person or record is gone."""

    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    agency_id = models.IntegerField(null=True)
    agency = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=20, blank=True)
    credential = models.CharField(max_length=40, blank=True, db_default="")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    version = models.IntegerField(null=True)
    marking = models.CharField(max_length=100, blank=True)
    audience_before = ArrayField(models.CharField(max_length=20), default=list)
    audience_after = ArrayField(models.CharField(max_length=20), default=list)
    reason = models.TextField(blank=True)
    rows = models.IntegerField(null=True)
    bytes_out = models.BigIntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "hub_trail"
        indexes = [models.Index(fields=["agency_id", "-id"], name="trail_agency")]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="trail_outcome_known"),
        ]


class TrailNumber(models.Model):
    """The order in which trail rows became visible: numbered after commit, what seals are made over."""

    id = models.BigAutoField(primary_key=True)
    trail_id = models.BigIntegerField(unique=True)
    n = models.BigIntegerField(null=True, unique=True)
    numbered_at = models.DateTimeField(null=True)


class Seal(models.Model):
    """Rows `first` to `last` as they stood `at`: `head` ends a hash chain through them from `previous`, signed.

    `ids` and `digests` (32 bytes each) are what the chain is made of, row by row, so that a later look can say which
    row is not what it was. `key` is the public key, `signature` over all but the arrays, which `head` covers.
    """

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True)
    rows = models.IntegerField()
    ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()
    previous = models.CharField(max_length=64)
    head = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        db_table = "hub_seal"
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1, first__gte=1, last__gte=F("first")), name="seal_holds_rows"
            ),
        ]


class HeadMail(models.Model):
    """A head that was mailed to an inspector: whatever is done to the chain later, they hold it."""

    seal = models.ForeignKey(Seal, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    person = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "hub_headmail"
        indexes = [models.Index(fields=["person_id", "-at"], name="headmail_person")]
