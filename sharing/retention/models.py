"""Files of purged photographs that are to be gone: named until somebody has looked that they are."""

from __future__ import annotations

from django.db import models

from bulletins.records.models import Record


class Leftover(models.Model):
    """A photograph of a purged record. Its copies are removed when the purge commits, and once more by the sweep."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    photograph = models.UUIDField()
