"""Where every list starts: what the viewer has been given, and what was taken back from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.expressions import RawSQL

from bulletins.faces.querysets import FoundQuerySet
from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


def from_elsewhere(face: str, agency: str) -> str:
    """SQL that is true where what `face` shows came to `agency` from elsewhere: another agency's, or another hub's.

    Both are names in the statement. Of this alone people and desks are told; `Disclosure.from_elsewhere` is the same.
    """
    return (
        f"({face}.owner_id <> {agency} or exists (select from bulletins_record h"
        f" where h.id = {face}.record_id and h.origin is not null))"
    )


class InboxQuerySet(FoundQuerySet):
    """Rows of `sharing_inbox`, newest first by the instant they became visible to the viewer's agency."""

    face = "face_id"

    def newest_first(self) -> Self:
        return self.order_by("-visible_since", "-record_id")

    def from_elsewhere(self) -> Self:
        """Without what the viewer's own agency wrote. Not within another query: it names the view."""
        return self.filter(_condition(from_elsewhere("sharing_inbox", "hub_agency()")))

    def written_here(self) -> Self:
        """What the viewer's own agency wrote."""
        return self.filter(_condition(f"not {from_elsewhere('sharing_inbox', 'hub_agency()')}"))


def _condition(sql: str) -> RawSQL:
    return RawSQL(sql, [], output_field=models.BooleanField())  # noqa: S611  it is ours


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
