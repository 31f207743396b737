"""Working copies: who may open which. Partners never come here, they read faces."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import F, Q, QuerySet

from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import require_viewer

R = TypeVar("R", bound=Record)


def working_copies(model: type[R], viewer: Viewer) -> QuerySet[R]:
    """The working copies `viewer` may open: their own agency's, and of drafts their own, or all as a releaser."""
    require_viewer(viewer)
    own = model._default_manager.filter(owner_id=viewer.agency_id)
    if viewer.can(Role.RELEASER):
        return own
    return own.filter(Q(latest__gt=0) | Q(poster_id=viewer.person_id))


def drafts(model: type[R], viewer: Viewer) -> QuerySet[R]:
    """Of those, what has words that are not published: never published, or edited since. Newest first."""
    unpublished = Q(latest=0) | Q(edited_at__gt=F("latest_at"))
    return working_copies(model, viewer).filter(unpublished, recalled_at=None).order_by("-edited_at", "-id")
