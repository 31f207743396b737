"""Communities, memberships, and the ways in. A membership counts once the lead has confirmed it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
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
            models.CheckConstraint(condition=Q(kind__in=CommunityKind.values), name="community_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=CommunityKind.OPERATION) | Q(closes_at__isnull=False),
                name="community_operation_closes",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def path(self) -> str:
        return f"/communities/{self.code}/"


class Membership(models.Model):
    """An agency in a community, from `joined_at` to `left_at`. Who joins again has another row.

    Without history it has of the community only what began since it joined.
    """

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
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")),
                name="membership_left_after_joining",
            ),
        ]


class Outcome(models.TextChoices):
    JOINED = "joined", _("joined")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


class Joining(models.Model):
    """An agency's way into a community: its lead invites it, or it asks by the community's code; the lead confirms.

    `code` is what was written down, in capitals: whether there is such a community, the row does not tell its agency.
    So too `declined_at` of one that was not invited is its lead's alone to know: for the agency it goes on waiting,
    until it lapses.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=20)
    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    invited_at = models.DateTimeField(null=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    with_history = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    lapses_at = models.DateTimeField()
    declined_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "agency"], condition=Q(closed_at=None), name="joining_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(invited_at__isnull=False) | Q(asked_at__isnull=False), name="joining_begun_by_one"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="")
                | Q(closed_at__isnull=False, outcome__in=Outcome.values),
                name="joining_closed_with_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["code"], condition=Q(closed_at=None), name="joining_open")]

    @property
    def path(self) -> str:
        return f"/communities/joining/{self.uid}/"


class Invitation(models.Model):
    """Row of `sharing_invitation`: what an invited agency is told of the community, which is not yet its own."""

    uid = models.UUIDField()
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=15, choices=CommunityKind.choices)
    description = models.TextField()
    closes_at = models.DateTimeField(null=True)
    lead = models.ForeignKey(Agency, models.DO_NOTHING, related_name="+")
    invited_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    lapses_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "sharing_invitation"
