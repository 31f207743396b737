"""A briefing: its month and its attendees. What is in the pack is worked out each time it is opened."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bulletins.records.refs import new_ref
from hub.agencies.models import Agency
from sharing.briefings.querysets import BriefingQuerySet
from sharing.communities.models import Community


class Briefing(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField(max_length=9, default=new_ref, unique=True, editable=False)
    owner = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=200)
    month = models.DateField(_("month"))
    agencies = models.ManyToManyField(Agency, related_name="+", blank=True, verbose_name=_("agencies"))
    communities = models.ManyToManyField(
        Community, related_name="+", blank=True, verbose_name=_("communities")
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = BriefingQuerySet.as_manager()

    class Meta:
        verbose_name = _("briefing")
        verbose_name_plural = _("briefings")

    def __str__(self) -> str:
        return self.ref
