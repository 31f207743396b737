"""Whom an owner has asked to acknowledge by a time, as far as it may know who has the record; and who has not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.accounts.viewer import Viewer
from sharing.audiences.actions import decisions
from sharing.audiences.models import Given, Received
from sharing.audiences.preview import hidden_rosters
from sharing.communities.models import Community
from sharing.receipts.models import Answered
from sharing.releases.facts import load
from sharing.releases.models import Release

# Today tells of what fell due so lately, and of so many records.
LATELY = timedelta(days=14)
MOST = 20


@dataclass(frozen=True)
class Overdue:
    """A record of the owner's that agencies it may name have not acknowledged in time."""

    ref: str
    path: str
    by: datetime
    agencies: int


@dataclass(frozen=True)
class AskedOf:
    """A community whose members are not listed was asked as a whole: who of it answered is told to nobody."""

    name: str
    by: datetime


def asked_openly(ids: Iterable[int], viewer: Viewer, *, at: datetime) -> dict[int, dict[int, datetime]]:
    """Record -> agency -> until when it is asked to acknowledge the version it has; of the viewer's own agency's.

    Decided over what the viewer may see alone: that somebody is asked through a roster that is its lead's would say
    who is on it. Who was given it after the time had passed is not asked.
    """
    asking = Release.objects.filter(record_id__in=list(ids), ended_at=None, acknowledge_by__isnull=False)
    asked = sorted(set(asking.values_list("record_id", flat=True)))
    if not asked:
        return {}
    communities = Release.objects.filter(record_id__in=asked, ended_at=None).values_list(
        "community_id", flat=True
    )
    hidden = hidden_rosters(communities, viewer)
    world = load(asked)
    openly = {
        pk: replace(facts, releases=tuple(each for each in facts.releases if each.community not in hidden))
        for pk, facts in world.facts.items()
    }
    known = replace(world, facts=openly)
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    decided = {pk: decisions(known, pk, at) for pk in asked}
    for row in Given.objects.filter(record_id__in=asked):
        decision = decided[row.record_id].get(row.agency_id)
        by = decision.acknowledge_by if decision and decision.version == row.version else None
        if by and by > row.visible_since:
            found[row.record_id][row.agency_id] = by
    return dict(found)


def asked_hidden(record_id: int, viewer: Viewer) -> list[AskedOf]:
    """The communities whose members the viewer may not see that a live release asks, each with the first time."""
    rows = Release.objects.filter(record_id=record_id, ended_at=None, acknowledge_by__isnull=False)
    by: dict[int, datetime] = {}
    for community, instant in rows.values_list("community_id", "acknowledge_by"):
        if community and instant:
            by[community] = min(instant, by.get(community, instant))
    hidden: dict[int, Community] = hidden_rosters(by, viewer)
    return [AskedOf(community.name, by[pk]) for pk, community in hidden.items()]


def overdue_for(viewer: Viewer, *, at: datetime) -> list[Overdue]:
    """What the viewer's agency's own records wait for beyond their time, the newest first."""
    lately = Release.objects.filter(
        owner_id=viewer.agency_id, ended_at=None, acknowledge_by__lte=at, acknowledge_by__gt=at - LATELY
    )
    own = Received.objects.visible_to(viewer).filter(
        owner_id=viewer.agency_id, record_id__in=lately.values("record_id")
    )
    records = {
        pk: (ref, kind) for pk, ref, kind in own.newest_first().look("record_id", "ref", "kind", most=MOST)
    }
    asked = asked_openly(records, viewer, at=at)
    have = _versions(asked)
    answered = {
        (row.record_id, row.agency_id, row.version)
        for row in Answered.objects.filter(record_id__in=asked, acknowledged_at__isnull=False)
    }
    found = []
    for pk, agencies in asked.items():
        late = [
            by
            for agency, by in agencies.items()
            if by <= at and (pk, agency, have[pk, agency]) not in answered
        ]
        if late:
            ref, kind = records[pk]
            path = f"/{'bulletins' if kind == 'bulletin' else 'seizures'}/{ref}/"
            found.append(Overdue(ref, path, min(late), len(late)))
    return sorted(found, key=lambda row: row.by, reverse=True)


def _versions(records: Iterable[int]) -> dict[tuple[int, int], int]:
    rows = Given.objects.filter(record_id__in=list(records))
    return {
        (record, agency): version
        for record, agency, version in rows.values_list("record_id", "agency_id", "version")
    }
