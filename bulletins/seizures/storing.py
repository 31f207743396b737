"""Rows of a file as working copies: new ones some at a time, known ones written over where they say something new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from bulletins.markings.rules import RANK
from bulletins.records.actions import Copy, write_down_again, write_down_new
from bulletins.records.models import Kind
from bulletins.seizures.cells import Problem
from bulletins.seizures.models import SeizureReport
from bulletins.seizures.reading import Refusal
from bulletins.seizures.rows import SeizureRow
from bulletins.vocabulary.models import Mode, Port
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import lock_records, viewing

SUBSTANCE = ("quantity", "unit", "qualifier", "form")


@dataclass(frozen=True)
class Place:
    """Whose a row becomes, who writes it, whose finding it is, and the marking it has at least."""

    owner: Agency
    viewer: Viewer
    tlp: str
    originator: Agency | None = None
    originator_text: str = ""


# (a report that is there already, whether the row says the same) -> why the row is refused, or nothing; made for the
# reports of a batch.
Judge: TypeAlias = Callable[[SeizureReport, bool], str]
Guard: TypeAlias = Callable[[Sequence[SeizureReport]], Judge]


def no_guard(reports: Sequence[SeizureReport]) -> Judge:
    return lambda report, same: ""


@dataclass(frozen=True)
class Stored:
    """A report that was made or changed by a row."""

    report: SeizureReport
    row: SeizureRow
    place: Place
    fresh: bool


@dataclass
class Outcome:
    """What became of the rows so far. `records` are the ids of new reports, by owner's agency."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    records: list[int] = field(default_factory=list)


@dataclass
class Sorted:
    """A batch before it is written: what is new, what differs from the report there is, what says the same."""

    new: list[tuple[SeizureRow, Place]] = field(default_factory=list)
    known: list[tuple[SeizureRow, Place, SeizureReport]] = field(default_factory=list)
    same: int = 0
    refused: list[Refusal] = field(default_factory=list)


def store(
    rows: Iterable[SeizureRow | Refusal],
    place: Callable[[SeizureRow], Place | Problem],
    *,
    at: datetime,
    outcome: Outcome,
    guard: Guard = no_guard,
) -> list[Stored]:
    """Write a batch in the caller's transaction and count what became of it; return what was made or changed.

    One that the hub refuses takes no other along. `place` says whose each row is, or why it can be nobody's.
    """
    found = sort_rows(rows, place, guard=guard, locked=True)
    outcome.refused += found.refused
    outcome.unchanged += found.same
    made = _in_sets(found.new, partial(_make, at=at), outcome)
    outcome.created += len(made)
    outcome.records += [each.report.pk for each in made]
    changed = _in_sets(found.known, partial(_change, at=at), outcome)
    outcome.changed += len(changed)
    return made + changed


def sort_rows(
    rows: Iterable[SeizureRow | Refusal],
    place: Callable[[SeizureRow], Place | Problem],
    *,
    guard: Guard = no_guard,
    locked: bool = False,
) -> Sorted:
    """What writing them would do. Writes nothing; `locked`, the reports there are stay as they are found."""
    found, placed = Sorted(), []
    for row in rows:
        if isinstance(row, Refusal):
            found.refused.append(row)
        elif isinstance(where := place(row), Problem):
            found.refused.append(Refusal(row.line, (where,), row.external_id, row.cells))
        else:
            placed.append((row, where))
    known = _known(placed, locked=locked)
    judge = guard(list(known.values()))
    for row, where in placed:
        report = known.get((where.owner.pk, row.external_id))
        if report is None:
            found.new.append((row, where))
        elif why := judge(report, same := _says_the_same(report, row, where)):
            problem = Problem("event_id", why, row.external_id)
            found.refused.append(Refusal(row.line, (problem,), row.external_id, row.cells))
        elif same:
            found.same += 1
        else:
            found.known.append((row, where, report))
    return found


def _known(
    placed: Sequence[tuple[SeizureRow, Place]], *, locked: bool
) -> dict[tuple[int, str], SeizureReport]:
    """(owner, reference) -> the report there is, each owner's looked up through its own eyes."""
    found = {}
    owners = {where.owner.pk: where.viewer for _row, where in placed}
    for owner, viewer in owners.items():
        references = [row.external_id for row, where in placed if where.owner.pk == owner]
        rows: QuerySet[SeizureReport] = SeizureReport.objects.filter(
            owner_id=owner, external_id__in=references
        )
        with viewing(viewer):
            if locked:
                lock_records(list(rows.values_list("pk", flat=True)))
            related = rows.select_related("owner", "originator", "port", "mode")
            for report in related.prefetch_related("substances"):
                found[owner, report.external_id] = report
    return found


def _in_sets(
    found: Sequence[Any], write: Callable[[Sequence[Any], Viewer], list[Stored]], outcome: Outcome
) -> list[Stored]:
    """Write each owner's at once; where one of them is refused, one by one. Each begins with its row and place."""
    stored: list[Stored] = []
    owners = {where.owner.pk: where.viewer for _row, where, *_report in found}
    for owner, viewer in owners.items():
        own = [each for each in found if each[1].owner.pk == owner]
        with viewing(viewer):
            try:
                with transaction.atomic():
                    stored += write(own, viewer)
                continue
            except ValidationError:
                pass
            for each in own:
                try:
                    with transaction.atomic():
                        stored += write([each], viewer)
                except ValidationError as error:
                    outcome.refused.append(_refusal(each[0], error))
    return stored


def _change(
    found: Sequence[tuple[SeizureRow, Place, SeizureReport]], viewer: Viewer, *, at: datetime
) -> list[Stored]:
    pieces = [Copy(report, _changes(report, row, where), _substances(row)) for row, where, report in found]
    write_down_again(pieces, viewer=viewer, at=at)
    return [Stored(report, row, where, fresh=False) for row, where, report in found]


def _make(own: list[tuple[SeizureRow, Place]], viewer: Viewer, at: datetime) -> list[Stored]:
    made = [(SeizureReport(kind=Kind.SEIZURE, owner=where.owner), row, where) for row, where in own]
    pieces = [Copy(report, values_of(row, where), _substances(row)) for report, row, where in made]
    write_down_new(pieces, viewer=viewer, at=at)
    return [Stored(report, row, where, fresh=True) for report, row, where in made]


def _refusal(row: SeizureRow, error: ValidationError) -> Refusal:
    return Refusal(row.line, (Problem("", "; ".join(error.messages), ""),), row.external_id, row.cells)


def _changes(report: SeizureReport, row: SeizureRow, where: Place) -> dict[str, Any]:
    """Once published its marking has been in people's hands, and no file changes it; a draft's is only raised."""
    values = values_of(row, where)
    if report.latest or RANK[values["tlp"]] <= RANK[report.tlp]:
        del values["tlp"]
    if report.latest:
        values = {name: value for name, value in values.items() if not name.startswith("originator")}
    return values


def values_of(row: SeizureRow, where: Place) -> dict[str, Any]:
    """The fields of a report, from a row."""
    originator = {} if where.originator is None else {"originator": where.originator}
    return {
        **originator,
        "external_id": row.external_id,
        "source_url": row.source_url,
        "tlp": max(where.tlp, row.tlp or where.tlp, key=RANK.__getitem__),
        "originator_text": where.originator_text,
        "occurred_on": row.when.day,
        "occurred_period": "" if row.when.day else row.when.period[:10],
        "country": row.country,
        "region": row.region.value,
        "state": row.state,
        "place": row.place,
        "port": Port(code=row.port) if row.port else None,
        "latitude": row.lat,
        "longitude": row.lon,
        "mode": Mode(code=row.mode) if row.mode else None,
        "conveyance": row.conveyance,
        "origin_country": row.origin,
        "transit_countries": list(row.transit),
        "destination": row.destination,
        "methods": list(row.methods),
        "packages": row.packages_count,
        "packages_qualifier": row.packages_qualifier,
        "safety_note": row.officer_safety_note,
        "hazard": bool(row.officer_safety_note),
        "concealment": "; ".join(part for part in (row.concealment, row.concealment_detail) if part)[:500],
        "detection": list(row.detections),
        "referred_to": row.referred_to,
        "people_count": row.people_count,
        "value_amount": row.value_amount,
        "value_currency": row.value_currency,
        "value_usd": row.value_usd,
        "value_qualifier": row.value_qualifier,
        "reported_on": row.published_on,
        "note": row.data_note,
    }


def _substances(row: SeizureRow) -> list[dict[str, Any]]:
    return [
        {"drug": each.drug, **{name: getattr(each, name) for name in SUBSTANCE}} for each in row.substances
    ]


def _says_the_same(report: SeizureReport, row: SeizureRow, where: Place) -> bool:
    kept = [
        {"drug": each.drug_id, **{name: getattr(each, name) for name in SUBSTANCE}}
        for each in report.substances.all()
    ]
    values = values_of(row, where)
    own = values.pop("tlp")
    if not report.latest and RANK[own] > RANK[report.tlp]:
        return False
    return kept == _substances(row) and all(
        _plain(getattr(report, name)) == _plain(value) for name, value in values.items()
    )


def _plain(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else value
