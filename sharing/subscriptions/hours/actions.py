"""Setting the time zone and quiet hours of a person or a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Person
from hub.trail.actions import record as write_trail
from sharing.subscriptions.actions import due_after
from sharing.subscriptions.hours.rules import zones
from sharing.subscriptions.models import QuietHours, Subscription
from sharing.subscriptions.rules import may_manage_desk, may_subscribe


@dataclass(frozen=True)
class Hours:
    """`zone` is a name of the time zone database; a person's is empty for their agency's. Both times or neither."""

    zone: str = ""
    begins: time | None = None
    ends: time | None = None


def hours_of(viewer: Viewer, *, desk: bool) -> Hours:
    """As they stand, the viewer's own or their agency's desk's."""
    owner = _owner(viewer, desk=desk)
    zone = _zone_of_agency(owner) if desk else _own_zone(owner)
    quiet = QuietHours.objects.visible_to(viewer).filter(**owner).first()
    return Hours(zone, quiet.begins, quiet.ends) if quiet else Hours(zone)


def set_hours(hours: Hours, *, desk: bool, viewer: Viewer, at: datetime) -> None:
    """Raises ValidationError with what is wrong, by field.

    The next digests are due by the new zone; of colleagues who go by their agency's zone, those after the next.
    """
    if not (may_manage_desk(viewer) if desk else may_subscribe(viewer)):
        raise PermissionDenied
    if found := wrong(hours, desk=desk):
        raise ValidationError(found)
    owner = _owner(viewer, desk=desk)
    if desk:
        Agency.objects.filter(pk=owner["agency_id"]).update(time_zone=hours.zone)
    else:
        Person.objects.filter(pk=owner["person_id"]).update(time_zone=hours.zone)
    if hours.begins is None or hours.ends is None:
        QuietHours.objects.filter(**owner).delete()
    else:
        values = {"begins": hours.begins, "ends": hours.ends, "changed_at": at}
        QuietHours.objects.update_or_create(**owner, defaults=values)
    _move_digests(owner, hours.zone if desk else zone_of(viewer), at)
    write_trail(
        "subscription.hours",
        viewer=viewer,
        at=at,
        desk=desk,
        zone=hours.zone,
        quiet=f"{hours.begins:%H:%M}-{hours.ends:%H:%M}" if hours.begins and hours.ends else "",
    )


def wrong(hours: Hours, *, desk: bool) -> dict[str, list[str]]:
    """What is wrong with them, by field."""
    found: dict[str, list[str]] = {}
    if desk and not hours.zone:
        found["zone"] = [_("Choose the desk's time zone.")]
    elif hours.zone and hours.zone not in zones():
        found["zone"] = [
            _("“%(zone)s” is no time zone: choose one from the list.") % {"zone": hours.zone[:60]}
        ]
    if (hours.begins is None) != (hours.ends is None):
        missing = "begins" if hours.begins is None else "ends"
        found[missing] = [_("Give both times, or leave both empty for no quiet hours.")]
    elif hours.begins is not None and hours.begins == hours.ends:
        found["ends"] = [_("They end when they begin: give another time, or leave both empty.")]
    return found


def zone_of(viewer: Viewer) -> str:
    """The zone they go by: a person's own, or their agency's."""
    owner = _owner(viewer, desk=viewer.person_id is None)
    return _own_zone(owner) or _zone_of_agency(owner)


def _owner(viewer: Viewer, *, desk: bool) -> dict[str, Any]:
    """The columns that say whose hours they are."""
    return {"agency_id": viewer.agency_id, "person_id": None if desk else viewer.person_id}


def _own_zone(owner: dict[str, Any]) -> str:
    return Person.objects.filter(pk=owner["person_id"]).values_list("time_zone", flat=True).first() or ""


def _zone_of_agency(owner: dict[str, Any]) -> str:
    return Agency.objects.values_list("time_zone", flat=True).get(pk=owner["agency_id"])


def _move_digests(owner: dict[str, Any], zone: str, at: datetime) -> None:
    for row in Subscription.objects.filter(**owner, next_at__isnull=False):
        row.next_at = due_after(row, at, zone)
        row.save(update_fields=["next_at"])
