"""How sending fares, for those who run the hub."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from hub.accounts.viewer import Viewer
from hub.runs import Run, runs
from hub.trail.actions import denied
from sharing.deliveries.endpoints.health import State
from sharing.deliveries.operations.numbers import EndpointFare, Outbox, may_operate, outbox

# The sweep runs every ten seconds and finds what nobody was told of.
SWEEP = "sweep"
SWEPT_WITHIN = timedelta(minutes=1)
DUE_FOR = timedelta(minutes=5)
SHOWN = 50


@login_required
@never_cache
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    if not may_operate(viewer):
        reason = _("How sending fares in the whole hub is for its stewards and inspectors.")
        raise denied("operations.read", viewer, reason)
    found = outbox(now)
    noted = _runs()
    troubled = [each for each in found.endpoints if _troubled(each)]
    context = {
        "warnings": warnings(found, noted, now),
        "outbox": found,
        "well": len(found.endpoints) - len(troubled),
        "endpoints": troubled[:SHOWN],
        "more": max(0, len(troubled) - SHOWN),
        "failures": found.failures[:SHOWN],
        "runs": noted,
        "recent": found.recent,
    }
    return render(request, "sharing/operations.html", context)


def warnings(found: Outbox, noted: list[Run] | None, at: datetime) -> list[str]:
    """What somebody should see to, in words."""
    said = []
    sweep = next((run for run in noted or () if run.task == SWEEP), None)
    if noted is None:
        said.append(_("The cache does not answer: when tasks last ran is not known."))
    elif sweep is None or sweep.ended_at is None or at - sweep.ended_at > SWEPT_WITHIN:
        said.append(_("No sweep has ended for a minute: see that a worker of the queue urgent and beat run."))
    elif sweep.failed:
        said.append(_("The last sweep failed: the worker's log says why."))
    age = found.age(at)
    if age > DUE_FOR:
        said.append(
            _("What is due has waited for %(n)d minutes: workers are too few, or stuck.")
            % {"n": age.total_seconds() // 60}
        )
    return said


def _runs() -> list[Run] | None:
    try:
        return runs()
    except RedisError:
        return None


def _troubled(fare: EndpointFare) -> bool:
    return fare.state not in (State.WELL, State.UNUSED) or bool(fare.failed)
