"""The ledger: one row for each answer that gave somebody something, with what it gave as arrays."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from hub.agencies.models import Agency


class LedgerRow(models.Model):
    """The arrays are parallel: entry i of `records`, `versions`, `withheld` (groups, comma-joined), `basis` (release
    ids, 0 for one's own, below 0 the emergency that opened it to `person` alone) and `agreements` (ids, 0 for none)
    belong together. Only ever added to."""

    at = models.DateTimeField()
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150, blank=True)
    channel = models.CharField(max_length=12)
    request_id = models.CharField(max_length=40, blank=True)
    records = ArrayField(models.BigIntegerField())
    versions = ArrayField(models.IntegerField())
    withheld = ArrayField(models.CharField(max_length=80))
    basis = ArrayField(models.BigIntegerField())
    agreements = ArrayField(models.BigIntegerField(), default=list, db_default=[])

    class Meta:
        db_table = "sharing_ledger"
        indexes = [
            models.Index(fields=["agency", "-at", "-id"], name="ledger_agency_at"),
            models.Index(fields=["-at", "-id"], name="ledger_at"),
            # Who ever had a record: asked at its recall, and for the proof of it.
            GinIndex(fields=["records"], name="ledger_records"),
        ]
