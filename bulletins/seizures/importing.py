"""Seizure reports from a file into the hub: each row whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.flow import freeze, hand_over
from bulletins.records.actions import write_down
from bulletins.records.models import Kind
from bulletins.seizures.cells import Problem
from bulletins.seizures.models import SeizureReport
from bulletins.seizures.reading import Refusal, read_rows
from bulletins.seizures.rows import Codes, SeizureRow
from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port
from bulletins.vocabulary.places import PortBook
from hub.accounts.viewer import desk_of
from hub.agencies.loading import read_agencies
from hub.agencies.models import Agency
from hub.database.context import viewing

BATCH = 50


@dataclass
class Outcome:
    """What became of the rows so far. `records` are the ids of new reports, by owner's agency."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    records: list[int] = field(default_factory=list)


def import_file(path: Path, *, at: datetime, poster: str = "", backdate: bool = False) -> Iterator[Outcome]:
    """Read and store the rows of `path`, yielding the outcome after each; raises Unreadable for the file.

    A row belongs to the agency it names; one whose agency has no seat in the hub is posted by `poster`, which keeps
    the name as originator. With `backdate` a report counts as published the day after the seizure. Rows are stored
    some at a time: each in a savepoint of its own, so that one that fails takes no other along, and all of them in
    one transaction, so that an interruption leaves none half-written.
    """
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    seatless = {facts.code: facts.name for facts in read_agencies() if facts.code not in agencies}
    outcome = Outcome()
    codes, ports = _codes({*agencies, *seatless}), PortBook(Port.objects.all())
    rows = read_rows(path, codes=codes, ports=ports, today=at.date())
    while batch := list(islice(rows, BATCH)):
        before = replace(outcome, refused=list(outcome.refused), records=list(outcome.records))
        with transaction.atomic():
            published = [
                pk
                for row in batch
                if (pk := _take(row, agencies, seatless, poster, at, backdate, before)) is not None
            ]
            hand_over(published, at=at)
        outcome = before
        for _row in batch:
            yield outcome


def _take(
    row: SeizureRow | Refusal,
    agencies: dict[str, Agency],
    seatless: dict[str, str],
    poster: str,
    at: datetime,
    backdate: bool,
    outcome: Outcome,
) -> int | None:
    """Store one row and count what became of it; the id of the report where a version was frozen."""
    if isinstance(row, Refusal):
        outcome.refused.append(row)
        return None
    owner = agencies.get(row.agency) or agencies.get(poster)
    if owner is None:
        why = _("has no seat in the hub: name who posts for it, as in --poster CBP")
        outcome.refused.append(Refusal(row.line, (Problem("agency", why, row.agency),), row.external_id))
        return None
    try:
        return _store(row, owner, seatless.get(row.agency, ""), at, backdate, outcome)
    except ValidationError as error:
        outcome.refused.append(
            Refusal(row.line, (Problem("", "; ".join(error.messages), ""),), row.external_id)
        )
        return None


def _codes(agencies: set[str]) -> Codes:
    def codes(model: Any) -> frozenset[str]:
        return frozenset(model.objects.filter(retired_at=None).values_list("code", flat=True))

    return Codes(codes(Method), codes(Drug), codes(Mode), codes(Detection), frozenset(agencies))


def _store(
    row: SeizureRow, owner: Agency, originator: str, at: datetime, backdate: bool, outcome: Outcome
) -> int | None:
    desk = desk_of(owner)
    values = _values(row, originator)
    substances = _substances(row)
    with viewing(desk):
        report = SeizureReport.objects.filter(owner=owner, external_id=row.external_id).first()
        if report is not None and _says_the_same(report, values, substances):
            outcome.unchanged += 1
            return None
        known = report is not None
        if report is not None:
            # Its marking has been in people's hands since: a file does not lower what they raised.
            del values["tlp"]
        report = report or SeizureReport(kind=Kind.SEIZURE, owner=owner)
        write_down(report, values, viewer=desk, at=at, substances=substances)
        issued = _issued(row, at) if backdate else at
        freeze(report, viewer=desk, at=issued, note=_("corrected by import") if known else "")
        if known:
            outcome.changed += 1
        else:
            outcome.created += 1
            outcome.records.append(report.pk)
        return int(report.pk)


def _issued(row: SeizureRow, at: datetime) -> datetime:
    day = row.published_on or row.when.first_day
    if day is None:
        return at
    return min(at, at.replace(year=day.year, month=day.month, day=min(day.day, 28)) + timedelta(days=1))


def _values(row: SeizureRow, originator: str) -> dict[str, Any]:
    """The fields of a report, from a row. Real public releases: nothing here is more than TLP:GREEN."""
    return {
        "external_id": row.external_id,
        "source_url": row.source_url,
        "tlp": "TLP:GREEN",
        "originator_text": originator,
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
        {
            "drug": each.drug,
            "quantity": each.quantity,
            "unit": each.unit,
            "qualifier": each.qualifier,
            "form": each.form,
        }
        for each in row.substances
    ]


def _says_the_same(report: SeizureReport, values: dict[str, Any], substances: list[dict[str, Any]]) -> bool:
    kept = [
        {
            "drug": row.drug_id,
            "quantity": row.quantity,
            "unit": row.unit,
            "qualifier": row.qualifier,
            "form": row.form,
        }
        for row in report.substances.all()
    ]
    return kept == substances and all(
        _plain(getattr(report, name)) == _plain(value) for name, value in values.items() if name != "tlp"
    )


def _plain(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else value
