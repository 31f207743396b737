"""Recalls told to the viewer's agency, and what it has answered so far. Owners read theirs in `proof.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bulletins.markings.rules import Marking
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from sharing.audiences.models import Withdrawal, WithdrawalKind
from sharing.recalls.models import AnswerKind, RecallAnswer


@dataclass(frozen=True)
class Said:
    """One answer, in the words it was given."""

    kind: str
    words: str
    passed_to: tuple[str, ...]
    at: datetime

    @property
    def label(self) -> str:
        return str(AnswerKind(self.kind).label)


@dataclass(frozen=True)
class ToldRecall:
    """A recall as those who were told of it may know it. `version` is None where all of it was taken back."""

    key: int
    uid: UUID
    person_id: int | None
    ref: str
    kind: str
    version: int | None
    owner: str
    owner_id: int
    at: datetime
    reason: str
    marking: Marking
    said: tuple[Said, ...]

    @property
    def answer(self) -> Said | None:
        """The one that counts: the newest."""
        return self.said[0] if self.said else None

    @property
    def path(self) -> str:
        section = "bulletins" if self.kind == Kind.BULLETIN else "seizures"
        return f"/{section}/{self.ref}/recall/answer/"


def told_recalls(viewer: Viewer) -> QuerySet[Any]:
    """One row a recall told to the viewer, newest first; `answered_at` is when it was last answered.

    Somebody told both as one of the agency and by name (TLP:RED since) finds it once. What another hub took back from
    the agency that fetched it is not among them: nobody here waits for an answer.
    """
    rows: QuerySet[Withdrawal] = (
        Withdrawal.objects.visible_to(viewer)
        .filter(kind=WithdrawalKind.RECALLED, recall__isnull=False)
        .exclude(owner_id=viewer.agency_id)
    )
    whole = Withdrawal.objects.filter(
        recall=OuterRef("recall"), agency_id=viewer.agency_id, person_id=None, kind=WithdrawalKind.RECALLED
    )
    answers = (
        RecallAnswer.objects.filter(recall=OuterRef("recall"), agency_id=viewer.agency_id)
        .alias(who=Coalesce("person_id", 0))
        .filter(who=Coalesce(OuterRef("person_id"), 0))
    )
    return (
        rows.exclude(Q(person_id__isnull=False) & Exists(whole))
        .annotate(answered_at=Subquery(answers.order_by("-at", "-id").values("at")[:1]))
        .select_related("owner", "recall")
        .order_by("-at", "-id")
    )


def unanswered(viewer: Viewer) -> QuerySet[Any]:
    """Those the viewer's agency has not answered yet."""
    return told_recalls(viewer).filter(answered_at=None)


def recalls_of(viewer: Viewer, *, ref: str, kind: str) -> list[ToldRecall]:
    """The recalls of one record that the viewer was told of, newest first, each with its answers."""
    return as_told(list(told_recalls(viewer).filter(ref=ref, record_kind=kind)), viewer)


def as_told(rows: list[Any], viewer: Viewer) -> list[ToldRecall]:
    said = _said([row.recall_id for row in rows], viewer)
    return [
        ToldRecall(
            key=row.recall_id,
            uid=row.recall.uid,
            person_id=row.person_id,
            ref=row.ref,
            kind=row.record_kind,
            version=row.only_version,
            owner=row.owner.code,
            owner_id=row.owner_id,
            at=row.at,
            reason=row.reason,
            marking=Marking(tlp=row.tlp),
            said=tuple(each for who, each in said.get(row.recall_id, ()) if who == row.person_id),
        )
        for row in rows
    ]


def _said(recalls: list[int], viewer: Viewer) -> dict[int, list[tuple[int | None, Said]]]:
    rows = list(
        RecallAnswer.objects.filter(recall_id__in=recalls, agency_id=viewer.agency_id).order_by("-at", "-id")
    )
    found: dict[int, list[tuple[int | None, Said]]] = {}
    for row, said in zip(rows, in_words(rows), strict=True):
        found.setdefault(row.recall_id, []).append((row.person_id, said))
    return found


def in_words(rows: list[RecallAnswer]) -> list[Said]:
    """Answers with the codes of the agencies they name."""
    codes = dict(
        Agency.objects.filter(pk__in={pk for row in rows for pk in row.passed_to}).values_list("pk", "code")
    )
    return [
        Said(row.kind, row.words, tuple(sorted(codes[pk] for pk in row.passed_to if pk in codes)), row.at)
        for row in rows
    ]
