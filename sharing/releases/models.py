"""Releases, recalls and consents: what an owner decided to share and took back, and what an originator allowed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Record
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.models import Agency
from sharing.communities.models import Community


class Release(models.Model):
    """A record version to one agency, to one community, or (TLP:CLEAR) to every active agency.

    `members` are the community's members when it was released: at TLP:AMBER they alone are reached.
    `persons` are the people named at TLP:RED. `ended_at` is set by recall, replacement and expiry of its purpose.
    `barred` are agencies that lost a newer version by its recall: this release does not step in for it.
    `told_version` is the newest version of which those who keep an older one were told that it corrects theirs.
    `acknowledge_by` is until when each agency it reaches is asked to acknowledge the version.
    `wording` holds texts that stand in place of the version's own, by name (bulletins/faces/wording.py); an empty one
    leaves the text out.
    """

    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    version = models.IntegerField()
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    community = models.ForeignKey(Community, models.PROTECT, null=True, blank=True, related_name="+")
    members = ArrayField(models.IntegerField(), default=list)
    persons = ArrayField(models.BigIntegerField(), default=list)
    withheld = ArrayField(models.CharField(max_length=12, choices=FieldGroup.choices), default=list)
    barred = ArrayField(models.IntegerField(), default=list)
    told_version = models.IntegerField(default=0)
    wording = models.JSONField(default=dict, blank=True)
    need_to_know = models.CharField(_("need to know"), max_length=300)
    right_to_know = models.CharField(_("right to know"), max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    acknowledge_by = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    recalled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recall_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["record", "version"], name="release_record")]
        constraints = [
            models.CheckConstraint(
                condition=Q(agency=None) | Q(community=None), name="release_to_an_agency_or_a_community"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="release_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(acknowledge_by=None) | Q(acknowledge_by__gt=F("starts_at")),
                name="release_acknowledged_after_start",
            ),
            models.CheckConstraint(
                condition=Q(recalled_at=None) | ~Q(ended_at=None), name="release_recalled_is_ended"
            ),
        ]


class Recall(models.Model):
    """What an owner took back: one `version` of a record, or all of it. `reason` is for those who had it.

    Those it was told to read the row, so it names nobody of the owner's: who did it stands on the owner's trail.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    version = models.IntegerField(null=True)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["record", "-at"], name="recall_record")]
        constraints = [
            models.CheckConstraint(
                condition=Q(version=None) | Q(version__gt=0), name="recall_of_a_published_version"
            )
        ]


class Consent(models.Model):
    """The originator allows one agency to have one version: the third-agency rule. It may end, and may withhold."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    version = models.IntegerField()
    originator = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    withheld = ArrayField(models.CharField(max_length=12, choices=FieldGroup.choices), default=list)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "version", "originator", "recipient"],
                condition=Q(withdrawn_at=None),
                name="consent_once",
            ),
        ]
