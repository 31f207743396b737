"""The proof of a recall, for the owner: who had which version, when they were told, what they answered, who has not.

Who had it is the ledger's word. Of communities whose members the owner may not see there is one row each, without a
number: one that moved with what was released would tell who is in them. What the ledger says of an agency is shown
only where it says that a release gave it which the owner may see whom it reaches by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bulletins.markings.models import TLP
from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, Role
from sharing.audiences.preview import hidden_rosters
from sharing.communities.models import Community, Membership
from sharing.recalls.models import RecallAnswer, Told
from sharing.recalls.querysets import Said, in_words
from sharing.releases.facts import load
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


@dataclass(frozen=True)
class Span:
    """A time in which a release reached an agency in a way that the owner may see."""

    agency: int
    since: datetime
    till: datetime | None


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
    spans = spans_of(releases, set(hidden), tlp=tlp_of(record.pk)) if hidden else None
    told = list(Told.objects.filter(recall__in=made).order_by("agency_id", "id"))
    return [_proof(recall, releases, hidden, spans, told) for recall in made]


def had_before(record: Record, viewer: Viewer) -> set[tuple[str, int]]:
    """(agency, version) of those who were given it and whom a recall would tell, as far as the owner may know them."""
    releases = list(Release.objects.filter(record_id=record.pk).order_by("id"))
    hidden = hidden_rosters((release.community_id for release in releases), viewer)
    told: dict[int, datetime] = {}
    for recall in recalls_made(record.pk):
        for row in Told.objects.filter(recall=recall) if recall.version is None else ():
            told[row.agency_id] = max(row.told_at, told.get(row.agency_id, row.told_at))
    rows = _given(record.pk, timezone.now(), _openly(releases, hidden))
    codes = dict(Agency.objects.filter(pk__in={row[0] for row in rows}).values_list("pk", "code"))
    return {
        (codes[agency], had.version)
        for agency, had in rows
        if agency not in told or told[agency] < had.last_at
    }


def tlp_of(record_id: int) -> str:
    """The marking in force, which may be stricter than the record's own: that of what it is derived from."""
    return load([record_id]).subjects[record_id].tlp


def _openly(releases: Iterable[Release], hidden: Collection[int]) -> list[int] | None:
    """The releases that the owner may see whom they reach by; None for all."""
    return [each.pk for each in releases if each.community_id not in hidden] if hidden else None


def spans_of(releases: Iterable[Release], hidden: set[int], *, tlp: str) -> list[Span]:
    """When each agency was reached by name, by an open roster, by a release to all, or as a client of those.

    As far as the marking lets them reach: what it has stopped would otherwise name those whom a hidden roster reaches.
    """
    found = []
    members = defaultdict(set)
    open_ones = {release.community_id for release in releases if release.community_id} - hidden
    for community, agency in Membership.objects.filter(community_id__in=open_ones).values_list(
        "community_id", "agency_id"
    ):
        members[community].add(agency)
    every = dict(Agency.objects.values_list("pk", "parent_id"))
    for release in releases:
        to_all = not (release.agency_id or release.community_id)
        if release.community_id in hidden or (to_all and tlp != TLP.CLEAR):
            continue
        reached = (
            {release.agency_id}
            if release.agency_id
            else (set() if tlp == TLP.AMBER else members[release.community_id]) | set(release.members)
            if release.community_id
            else set(every)
        )
        reached |= {agency for agency, parent in every.items() if parent in reached}
        till = min((end for end in (release.ended_at, release.ends_at) if end), default=None)
        found += [Span(agency, release.starts_at, till) for agency in sorted(filter(None, reached))]
    return found


def _proof(
    recall: Recall,
    releases: list[Release],
    hidden: dict[int, Community],
    spans: list[Span] | None,
    every: list[Told],
) -> Proof:
    had = _had(recall, _openly(releases, hidden))
    told = defaultdict(list)
    for row in every:
        if row.recall_id == recall.pk:
            told[row.agency_id].append(row)
    if spans is not None:
        held = {span.agency for span in spans if span.since < recall.at and span.till == recall.at}
        told = defaultdict(list, {pk: rows for pk, rows in told.items() if pk in had or pk in held})
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
            told_before=None if pk in told else _told_before(pk, recall, every),
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


def _had(recall: Recall, openly: list[int] | None) -> dict[int, list[Had]]:
    """What the ledger says was given before the recall of what it took back, by agency."""
    found: dict[int, list[Had]] = defaultdict(list)
    for agency, had in _given(recall.record_id, recall.at, openly):
        if recall.version is None or had.version == recall.version:
            found[agency].append(had)
    return dict(found)


def _given(record_id: int, before: datetime, openly: list[int] | None) -> list[tuple[int, Had]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select agency, version, first_at, last_at, channels"
            " from hub_had(%s, %s, %s::bigint[]) order by agency, version",
            [record_id, before, openly],
        )
        return [
            (agency, Had(version, first_at, last_at, tuple(sorted(channels))))
            for agency, version, first_at, last_at, channels in cursor.fetchall()
        ]


def _told_before(agency: int, recall: Recall, every: list[Told]) -> datetime | None:
    return max(
        (row.told_at for row in every if row.agency_id == agency and row.told_at < recall.at), default=None
    )


def _said(recall: Recall) -> dict[int, list[Said]]:
    rows = list(RecallAnswer.objects.filter(recall=recall).order_by("-at", "-id"))
    found: dict[int, list[Said]] = defaultdict(list)
    for row, said in zip(rows, in_words(rows), strict=True):
        found[row.agency_id].append(said)
    return found
