"""Who makes and opens a briefing, when its month begins, and which record is for everybody who attends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role

# A month as it is written: digits of no other script, and no year before there was anything to look back on.
MONTH = "(19|20)[0-9]{2}-(0[1-9]|1[0-2])"


@dataclass(frozen=True)
class Seat:
    """An agency that attends. `parent` is the agency whose confirmed client it is."""

    id: int
    code: str
    active: bool = True
    parent: int | None = None


@dataclass(frozen=True)
class Held:
    """What an agency has of a record at this moment; `reworded` are texts it reads in other words than the owner."""

    version: int
    withheld: frozenset[str]
    reworded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Missing:
    """An attendee that keeps a record out of the pack, and why."""

    code: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """A record is in the pack when nobody is missing; then `withheld` is what is left out for all, and `reworded` are
    texts that one of them reads in other words: they are left out too."""

    withheld: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()
    reworded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Course:
    """How a record's releases stand, as its owner may know it: whom they reach, whom not and why."""

    reached: frozenset[int] = frozenset()
    recalled: bool = False
    begins: Mapping[int, str] | None = None


def may_make(viewer: Viewer) -> bool:
    return viewer.agency_id is not None and viewer.can(Role.LIAISON)


def may_open(viewer: Viewer) -> bool:
    return viewer.agency_id is not None and viewer.can(Role.LIAISON, Role.RELEASER)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def month_span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which the month begins and the next one does, there."""
    beyond = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    begin, end = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (month, beyond))
    return begin, end


def default_title(month: str) -> str:
    """For a month in words."""
    return _("Concealment briefing, %(month)s") % {"month": month}


def judged(
    *, version: int, tlp: str, seats: Iterable[Seat], held: Mapping[int, Held], course: Course
) -> Verdict:
    """Whether every seat may see that version at this moment, and without what all of them together may.

    What reaches a seat in ways its owner may not know of (a community whose roster is hidden) does not count:
    the pack would tell who is in it.
    """
    withheld: set[str] = set()
    reworded: set[str] = set()
    missing = []
    for seat in seats:
        has = held.get(seat.id)
        if seat.active and seat.id in course.reached and has is not None and has.version == version:
            withheld |= has.withheld
            reworded |= has.reworded
        else:
            missing.append(Missing(seat.code, _why(seat, version, tlp, has, course)))
    if missing:
        return Verdict(missing=tuple(missing))
    return Verdict(frozenset(withheld), reworded=frozenset(reworded))


def _why(seat: Seat, version: int, tlp: str, has: Held | None, course: Course) -> str:
    if not seat.active:
        return _("the agency is suspended")
    if seat.id in course.reached and has is not None:
        return _("has version %(old)s, not version %(new)s") % {"old": has.version, "new": version}
    if tlp == TLP.RED:
        return _("TLP:RED is for people named, not for agencies")
    if course.begins and seat.id in course.begins:
        return _("released only from %(day)s") % {"day": course.begins[seat.id]}
    if seat.id in course.reached:
        return _("released, but the rules do not let it through at present")
    return _("recalled") if course.recalled else _("not released to it")
