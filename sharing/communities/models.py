"""Communities and memberships. A membership counts once the lead has confirmed it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.agencies.models import Agency


class CommunityKind(models.TextChoices):
    HIDTA = "hidta", _("HIDTA region")
    DHE = "dhe", _("Domestic Highway Enforcement")
    BILATERAL = "bilateral", _("Bilateral")
    INTERNATIONAL = "international", _("International")
    OPERATION = "operation", _("Operation")


class Community(models.Model):
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=15, choices=CommunityKind.choices)
    lead = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    description = models.TextField(_("description"), blank=True)
    roster_visible = models.BooleanField(_("members see the roster"), default=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CommunityKind.values), name="community_kind_known")
        ]

    def __str__(self) -> str:
        return self.code


class Membership(models.Model):
    community = models.ForeignKey(Community, models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()
    with_history = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community", "agency"], condition=Q(left_at=None), name="membership_once_at_a_time"
            ),
        ]
