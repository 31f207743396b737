"""A proposed correction: of one part of a version an agency has. The owner is told the agency, never the person."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Kind, Record
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.models import Agency


class CorrectionState(models.TextChoices):
    OPEN = "open", _("open")
    TAKEN_UP = "taken_up", _("being corrected")
    TAKEN = "taken", _("taken")
    ANSWERED = "answered", _("answered")


class Correction(models.Model):
    """`says` is what the part should say. `person_id` is set where the record is for people named (TLP:RED).

    `basis` is what the agency had the record by, as in the ledger: whether its owner may be told its name.
    Taken up, it is marked taken by the publishing of the next version, `in_version`; or it is answered in words.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    ref = models.CharField(max_length=9)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True)
    version = models.IntegerField()
    part = models.CharField(max_length=12, choices=FieldGroup.choices)
    says = models.CharField(max_length=2000)
    why = models.CharField(max_length=1000)
    proposed_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=CorrectionState.choices, default=CorrectionState.OPEN.value
    )
    settled_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    in_version = models.IntegerField(null=True)
    basis = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency", "-proposed_at"], name="correction_proposed"),
            models.Index(fields=["owner", "-proposed_at"], name="correction_asked"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CorrectionState.values), name="correction_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | ~Q(answer=""), name="correction_answered_in_words"
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(in_version__gt=models.F("version")),
                name="correction_taken_into_a_later_version",
            ),
            models.CheckConstraint(condition=~Q(agency=models.F("owner")), name="correction_by_a_recipient"),
        ]
