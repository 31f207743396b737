"""Subscriptions: of what a person, or an agency's desk, wants to be told, by which channels and how often."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.agencies.models import Agency
from sharing.subscriptions.querysets import QuietHoursQuerySet, SubscriptionQuerySet


class Channel(models.TextChoices):
    INBOX = "inbox", _("Inbox")
    MAIL = "mail", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")
    TAXII = "taxii", _("TAXII push")


# What leads to programs: an agency's desk directs them, and no person.
PROGRAMS = (Channel.WEBHOOK, Channel.TAXII)


class Frequency(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    HOURLY = "hourly", _("Every hour")
    SHIFT = "shift", _("At the turn of each shift")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


def codes() -> ArrayField:
    return ArrayField(models.CharField(max_length=40), default=list, blank=True)


class Subscription(models.Model):
    """Of `person`, or of the agency's desk where there is none. An empty filter asks for nothing in particular.

    Filters narrow each other; values of one are alternatives. Drugs and classes are one filter; `near_km` widens ports
    to what happened within so many kilometres of one. What they are compared with is the recipient's face, by
    MATCHES (sharing/subscriptions/matching.py), and by nothing else.
    `times`, `weekday` (0 is Monday) and `day` (of the month) are wall times in the recipient's own zone; `next_at` is
    when the next digest is due, of what arrived since `since_at`: both empty where it is told at once. `since_n` says
    the same as the number of an entry (sharing/audiences/models.py), which no clock moves: digests go by it. Paused, it
    tells nothing, and what arrived meanwhile is not told later.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    title = models.CharField(_("name"), max_length=120)

    kinds = codes()
    methods = codes()
    drugs = codes()
    classes = codes()
    modes = codes()
    regions = codes()
    ports = codes()
    near_km = models.PositiveIntegerField(default=0)
    countries = codes()
    origins = codes()
    destinations = codes()
    owners = ArrayField(models.IntegerField(), default=list, blank=True)
    urgencies = codes()
    tlps = codes()
    hazard = models.BooleanField(default=False)
    words = models.CharField(max_length=300, blank=True)

    channels = ArrayField(models.CharField(max_length=10, choices=Channel.choices))
    endpoint = models.ForeignKey("Endpoint", models.PROTECT, null=True, related_name="+")
    frequency = models.CharField(max_length=10, choices=Frequency.choices, default=Frequency.AT_ONCE)
    times = ArrayField(models.TimeField(), default=list, blank=True)
    weekday = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=1)
    next_at = models.DateTimeField(null=True)
    since_at = models.DateTimeField(null=True)
    since_n = models.BigIntegerField(null=True)

    # Its collections at partners' are to be given what it asks for since it was changed.
    asks_anew = models.BooleanField(default=False, db_default=False)

    paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="subscription_named"),
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="subscription_frequency_known"
            ),
            models.CheckConstraint(
                condition=Q(channels__contained_by=Channel.values) & ~Q(channels=[]),
                name="subscription_has_channels",
            ),
            models.CheckConstraint(
                condition=Q(person=None) | ~Q(channels__overlap=[each.value for each in PROGRAMS]),
                name="subscription_of_a_person_leads_to_no_program",
            ),
            # A collection holds objects, and a digest is none.
            models.CheckConstraint(
                condition=Q(frequency=Frequency.AT_ONCE) | ~Q(channels__contains=[Channel.TAXII.value]),
                name="subscription_pushes_at_once",
            ),
            models.CheckConstraint(
                condition=Q(frequency=Frequency.AT_ONCE, next_at=None)
                | ~Q(frequency=Frequency.AT_ONCE) & (Q(next_at__isnull=False) | Q(paused_at__isnull=False)),
                name="subscription_due_unless_told_at_once",
            ),
            models.CheckConstraint(
                condition=Q(frequency__in=[Frequency.AT_ONCE, Frequency.HOURLY]) | ~Q(times=[]),
                name="subscription_digest_has_its_time",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="subscription_weekday_known"),
            models.CheckConstraint(condition=Q(day__range=(1, 31)), name="subscription_day_known"),
        ]
        indexes = [
            models.Index(
                fields=["agency"],
                condition=Q(frequency=Frequency.AT_ONCE, paused_at=None),
                name="subscription_at_once",
            ),
            models.Index(fields=["agency", "person"], name="subscription_list"),
            models.Index(fields=["id"], condition=Q(asks_anew=True), name="subscription_asks_anew"),
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False, paused_at=None),
                name="subscription_due",
            ),
        ]


class QuietHours(models.Model):
    """From `begins` up to `ends`, wall times of the recipient's zone, no mail but of hazards and recalls is sent.

    Of `person`, or of the agency's desk where there is none.
    """

    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    begins = models.TimeField()
    ends = models.TimeField()
    changed_at = models.DateTimeField()

    objects = QuietHoursQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "person"], nulls_distinct=False, name="quiet_hours_once"
            ),
            models.CheckConstraint(condition=~Q(begins=models.F("ends")), name="quiet_hours_end"),
        ]
