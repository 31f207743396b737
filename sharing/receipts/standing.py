"""How a record stands with others, for its owner alone: who has it, what came back, what waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from sharing.audiences.holders import holders_of
from sharing.disclosures.disclosure import Disclosure
from sharing.emergencies.models import Emergency
from sharing.recalls.proof import recalls_made
from sharing.receipts.overdue import AskedOf, asked_hidden
from sharing.receipts.querysets import Answer, answers_told
from sharing.releases.models import Release

FEW = 12
NAMED = 8


@dataclass(frozen=True)
class Line:
    """One agency and what came back. `outcome` is all, part (without `withheld`), or no: taken back since."""

    code: str
    name: str
    outcome: str
    withheld: tuple[str, ...]
    version: int
    read_at: datetime | None
    acknowledged_at: datetime | None
    reworded: tuple[str, ...] = ()
    acknowledge_by: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True)
class Alike:
    """Agencies that see the same."""

    outcome: str
    withheld: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def more(self) -> int:
        """How many beyond those that are named beside it."""
        return max(0, len(self.codes) - NAMED)


@dataclass(frozen=True)
class OpenedTo:
    """That an emergency opened the record: to somebody of which agency, by inspectors of which, why and when."""

    agency: str
    inspectors: tuple[str, str]
    danger: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class TakenBack:
    """A recall by the reader's own agency; `version` is None where all was taken back."""

    version: int | None
    at: datetime
    reason: str
    query: str


@dataclass(frozen=True)
class Standing:
    """`communities` have rosters that the owner may not see: their members are neither named nor counted.

    `asked` are those of them that a release asks to acknowledge.
    `pending`: when the working copy was edited after publishing; `planned`: when a release begins;
    `embargo`: until when nobody else has it.
    """

    lines: tuple[Line, ...]
    alike: tuple[Alike, ...]
    communities: tuple[str, ...] = ()
    planned: datetime | None = None
    embargo: datetime | None = None
    recalls: tuple[TakenBack, ...] = ()
    recalled: TakenBack | None = None
    pending: datetime | None = None
    latest: int = 0
    review_due: date | None = None
    asked: tuple[AskedOf, ...] = ()

    @property
    def overdue(self) -> list[str]:
        return [line.code for line in self.now if line.overdue]

    @property
    def behind(self) -> int:
        """How many hold an earlier version than the newest."""
        return sum(1 for line in self.now if line.version < self.latest)

    @property
    def shared(self) -> bool:
        return bool(self.now or self.communities)

    @property
    def now(self) -> list[Line]:
        return [line for line in self.lines if line.outcome != "no"]

    @property
    def read(self) -> int:
        return sum(1 for line in self.now if line.read_at)

    @property
    def acknowledged(self) -> int:
        return sum(1 for line in self.now if line.acknowledged_at)

    @property
    def waiting(self) -> list[str]:
        return [line.code for line in self.now if not line.acknowledged_at]

    @property
    def telling(self) -> list[Line]:
        """The lines that say more than that an agency has it all: of a short list every one."""
        if len(self.lines) <= FEW:
            return list(self.lines)
        return [
            line
            for line in self.lines
            if line.outcome != "all" or line.read_at or line.reworded or line.overdue
        ]

    @property
    def silent(self) -> list[Line]:
        return [line for line in self.lines if line not in self.telling]


def standing_of(shown: Disclosure, viewer: Viewer) -> Standing | None:
    """For a record of the reader's own agency; None for others, who are not told who else has it."""
    if not shown.own:
        return None
    live = list(Release.objects.filter(record_id=shown.key, ended_at=None).order_by("id"))
    recalls = tuple(
        TakenBack(row.version, row.at, row.reason, f"?recall={row.uid}") for row in recalls_made(shown.key)
    )
    holders = holders_of(shown.key, viewer)
    answers = {answer.agency: answer for answer in answers_told(shown.key, viewer, holders)}
    lines = []
    for holder in holders.agencies:
        withheld = tuple(label.lower() for label in holder.withheld)
        lines.append(
            replace(
                _line(holder.code, holder.name, withheld, holder.version, answers.pop(holder.agency, None)),
                reworded=holder.reworded,
            )
        )
    lines += [
        Line(each.code, each.name, "no", (), each.version, each.read_at, each.acknowledged_at)
        for each in answers.values()
        if each.given_at is None
    ]
    named = ("edited_at", "latest_at", "review_due", "embargo_until")
    edited, published, review_due, embargo = Record.objects.values_list(*named).get(
        pk=shown.key, owner_id=viewer.agency_id
    )
    return Standing(
        lines=tuple(lines),
        alike=tuple(_alike(lines)),
        communities=holders.communities,
        planned=min((row.starts_at for row in live if row.applied_at is None), default=None),
        embargo=embargo if embargo and embargo > timezone.now() else None,
        recalls=recalls,
        recalled=_telling(recalls, live),
        pending=edited if published and edited > published else None,
        latest=shown.version,
        review_due=review_due,
        asked=tuple(asked_hidden(shown.key, viewer)),
    )


def openings_of(shown: Disclosure, viewer: Viewer) -> list[OpenedTo]:
    """For the record's owner, who was told of each at the time; nothing for others."""
    if not shown.own:
        return []
    rows = Emergency.objects.of_record(viewer, shown.key).select_related(
        "agency", "asked_from", "decided_from"
    )
    return [
        OpenedTo(
            agency=row.agency.code,
            inspectors=(row.asked_from.code, row.decided_from.code),
            danger=row.danger,
            at=row.decided_at,
            until=row.ended_at or row.until,
        )
        for row in rows
        if row.decided_from and row.decided_at and row.until
    ]


def _telling(recalls: tuple[TakenBack, ...], live: list[Release]) -> TakenBack | None:
    """The recall to be told of first: the newest, unless it took all back and there are releases again."""
    newest = recalls[0] if recalls else None
    return None if newest is None or (newest.version is None and live) else newest


def _line(code: str, name: str, withheld: tuple[str, ...], version: int, answer: Answer | None) -> Line:
    return Line(
        code=code,
        name=name,
        outcome="part" if withheld else "all",
        withheld=withheld,
        version=version,
        read_at=answer.read_at if answer else None,
        acknowledged_at=answer.acknowledged_at if answer else None,
        acknowledge_by=answer.acknowledge_by if answer else None,
        overdue=answer is not None and answer.overdue(timezone.now()),
    )


def _alike(lines: list[Line]) -> list[Alike]:
    together: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for line in lines:
        if line.outcome != "no":
            together[line.outcome, line.withheld].append(line.code)
    order = sorted(together.items(), key=lambda row: (row[0][0] != "all", len(row[0][1]), row[0][1]))
    return [Alike(outcome, withheld, tuple(codes)) for (outcome, withheld), codes in order]
