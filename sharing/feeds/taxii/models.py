"""What a collection of a choice has given: it goes on telling of that when its choice no longer holds."""

from __future__ import annotations

from django.db import models


class Fed(models.Model):
    agency_id = models.IntegerField()
    collection = models.UUIDField()
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "collection", "record_id"], name="fed_once"),
        ]
