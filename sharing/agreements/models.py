"""An agreement between two agencies, with a scope of its own in each direction."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.models import Agency


class Agreement(models.Model):
    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    first = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    second = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    whole_governments = models.BooleanField(_("covers every agency of both countries"), default=False)
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("to"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="agreement_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(first=F("second")), name="agreement_of_two"),
        ]

    def __str__(self) -> str:
        return self.code


class Direction(models.Model):
    """What may cross from `giver` to the other party. No row: nothing crosses that way."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="directions")
    giver = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    kinds = ArrayField(models.CharField(max_length=10, choices=Kind.choices), verbose_name=_("record kinds"))
    drug_classes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        verbose_name=_("substance classes; empty for all"),
    )
    highest_tlp = models.CharField(_("highest TLP"), max_length=16, choices=TLP.choices)
    withheld = ArrayField(
        models.CharField(max_length=12, choices=FieldGroup.choices),
        default=list,
        blank=True,
        verbose_name=_("always withheld"),
    )
    caveat = models.CharField(_("caveat"), max_length=200, blank=True)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    permitted_use = models.CharField(_("permitted use"), max_length=300)
    keep_days = models.PositiveIntegerField(_("days the recipient may keep"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "giver"], name="direction_once"),
            models.CheckConstraint(condition=Q(highest_tlp__in=TLP.values), name="direction_tlp_known"),
        ]
