"""Where every list starts: what the viewer has been given, and what was taken back from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from bulletins.faces.querysets import FoundQuerySet
from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class InboxQuerySet(FoundQuerySet):
    """Rows of `sharing_inbox`, newest first by the instant they became visible to the viewer's agency."""

    face = "face_id"

    def newest_first(self) -> Self:
        return self.order_by("-visible_since", "-record_id")


class WithdrawalQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Withdrawals told to the viewer: their agency's, and of those at TLP:RED their own."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id).filter(
            models.Q(person_id=None) | models.Q(person_id=viewer.person_id)
        )


class StandingQuerySet(models.QuerySet[Any]):
    """Rows of what machines carried to an agency. What they may carry now is `disclose_rendered`'s to say."""

    def visible_to(self, viewer: Viewer) -> Self:
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id or 0)
