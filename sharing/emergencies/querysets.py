"""Questions about emergencies: who may read which row, and what is open to the viewer now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from hub.agencies.models import Role
from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class EmergencyQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """All of them to inspectors; to others what row-level security leaves them: their own."""
        require_viewer(viewer)
        return self

    def for_inspectors(self, viewer: Viewer) -> Self:
        require_viewer(viewer)
        return self if viewer.can(Role.INSPECTOR) and viewer.agency_id is None else self.none()

    def of_record(self, viewer: Viewer, record: int) -> Self:
        """When the record was opened: for the agency that owns it, whose own it must be."""
        require_viewer(viewer)
        return self.filter(record_id=record, record__owner_id=viewer.agency_id).order_by("-decided_at")


class OpenedQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """What is open to the viewer in person. The predicate stands in the view; here the two are held together."""
        require_viewer(viewer)
        return self
