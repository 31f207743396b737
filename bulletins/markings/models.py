"""The marking of a record: columns shared by whatever is marked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TLP(models.TextChoices):
    """Traffic Light Protocol 2.0 (FIRST, 2022): labels are written exactly so and never translated."""

    CLEAR = "TLP:CLEAR", "TLP:CLEAR"
    GREEN = "TLP:GREEN", "TLP:GREEN"
    AMBER = "TLP:AMBER", "TLP:AMBER"
    STRICT = "TLP:AMBER+STRICT", "TLP:AMBER+STRICT"
    RED = "TLP:RED", "TLP:RED"

    @property
    def rank(self) -> int:
        """0 for CLEAR to 4 for RED: higher is stricter."""
        return list(TLP).index(self)


TLP_MEANS = {
    TLP.CLEAR: _("May be shared with anybody."),
    TLP.GREEN: _("May be shared within your community, not in public."),
    TLP.AMBER: _("May be shared with your own agency and its clients who need to know."),
    TLP.STRICT: _("May be shared within your own agency only."),
    TLP.RED: _("For the people named, and nobody else."),
}


class Control(models.TextChoices):
    """Limited dissemination controls (CUI registry) that narrow who may be reached."""

    NOFORN = "NOFORN", _("NOFORN: not to foreign governments")
    FED_ONLY = "FED ONLY", _("FED ONLY: U.S. federal agencies only")
    REL_TO = "REL TO", _("REL TO: to the countries named")
    DISPLAY_ONLY = "DISPLAY ONLY", _("DISPLAY ONLY: may be read on a page, not taken away")


class Reliability(models.TextChoices):
    """Reliability of the source (Admiralty code)."""

    A = "A", _("A: completely reliable")
    B = "B", _("B: usually reliable")
    C = "C", _("C: fairly reliable")
    D = "D", _("D: not usually reliable")
    E = "E", _("E: unreliable")
    F = "F", _("F: cannot be judged")


class Credibility(models.TextChoices):
    """Credibility of the information (Admiralty code)."""

    CONFIRMED = "1", _("1: confirmed by others")
    PROBABLE = "2", _("2: probably true")
    POSSIBLE = "3", _("3: possibly true")
    DOUBTFUL = "4", _("4: doubtful")
    IMPROBABLE = "5", _("5: improbable")
    UNKNOWN = "6", _("6: cannot be judged")


class Marked(models.Model):
    """A row that carries a marking. The caveat is text for people and never decides access."""

    tlp = models.CharField(_("TLP"), max_length=16, choices=TLP.choices, default=TLP.AMBER)
    controls = ArrayField(
        models.CharField(max_length=12, choices=Control.choices),
        default=list,
        blank=True,
        verbose_name=_("dissemination controls"),
    )
    rel_to = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, verbose_name=_("releasable to countries")
    )
    cui_categories = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("CUI categories")
    )
    caveat = models.CharField(_("caveat"), max_length=120, blank=True)
    reliability = models.CharField(
        _("source reliability"), max_length=1, choices=Reliability.choices, blank=True
    )
    credibility = models.CharField(_("credibility"), max_length=1, choices=Credibility.choices, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(tlp__in=TLP.values), name="%(class)s_tlp_known"),
            models.CheckConstraint(
                condition=Q(controls__contained_by=Control.values), name="%(class)s_controls_known"
            ),
        ]


MARKING_FIELDS = ("tlp", "controls", "rel_to", "cui_categories", "caveat", "reliability", "credibility")
