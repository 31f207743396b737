"""Files that are made of many records by a worker, for one person."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.agencies.models import Agency
from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class Form(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel")
    JSON = "json", _("JSON")
    STIX = "stix", _("STIX")
    ZIP = "zip", _("ZIP")


class JobState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    WORKING = "working", _("being made")
    READY = "ready", _("ready")
    FAILED = "failed", _("could not be made")
    OUTDATED = "outdated", _("no longer true")
    EXPIRED = "expired", _("expired")


class ExportJobQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The viewer's own, as long as they are of the agency they asked in."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id, person_id=viewer.person_id or 0)


class ExportJob(models.Model):
    """A file for `person` alone, as one of `agency`: what they are shown when it is made, and still when it is fetched.

    `question` is the list and its filters, or the records chosen; empty for all that the agency owns. `records` are
    the numbers of those in the file, in their order, and `mark` a digest of what was given of each: which face, under
    which marking and terms. A file whose records are not given so any more is not handed out.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    agency = models.ForeignKey(Agency, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    question = models.JSONField(default=dict)
    form = models.CharField(max_length=8, choices=Form.choices)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    made_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(null=True)
    name = models.CharField(max_length=120, blank=True)
    size = models.BigIntegerField(default=0)
    marking = models.TextField(blank=True)
    records = ArrayField(models.BigIntegerField(), default=list)
    mark = models.CharField(max_length=64, blank=True)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(form__in=Form.values), name="export_form_known"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="export_state_known"),
            models.CheckConstraint(
                condition=~Q(state=JobState.READY) | Q(expires_at__isnull=False), name="export_ready_ends"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-made_at"], name="export_list"),
            models.Index(fields=["state", "touched_at"], name="export_state"),
            # A purge looks for the files that hold a record.
            GinIndex(fields=["records"], condition=Q(state="ready"), name="export_records"),
        ]
