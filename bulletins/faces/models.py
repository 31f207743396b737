"""Faces: what may be seen of a version. `Face` is the table, `Found` the view that search reads."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from bulletins.faces.querysets import FoundQuerySet
from bulletins.markings.models import Marked
from bulletins.records.models import Kind, Record
from hub.agencies.models import Agency


class FaceColumns(Marked):
    """What a face says, in columns for filters, and `shown` for disclosure. Withheld groups are in neither."""

    version = models.IntegerField()
    withheld = ArrayField(models.CharField(max_length=12), default=list)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    uid = models.UUIDField(default=uuid.uuid4)
    ref = models.CharField(max_length=9)
    issued_at = models.DateTimeField()
    shown = models.JSONField()
    linked = ArrayField(models.BigIntegerField(), default=list)
    words = SearchVectorField()
    title = models.TextField()
    methods = ArrayField(models.CharField(max_length=40), default=list)
    drugs = ArrayField(models.CharField(max_length=40), default=list)
    mode = models.CharField(max_length=40, blank=True)
    month = models.CharField(max_length=7, blank=True)
    region = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2, blank=True)
    port = models.CharField(max_length=10, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    hazard = models.BooleanField(default=False)
    urgency = models.CharField(max_length=10, blank=True)
    mass_kg = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    origin = models.CharField(max_length=2, blank=True)
    destinations = ArrayField(models.CharField(max_length=2), default=list)

    class Meta:
        abstract = True


class Face(FaceColumns):
    """(record, version, withheld groups, wording). `audience` and `lapses_at` are kept by the trigger on grants.

    `wording` is the digest of texts that stand in place of the author's, `reworded` says which; the views that
    recipients read through have neither: who has a text of its own is not told that there is another.
    `stix` is what it is in STIX but for the ends that differ by reader, as made by the renderer `stix_of`.
    """

    record = models.ForeignKey(Record, models.CASCADE, related_name="faces")
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    audience = ArrayField(models.IntegerField(), default=list)
    lapses_at = models.DateTimeField(null=True)
    wording = models.CharField(max_length=32, blank=True, default="")
    reworded = ArrayField(models.CharField(max_length=60), default=list)
    stix = models.TextField(default="", db_default="")
    stix_of = models.CharField(max_length=80, default="", db_default="")

    class Meta(FaceColumns.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["record", "version", "withheld", "wording"], name="face_once"),
        ]
        indexes = [
            models.Index(fields=["-issued_at", "-record"], name="face_issued"),
            models.Index(fields=["ref"], name="face_ref"),
            models.Index(fields=["uid"], name="face_uid"),
        ]


class Found(FaceColumns):
    """Row of `bulletins_found`, the plain view that search, filters, facets and counts read.

    The viewer is read from the transaction's setting, inside the view: behind a policy the text index goes unused.
    """

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    owner = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")

    objects = FoundQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "bulletins_found"
