"""What told agencies answered to a recall, and who was told: the owner reads `sharing_told`."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.agencies.models import Agency
from sharing.releases.models import Recall


class AnswerKind(models.TextChoices):
    DESTROYED = "destroyed", _("destroyed")
    KEPT = "kept", _("kept by law")
    PASSED = "passed", _("passed on")


class RecallAnswer(models.Model):
    """One answer of an agency to one recall; rows are only added, and the newest counts.

    `words` say which law keeps it, or to whom it was passed on; `passed_to` are agencies of the hub among those.
    `person_id` is set where the recall was told to a person (TLP:RED). Who wrote it stands on their agency's trail.
    """

    recall = models.ForeignKey(Recall, models.CASCADE, related_name="answers")
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=AnswerKind.choices)
    words = models.CharField(max_length=500, blank=True)
    passed_to = ArrayField(models.IntegerField(), default=list)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["recall", "agency", "-at"], name="recall_answer")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AnswerKind.values), name="recall_answer_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="destroyed") | ~Q(words="") | Q(kind="passed", passed_to__len__gt=0),
                name="recall_answer_says_why_or_to_whom",
            ),
        ]


class Told(models.Model):
    """Row of `sharing_told`, for the owner: an agency (`in_person`: somebody of it) that a recall was told to.

    `told_at` is the recall's own instant, `sent_at` when the first delivery of it arrived, `basis` what the agency had
    it by until then, if it did; the rest is the newest answer.
    """

    recall = models.ForeignKey(Recall, models.DO_NOTHING, related_name="+")
    agency = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    in_person = models.BooleanField()
    version = models.IntegerField()
    told_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    channels = ArrayField(models.TextField(), null=True)
    answered_at = models.DateTimeField(null=True)
    basis = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "sharing_told"
