"""An emergency: asked for by one inspector, confirmed by another of another agency; what grants are rebuilt from."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Kind, Record
from hub.agencies.models import Agency
from sharing.emergencies.querysets import EmergencyQuerySet, OpenedQuerySet

OPEN_FOR = timedelta(hours=1)


class EmergencyState(models.TextChoices):
    ASKED = "asked", _("waits for a second inspector")
    CONFIRMED = "confirmed", _("opened")
    DECLINED = "declined", _("declined")
    # The hub's own answer, in the same words whatever the cause: no such record is one of them.
    IMPOSSIBLE = "impossible", _("cannot be opened")


class Emergency(models.Model):
    """`ref` is what the inspector was told by whoever is in danger. Whether there is such a record is asked when a
    second one confirms, and `record` is set only then. It is then open to `person`, while of `agency`, until `until`.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    ref = models.CharField(_("reference"), max_length=9)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    danger = models.CharField(_("the imminent danger"), max_length=500)
    state = models.CharField(max_length=10, choices=EmergencyState.choices, default=EmergencyState.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_from = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_from = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    record_kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["record"], name="emergency_record")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EmergencyState.values), name="emergency_state_known"
            ),
            models.CheckConstraint(condition=~Q(danger=""), name="emergency_names_a_danger"),
            models.CheckConstraint(
                condition=Q(state=EmergencyState.ASKED, decided_by=None, decided_at=None)
                | (~Q(state=EmergencyState.ASKED) & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="emergency_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state=EmergencyState.CONFIRMED)
                | (
                    ~Q(decided_by=F("asked_by"))
                    & Q(decided_from__isnull=False)
                    & ~Q(decided_from=F("asked_from"))
                ),
                name="emergency_confirmed_by_another_agency",
            ),
            models.CheckConstraint(
                condition=Q(state=EmergencyState.CONFIRMED, record__isnull=False, until__isnull=False)
                | (~Q(state=EmergencyState.CONFIRMED) & Q(record=None, until=None)),
                name="emergency_opens_only_when_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__lte=F("decided_at") + OPEN_FOR),
                name="emergency_lasts_an_hour_at_most",
            ),
        ]


class Opened(models.Model):
    """Row of `sharing_opened`: what is open to the viewer in an emergency at this moment, and to nobody else."""

    record = models.ForeignKey(Record, models.DO_NOTHING, related_name="+")
    ref = models.CharField(max_length=9)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    until = models.DateTimeField()

    objects = OpenedQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "sharing_opened"
