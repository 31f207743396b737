"""Requests to share a record on, and what each agency that has a say in it decided."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Kind, Record
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.models import Agency
from sharing.releases.models import Consent


class RequestState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("taken back")


class OnwardRequest(models.Model):
    """A holder asks that one agency may have one version of a record too.

    `ref`, `kind` and `owner` are copied: an originator that does not hold the record can read none of it. When it is
    settled, `answer` says why to the asker, `answered_by` who (empty where the asker may not know), and `withheld` and
    `until` what was granted. Only the engine writes here.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    ref = models.CharField(max_length=9)
    version = models.IntegerField()
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    asker = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    need_to_know = models.CharField(_("need to know"), max_length=300)
    right_to_know = models.CharField(_("right to know"), max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    settled_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    withheld = ArrayField(models.CharField(max_length=12, choices=FieldGroup.choices), default=list)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="request_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(settled_at__isnull=False),
                name="request_settled_at_an_instant",
            ),
            models.UniqueConstraint(
                fields=["asker", "record", "recipient"],
                condition=Q(state="waiting"),
                name="request_waits_once",
            ),
        ]
        indexes = [models.Index(fields=["asker", "-asked_at", "-id"], name="request_asker")]


class VerdictState(models.TextChoices):
    LATER = "later", _("asked when the originators have consented")
    WAITING = "waiting", _("waiting")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    CLOSED = "closed", _("no longer asked")
    WITHDRAWN = "withdrawn", _("consent withdrawn")


class Verdict(models.Model):
    """One agency's say in a request: as one that the record rests on, which consents, or as its owner, which releases.

    `owner` is copied for row-level security: the owner reads what those its record rests on said. `sources` are
    references of the agency's own records from which the one asked for is derived.
    """

    request = models.ForeignKey(OnwardRequest, models.CASCADE, related_name="verdicts")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=VerdictState.choices, default=VerdictState.WAITING)
    sources = ArrayField(models.CharField(max_length=9), default=list)
    withheld = ArrayField(models.CharField(max_length=12, choices=FieldGroup.choices), default=list)
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "agency"], name="verdict_once"),
            models.CheckConstraint(condition=Q(state__in=VerdictState.values), name="verdict_state_known"),
        ]
        indexes = [
            models.Index(fields=["agency"], condition=Q(state="waiting"), name="verdict_waiting"),
        ]
