"""How an agency's peers fare, in words that say what happens next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.accounts.viewer import Viewer
from sharing.deliveries.endpoints.health import in_a_while, moment
from sharing.intake.pulling.models import Peer


class State(StrEnum):
    FAILING = "failing"
    PAUSED = "paused"
    WALKING = "walking"
    FRESH = "fresh"
    WELL = "well"


@dataclass(frozen=True)
class Fare:
    """One peer: `taken` and `refused` are objects, ever; `problems` the newest that were refused."""

    uid: UUID
    title: str
    host: str
    state: State
    words: SafeString
    created_at: datetime
    pulled_at: datetime | None
    taken: int
    refused: int
    problems: list[dict[str, Any]] = field(default_factory=list)


def state_of(peer: Peer) -> State:
    if peer.paused_at is not None:
        return State.PAUSED
    if peer.failing_since is not None:
        return State.FAILING
    if peer.next:
        return State.WALKING
    return State.WELL if peer.pulled_at is not None else State.FRESH


def fares_of(viewer: Viewer, at: datetime) -> list[Fare]:
    """The viewer's agency's peers: those that need somebody first."""
    order = list(State)
    found = [fare_of(each, at) for each in Peer.objects.visible_to(viewer).order_by("title", "id")]
    return sorted(found, key=lambda fare: order.index(fare.state))


def fare_of(peer: Peer, at: datetime) -> Fare:
    return Fare(
        uid=peer.uid,
        title=peer.title,
        host=urlsplit(peer.url).netloc,
        state=state_of(peer),
        words=in_words(peer, at),
        created_at=peer.created_at,
        pulled_at=peer.pulled_at,
        taken=peer.taken,
        refused=peer.refused,
        problems=list(peer.problems),
    )


def in_words(peer: Peer, at: datetime) -> SafeString:
    """ "Not fetched since 14:05: it answered 503; next try in 4 min"."""
    state = state_of(peer)
    if state == State.PAUSED:
        return format_html(_("Paused since {}: nothing is fetched"), moment(peer.paused_at, at))
    if state == State.FAILING:
        return format_html(
            _("Not fetched since {}: {}; next try {}"),
            moment(peer.failing_since, at),
            peer.failure,
            in_a_while(peer.due_at, at),
        )
    if state == State.WALKING:
        return SafeString(_pages(peer.pages))
    if state == State.FRESH:
        return SafeString(_("Nothing has been fetched yet: the first time %(when)s") % _next(peer, at))
    return format_html(
        _("Fetched to its end, last {}; the next time {}"),
        moment(peer.pulled_at, at),
        in_a_while(peer.due_at, at),
    )


def _pages(count: int) -> str:
    said = ngettext("Being fetched: %(n)d page so far", "Being fetched: %(n)d pages so far", count)
    return said % {"n": count}


def _next(peer: Peer, at: datetime) -> dict[str, str]:
    return {"when": in_a_while(peer.due_at, at)}
