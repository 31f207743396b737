"""Agencies and people. An agency's primary key is its auth Group's: one number in grants, audiences and context."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AgencyKind(models.TextChoices):
    FEDERAL = "federal", _("Federal")
    HIDTA = "hidta", _("HIDTA")
    DHE_STATE = "dhe_state", _("State, highway enforcement")
    LOCAL = "local", _("Local")
    TRIBAL = "tribal", _("Tribal")
    FOREIGN = "foreign", _("Foreign")
    INTERNATIONAL = "international", _("International body")


class AgencyState(models.TextChoices):
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")


class Role(models.TextChoices):
    """Roles in an agency, and the two that stand above agencies (steward, inspector)."""

    OFFICER = "officer", _("officer")
    RELEASER = "releaser", _("releaser")
    LIAISON = "liaison", _("liaison")
    ADMIN = "admin", _("agency admin")
    AUDITOR = "auditor", _("auditor")
    STEWARD = "steward", _("steward")
    INSPECTOR = "inspector", _("inspector")


HUB_WIDE = frozenset({Role.STEWARD.value, Role.INSPECTOR.value})


class Agency(models.Model):
    group = models.OneToOneField(Group, models.PROTECT, primary_key=True, related_name="agency")
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=AgencyKind.choices)
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("ISO 3166-1, two letters; empty for a world body")
    )
    region = models.CharField(_("region"), max_length=100, blank=True)
    desk_email = models.EmailField(_("desk e-mail"), blank=True)
    desk_phone = models.CharField(_("desk telephone"), max_length=40, blank=True)
    desk_hours = models.CharField(_("desk hours"), max_length=100, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="UTC")
    state = models.CharField(
        _("state"), max_length=10, choices=AgencyState.choices, default=AgencyState.ACTIVE
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    parent_confirmed_at = models.DateTimeField(null=True, blank=True)
    # Written by a trigger, whoever renames it; empty where it has always had this name.
    renamed_at = models.DateTimeField(null=True, blank=True, editable=False)
    cfr23_accepted_on = models.DateField(_("28 CFR Part 23 procedures accepted on"), null=True, blank=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AgencyKind.values), name="agency_kind_known"),
            models.CheckConstraint(condition=Q(state__in=AgencyState.values), name="agency_state_known"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """What pickers say: a HIDTA's own agency is its centre, beside the community of the same name."""
        return f"{self.name} ({_('centre')})" if self.kind == AgencyKind.HIDTA else self.name


class Person(AbstractUser):
    """Somebody with an account. `agency` is the truth; the auth Group is written from it."""

    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="people")
    roles = ArrayField(models.CharField(max_length=10, choices=Role.choices), default=list, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    # Whose an inspector is. It opens nothing: two of them confirm an emergency only as people of two agencies.
    seconded_from = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=Q(roles__contained_by=Role.values), name="person_roles_known"),
            models.CheckConstraint(
                condition=Q(seconded_from=None) | Q(agency=None), name="person_of_an_agency_or_seconded"
            ),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        self.groups.set([self.agency_id] if self.agency_id else [])
