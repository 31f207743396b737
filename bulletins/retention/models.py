"""What 28 CFR 23.20 (g, h) asks to be recorded of a record that names subjects: labels, review date, last review."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class Sensitivity(models.TextChoices):
    """How closely it is held; the confidence level beside it is the source grading (reliability, credibility)."""

    SENSITIVE = "sensitive", _("Sensitive: an investigation under way")
    CONFIDENTIAL = "confidential", _("Confidential")
    RESTRICTED = "restricted", _("Restricted: once held more closely")
    UNCLASSIFIED = "unclassified", _("Unclassified: from public sources")


class PurgeReason(models.TextChoices):
    """Why it was destroyed: a choice, never words of its own, for a tombstone says nothing of the record."""

    OBSOLETE = "obsolete", _("It is no longer relevant")
    MISLEADING = "misleading", _("It is misleading")
    UNRELIABLE = "unreliable", _("It is unreliable")
    UNLAWFUL = "unlawful", _("It was not lawfully obtained or kept")
    EXPIRED = "expired", _("Its retention period is over")


FIVE_YEARS_ON = "(%(expressions)s + interval '5 years')"


class Retained(models.Model):
    """`entered_on` is the day a version first named subjects. From the opening of `review_due`, UTC, no partner is
    shown identifiers, unless somebody validated that they are kept on. `review_told` is the last warning given, in days
    ahead.
    """

    sensitivity = models.CharField(
        _("sensitivity"), max_length=12, choices=Sensitivity.choices, default=Sensitivity.CONFIDENTIAL
    )
    control_official = models.CharField(_("control official"), max_length=150, blank=True)
    entered_on = models.DateField(null=True, blank=True)
    review_due = models.DateField(_("review by"), null=True, blank=True)
    review_told = models.PositiveSmallIntegerField(null=True, blank=True)
    validated_on = models.DateField(null=True, blank=True)
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    validated_why = models.CharField(max_length=500, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    purged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    purge_reason = models.CharField(max_length=12, choices=PurgeReason.choices, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(sensitivity__in=Sensitivity.values), name="%(class)s_sensitivity_known"
            ),
            models.CheckConstraint(
                condition=Q(entered_on=None)
                | Q(review_due__lte=Func(Coalesce("validated_on", "entered_on"), template=FIVE_YEARS_ON)),
                name="%(class)s_review_within_five_years",
            ),
            models.CheckConstraint(
                condition=Q(entered_on=None) | Q(review_due__isnull=False),
                name="%(class)s_entered_is_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(validated_on=None, validated_by=None, validated_why="")
                | (Q(validated_on__gte=F("entered_on"), validated_by__isnull=False) & ~Q(validated_why="")),
                name="%(class)s_validated_by_somebody_for_a_reason",
            ),
            models.CheckConstraint(
                condition=(Q(purged_at=None) & Q(purge_reason=""))
                | (Q(purged_at__isnull=False) & Q(purge_reason__in=PurgeReason.values)),
                name="%(class)s_purged_for_a_reason",
            ),
        ]
