"""Writing a working copy: forms, the API, the importer and the demo all come through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.markings.rules import marking_of
from bulletins.records.models import Identifier, Record, Substance
from bulletins.records.origins import FIXED, below_origin
from bulletins.records.units import mass_kg
from bulletins.vocabulary.lists import Precision, Region
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer

# What an author may set on either kind of record. Ownership, identity and numbers are not theirs to set.
COMMON = frozenset(
    """tlp controls rel_to cui_categories caveat reliability credibility external_id source_url originator
    originator_text occurred_on occurred_time occurred_period country region state place port latitude longitude
    mode conveyance origin_country transit_countries destination methods packages packages_qualifier safety_note
    hazard concealment narrative detection technique case_number referred_to investigators prosecution people_count
    predicate predicate_category sensitivity control_official review_due""".split()
)
ONLY_BULLETIN = frozenset({"title", "tear_line", "urgency"})
ONLY_SEIZURE = frozenset(
    "value_amount value_currency value_usd value_qualifier lab_reference reported_on note".split()
)
SUBSTANCE = frozenset("drug quantity unit qualifier form purity_percent lab_state".split())
IDENTIFIER = frozenset({"kind", "value", "note"})

Rows = Iterable[dict[str, Any]]


def write_down(
    record: Record,
    values: dict[str, Any],
    *,
    viewer: Viewer,
    at: datetime,
    substances: Rows | None = None,
    identifiers: Rows | None = None,
    certify: bool | None = None,
) -> None:
    """Put `values` into the working copy and save it; rows of substances and identifiers are replaced where given.

    `certify` records (or takes back) the viewer's certification that identifiers were lawfully obtained and rest on
    the predicate given (28 CFR 23). Raises ValidationError by field; the caller's transaction then holds nothing.
    """
    fresh = _settle(record, values, viewer=viewer, at=at, certify=certify)
    kept = {field.name for field in record._meta.fields} - _editable(record)
    record.clean_fields(exclude=kept)
    record.save()
    if substances is not None:
        _replace(record, substances, SUBSTANCE, "substances", _substance, fresh)
    if identifiers is not None:
        _replace(record, identifiers, IDENTIFIER, "identifiers", Identifier, fresh)


@dataclass
class Copy:
    """A working copy, there already or not, and what `write_down` would put into it: rows that are None stay."""

    record: Any
    values: dict[str, Any]
    substances: Rows | None = None
    identifiers: Rows | None = None
    certify: bool | None = None


def write_down_new(pieces: Sequence[Copy], *, viewer: Viewer, at: datetime) -> None:
    """`write_down` for many new records of one agency, in a few statements for all of them.

    Raises ValidationError for the first that is wrong: then the caller's savepoint holds nothing. Originators are
    taken for agencies that are there.
    """
    children = _settle_all(pieces, viewer=viewer, at=at)
    _insert([piece.record for piece in pieces])
    _insert_lines(children)


def write_down_again(pieces: Sequence[Copy], *, viewer: Viewer, at: datetime) -> None:
    """The same over records that are there, each once, and that the caller has locked."""
    children = _settle_all(pieces, viewer=viewer, at=at)
    for piece in pieces:
        piece.record.save()
    replaced = {
        Substance: [piece.record.pk for piece in pieces if piece.substances is not None],
        Identifier: [piece.record.pk for piece in pieces if piece.identifiers is not None],
    }
    for model, ids in replaced.items():
        model._default_manager.filter(record_id__in=ids).delete()
    _insert_lines(children)


def _settle_all(pieces: Sequence[Copy], *, viewer: Viewer, at: datetime) -> dict[type[Any], list[Any]]:
    """Put everything into the working copies, and return their rows, unsaved."""
    children: dict[type[Any], list[Any]] = {Substance: [], Identifier: []}
    for piece in pieces:
        record = piece.record
        _settle(record, piece.values, viewer=viewer, at=at, certify=piece.certify)
        _check_places(record)
        kept = {field.name for field in record._meta.fields if field.is_relation}
        record.clean_fields(exclude=kept | {field.name for field in record._meta.fields} - _editable(record))
        children[Substance] += _lines(record, piece.substances or (), SUBSTANCE, "substances", _substance)
        children[Identifier] += _lines(record, piece.identifiers or (), IDENTIFIER, "identifiers", Identifier)
    return children


def _insert_lines(children: dict[type[Any], list[Any]]) -> None:
    for model, lines in children.items():
        for line in lines:
            line.record_id = line.record.pk
        model._default_manager.bulk_create(lines)


def _insert(records: list[Any]) -> None:
    """The rows of parent and child tables: Django's own bulk_create does not go over two."""
    if not records:
        return
    rows = Record._base_manager.bulk_create(
        Record(**{field.attname: getattr(record, field.attname) for field in Record._meta.concrete_fields})
        for record in records
    )
    for record, row in zip(records, rows, strict=True):
        record.pk = record.id = row.pk
        record._state.adding, record._state.db = False, row._state.db
    for model in {type(record) for record in records}:
        own = [record for record in records if type(record) is model]
        model._base_manager._insert(own, fields=model._meta.local_concrete_fields, using=own[0]._state.db)


def _settle(
    record: Record, values: dict[str, Any], *, viewer: Viewer, at: datetime, certify: bool | None
) -> bool:
    """Put `values` into the working copy, with what follows from them; return whether it is new."""
    if record.recalled_at or record.purged_at:
        raise ValidationError(_("It was recalled. What takes its place is posted anew."))
    if record.entered_on and values.get("review_due", record.review_due) != record.review_due:
        raise ValidationError({"review_due": [_("It is entered: the day moves when somebody reviews it.")]})
    fresh = record.pk is None
    for name, value in values.items():
        if name not in _editable(record):
            raise ValidationError({name: [_("This cannot be set here.")]})
        if record.origin and not fresh and name in FIXED and value != getattr(record, name):
            raise ValidationError({name: [_("It came from another hub, which says whose finding it is.")]})
        setattr(record, name, value)
    if below := below_origin(record.origin, marking_of(record)):
        raise ValidationError({"tlp": below})
    if fresh:
        record.created_at = at
        record.owner_id = viewer.agency_id
        record.originator_id = record.originator_id or (None if record.originator_text else viewer.agency_id)
        record.poster_id = viewer.person_id
    record.edited_at = at
    if certify is not None:
        record.certified_by_id = viewer.person_id if certify else None
        record.certified_at = at if certify else None
    _derive(record)
    _check_codes(record)
    return fresh


def _check_places(record: Record) -> None:
    """Port and mode, looked up in memory."""
    for name, known in (("port", terms().ports), ("mode", terms().modes)):
        code = getattr(record, f"{name}_id")
        if code is not None and code not in known:
            raise ValidationError({name: [_("%(codes)s: not in the vocabulary.") % {"codes": code}]})


def _editable(record: Record) -> frozenset[str]:
    return COMMON | (ONLY_BULLETIN if record.kind == "bulletin" else ONLY_SEIZURE)


def _derive(record: Record) -> None:
    """What follows from what was said: the port's country, region and position, and how exact the date is."""
    if record.port_id and (port := terms().ports.get(record.port_id)):
        record.country = record.country or port.country
        record.state = record.state or port.state
        record.region = port.region
        record.place = record.place or port.label
        if record.latitude is None or record.longitude is None:
            record.latitude, record.longitude = round(port.lat, 5), round(port.lon, 5)
    if not record.region and record.country:
        record.region = {"CA": Region.CANADA, "MX": Region.MEXICO, "US": Region.COASTAL_INTERIOR}.get(
            record.country, Region.ELSEWHERE
        )
    if record.occurred_on:
        record.precision = Precision.INSTANT if record.occurred_time else Precision.DAY
    else:
        record.precision = {7: Precision.MONTH, 4: Precision.YEAR}.get(
            len(record.occurred_period), Precision.UNKNOWN
        )


def _check_codes(record: Record) -> None:
    """Arrays have no foreign keys: their codes are looked up here."""
    found: dict[str, list[str]] = {}
    for field, known in (("methods", terms().methods), ("detection", terms().detections)):
        codes = list(dict.fromkeys(getattr(record, field)))
        unknown = [code for code in codes if code not in known]
        if unknown:
            found[field] = [_("%(codes)s: not in the vocabulary.") % {"codes": ", ".join(unknown)}]
        setattr(record, field, codes)
    if found:
        raise ValidationError(found)


def _replace(
    record: Record, rows: Rows, allowed: frozenset[str], name: str, make: Callable[..., Any], fresh: bool
) -> None:
    """Replace the rows of one kind."""
    made = _lines(record, rows, allowed, name, make)
    if not fresh:
        getattr(record, name).all().delete()
    if made:
        type(made[0])._default_manager.bulk_create(made)


def _lines(
    record: Record, rows: Rows, allowed: frozenset[str], name: str, make: Callable[..., Any]
) -> list[Any]:
    """The rows of one kind, unsaved; errors say which row, counted from one."""
    made, found = [], []
    for number, row in enumerate(rows):
        unknown = set(row) - allowed
        if unknown:
            found.append(
                _("Row %(n)d: %(names)s cannot be set here.")
                % {"n": number + 1, "names": ", ".join(sorted(unknown))}
            )
            continue
        line = make(record=record, position=number, **row)
        try:
            # Not validate_constraints and the drug's foreign key: each would ask the database, row by row.
            line.clean_fields(exclude={"record", "drug"})
            if isinstance(line, Substance):
                _check_substance(line)
        except ValidationError as error:
            found += [
                _("Row %(n)d: %(message)s") % {"n": number + 1, "message": message}
                for message in error.messages
            ]
        made.append(line)
    if found:
        raise ValidationError({name: found})
    return made


def _check_substance(line: Substance) -> None:
    """What the table's constraints forbid, in words."""
    found = []
    if line.drug_id not in terms().drugs:
        found.append(_("%(codes)s: not in the vocabulary.") % {"codes": line.drug_id or "-"})
    if line.quantity is not None and line.quantity < 0:
        found.append(_("An amount is not below zero."))
    if line.quantity is not None and not line.unit:
        found.append(_("An amount needs its unit."))
    if line.purity_percent is not None and not 0 <= line.purity_percent <= 100:
        found.append(_("Purity lies between 0 and 100 percent."))
    if found:
        raise ValidationError(found)


def _substance(**row: Any) -> Substance:
    drug = row.pop("drug", None)
    fresh = Substance(**{"drug_id" if isinstance(drug, str) else "drug": drug}, **row)
    fresh.mass_kg = mass_kg(fresh.quantity, fresh.unit)
    return fresh
