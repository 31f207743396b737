"""What a collection of a choice has given: it goes on telling of that when its choice no longer holds."""

from __future__ import annotations

from django.db import models


class Fed(models.Model):
    """Of a record one life: of what it was before a recall a collection says nothing that did not give it then."""

    agency_id = models.IntegerField()
    collection = models.UUIDField()
    record_id = models.BigIntegerField()
    life = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_id", "collection", "record_id", "life"], name="fed_once"),
        ]
