"""Subscribing, and changing, pausing, taking up again, removing: each with its row on the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Placed
from sharing.subscriptions.matching import FILTERS
from sharing.subscriptions.models import Channel, Frequency, Subscription
from sharing.subscriptions.placing import place_anew
from sharing.subscriptions.querysets import endpoints_of, position_of
from sharing.subscriptions.rules import MOST, may_change, may_manage_desk, may_subscribe, next_due
from sharing.subscriptions.wishes import LISTS, Wish, columns_of, wish_of, wrong


def subscribe(wish: Wish, *, desk: bool, viewer: Viewer, at: datetime) -> Subscription:
    """A subscription of the viewer's own, or of their agency's desk. Raises ValidationError with what is wrong."""
    if not (may_manage_desk(viewer) if desk else may_subscribe(viewer)):
        raise PermissionDenied
    owner = {"agency_id": viewer.agency_id, "person_id": None if desk else viewer.person_id}
    if Subscription.objects.filter(**owner).count() >= MOST:
        raise ValidationError(_("There are %(n)s already: remove one first.") % {"n": MOST})
    _check(wish, desk=desk)
    values = _values(wish, viewer=viewer, at=at)
    row = Subscription.objects.create(
        **owner, **values, **_since(wish, viewer, at), created_at=at, changed_at=at
    )
    _note("subscription.make", row, viewer=viewer, at=at)
    return row


def change(row: Subscription, wish: Wish, *, viewer: Viewer, at: datetime) -> None:
    """Ask for something else, or be told otherwise. What a digest was to tell until now, the next still tells.

    Who follows its collection is given next what it had not asked for before.
    """
    _require(row, viewer)
    kept = {name: getattr(wish_of(row), name) for name in LISTS}
    _check(wish, desk=row.person_id is None, kept=kept)
    asked = {name: getattr(row, name) for name in FILTERS}
    for name, value in _values(wish, viewer=viewer, at=at).items():
        setattr(row, name, value)
    anew = asked != {name: getattr(row, name) for name in FILTERS}
    row.asks_anew |= anew and Channel.TAXII in row.channels
    if wish.frequency == Frequency.AT_ONCE or row.since_at is None:
        row.since_at, row.since_n = _since(wish, viewer, at).values()
    row.changed_at = at
    row.save()
    _note("subscription.change", row, viewer=viewer, at=at)
    if anew:
        place_anew(row, viewer=viewer)


def pause(row: Subscription, *, viewer: Viewer, at: datetime) -> None:
    _require(row, viewer)
    if row.paused_at is None:
        row.paused_at = at
        row.save(update_fields=["paused_at"])
        _note("subscription.pause", row, viewer=viewer, at=at)


def resume(row: Subscription, *, viewer: Viewer, at: datetime) -> None:
    """Take it up again: what arrived while it was paused is not told."""
    _require(row, viewer)
    if row.paused_at is not None:
        row.paused_at = None
        row.next_at = due_after(row, at, viewer.time_zone)
        row.since_at, row.since_n = _since(row, viewer, at).values()
        row.save(update_fields=["paused_at", "next_at", "since_at", "since_n"])
        _note("subscription.resume", row, viewer=viewer, at=at)


def remove(row: Subscription, *, viewer: Viewer, at: datetime) -> None:
    _require(row, viewer)
    _note("subscription.remove", row, viewer=viewer, at=at)
    Placed.objects.filter(agency_id=row.agency_id, collection=row.uid).delete()
    row.delete()


def stop_mail(row: Subscription, *, viewer: Viewer, at: datetime) -> None:
    """What the link in a mail does, for whoever reads the mailbox: no more mails by it. The other ways go on; where
    mail was the only one it is paused."""
    if Channel.MAIL in row.channels and row.channels != [Channel.MAIL]:
        row.channels = [each for each in row.channels if each != Channel.MAIL]
        row.save(update_fields=["channels"])
    elif row.channels == [Channel.MAIL] and row.paused_at is None:
        row.paused_at = at
        row.save(update_fields=["paused_at"])
    else:
        return
    _note("subscription.stop_mail", row, viewer=viewer, at=at)


def due_after(row: Subscription, after: datetime, zone: str) -> datetime | None:
    """When the digest after `after` is due, by the recipient's zone; None for what is told at once."""
    return next_due(row.frequency, after, ZoneInfo(zone), times=row.times, weekday=row.weekday, day=row.day)


def _values(wish: Wish, *, viewer: Viewer, at: datetime) -> dict[str, Any]:
    endpoint = None
    if wish.endpoint:
        endpoint, leads = endpoints_of(viewer).get(wish.endpoint, (None, ""))
        if endpoint is None:
            raise ValidationError(
                {"endpoint": [_("There is no such address, or it takes nothing any more.")]}
            )
        if leads not in wish.channels:
            said = _("Choose the way that leads to this address too, or another address.")
            raise ValidationError({"endpoint": [said]})
    at_once = wish.frequency == Frequency.AT_ONCE
    times = [] if wish.frequency in (Frequency.AT_ONCE, Frequency.HOURLY) else sorted(set(wish.times))
    return {
        **columns_of(wish),
        "title": wish.title.strip(),
        "channels": [each for each in Channel.values if each in wish.channels],
        "endpoint_id": endpoint,
        "frequency": wish.frequency,
        "times": times,
        "weekday": wish.weekday,
        "day": wish.day,
        "next_at": None
        if at_once
        else next_due(
            wish.frequency, at, ZoneInfo(viewer.time_zone), times=times, weekday=wish.weekday, day=wish.day
        ),
    }


def _since(wish: Wish | Subscription, viewer: Viewer, at: datetime) -> dict[str, Any]:
    """From when on a digest tells: what is new from now on."""
    if wish.frequency == Frequency.AT_ONCE:
        return {"since_at": None, "since_n": None}
    return {"since_at": at, "since_n": position_of(viewer)}


def _check(wish: Wish, *, desk: bool, kept: Any = None) -> None:
    if found := wrong(wish, desk=desk, kept=kept):
        raise ValidationError(found)


def _require(row: Subscription, viewer: Viewer) -> None:
    if not may_change(viewer, agency=row.agency_id, person=row.person_id):
        raise PermissionDenied


def _note(event: str, row: Subscription, *, viewer: Viewer, at: datetime) -> None:
    """Whose it is and how it tells; what a person asks for is theirs, and stands in no colleague's trail."""
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="subscription",
        object_id=str(row.uid),
        desk=row.person_id is None,
        frequency=row.frequency,
        channels=row.channels,
        title=row.title if row.person_id is None else "",
    )
