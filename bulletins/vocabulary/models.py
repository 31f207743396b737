"""The field's lists as tables: read by everybody, written by the loader alone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bulletins.vocabulary.lists import PortKind, Region
from bulletins.vocabulary.querysets import DrugQuerySet, MethodQuerySet, TermQuerySet


class Term(models.Model):
    """A coded term. It is never deleted: one gone from the lists is retired and old records keep it."""

    code = models.CharField(_("code"), max_length=40, primary_key=True)
    label = models.CharField(_("label"), max_length=200)
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("order in lists"))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.label_now()

    def label_now(self) -> str:
        """The label in the reader's language."""
        return gettext(self.label) if self.label else self.code


class Method(Term):
    """A way of concealing, in up to three levels: road vehicle, body and panels, quarter panels."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    level = models.PositiveSmallIntegerField(_("level"))
    path = ArrayField(
        models.CharField(max_length=40), help_text=_("codes from the top term down to this one")
    )
    modes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    definition = models.TextField(_("definition"), blank=True)
    # Written by a trigger; empty where it has always said what it says.
    reworded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = MethodQuerySet.as_manager()

    class Meta(Term.Meta):
        verbose_name = _("concealment method")
        verbose_name_plural = _("concealment methods")
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="method_named"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="method_level_1_to_3"),
            models.CheckConstraint(
                condition=Q(level=1, parent=None) | Q(level__gt=1, parent__isnull=False),
                name="method_parent_below_the_top_only",
            ),
            models.CheckConstraint(
                condition=Q(path__len=F("level")), name="method_path_as_long_as_its_level"
            ),
            models.CheckConstraint(condition=Q(path__contains=[F("code")]), name="method_path_holds_itself"),
        ]


class Drug(Term):
    """A substance or another thing seized. Regulatory facts are for orientation: see `source_note`."""

    aliases = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    drug_class = models.CharField(_("class"), max_length=40, blank=True)
    is_drug = models.BooleanField(_("is a drug"), default=True)
    dea_schedule = models.CharField(_("DEA schedule"), max_length=60, blank=True)
    dea_code = models.CharField(_("DEA code"), max_length=40, blank=True)
    un_control = models.CharField(_("UN control"), max_length=80, blank=True)
    lethal_dose_mg = models.DecimalField(
        _("lethal dose, mg"), max_digits=12, decimal_places=6, null=True, blank=True
    )
    lethal_dose_note = models.TextField(_("note on the lethal dose"), blank=True)
    presumptive_test_caution = models.TextField(_("caution on field tests"), blank=True)
    source_note = models.TextField(_("source"), blank=True)

    objects = DrugQuerySet.as_manager()

    class Meta(Term.Meta):
        verbose_name = _("drug")
        verbose_name_plural = _("drugs")
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="drug_named"),
            models.CheckConstraint(
                condition=Q(lethal_dose_mg=None) | Q(lethal_dose_mg__gt=0), name="drug_lethal_dose_positive"
            ),
        ]


class Mode(Term):
    """A transport mode."""

    definition = models.TextField(_("definition"), blank=True)

    objects = TermQuerySet.as_manager()

    class Meta(Term.Meta):
        verbose_name = _("transport mode")
        verbose_name_plural = _("transport modes")
        constraints = [models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="mode_named")]


class Detection(Term):
    """A way of finding what was concealed."""

    definition = models.TextField(_("definition"), blank=True)

    objects = TermQuerySet.as_manager()

    class Meta(Term.Meta):
        verbose_name = _("detection method")
        verbose_name_plural = _("detection methods")
        constraints = [models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="detection_named")]


class Port(Term):
    """A port of entry, seaport, airport, mail facility or express hub. Coordinates are approximate."""

    port_code = models.CharField(_("Schedule D code"), max_length=4, blank=True)
    state = models.CharField(_("state or province"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2)
    kind = models.CharField(_("kind"), max_length=10, choices=PortKind.choices)
    region = models.CharField(_("region"), max_length=20, choices=Region.choices)
    lat = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6)
    lon = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6)
    code_source = models.CharField(_("source of the code"), max_length=100, blank=True)
    # Written by a trigger; empty where it has always said what it says.
    reworded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TermQuerySet.as_manager()

    class Meta(Term.Meta):
        verbose_name = _("port")
        verbose_name_plural = _("ports")
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="port_named"),
            models.CheckConstraint(condition=Q(kind__in=PortKind.values), name="port_kind_known"),
            models.CheckConstraint(condition=Q(region__in=Region.values), name="port_region_known"),
            models.CheckConstraint(condition=Q(lat__gte=-90, lat__lte=90), name="port_latitude_on_earth"),
            models.CheckConstraint(condition=Q(lon__gte=-180, lon__lte=180), name="port_longitude_on_earth"),
        ]
