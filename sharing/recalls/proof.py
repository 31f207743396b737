"""The proof of a recall, for the owner: who had which version, when they were told, what they answered, who has not.

Who had it is the ledger's word. Of communities whose members the owner may not see there is one row each, without a
number: one that moved with what was released would tell who is in them. What the ledger says of an agency is shown
only where it says that a release gave it which the owner may see whom it reaches by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Role
from sharing.audiences.rosters import hidden_rosters, open_releases, rests_openly
from sharing.communities.models import Community
from sharing.recalls.models import RecallAnswer, Told
from sharing.recalls.querysets import Said, in_words
from sharing.releases.models import Recall, Release


@dataclass(frozen=True)
class Had:
    """A version an agency was given: first and last, and by which channels."""

    version: int
    first_at: datetime
    last_at: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One agency. `told_at` is None where it was told of an earlier recall alone (`told_before`); `people` counts
    those it was told to in person (TLP:RED), of whom `waiting` have not answered."""

    code: str
    name: str
    had: tuple[Had, ...]
    told_at: datetime | None
    sent_at: datetime | None
    told_before: datetime | None
    said: tuple[Said, ...]
    people: int
    waiting: int

    @property
    def answered(self) -> bool:
        return self.told_at is not None and not self.waiting


@dataclass(frozen=True)
class Proof:
    """Of one recall. `version` is None where all of the record was taken back."""

    uid: UUID
    version: int | None
    at: datetime
    reason: str
    by: str
    lines: tuple[Line, ...]
    communities: tuple[str, ...]

    @property
    def told(self) -> int:
        return sum(1 for line in self.lines if line.told_at)

    @property
    def answered(self) -> int:
        return sum(1 for line in self.lines if line.answered)

    @property
    def silent(self) -> tuple[str, ...]:
        return tuple(line.code for line in self.lines if line.told_at and not line.answered)


def may_prove(viewer: Viewer) -> bool:
    return bool(viewer.agency_id) and viewer.can(Role.RELEASER, Role.AUDITOR)


def recalls_made(record_id: int) -> list[Recall]:
    """Newest first; none for whoever is not of the record's agency."""
    return list(Recall.objects.filter(record_id=record_id).order_by("-at", "-id"))


def proofs_of(record: Record, viewer: Viewer) -> list[Proof]:
    """Of every recall of the viewer's own record, newest first."""
    made = [recall for recall in recalls_made(record.pk) if recall.owner_id == viewer.agency_id]
    if not made:
        return []
    releases = list(Release.objects.filter(record_id=record.pk).select_related("recalled_by").order_by("id"))
    hidden = hidden_rosters((release.community_id for release in releases), viewer)
    openly = open_releases(releases, hidden)
    others = Told.objects.filter(recall__in=made).exclude(agency_id=viewer.agency_id)
    told = list(others.select_related("recall").order_by("agency_id", "id"))
    # From the first: whom an earlier one may be said to have told, counts as told before.
    proofs, known = list[Proof](), list[Told]()
    for recall in reversed(made):
        had = _had(recall, openly)
        rows = [
            row for row in told if row.recall_id == recall.pk and _may_know(row, recall, had, known, openly)
        ]
        proofs.append(_proof(recall, releases, hidden, had, rows, known))
        known += rows
    return proofs[::-1]


def had_before(record: Record, viewer: Viewer) -> set[tuple[str, int]]:
    """(agency, version) of those who were given it and whom a recall would tell, as far as the owner may know them."""
    releases = list(Release.objects.filter(record_id=record.pk).order_by("id"))
    hidden = hidden_rosters((release.community_id for release in releases), viewer)
    told: dict[int, datetime] = {}
    for recall in recalls_made(record.pk):
        for row in Told.objects.filter(recall=recall) if recall.version is None else ():
            told[row.agency_id] = max(row.told_at, told.get(row.agency_id, row.told_at))
    rows = _given(record.pk, timezone.now(), open_releases(releases, hidden))
    codes = dict(Agency.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "code"))
    return {
        (codes[agency], had.version)
        for agency, had in rows
        if agency not in told or told[agency] < had.last_at
    }


def _proof(
    recall: Recall,
    releases: list[Release],
    hidden: dict[int, Community],
    had: dict[int, list[Had]],
    rows: list[Told],
    earlier: list[Told],
) -> Proof:
    told = defaultdict(list)
    for row in rows:
        told[row.agency_id].append(row)
    said = _said(recall)
    agencies = Agency.objects.in_bulk([*had, *told])
    lines = [
        Line(
            code=agency.code,
            name=agency.name,
            had=tuple(had.get(pk, ())),
            told_at=told[pk][0].told_at if pk in told else None,
            sent_at=min((row.sent_at for row in told[pk] if row.sent_at), default=None)
            if pk in told
            else None,
            told_before=None if pk in told else _told_before(pk, recall, earlier),
            said=tuple(said.get(pk, ())) if pk in told else (),
            people=sum(1 for row in told[pk] if row.in_person) if pk in told else 0,
            waiting=sum(1 for row in told[pk] if row.answered_at is None) if pk in told else 0,
        )
        for pk, agency in agencies.items()
    ]
    return Proof(
        uid=recall.uid,
        version=recall.version,
        at=recall.at,
        reason=recall.reason,
        by=next(
            (
                row.recalled_by.username
                for row in releases
                if row.recalled_at == recall.at and row.recalled_by
            ),
            "",
        ),
        lines=tuple(sorted(lines, key=lambda line: (line.answered or line.told_at is None, line.code))),
        communities=tuple(community.name for community in hidden.values()),
    )


def _had(recall: Recall, openly: Collection[int] | None) -> dict[int, list[Had]]:
    """What the ledger says was given before the recall of what it took back, by agency."""
    found: dict[int, list[Had]] = defaultdict(list)
    for agency, had in _given(recall.record_id, recall.at, openly):
        if recall.version is None or had.version == recall.version:
            found[agency].append(had)
    return dict(found)


def _given(record_id: int, before: datetime, openly: Collection[int] | None) -> list[tuple[int, Had]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select agency, version, first_at, last_at, channels"
            " from hub_had(%s, %s, %s::bigint[]) order by agency, version",
            [record_id, before, None if openly is None else sorted(openly)],
        )
        return [
            (agency, Had(version, first_at, last_at, tuple(sorted(channels))))
            for agency, version, first_at, last_at, channels in cursor.fetchall()
        ]


def _may_know(
    row: Told,
    recall: Recall,
    had: dict[int, list[Had]],
    earlier: list[Told],
    openly: Collection[int] | None,
) -> bool:
    """Whether the owner may know that it was told: by what it had openly until then, or was given since it last was."""
    if rests_openly(row.basis, openly):
        return True
    last = max((each.last_at for each in had.get(row.agency_id, ())), default=None)
    before = _told_before(row.agency_id, recall, earlier)
    return last is not None and (before is None or before < last)


def _told_before(agency: int, recall: Recall, earlier: list[Told]) -> datetime | None:
    """When it was last told of an earlier recall of the same."""
    of = (None, recall.version)
    rows = (row.told_at for row in earlier if row.agency_id == agency and row.recall.version in of)
    return max(rows, default=None)


def _said(recall: Recall) -> dict[int, list[Said]]:
    rows = list(RecallAnswer.objects.filter(recall=recall).order_by("-at", "-id"))
    found: dict[int, list[Said]] = defaultdict(list)
    for row, said in zip(rows, in_words(rows), strict=True):
        found[row.agency_id].append(said)
    return found
