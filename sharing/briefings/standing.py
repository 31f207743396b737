"""How the agency's own records stand with the attendees: who holds them, whom their releases openly reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from hub.accounts.viewer import Viewer
from sharing.audiences.models import Given, Rewording
from sharing.briefings.attendees import open_communities
from sharing.briefings.rules import Course, Held, Seat
from sharing.communities.models import Membership
from sharing.releases.models import Release


def held_by(seats: Iterable[Seat], ids: Collection[int]) -> dict[int, dict[int, Held]]:
    """Record -> agency -> what it has. People named at TLP:RED are not their agency."""
    rows = Given.objects.filter(
        record_id__in=list(ids), agency_id__in=[seat.id for seat in seats], person_id=None
    )
    reworded: dict[tuple[int, int], frozenset[str]] = defaultdict(frozenset)
    for record, agency, fields in Rewording.objects.filter(record_id__in=list(ids)).values_list(
        "record_id", "agency_id", "fields"
    ):
        reworded[record, agency] |= frozenset(fields)
    found: dict[int, dict[int, Held]] = defaultdict(dict)
    for record, agency, version, withheld in rows.values_list(
        "record_id", "agency_id", "version", "withheld"
    ):
        found[record][agency] = Held(version, frozenset(withheld), reworded[record, agency])
    return found


def courses(
    seats: Sequence[Seat], ids: Collection[int], viewer: Viewer, *, at: datetime
) -> dict[int, Course]:
    """Record -> how its releases stand towards the seats, as far as the viewer may know it."""
    releases: dict[int, list[Release]] = defaultdict(list)
    for row in Release.objects.filter(record_id__in=list(ids)).order_by("id"):
        releases[row.record_id].append(row)
    rosters = _rosters(seats, releases.values(), viewer, at=at)
    return {record: _course(seats, rows, rosters, at) for record, rows in releases.items()}


def _rosters(
    seats: Sequence[Seat], releases: Iterable[Sequence[Release]], viewer: Viewer, *, at: datetime
) -> dict[int, set[int]]:
    """Of the communities released to, the members among the seats and parents, where rosters are open."""
    wanted = {row.community_id for rows in releases for row in rows if row.community_id}
    named = {seat.id for seat in seats} | {seat.parent for seat in seats if seat.parent}
    rows = Membership.objects.filter(
        community__in=open_communities(viewer, at=at).filter(pk__in=wanted),
        agency_id__in=named,
        left_at=None,
        confirmed_at__lte=at,
    )
    found: dict[int, set[int]] = defaultdict(set)
    for community, agency in rows.values_list("community_id", "agency_id"):
        found[community].add(agency)
    return found


def _course(
    seats: Sequence[Seat], releases: Sequence[Release], rosters: dict[int, set[int]], at: datetime
) -> Course:
    live = [row for row in releases if row.ended_at is None and (row.ends_at is None or row.ends_at > at)]
    now = [row for row in live if row.starts_at <= at]
    begins = {
        seat.id: date_format(localtime(row.starts_at), "j M Y")
        for row in live
        if row.starts_at > at
        for seat in seats
        if _reaches(row, seat, rosters)
    }
    return Course(
        reached=frozenset(seat.id for seat in seats if any(_reaches(row, seat, rosters) for row in now)),
        recalled=not live and any(row.recalled_at for row in releases),
        begins=begins,
    )


def _reaches(row: Release, seat: Seat, rosters: dict[int, set[int]]) -> bool:
    """Whether the release is to the seat or to the agency whose client it is; the reading rule narrows."""
    if row.agency_id:
        return row.agency_id in (seat.id, seat.parent)
    if row.community_id:
        return bool({seat.id, seat.parent} & rosters.get(row.community_id, set()))
    return True
