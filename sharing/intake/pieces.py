"""One object on its way into a record, and what a later version writes over an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.publishing.actions import by_field
from bulletins.publishing.models import Bulletin
from bulletins.records.actions import Copy
from bulletins.records.models import Kind, Record
from bulletins.seizures.models import SeizureReport
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency
from sharing.intake.bodies import DECIDES, Typed, blank, marks_of
from sharing.intake.hubs import Told
from sharing.intake.models import Original
from sharing.intake.reading import Reading, read

MODELS: dict[str, type[Bulletin] | type[SeizureReport]] = {"bulletin": Bulletin, "seizure": SeizureReport}
# Whose it is does not change with a later version.
FIXED = ("originator", "originator_text")


@dataclass
class Piece:
    """One object on its way into a record; `before` is the newest original of the same id.

    `told` and `origin` are set where another hub gave it.
    """

    number: int
    stix: Mapping[str, Any]
    modified: datetime
    body: str
    before: Original | None = None
    reading: Reading | None = None
    typed: Typed | None = None
    originator: Agency | None = None
    told: Told | None = None
    origin: dict[str, Any] | None = None


def written_over(record: Any, piece: Piece, last: Original | None) -> Copy:
    """What a later version puts over what an earlier one wrote; what it does not say any more is taken out."""
    assert piece.typed is not None and piece.reading is not None
    values = {name: value for name, value in piece.typed.values.items() if name not in FIXED}
    if values.get("external_id") and values["external_id"] != record.external_id:
        del values["external_id"]
    if last is not None and last.body:
        before = read(orjson.loads(last.body), beside={}, markings={}, words=terms()).body
        gone = set(before) - set(piece.reading.body) - {"substances", "identifiers", *FIXED}
        values = {name: blank(record, name) for name in gone} | values
    told = marks_of(piece.reading.handling.marking)
    values |= {name: value for name, value in told.items() if name not in DECIDES and value}
    return Copy(
        record,
        values,
        piece.typed.substances,
        piece.typed.identifiers,
        certify=False if record.certified_at else None,
    )


def references_taken(agency: int, pieces: list[Piece]) -> set[tuple[str, str]]:
    """(kind, reference) of the agency's records that have one of the pieces' references."""
    wanted = {piece.typed.values.get("external_id", "") for piece in pieces if piece.typed} - {""}
    if not wanted:
        return set()
    rows = Record.objects.filter(owner_id=agency, kind__in=Kind.values, external_id__in=wanted)
    return set(rows.values_list("kind", "external_id"))


def in_words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return _("It does not fit into a record.")
    said = [f"{name}: {' '.join(words)}" for name, words in by_field(error).items()]
    return "; ".join(said).replace("__all__: ", "")[:500]
