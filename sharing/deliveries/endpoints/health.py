"""How an agency's endpoints fare, in words that say what happens next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.accounts.viewer import Viewer
from hub.pages.times import as_time
from sharing.deliveries.models import Delivery, DeliveryState, Endpoint, EndpointKind


class State(StrEnum):
    UNVERIFIED = "unverified"
    DISABLED = "disabled"
    FAILING = "failing"
    UNUSED = "unused"
    WELL = "well"


@dataclass(frozen=True)
class Fare:
    """One endpoint: `waiting` and `failed` are alerts; `next_at` is when the next of them is tried, at the earliest."""

    uid: UUID
    kind: str
    url: str
    title: str
    state: State
    created_at: datetime
    words: SafeString
    waiting: int = 0
    failed: int = 0
    next_at: datetime | None = None
    verified_at: datetime | None = None
    answered_at: datetime | None = None
    failing_since: datetime | None = None
    old_secret_ends_at: datetime | None = None

    @property
    def name(self) -> str:
        """Enough of its uid to tell two apart."""
        return str(self.uid)[:8]

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def collection(self) -> bool:
        return self.kind == EndpointKind.COLLECTION

    @property
    def in_use(self) -> bool:
        return self.state not in (State.UNVERIFIED, State.DISABLED)


def state_of(endpoint: Endpoint) -> State:
    if endpoint.disabled_at is not None:
        return State.DISABLED
    if endpoint.verified_at is None:
        return State.UNVERIFIED
    if endpoint.failing_since is not None:
        return State.FAILING
    return State.WELL if endpoint.answered_at is not None else State.UNUSED


def fare_of(viewer: Viewer, at: datetime) -> list[Fare]:
    """The viewer's agency's endpoints: those that need somebody first."""
    endpoints = list(Endpoint.objects.visible_to(viewer).order_by("id"))
    if not endpoints:
        return []
    own = Delivery.objects.visible_to(viewer).exclude(endpoint=None).order_by()
    failed = dict(own.filter(state=DeliveryState.FAILED).values_list("endpoint").annotate(Count("id")))
    waiting = {
        endpoint: (count, due)
        for endpoint, count, due in own.filter(state=DeliveryState.WAITING)
        .values_list("endpoint")
        .annotate(Count("id"), Min("due_at"))
    }
    order = list(State)
    found = [
        _fare(each, waiting.get(each.pk, (0, None)), failed.get(each.pk, 0), viewer, at) for each in endpoints
    ]
    return sorted(found, key=lambda fare: (fare.state != State.FAILING, order.index(fare.state)))


def _fare(
    endpoint: Endpoint, waiting: tuple[int, datetime | None], failed: int, viewer: Viewer, at: datetime
) -> Fare:
    count, due = waiting
    rest = endpoint.resting_until
    next_at = max(due, rest, at) if due and rest else max(due, at) if due else None
    old = endpoint.old_secret_ends_at
    state = state_of(endpoint)
    return Fare(
        uid=endpoint.uid,
        kind=endpoint.kind,
        url=endpoint.url,
        title=endpoint.title,
        state=state,
        created_at=endpoint.created_at,
        words=in_words(endpoint, viewer.agency_name, count, next_at, at),
        waiting=count,
        failed=failed,
        next_at=next_at,
        verified_at=endpoint.verified_at,
        answered_at=endpoint.answered_at,
        failing_since=endpoint.failing_since,
        old_secret_ends_at=old if old is not None and old > at else None,
    )


def in_words(
    endpoint: Endpoint, agency: str, waiting: int, next_at: datetime | None, at: datetime
) -> SafeString:
    """ "Texas DPS has not answered since 14:05; 12 alerts wait; next try in 4 min"."""
    state = state_of(endpoint)
    if state == State.UNVERIFIED and endpoint.kind == EndpointKind.COLLECTION:
        return SafeString(
            _("Not in use: nothing is sent to it before it has said that the hub may write there")
        )
    if state == State.UNVERIFIED:
        return SafeString(_("Not in use: nothing is sent to it before it has answered the challenge"))
    if state == State.DISABLED:
        return format_html(_("Disabled since {}: nothing is sent to it"), moment(endpoint.disabled_at, at))
    if state == State.FAILING:
        parts = [format_html(_("{} has not answered since {}"), agency, moment(endpoint.failing_since, at))]
    elif state == State.UNUSED:
        parts = [SafeString(_("Verified; nothing has been sent to it yet"))]
    else:
        parts = [format_html(_("{} answers, last {}"), agency, moment(endpoint.answered_at, at))]
    if waiting:
        said = ngettext("%(n)d alert waits", "%(n)d alerts wait", waiting) % {"n": waiting}
        parts.append(SafeString(said))
    if state == State.FAILING and next_at is not None:
        parts.append(SafeString(_("next try %(when)s") % {"when": in_a_while(next_at, at)}))
    return SafeString("; ".join(parts))


def moment(instant: datetime | None, at: datetime) -> SafeString:
    """The time alone for one of today."""
    if instant is None:
        return SafeString("")
    today = timezone.localtime(instant).date() == timezone.localtime(at).date()
    return as_time(instant, "time" if today else "")


def in_a_while(instant: datetime, at: datetime) -> str:
    """ "now", "in 40 s", "in 4 min", "in 3 h"."""
    seconds = math.ceil((instant - at).total_seconds())
    if seconds <= 0:
        return _("now")
    if seconds < 60:
        return _("in %(n)d s") % {"n": seconds}
    if seconds < 90 * 60:
        return _("in %(n)d min") % {"n": round(seconds / 60)}
    return _("in %(n)d h") % {"n": round(seconds / 3600)}
