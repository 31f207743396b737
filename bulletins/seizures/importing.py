"""Seizure reports from a file into the hub: each row whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.flow import freeze, hand_over
from bulletins.markings.models import TLP
from bulletins.seizures.cells import Problem
from bulletins.seizures.reading import read_rows
from bulletins.seizures.rows import Codes, SeizureRow
from bulletins.seizures.storing import Outcome, Place, Stored, store
from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port
from bulletins.vocabulary.places import PortBook
from hub.accounts.viewer import desk_of
from hub.agencies.loading import read_agencies
from hub.agencies.models import Agency

__all__ = ["Outcome", "codes_of", "import_file"]

BATCH = 50


def import_file(path: Path, *, at: datetime, poster: str = "", backdate: bool = False) -> Iterator[Outcome]:
    """Read and store the rows of `path`, yielding the outcome after each; raises Unreadable for the file.

    A row belongs to the agency it names; one whose agency has no seat in the hub is posted by `poster`, which keeps
    the name as originator. With `backdate` a report counts as published the day after the seizure. Rows are stored
    some at a time: each in a savepoint of its own, so that one that fails takes no other along, and all of them in
    one transaction, so that an interruption leaves none half-written.
    """
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    seatless = seatless_bodies(agencies)
    outcome = Outcome()
    codes, ports = codes_of({*agencies, *seatless}), PortBook(Port.objects.all())
    rows = read_rows(path, codes=codes, ports=ports, today=at.date())

    def place(row: SeizureRow) -> Place | Problem:
        owner = agencies.get(row.agency) or agencies.get(poster)
        if owner is None:
            why = _("has no seat in the hub: name who posts for it, as in --poster CBP")
            return Problem("agency", why, row.agency)
        return Place(owner, desk_of(owner), originator_text=seatless.get(row.agency, ""), tlp=TLP.GREEN.value)

    while batch := list(islice(rows, BATCH)):
        before = replace(outcome, refused=list(outcome.refused), records=list(outcome.records))
        with transaction.atomic():
            stored = store(batch, place, at=at, outcome=before)
            for each in stored:
                _freeze(each, at, backdate=backdate)
            hand_over([each.report.pk for each in stored], at=at)
        outcome = before
        for _row in batch:
            yield outcome


def _freeze(stored: Stored, at: datetime, *, backdate: bool) -> None:
    from hub.database.context import viewing

    viewer = stored.place.viewer
    issued = _issued(stored.row, at) if backdate else at
    with viewing(viewer):
        freeze(stored.report, viewer=viewer, at=issued, note="" if stored.fresh else _("corrected by import"))


def seatless_bodies(agencies: Any) -> dict[str, str]:
    """By code the names of bodies that the field knows and that have no seat in the hub."""
    return {facts.code: facts.name for facts in read_agencies() if facts.code not in agencies}


def codes_of(agencies: set[str], *, own: str = "") -> Codes:
    """The vocabulary as it is now; `own` is the agency of rows that name none."""

    def codes(model: Any) -> frozenset[str]:
        return frozenset(model.objects.filter(retired_at=None).values_list("code", flat=True))

    return Codes(codes(Method), codes(Drug), codes(Mode), codes(Detection), frozenset(agencies), own)


def _issued(row: SeizureRow, at: datetime) -> datetime:
    day = row.published_on or row.when.first_day
    if day is None:
        return at
    return min(at, at.replace(year=day.year, month=day.month, day=min(day.day, 28)) + timedelta(days=1))
