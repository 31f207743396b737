"""Questions about briefings. They are read by their own agency's liaisons and releasers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from hub.database.context import require_viewer
from sharing.briefings.rules import may_open

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class BriefingQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        require_viewer(viewer)
        return self.filter(owner_id=viewer.agency_id) if may_open(viewer) else self.none()

    def newest_first(self) -> Self:
        return self.order_by("-made_at", "-id")
