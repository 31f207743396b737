"""The record: parent row of a bulletin and of a seizure report, and the working copy of what both may say."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import Marked
from bulletins.records.refs import new_ref
from bulletins.retention.models import Retained
from bulletins.vocabulary.lists import IdentifierKind, LabState, Precision, Qualifier, SubstanceForm, Unit
from bulletins.vocabulary.models import Drug, Mode, Port
from hub.agencies.models import Agency


class Kind(models.TextChoices):
    BULLETIN = "bulletin", _("bulletin")
    SEIZURE = "seizure", _("seizure report")


class PredicateCategory(models.TextChoices):
    """Why a named subject may be kept at all (28 CFR 23.20 a, c)."""

    TRAFFICKING = "trafficking", _("Drug trafficking")
    SMUGGLING = "smuggling", _("Smuggling or importation")
    LAUNDERING = "laundering", _("Money laundering")
    ORGANISED = "organised", _("Organised crime")
    OTHER = "other", _("Other criminal activity")


class Record(Marked, Retained):
    """A working copy: the owner's agency alone can read it. Partners read faces of its published versions.

    `latest` is the number of the newest published version, 0 for what has never been published. `origin` says from
    which hub it came, and what binds it since (bulletins/records/origins.py); from `ended_at` on that hub shares it no
    more, and nobody reads it here.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField(max_length=9, default=new_ref, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, editable=False)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    originator = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    originator_text = models.CharField(
        max_length=200, blank=True, help_text=_("the body that found it, where it has no seat in the hub")
    )
    poster = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    origin = models.JSONField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    external_id = models.CharField(_("own reference"), max_length=60, blank=True)
    source_url = models.URLField(_("source"), max_length=500, blank=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField()
    latest = models.IntegerField(default=0)
    latest_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    embargo_until = models.DateTimeField(
        _("embargo"), null=True, blank=True, help_text=_("until then nobody but its owner has it")
    )

    # place: where and when exactly. Month, region and country stay in core.
    occurred_on = models.DateField(_("date"), null=True, blank=True)
    occurred_time = models.TimeField(_("time"), null=True, blank=True)
    occurred_period = models.CharField(_("period"), max_length=10, blank=True, help_text="2024 or 2024-03")
    precision = models.CharField(
        max_length=10, choices=Precision.choices, default=Precision.UNKNOWN, blank=True
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=60, blank=True)
    state = models.CharField(_("state or province"), max_length=60, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    port = models.ForeignKey(
        Port, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("port")
    )
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)

    # core: how it travelled and where it was hidden.
    mode = models.ForeignKey(
        Mode, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("transport mode")
    )
    conveyance = models.CharField(_("conveyance"), max_length=200, blank=True)
    origin_country = models.CharField(_("country of origin"), max_length=2, blank=True)
    transit_countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    destination = models.CharField(_("destination"), max_length=200, blank=True)
    methods = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("where hidden")
    )
    packages = models.PositiveIntegerField(_("packages"), null=True, blank=True)
    packages_qualifier = models.CharField(max_length=10, choices=Qualifier.choices, blank=True)
    safety_note = models.TextField(_("officer safety"), max_length=2000, blank=True)
    hazard = models.BooleanField(_("hazard to officers"), default=False)

    # detail
    concealment = models.CharField(_("how it was hidden"), max_length=500, blank=True)
    narrative = models.TextField(_("what happened"), max_length=20_000, blank=True)
    # technique
    detection = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("how it was found")
    )
    technique = models.TextField(_("how it was found, in words"), max_length=5000, blank=True)
    # case
    case_number = models.CharField(_("case number"), max_length=100, blank=True)
    referred_to = models.CharField(_("referred to"), max_length=200, blank=True)
    investigators = models.CharField(_("investigators"), max_length=300, blank=True)
    prosecution = models.TextField(_("prosecution"), max_length=2000, blank=True)
    people_count = models.PositiveIntegerField(_("people arrested"), null=True, blank=True)
    # 28 CFR 23: what allows identifiers to be shared at all
    predicate = models.TextField(_("criminal predicate"), max_length=2000, blank=True)
    predicate_category = models.CharField(
        _("predicate category"), max_length=20, choices=PredicateCategory.choices, blank=True
    )
    certified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    certified_at = models.DateTimeField(null=True, blank=True)

    class Meta(Marked.Meta):
        abstract = False
        constraints = [
            *Marked.Meta.constraints,
            *Retained.Meta.constraints,
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="record_kind_known"),
            models.CheckConstraint(condition=Q(latest__gte=0), name="record_latest_not_negative"),
            models.UniqueConstraint(
                fields=["owner", "kind", "external_id"],
                condition=~Q(external_id=""),
                name="record_external_id_once_an_owner",
            ),
        ]
        indexes = [models.Index(fields=["owner", "kind", "-edited_at"], name="record_owner_edited")]

    def __str__(self) -> str:
        return self.ref


class Substance(models.Model):
    """One substance of a record: the amount as reported, and the same in kilograms where it is a mass."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="substances")
    position = models.PositiveSmallIntegerField(default=0)
    drug = models.ForeignKey(Drug, models.PROTECT, related_name="+", verbose_name=_("drug"))
    quantity = models.DecimalField(_("amount"), max_digits=14, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=10, choices=Unit.choices, blank=True)
    qualifier = models.CharField(max_length=10, choices=Qualifier.choices, blank=True)
    mass_kg = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True, editable=False)
    form = models.CharField(_("form"), max_length=20, choices=SubstanceForm.choices, blank=True)
    purity_percent = models.DecimalField(
        _("purity, %"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    lab_state = models.CharField(_("laboratory"), max_length=20, choices=LabState.choices, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gte=0), name="substance_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | ~Q(unit=""), name="substance_amount_has_unit"
            ),
            models.CheckConstraint(
                condition=Q(purity_percent__isnull=True) | Q(purity_percent__range=(0, 100)),
                name="substance_purity_is_percent",
            ),
        ]


class Identifier(models.Model):
    """Something that leads to a person or a thing: a plate, a container number, a consignee."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="identifiers")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=IdentifierKind.choices)
    value = models.CharField(_("value"), max_length=200)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["position", "id"]


class Version(models.Model):
    """What was published, frozen: `content` by field group. It never changes; an amendment is the next number."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="versions")
    number = models.IntegerField()
    content = models.JSONField()
    linked = ArrayField(models.BigIntegerField(), default=list)
    note = models.CharField(max_length=300, blank=True)
    certified = models.BooleanField(default=False)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["record_id", "number"]
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="version_number_once")]
        # What is derived from a record is asked for whenever its marking changes.
        indexes = [GinIndex(fields=["linked"], name="version_linked")]
