"""Lines of Today: endpoints that do not answer, and alerts that were given up."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.accounts.viewer import Viewer
from sharing.deliveries.dead_letters import dead_letters
from sharing.deliveries.endpoints.health import State, fare_of
from sharing.deliveries.endpoints.rules import may_run_endpoints
from sharing.disclosures.presenting import RecordRow


def endpoints_to_mend(viewer: Viewer) -> list[RecordRow]:
    """For those who run the agency's endpoints."""
    if not may_run_endpoints(viewer):
        return []
    rows = [
        RecordRow(href=f"/endpoints/{fare.uid}/", title=fare.host, icon="warning", meta=(fare.words,))
        for fare in fare_of(viewer, timezone.now())
        if fare.state == State.FAILING
    ]
    if count := dead_letters(viewer).count():
        said = ngettext(
            "%(n)d alert could not be sent: see why", "%(n)d alerts could not be sent: see why", count
        ) % {"n": count}
        rows.append(RecordRow(href="/deliveries/", title=said, icon="error", meta=(_("Mail and endpoints"),)))
    return rows
