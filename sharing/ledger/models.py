"""The two views of the ledger. Their predicates are inside: whose agency reads is the transaction's."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from bulletins.records.models import Kind
from hub.agencies.models import Agency
from sharing.ledger.querysets import GivenQuerySet, TakenQuerySet


class LedgerEntry(models.Model):
    """One record in one answer. `ledger_id` and `place` order those of one instant, and are never shown."""

    id = models.CharField(primary_key=True, max_length=40)
    ledger_id = models.BigIntegerField()
    place = models.BigIntegerField()
    at = models.DateTimeField()
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    channel = models.CharField(max_length=12)
    record_id = models.BigIntegerField()
    uid = models.UUIDField()
    ref = models.CharField(max_length=9)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    version = models.IntegerField()
    withheld = ArrayField(models.CharField(max_length=12))
    agreement_id = models.BigIntegerField(null=True)
    red = models.BooleanField()

    class Meta:
        abstract = True


class LedgerGiven(LedgerEntry):
    """Row of `sharing_ledger_given`: a record of the viewer's agency, given to another. There is no person in it.

    Whom a hidden roster alone names is not there; `release_id` is the release that the owner may be told reached
    the agency, empty for what was given past any.
    """

    release_id = models.BigIntegerField(null=True)
    poster_id = models.BigIntegerField(null=True)

    objects = GivenQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_ledger_given"


class LedgerTaken(LedgerEntry):
    """Row of `sharing_ledger_taken`: a record of another's, given to somebody of the viewer's agency."""

    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150)
    tlp = models.CharField(max_length=16)
    controls = ArrayField(models.CharField(max_length=12))
    rel_to = ArrayField(models.CharField(max_length=2))
    cui_categories = ArrayField(models.CharField(max_length=10))
    caveat = models.CharField(max_length=120)
    reliability = models.CharField(max_length=1)
    credibility = models.CharField(max_length=1)

    objects = TakenQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_ledger_taken"
