"""What is kept of a request with an Idempotency-Key, so that sending it twice does it once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from hub.accounts.models import Token
from hub.agencies.models import Agency


class Done(models.Model):
    """A POST that was carried out under a key of its caller's: a token, or a person who is signed in.

    Nothing of a record is kept: `key` and `request` are digests, `place` the address where the answer can be read
    anew, `said` an answer that names no words of a record.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.ForeignKey(Token, models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=300, blank=True)
    said = models.JSONField(null=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "person", "token", "key"], nulls_distinct=False, name="done_once"
            ),
        ]
