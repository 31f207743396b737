"""What releasing several records at once would do: one row an agency, the unusual and the refused by record."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.models import Record
from hub.accounts.viewer import Viewer
from sharing.audiences.preview import Preview, PreviewRow, preview
from sharing.releases.facts import load
from sharing.releases.plan import Plan

MOST_RECORDS = 50
# The best that an agency gets of any record is what its row is counted by.
BEST = ("all", "part", "no")


@dataclass(frozen=True)
class Said:
    """Something said of records: `refs` is empty where it holds for every one of several."""

    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgencyRow:
    """One agency, and how many of the records it would see whole, in part or not.

    A community whose roster the viewer may not see is a row without `agency`, and nothing of it is counted.
    """

    best: PreviewRow
    all: int
    part: int
    no: int
    losing: int
    withheld: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def withheld_words(self) -> str:
        return ", ".join(label.lower() for label in self.withheld)


@dataclass(frozen=True)
class BulkPreview:
    """`each` is the preview of every record, in the order in which they were chosen."""

    each: tuple[Preview, ...]
    rows: tuple[AgencyRow, ...]
    refusals: tuple[Said, ...]
    warnings: tuple[Said, ...]
    seal: str

    @property
    def whole(self) -> Preview:
        """All of it as if it were one record: whom it reaches at all, and its button's words."""
        return Preview(tuple(row.best for row in self.rows), (), ())

    @property
    def possible(self) -> bool:
        return bool(self.each) and not self.refusals and all(found.possible for found in self.each)


def preview_all(plans: Sequence[tuple[Record, Plan]], *, viewer: Viewer, at: datetime) -> BulkPreview:
    """Decide each record's own plan, without writing. All are the viewer's own agency's, and published."""
    world = load([record.pk for record, plan in plans], whole=True)
    each = tuple((record, preview(record, plan, viewer=viewer, at=at, world=world)) for record, plan in plans)
    return BulkPreview(
        each=tuple(found for record, found in each),
        rows=_rows([found for record, found in each]),
        refusals=_said((record, _refused(record, found)) for record, found in each),
        warnings=_said((record, found.warnings) for record, found in each),
        seal=_seal(each),
    )


def own_plan(record: Record, plan: Plan) -> Plan:
    """The plan for one of several records: each keeps the marking it has."""
    return replace(
        plan, tlp=record.tlp, controls=tuple(record.controls), rel_to=tuple(record.rel_to), marking_reason=""
    )


def _refused(record: Record, found: Preview) -> tuple[str, ...]:
    if record.tlp == TLP.RED:
        return (_("TLP:RED is for people named: release it on its own page, or take it out here."),)
    if found.refusals or found.possible:
        return found.refusals
    return (_("Nobody you picked would get it: take it out."),)


def _rows(previews: Sequence[Preview]) -> tuple[AgencyRow, ...]:
    by_code: dict[tuple[str, int | None], list[PreviewRow]] = defaultdict(list)
    for found in previews:
        for row in found.rows:
            by_code[row.code, row.agency].append(row)
    rows = [_row(lines, len(previews)) for lines in by_code.values()]
    return tuple(sorted(rows, key=lambda row: (row.best.band, row.best.code)))


def _row(lines: Sequence[PreviewRow], total: int) -> AgencyRow:
    best = min(lines, key=lambda line: BEST.index(line.outcome))
    outcomes = Counter(line.outcome for line in lines)
    labels = dict.fromkeys(label for line in lines if line.outcome == "part" for label in line.withheld)
    reasons = Counter(reason for line in lines for reason in dict.fromkeys(line.reasons))
    return AgencyRow(
        best=replace(
            best,
            first_time=any(line.first_time for line in lines),
            held=any(line.held for line in lines),
        ),
        all=outcomes["all"],
        part=outcomes["part"],
        # Where a record does not concern the agency at all it gets nothing of it either.
        no=total - outcomes["all"] - outcomes["part"],
        losing=sum(1 for line in lines if line.held and line.outcome == "no"),
        withheld=tuple(labels),
        reasons=tuple(
            reason if number == total else _("%(reason)s (%(n)d)") % {"reason": reason, "n": number}
            for reason, number in reasons.items()
        ),
    )


def _said(by_record: Iterable[tuple[Record, Iterable[str]]]) -> tuple[Said, ...]:
    """Each sentence once, with the records of which it holds."""
    found: dict[str, list[str]] = defaultdict(list)
    number = 0
    for record, sentences in by_record:
        number += 1
        for sentence in dict.fromkeys(sentences):
            found[sentence].append(record.ref)
    return tuple(Said(text, () if len(refs) == number > 1 else tuple(refs)) for text, refs in found.items())


def _seal(each: Sequence[tuple[Record, Preview]]) -> str:
    """Names what was shown of every record, so that exactly this is what a press of the button releases."""
    parts = sorted((record.pk, found.seal) for record, found in each)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
