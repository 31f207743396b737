"""The pack: what everybody who attends may see at this moment. Worked out each time, never kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bulletins.markings.rules import Marking, highest
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from sharing.audiences.models import Received
from sharing.briefings.attendees import Attendees
from sharing.briefings.rules import Course, Missing, judged
from sharing.briefings.standing import courses, held_by
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import when_of
from sharing.disclosures.rules import Carries, Channel, carries

COLUMNS = ("record_id", "kind", "version", "tlp", "linked")


@dataclass(frozen=True)
class Left:
    """A record of the month that is not in the pack, and the attendees because of whom."""

    shown: Disclosure
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Pack:
    """Newest first. `left` and `page_only` (how many a PDF may not carry) are for the preparer's page."""

    bulletins: tuple[Disclosure, ...] = ()
    seizures: tuple[Disclosure, ...] = ()
    left: tuple[Left, ...] = ()
    page_only: int = 0

    @property
    def records(self) -> tuple[Disclosure, ...]:
        return (*self.bulletins, *self.seizures)

    @property
    def marking(self) -> Marking | None:
        return highest(each.marking for each in self.records)


def pack_of(
    attendees: Attendees,
    span: tuple[datetime, datetime],
    viewer: Viewer,
    channel: Channel,
    *,
    at: datetime,
    with_left: bool = False,
    groups: Collection[str] | None = None,
) -> Pack:
    """What `channel` carries, for all attendees, of the agency's own records that came out in the span.

    The reports that bulletins of the pack rest on are in it too, by the same rule. What one attendee is not
    shown of a record is left out of it for all. `left` is told only `with_left`, which is for the preparer. Of
    the facts it has those of `groups` alone, where given.
    """
    if attendees.refusals:
        return Pack()
    rows = _own(viewer, span)
    of_month = {row["record_id"] for row in rows}
    rows += _behind(viewer, rows)
    course = courses(attendees.seats, [row["record_id"] for row in rows], viewer, at=at)
    wanted = _wanted(rows, of_month, attendees, course, everything=with_left)
    shown = disclose(viewer, wanted, channel, groups=groups, at=at)
    return _packed(shown, of_month, attendees, course)


def _own(viewer: Viewer, span: tuple[datetime, datetime]) -> list[dict[str, Any]]:
    rows = Received.objects.visible_to(viewer).filter(
        owner_id=viewer.agency_id, issued_at__gte=span[0], issued_at__lt=span[1]
    )
    return list(rows.order_by("-issued_at", "-record_id").values(*COLUMNS))


def _behind(viewer: Viewer, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The agency's own reports that the bulletins are linked to, other than those among `rows`."""
    linked = {pk for row in rows for pk in row["linked"]} - {row["record_id"] for row in rows}
    found = Received.objects.visible_to(viewer).filter(
        owner_id=viewer.agency_id, kind=Kind.SEIZURE, record_id__in=linked
    )
    return list(found.order_by("-issued_at", "-record_id").values(*COLUMNS))


def _wanted(
    rows: Sequence[dict[str, Any]],
    of_month: set[int],
    attendees: Attendees,
    course: dict[int, Course],
    *,
    everything: bool,
) -> list[int]:
    """The records to ask for: those for all attendees; for the preparer's page the month's others too."""
    held = held_by(attendees.seats, [row["record_id"] for row in rows])
    for_all = {
        row["record_id"]: row["linked"]
        for row in rows
        if not judged(
            version=row["version"],
            tlp=row["tlp"],
            seats=attendees.seats,
            held=held.get(row["record_id"], {}),
            course=course.get(row["record_id"], Course()),
        ).missing
    }
    behind = {pk for linked in for_all.values() for pk in linked}
    return [
        row["record_id"]
        for row in rows
        if (row["record_id"] in of_month or row["record_id"] in behind)
        and (everything or row["record_id"] in for_all)
    ]


def _packed(
    shown: Sequence[Disclosure], of_month: set[int], attendees: Attendees, course: dict[int, Course]
) -> Pack:
    """Asks again who holds what, now that it is in hand: an amendment or recall may have come in between."""
    held = held_by(attendees.seats, [each.key for each in shown])
    inside, left = [], []
    for each in shown:
        verdict = judged(
            version=each.version,
            tlp=each.marking.tlp,
            seats=attendees.seats,
            held=held.get(each.key, {}),
            course=course.get(each.key, Course()),
        )
        if verdict.missing:
            left.append(Left(each, verdict.missing))
        else:
            inside.append(each.without(verdict.withheld, verdict.reworded))
    kept = _resting(inside, of_month)
    on_paper = _resting(
        [each for each in inside if carries(each.marking, Channel.PDF) == Carries.ALL], of_month
    )
    return Pack(
        bulletins=tuple(each for each in kept if each.kind == Kind.BULLETIN),
        # Newest first as they came out; those that say no date, or may not for an attendee, after all others.
        seizures=tuple(
            sorted((each for each in kept if each.kind == Kind.SEIZURE), key=lambda each: not when_of(each))
        ),
        left=tuple(left),
        page_only=len(kept) - len(on_paper),
    )


def _resting(shown: Sequence[Disclosure], of_month: set[int]) -> list[Disclosure]:
    """Those of the month, and of older reports those that a bulletin among them rests on."""
    linked = {pk for each in shown if each.kind == Kind.BULLETIN for pk in each.linked}
    return [each for each in shown if each.key in of_month or each.key in linked]


@dataclass(frozen=True)
class Reason:
    """Records left out for the same reason: because of the attendees named, or of `everybody`."""

    codes: str
    everybody: bool
    why: str
    records: tuple[Disclosure, ...]


def reasons(left: Iterable[Left], attendees: Attendees) -> list[Reason]:
    """What fell out, by attendees and reason, the most first. A record stands under each of its reasons."""
    found: dict[tuple[tuple[str, ...], str], list[Disclosure]] = defaultdict(list)
    for each in left:
        by_why: dict[str, list[str]] = defaultdict(list)
        for missing in each.missing:
            by_why[missing.why].append(missing.code)
        for why, codes in by_why.items():
            found[tuple(codes), why].append(each.shown)
    everybody = len(attendees.seats)
    return [
        Reason(", ".join(codes), len(codes) == everybody > 1, why, tuple(records))
        for (codes, why), records in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
