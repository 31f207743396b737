"""Receipts. Across agencies they name the agency, not the person: the owner reads `sharing_answered`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bulletins.records.models import Record
from hub.agencies.models import Agency


class Receipt(models.Model):
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    version = models.IntegerField()
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "version", "person"], name="receipt_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_at__gte=F("read_at")),
                name="receipt_read_before_acknowledged",
            ),
        ]
        indexes = [models.Index(fields=["agency", "record", "version"], name="receipt_agency")]


class Step(models.TextChoices):
    REMINDER = "reminder"
    ESCALATION = "escalation"


class Reminded(models.Model):
    """That an agency, or a person of it, was reminded to acknowledge a version, or that it was told on: once each."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    version = models.IntegerField()
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    acknowledge_by = models.DateTimeField()
    step = models.CharField(max_length=10, choices=Step.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "version", "agency", "person", "acknowledge_by", "step"],
                nulls_distinct=False,
                name="reminded_once",
            ),
            models.CheckConstraint(condition=Q(step__in=Step.values), name="reminded_step_known"),
        ]


class Answered(models.Model):
    """Row of `sharing_answered`, for the owner: an agency's first reading and first acknowledgement of a version."""

    id = models.TextField(primary_key=True)
    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    version = models.IntegerField()
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    read_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "sharing_answered"
