"""Questions about requests. Row-level security answers them for the asker, for those asked and for the owner."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.requests.models import OnwardRequest, Verdict, VerdictState


def requests_of(viewer: Viewer) -> QuerySet[OnwardRequest]:
    """What the viewer's agency asked, newest first."""
    require_viewer(viewer)
    rows = OnwardRequest.objects.filter(asker_id=viewer.agency_id)
    return rows.select_related("asker", "recipient", "answered_by", "asked_by").order_by("-asked_at", "-id")


def verdicts_of(viewer: Viewer) -> QuerySet[Verdict]:
    """What the viewer's agency was asked, newest first; not what it is asked only later."""
    require_viewer(viewer)
    rows = Verdict.objects.filter(agency_id=viewer.agency_id).exclude(state=VerdictState.LATER)
    return rows.select_related(
        "request", "request__asker", "request__recipient", "decided_by", "consent"
    ).order_by("-request__asked_at", "-id")


def concerning(viewer: Viewer) -> QuerySet[OnwardRequest]:
    """Requests that the viewer's agency asked, is or was asked, or that are for a record it owns."""
    require_viewer(viewer)
    if viewer.agency_id is None:
        return OnwardRequest.objects.none()
    asked = Verdict.objects.filter(request_id=OuterRef("pk"), agency_id=viewer.agency_id)
    mine = (
        OnwardRequest.objects.filter(asker_id=viewer.agency_id)
        | OnwardRequest.objects.filter(owner_id=viewer.agency_id)
        | OnwardRequest.objects.filter(Exists(asked))
    )
    return mine.select_related("asker", "recipient", "answered_by", "asked_by")
