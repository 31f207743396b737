"""Questions about agreements. Row-level security answers them for the two parties and the steward alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class AgreementQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Those the viewer's agency is a party to; for the steward all."""
        require_viewer(viewer)
        if viewer.agency_id is None:
            return self
        return self.filter(Q(first_id=viewer.agency_id) | Q(second_id=viewer.agency_id))

    def told(self) -> Self:
        """With what it takes to say them in words."""
        return self.select_related("first", "second", "proposed_by", "replaces").prefetch_related(
            "directions"
        )

    def standing(self, at: datetime) -> Self:
        """Accepted, neither replaced nor lapsed at `at`: suspended ones too, and those that have not begun."""
        running = Q(replaced_at=None) | Q(replaced_at__gt=at)
        return self.filter(running, accepted_at__isnull=False, valid_to__gt=at)

    def open_drafts(self) -> Self:
        return self.filter(accepted_at=None, declined_at=None)
