"""An agreement between two agencies, with a scope of its own in each direction."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE, FieldGroup
from hub.agencies.models import Agency
from sharing.agreements.querysets import AgreementQuerySet


class Agreement(models.Model):
    """Entered by one side, in force once the other has accepted it. What it says is then changed by another that
    `replaces` it; it ends at `replaced_at`.

    `suspended_by` are the sides that have suspended it: each takes up its own again. `revision` counts the
    writes, so that nobody decides on what somebody else has changed meanwhile. `settled_at` is when its beginning
    reached the grants, `warned` the days ahead of its end at which both sides were told.
    """

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    first = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    second = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    whole_governments = models.BooleanField(_("covers every agency of both countries"), default=False)
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("to"))
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_by = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    decline_reason = models.CharField(max_length=300, blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    suspended_by = ArrayField(models.IntegerField(), default=list, blank=True)
    suspend_reason = models.CharField(max_length=300, blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    replaced_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True, blank=True)
    warned = ArrayField(models.IntegerField(), default=list, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="agreement_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(first=F("second")), name="agreement_of_two"),
            models.CheckConstraint(
                condition=Q(proposed_by=None) | Q(proposed_by=F("first")) | Q(proposed_by=F("second")),
                name="agreement_proposed_by_a_party",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(declined_at=None), name="agreement_accepted_or_declined"
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None) | ~Q(accepted_at=None), name="agreement_suspended_is_accepted"
            ),
            models.CheckConstraint(
                condition=Q(suspended_by=[]) | ~Q(suspended_at=None),
                name="agreement_suspended_by_is_suspended",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None) | ~Q(accepted_at=None), name="agreement_replaced_is_accepted"
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("id")), name="agreement_replaces_another"
            ),
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
            models.CheckConstraint(
                condition=Q(kinds__contained_by=Kind.values) & ~Q(kinds=[]), name="direction_kinds_known"
            ),
            models.CheckConstraint(
                condition=Q(withheld__contained_by=[group.value for group in WITHHOLDABLE]),
                name="direction_withholds_groups",
            ),
            models.CheckConstraint(
                condition=Q(keep_days=None) | Q(keep_days__gt=0), name="direction_keeps_a_day"
            ),
        ]
