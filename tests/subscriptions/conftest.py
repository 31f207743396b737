"""Subscriptions made through the action, and what they brought."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.deliveries.models import Delivery
from sharing.subscriptions.actions import pause, subscribe
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import Wish
from tests.cast import agency, viewer


def subscribed(username: str, *, desk: bool = False, **wish: Any) -> Subscription:
    """Of the person, by mail at once; or of their desk."""
    who = viewer(username)
    with viewing(who):
        values = {"title": "Mine", "channels": ("mail",), **wish}
        return subscribe(Wish(**values), desk=desk, viewer=who, at=timezone.now())


def first_of(username: str) -> Subscription:
    """The desk's first subscription, everything given to it."""
    who = viewer(username)
    with viewing(who):
        return Subscription.objects.visible_to(who).get(person_id=None, title="Everything given to us")


def quiet(username: str) -> None:
    """The desk is told nothing but hazards and recalls."""
    row, who = first_of(username), viewer(username)
    with viewing(who):
        pause(row, viewer=who, at=timezone.now())


def told(code: str, **narrowed: Any) -> list[Delivery]:
    with engine():
        found = Delivery.objects.filter(agency=agency(code), **narrowed)
        return list(found.select_related("alert", "person").order_by("id"))


def to(username: str) -> list[Delivery]:
    """What was queued for the person by their own subscriptions."""
    who = viewer(username)
    with engine():
        found = Delivery.objects.filter(person_id=who.person_id, agency_id=who.agency_id)
        return list(found.select_related("alert").order_by("id"))
