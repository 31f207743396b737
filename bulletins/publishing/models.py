"""The bulletin: a concealment method or hazard that others must know, with its photographs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bulletins.records.models import Record


class Urgency(models.TextChoices):
    ROUTINE = "routine", _("Routine")
    PRIORITY = "priority", _("Priority")
    IMMEDIATE = "immediate", _("Immediate")


class PhotographGroup(models.TextChoices):
    """Which field group a photograph belongs to: an X-ray shows the technique."""

    DETAIL = "detail", _("Photograph")
    TECHNIQUE = "technique", _("X-ray or other picture of how it was found")


class Bulletin(Record):
    title = models.CharField(_("title"), max_length=200, blank=True)
    tear_line = models.TextField(_("tear line"), max_length=1000, blank=True)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices, default=Urgency.ROUTINE)

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        constraints = [
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="bulletin_urgency_known"),
        ]


class SourceLink(models.Model):
    """A record that a bulletin rests on: mostly seizure reports, its agency's own or given to it; or a bulletin."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="links")
    source = models.ForeignKey(Record, models.CASCADE, related_name="+")

    class Meta:
        # Its name from when sources were reports alone; functions of the database know it.
        db_table = "bulletins_linkedseizure"
        constraints = [models.UniqueConstraint(fields=["bulletin", "source"], name="source_link_once")]


class Photograph(models.Model):
    """A re-encoded picture. Its files are named after `uid` and reached through a disclosure alone."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(Record, models.CASCADE, related_name="photographs")
    position = models.PositiveSmallIntegerField(default=0)
    group = models.CharField(max_length=10, choices=PhotographGroup.choices, default=PhotographGroup.DETAIL)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    content_type = models.CharField(max_length=30)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group__in=PhotographGroup.values), name="photograph_group_known"
            ),
        ]
