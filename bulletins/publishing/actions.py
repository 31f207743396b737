"""Writing drafts and amendments: save what can stand, post, discard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from bulletins.flow import publish, sources_for
from bulletins.publishing.models import Bulletin, Photograph, SourceLink
from bulletins.publishing.photographs.storage import forget_when_committed, stored_name
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.telltales import Telltale, without
from bulletins.publishing.titles import suggested_title
from bulletins.records.actions import write_down
from bulletins.records.models import Identifier, Record, Substance, Version
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import lock_records
from hub.trail.actions import record as write_trail

__all__ = ["Entry", "Errors", "begin", "discard", "move_words", "post", "save", "stored_name", "take_up"]

Errors = dict[str, list[str]]


@dataclass
class Entry:
    """What a form brought, as far as it could be read. None means that it was not sent and stays as it is."""

    values: dict[str, Any] = field(default_factory=dict)
    substances: list[dict[str, Any]] | None = None
    identifiers: list[dict[str, Any]] | None = None
    certify: bool | None = None
    seizures: list[str] | None = None
    captions: dict[UUID, tuple[str, str]] = field(
        default_factory=dict
    )  # caption and field group by photograph

    @property
    def brings(self) -> bool:
        sent = (self.substances, self.identifiers, self.certify, self.seizures)
        return bool(self.values or self.captions or any(each is not None for each in sent))


def begin(model: type[Any], uid: UUID, *, viewer: Viewer) -> Any:
    """The viewer's draft with this uid: a new one, unsaved, unless it is there because an answer was lost.

    The same form sent twice, or by two requests at once, makes one draft.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(uid)])
    found = working_copies(model, viewer).filter(uid=uid, poster_id=viewer.person_id).first()
    return found or model(uid=uid, kind="bulletin" if model is Bulletin else "seizure")


def take_up(model: type[Any], ref: str, *, viewer: Viewer) -> Any | None:
    """The working copy, locked: what is read here is what will be written over."""
    copies = working_copies(model, viewer)
    pk = copies.filter(ref=ref).values_list("pk", flat=True).first()
    if pk is None:
        return None
    lock_records([pk])
    return copies.select_related("owner", "originator", "port").filter(pk=pk).first()


def save(record: Bulletin | SeizureReport, entry: Entry, *, viewer: Viewer, at: datetime) -> Errors:
    """Write what can stand of `entry`; return by field why the rest cannot. A new record is made by it."""
    errors: Errors = {}
    entry.values = _changes(record, entry.values, owner_id=record.owner_id or viewer.agency_id)
    if taken := _own_reference_taken(record, entry.values, viewer):
        errors["external_id"] = taken
        del entry.values["external_id"]
    if entry.certify == (record.certified_at is not None):
        entry.certify = None
    linked = None
    if entry.seizures is not None:
        linked, unknown = _sources(record, entry.seizures, viewer)
        if unknown:
            errors["seizures"] = [
                _("%(refs)s: no such published record of your agency's, or given to it.")
                % {"refs": ", ".join(unknown)}
            ]
    is_new = record.pk is None
    if not is_new and not entry.brings:
        return errors
    errors |= _write_what_stands(record, entry, viewer=viewer, at=at)
    if linked is not None:
        _link(record, linked, viewer)
    for uid, (caption, group) in entry.captions.items():
        Photograph.objects.filter(record_id=record.pk, uid=uid).update(caption=caption, group=group)
    if is_new:
        write_trail(
            f"{record.kind}.draft",
            viewer=viewer,
            at=at,
            object_type=record.kind,
            object_id=record.ref,
            marking=record.tlp,
        )
    return errors


def move_words(
    record: Bulletin | SeizureReport, name: str, found: Telltale, *, viewer: Viewer, at: datetime
) -> None:
    """Take what leads to somebody out of the text `name`, and add it to the identifiers, unless it stands there."""
    rows = [
        {"kind": row.kind, "value": row.value, "note": row.note}
        for row in Identifier.objects.filter(record_id=record.pk)
    ]
    if found.words.casefold() not in {row["value"].casefold() for row in rows}:
        rows.append({"kind": found.kind.value, "value": found.words, "note": ""})
    text = {name: without(getattr(record, name), found.words)}
    write_down(record, text, viewer=viewer, at=at, identifiers=rows)


def _write_what_stands(
    record: Bulletin | SeizureReport, entry: Entry, *, viewer: Viewer, at: datetime
) -> Errors:
    """Leave out what is refused, and try again, until the rest is written."""
    errors: Errors = {}
    while True:
        is_new = record.pk is None
        before = {name: getattr(record, name) for name in entry.values}
        try:
            with transaction.atomic():
                write_down(
                    record,
                    entry.values,
                    viewer=viewer,
                    at=at,
                    substances=entry.substances,
                    identifiers=entry.identifiers,
                    certify=entry.certify,
                )
            return errors
        except ValidationError as refused:
            found = by_field(refused)
            if is_new:
                record.pk = None
                record._state.adding = True
            for name, value in before.items():
                setattr(record, name, value)
            if not _leave_out(entry, found):
                raise
            errors |= found


def by_field(refused: ValidationError) -> Errors:
    """The messages of a refusal by field; those of no field under `__all__`."""
    told = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
    return {name: [str(message) for message in messages] for name, messages in told.items()}


def _leave_out(entry: Entry, names: Iterable[str]) -> bool:
    """Whether anything of `names` was there to be left out."""
    left = False
    for name in names:
        if name in entry.values:
            del entry.values[name]
            left = True
        elif name in ("substances", "identifiers") and getattr(entry, name) is not None:
            setattr(entry, name, None)
            left = True
    return left


def _changes(record: Record, values: dict[str, Any], *, owner_id: int | None) -> dict[str, Any]:
    """Of `values` what differs from the record, with what follows from it."""
    values = dict(values)
    _follow_port(record, values)
    _follow_originator(record, values, owner_id)
    _follow_value(record, values)
    return {name: value for name, value in values.items() if _key(getattr(record, name)) != _key(value)}


def _key(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _follow_port(record: Record, values: dict[str, Any]) -> None:
    """What was taken from the old port goes with it; the new one brings its own."""
    old = record.port if record.port_id else None
    if "port" not in values or old is None or values["port"] == old:
        return
    for name, derived in (("place", old.label), ("state", old.state), ("country", old.country)):
        if getattr(record, name) == derived and values.get(name, derived) == derived:
            values[name] = ""
    if record.latitude == round(old.lat, 5) and record.longitude == round(old.lon, 5):
        values |= {"latitude": None, "longitude": None}


def _follow_originator(record: Record, values: dict[str, Any], owner_id: int | None) -> None:
    """A body without a seat stands in place of the own agency; where neither is named, it is the own."""
    if "originator" not in values and "originator_text" not in values:
        return
    body = values.get("originator_text", record.originator_text)
    named = values["originator"].pk if values.get("originator") else None
    if "originator" not in values:
        named = record.originator_id
    if body and (named is None or int(named) == owner_id):
        values["originator"] = None
    else:
        values["originator"] = Agency(pk=int(named or owner_id or 0))


def _follow_value(record: Record, values: dict[str, Any]) -> None:
    """A value without a currency is in dollars: the column holds no bare number."""
    if not isinstance(record, SeizureReport):
        return
    amount = values.get("value_amount", record.value_amount)
    if amount is not None and not values.get("value_currency", record.value_currency):
        values["value_currency"] = "USD"


def _own_reference_taken(record: Record, values: dict[str, Any], viewer: Viewer) -> list[str]:
    wanted = values.get("external_id")
    if not wanted:
        return []
    others = Record.objects.filter(owner_id=viewer.agency_id, kind=record.kind, external_id=wanted)
    if not others.exclude(pk=record.pk).exists():
        return []
    return [_("Another record of your agency has this reference.")]


def _sources(record: Record, refs: list[str], viewer: Viewer) -> tuple[set[int], list[str]]:
    """(ids of what among `refs` a bulletin may rest on, those that are nothing to the viewer)."""
    found = {each.ref: each.id for each in sources_for(viewer, refs=refs) if each.id != record.pk}
    return set(found.values()), [ref for ref in refs if ref not in found]


def _link(record: Record, seizures: set[int], viewer: Viewer) -> None:
    """Make `seizures` what it rests on. What the viewer cannot see at present stays: nobody took it out."""
    links = SourceLink.objects.filter(bulletin_id=record.pk)
    known = set(links.values_list("source_id", flat=True))
    seen = {each.id for each in sources_for(viewer, ids=known)}
    links.filter(source_id__in=seen - seizures).delete()
    SourceLink.objects.bulk_create(
        SourceLink(bulletin_id=record.pk, source_id=pk) for pk in sorted(seizures - known)
    )


def post(record: Bulletin | SeizureReport, *, viewer: Viewer, at: datetime, change: str = "") -> Version:
    """Publish the working copy; a bulletin without a title gets one. Raises ValidationError by field."""
    settled: dict[str, Any] = {}
    if isinstance(record, Bulletin) and not record.title.strip():
        drugs = record.substances.values_list("drug_id", flat=True)
        settled["title"] = suggested_title(list(drugs), record.methods)[:200]
    if not record.hazard and record.safety_note:
        settled["safety_note"] = ""
    if record.latest and not change.strip():
        raise ValidationError({"change": [_("Say in a few words what changed: readers are shown it.")]})
    if settled:
        write_down(record, settled, viewer=viewer, at=at)
    # Read again: foreign keys set by their code alone have no names yet.
    fresh: Any = type(record)._default_manager.select_related("owner", "originator").get(pk=record.pk)
    try:
        return publish(fresh, viewer=viewer, at=at, note=change.strip())
    except ValidationError as refused:
        errors = by_field(refused)
        if "methods" in errors:  # of which a title would be made
            errors.pop("title", None)
        raise ValidationError(errors) from None


def discard(record: Bulletin | SeizureReport, *, viewer: Viewer, at: datetime) -> None:
    """Delete a draft for good. Raises ValidationError for what was ever published: that is recalled."""
    if record.latest or Version.objects.filter(record_id=record.pk).exists():
        raise ValidationError(_("It was posted: recall it instead, so that everyone who has it is told."))
    photographs = list(Photograph.objects.filter(record_id=record.pk).values_list("uid", flat=True))
    for model in (Substance, Identifier, Photograph):
        model._default_manager.filter(record_id=record.pk).delete()
    SourceLink.objects.filter(bulletin_id=record.pk).delete()
    write_trail(
        f"{record.kind}.discard",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        marking=record.tlp,
    )
    # In SQL: Django would first look into tables that the application may not delete from.
    with connection.cursor() as cursor:
        for table, column in ((record._meta.db_table, "record_ptr_id"), (Record._meta.db_table, "id")):
            cursor.execute(f"delete from {table} where {column} = %s", [record.pk])  # noqa: S608
    forget_when_committed(photographs)
