"""Corrections as each side may know them: one's own agency's of what it has, and those asked of one's records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.audiences.models import Received
from sharing.audiences.rosters import hidden_rosters, open_releases, rests_openly
from sharing.corrections.models import Correction, CorrectionState
from sharing.corrections.rules import SETTLED, may_settle
from sharing.releases.models import Release


@dataclass(frozen=True)
class Proposal:
    """A correction as one side is shown it. `by` is the agency, or what may be said of it; never a person.

    `held` says whether the reader may still read the words: a proposer whom the record was taken from finds the answer
    alone. `in_version` is told to a proposer only once that version is theirs.
    """

    uid: UUID
    ref: str
    record_kind: str
    own: bool
    held: bool
    by: str
    owner: str
    version: int
    part: str
    part_label: str
    says: str
    why: str
    proposed_at: datetime
    state: str
    state_label: str
    settled_at: datetime | None
    answer: str
    in_version: int | None

    @property
    def path(self) -> str:
        return f"/corrections/{self.uid}/"

    @property
    def record_path(self) -> str:
        return f"/{'bulletins' if self.record_kind == Kind.BULLETIN else 'seizures'}/{self.ref}/"

    @property
    def settled(self) -> bool:
        return self.state in SETTLED


def corrections_for(viewer: Viewer) -> QuerySet[Correction]:
    """All that the viewer may know of: proposed by their agency, or asked of records they may amend. Newest first."""
    return (proposed_by(viewer) | asked_of(viewer)).order_by("-proposed_at", "-id")


def proposed_by(viewer: Viewer) -> QuerySet[Correction]:
    """Those of the viewer's agency; of one for a person named (TLP:RED) that person's alone."""
    require_viewer(viewer)
    own = Correction.objects.filter(agency_id=viewer.agency_id)
    return own.filter(Q(person_id=None) | Q(person_id=viewer.person_id)).select_related("agency", "owner")


def asked_of(viewer: Viewer) -> QuerySet[Correction]:
    """Those proposed for records whose working copies the viewer may open, where their role may amend."""
    rows = Correction.objects.filter(
        owner_id=viewer.agency_id, record__in=working_copies(Record, viewer).values("pk")
    )
    return (rows if may_settle(viewer) else rows.none()).select_related("agency", "owner")


def waiting(viewer: Viewer) -> QuerySet[Correction]:
    """Those asked of the viewer that nobody has settled, oldest first."""
    return (
        asked_of(viewer).exclude(state__in=[state.value for state in SETTLED]).order_by("proposed_at", "id")
    )


def of_record(viewer: Viewer, record_id: int) -> list[Proposal]:
    return as_proposals(list(corrections_for(viewer).filter(record_id=record_id)), viewer)


def taken_into(record: Record, viewer: Viewer, versions: set[int]) -> list[Proposal]:
    """Corrections of the viewer's own record that later versions than one of these have taken."""
    rows = asked_of(viewer).filter(record_id=record.pk, state=CorrectionState.TAKEN)
    return as_proposals(
        [row for row in rows if any((row.in_version or 0) > each for each in versions)], viewer
    )


def as_proposals(rows: list[Correction], viewer: Viewer) -> list[Proposal]:
    has = dict(
        Received.objects.visible_to(viewer)
        .filter(record_id__in={row.record_id for row in rows})
        .values_list("record_id", "version")
    )
    named = _nameable([row for row in rows if row.owner_id == viewer.agency_id], viewer)
    return [_proposal(row, viewer, has.get(row.record_id), named) for row in rows]


def _proposal(row: Correction, viewer: Viewer, holds: int | None, named: set[int]) -> Proposal:
    own = row.agency_id == viewer.agency_id
    held = not own or holds is not None
    told = not own or (row.in_version is not None and holds is not None and holds >= row.in_version)
    return Proposal(
        uid=row.uid,
        ref=row.ref,
        record_kind=row.kind,
        own=own,
        held=held,
        by=row.agency.code if own or row.pk in named else _("a member of a community that is not listed"),
        owner=row.owner.code,
        version=row.version,
        part=row.part,
        part_label=str(FieldGroup(row.part).label),
        says=row.says if held else "",
        why=row.why if held else "",
        proposed_at=row.proposed_at,
        state=row.state,
        state_label=str(CorrectionState(row.state).label),
        settled_at=row.settled_at,
        answer=row.answer,
        in_version=row.in_version if told else None,
    )


def _nameable(rows: Iterable[Correction], viewer: Viewer) -> set[int]:
    """Of corrections asked of the viewer's agency, those whose proposer it may know: not members of hidden rosters.

    What counts is what they had the record by when they proposed it.
    """
    asked = list(rows)
    releases = list(Release.objects.filter(record_id__in={row.record_id for row in asked}))
    openly = open_releases(releases, hidden_rosters((each.community_id for each in releases), viewer))
    return {row.pk for row in asked if rests_openly(row.basis, openly)}
