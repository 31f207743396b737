"""The seizure report: an event, and what only a report of one has."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Record
from bulletins.vocabulary.lists import Qualifier


class SeizureReport(Record):
    value_amount = models.DecimalField(_("value"), max_digits=16, decimal_places=2, null=True, blank=True)
    value_currency = models.CharField(_("currency"), max_length=3, blank=True)
    value_usd = models.DecimalField(_("value, USD"), max_digits=16, decimal_places=2, null=True, blank=True)
    value_qualifier = models.CharField(max_length=10, choices=Qualifier.choices, blank=True)
    lab_reference = models.CharField(_("laboratory reference"), max_length=100, blank=True)
    reported_on = models.DateField(_("made public on"), null=True, blank=True)
    note = models.TextField(_("note on the data"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("seizure report")
        verbose_name_plural = _("seizure reports")
        constraints = [
            models.CheckConstraint(
                condition=Q(value_amount__isnull=True) | ~Q(value_currency=""),
                name="seizure_value_has_currency",
            ),
        ]
