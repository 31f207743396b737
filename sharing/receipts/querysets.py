"""Questions asked of receipts: which agencies have read and acknowledged what was given to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from sharing.audiences.holders import Holders
from sharing.audiences.models import Given
from sharing.audiences.rosters import hidden_rosters
from sharing.receipts.models import Answered
from sharing.receipts.overdue import asked_openly
from sharing.releases.models import Release


@dataclass(frozen=True)
class Answer:
    """One agency, never a person. `version` is the one it has, or had: `given_at` is None once taken back.

    `acknowledge_by` is until when it is asked to acknowledge that version, as far as the owner may tell who is.
    """

    agency: int
    code: str
    name: str
    version: int
    given_at: datetime | None
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledge_by: datetime | None = None

    def overdue(self, at: datetime) -> bool:
        return self.acknowledge_by is not None and self.acknowledge_by <= at and self.acknowledged_at is None


def answers_for(record_id: int) -> list[Answer]:
    """For the owner, in whose context it runs: each agency the record was given to, and what came back.

    Agencies that have it now come first, by code; then those it was taken back from that had read it. Empty
    for anybody but the owner.
    """
    given: dict[int, tuple[int, datetime]] = {}
    for agency, version, since in Given.objects.filter(record_id=record_id).values_list(
        "agency_id", "version", "visible_since"
    ):
        # Several people of one agency at TLP:RED are one line.
        given[agency] = (version, min(since, given[agency][1]) if agency in given else since)
    answered = {
        (row.agency_id, row.version): row
        for row in Answered.objects.filter(record_id=record_id).order_by("version")
    }
    latest = {key[0]: key[1] for key in answered}
    agencies = Agency.objects.in_bulk([*given, *latest])
    rows = [
        _answer(agencies[agency], *given[agency], answered.get((agency, given[agency][0])))
        for agency in given
    ]
    rows += [
        _answer(agencies[agency], version, None, answered[agency, version])
        for agency, version in latest.items()
        if agency not in given
    ]
    return sorted(rows, key=lambda row: (row.given_at is None, row.code))


def answers_told(record_id: int, viewer: Viewer, holders: Holders) -> list[Answer]:
    """Of `answers_for` what the viewer may be told: nobody whom a hidden roster alone names, now or in the past."""
    named = {holder.agency for holder in holders.agencies}
    communities = Release.objects.filter(record_id=record_id).values_list("community_id", flat=True)
    # Of those it was taken back from nobody can say any more whether a hidden roster alone named them.
    past = not hidden_rosters(communities, viewer)
    asked = asked_openly([record_id], viewer, at=timezone.now()).get(record_id, {})
    return [
        replace(answer, acknowledge_by=asked.get(answer.agency) if answer.given_at else None)
        for answer in answers_for(record_id)
        if (answer.agency in named if answer.given_at else past)
    ]


def _answer(agency: Agency, version: int, given_at: datetime | None, found: Answered | None) -> Answer:
    return Answer(
        agency=agency.pk,
        code=agency.code,
        name=agency.label,
        version=version,
        given_at=given_at,
        read_at=found.read_at if found else None,
        acknowledged_at=found.acknowledged_at if found else None,
    )
