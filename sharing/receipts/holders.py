"""Who holds a record, for its owner alone: what each agency sees, what came back, how its releases stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from bulletins.models import Record
from bulletins.vocabulary.lists import FieldGroup
from sharing.audiences.models import Given
from sharing.disclosures.disclosure import Disclosure
from sharing.receipts.querysets import Answer, answers_for
from sharing.releases.models import Release


@dataclass(frozen=True)
class Holder:
    """One agency: `withheld` in words, `outcome` all, part, or no (taken back since)."""

    answer: Answer
    withheld: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Alike:
    """Agencies that see the same."""

    outcome: str
    withheld: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Holders:
    """`pending`: when the working copy was edited after publishing; `planned`: when a release begins."""

    lines: tuple[Holder, ...]
    alike: tuple[Alike, ...]
    planned: datetime | None = None
    recalled_at: datetime | None = None
    recall_reason: str = ""
    pending: datetime | None = None

    @property
    def now(self) -> list[Holder]:
        return [line for line in self.lines if line.outcome != "no"]

    @property
    def read(self) -> int:
        return sum(1 for line in self.now if line.answer.read_at)

    @property
    def acknowledged(self) -> int:
        return sum(1 for line in self.now if line.answer.acknowledged_at)

    @property
    def waiting(self) -> list[str]:
        return [line.answer.code for line in self.now if not line.answer.acknowledged_at]


def holders_of(shown: Disclosure) -> Holders | None:
    """For a record of the reader's own agency; None for others, who are not told who else has it."""
    if not shown.own:
        return None
    held: dict[int, set[str]] = defaultdict(set)
    for agency, withheld in Given.objects.filter(record_id=shown.key).values_list("agency_id", "withheld"):
        held[agency] |= set(withheld)
    lines = [_line(answer, held) for answer in answers_for(shown.key)]
    live, last = _releases(shown.key)
    edited, published = Record.objects.values_list("edited_at", "latest_at").get(pk=shown.key)
    return Holders(
        lines=tuple(lines),
        alike=tuple(_alike(lines)),
        planned=min((row.starts_at for row in live if row.applied_at is None), default=None),
        recalled_at=last.recalled_at if last and not live else None,
        recall_reason=last.recall_reason if last and not live else "",
        pending=edited if published and edited > published else None,
    )


def _releases(record: int) -> tuple[list[Release], Release | None]:
    """The live releases, and the one recalled last."""
    rows = list(Release.objects.filter(record_id=record).order_by("-recalled_at", "id"))
    recalled = [row for row in rows if row.recalled_at]
    last = max(recalled, key=lambda row: row.recalled_at or row.released_at, default=None)
    return [row for row in rows if row.ended_at is None], last


def _line(answer: Answer, held: dict[int, set[str]]) -> Holder:
    groups = held.get(answer.agency, set())
    words = tuple(str(FieldGroup(group).label).lower() for group in FieldGroup.values if group in groups)
    outcome = "no" if answer.given_at is None else "part" if words else "all"
    return Holder(answer, words, outcome)


def _alike(lines: list[Holder]) -> list[Alike]:
    together: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for line in lines:
        if line.outcome != "no":
            together[line.outcome, line.withheld].append(line.answer.code)
    order = sorted(together.items(), key=lambda row: (row[0][0] != "all", len(row[0][1]), row[0][1]))
    return [Alike(outcome, withheld, tuple(codes)) for (outcome, withheld), codes in order]
