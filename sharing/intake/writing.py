"""Writing what was read: new working copies and later versions some at a time, and what is only noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from bulletins.flow import freeze, hand_over
from bulletins.markings.models import TLP
from bulletins.publishing.rules import publish_refusals
from bulletins.records.actions import Copy, write_down_new
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import Deed, record_each
from sharing.deliveries.actions import queue_alerts, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.intake.bodies import marks_of
from sharing.intake.hubs import Told
from sharing.intake.later import Later
from sharing.intake.models import Original, OriginalState
from sharing.intake.outcome import Source
from sharing.intake.pieces import MODELS, Piece, in_words, references_taken
from sharing.intake.pulling.models import Arrival
from sharing.intake.pulling.naming import named_in
from sharing.intake.pulling.rules import asked_until
from sharing.intake.querysets import path_of
from sharing.intake.reading import instant_in
from sharing.intake.taking_back import take_back

BATCH = 100
# Of an arrival, what is another with another record.
ARRIVES = ("record", "peer", "peer_uid", "version", "acknowledge_by", "asked_at", "told")
ACKNOWLEDGED = "acknowledged_version acknowledged_at acknowledged_by due_at attempts sent_at failure".split()
PHOTOGRAPHS = "photographs_due_at photographs_attempts photographs_failure".split()


class Teller(Protocol):
    """Who asked for the writing, and is told what became of each piece by its place."""

    viewer: Viewer
    source: Source
    at: datetime

    def say(self, number: int, message: str, record: int | None = None) -> None: ...

    def refuse(self, number: int, reason: str) -> None: ...


class Writer:
    """Writes pieces in the order given: they wait for `flush`, which writes a hundred of them in one savepoint."""

    def __init__(self, teller: Teller, agency: Agency, *, publishes: bool) -> None:
        self.teller, self.agency, self.publishes = teller, agency, publishes
        self.viewer, self.at, self.peer = teller.viewer, teller.at, teller.source.peer
        self._waiting: dict[str, Piece] = {}
        # Into which records what waits is to be written: two versions of one go one after the other.
        self._records: set[int] = set()
        self._newest: dict[str, Original] = {}
        self._asked: list[tuple[Record, datetime]] = []

    def newest(self, stix_id: str) -> Original | None:
        """The original written last under this id, by this writer."""
        if stix_id in self._waiting:
            self.flush()
        return self._newest.get(stix_id)

    def note_newest(self, row: Original) -> None:
        self._newest[row.stix_id] = row

    def write(self, piece: Piece) -> None:
        """Make a record of it, or write it into the one there is."""
        if piece.before is not None:
            if (record := piece.before.record_id or 0) in self._records:
                self.flush()
            self._records.add(record)
        self._waiting[piece.stix["id"]] = piece
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        pieces = list(self._waiting.values())
        self._waiting, self._records = {}, set()
        self._write([piece for piece in pieces if piece.before is None], self._create)
        self._write([piece for piece in pieces if piece.before is not None], Later(self).write)

    def _write(self, pieces: list[Piece], write: Callable[[list[Piece]], None]) -> None:
        """All of them, or where that fails one by one, to find the one that cannot be written."""
        if not pieces:
            return
        try:
            with transaction.atomic():
                write(pieces)
        except (ValidationError, DatabaseError) as error:
            if len(pieces) == 1:
                self.teller.refuse(pieces[0].number, in_words(error))
                return
            for piece in pieces:
                self._write([piece], write)

    def ask(self, record: Record, by: datetime) -> None:
        """The hub it came from asks for an acknowledgement by then."""
        self._asked.append((record, by))

    def tell(self) -> None:
        """Tell the desk what is asked for, but for the first time that is fetched from a hub: then it is reminded."""
        if self.peer is None or self.peer.pulled_at is None:
            return
        for record, by in self._asked:
            queue_notice(
                AlertKind.HUB,
                [self.agency.pk],
                at=self.at,
                path=path_of(record),
                ref=record.ref,
                facts={
                    "what": "hub.asks",
                    "hub": self.peer.title,
                    "ref": record.ref,
                    "due": by.isoformat(),
                },
            )

    def is_news(self, piece: Piece) -> bool:
        """Of a hub that is fetched from for the first time not all it has, but what it published since it was added."""
        if self.peer is None:
            return False
        published = instant_in(str(piece.stix.get("published", "")))
        return self.peer.pulled_at is not None or (published is not None and published > self.peer.created_at)

    def alert(self, kind: AlertKind, records: Iterable[int]) -> None:
        """What another hub published is told like anything that is given to the agency."""
        queue_alerts(kind, [(record, self.agency.pk) for record in records], at=self.at)

    def note(self, piece: Piece, state: OriginalState) -> None:
        """Its sender takes it back: it is gone here too, or its owner decides."""
        assert piece.before is not None
        if piece.before.record_id in self._records:
            self.flush()
        record = Record.objects.get(pk=piece.before.record_id or 0)
        done = take_back(
            record,
            state,
            source=self.teller.source,
            publishes=self.publishes,
            viewer=self.viewer,
            at=self.at,
        )
        row = self.keep(piece, record, state)
        row.decided_at = self.at if done else None
        row.save()
        self.note_newest(row)
        ended = (
            _("%(ref)s is recalled.") if state == OriginalState.REVOKED else _("%(ref)s is shared no more.")
        )
        said = ended if done else _("%(ref)s: its owner is told, and decides.")
        self.teller.say(piece.number, said % {"ref": record.ref}, record.pk)

    def keep_part(self, piece: Piece, whole: Original) -> Original:
        row = self.keep(piece, None, OriginalState.PART)
        row.record_id = whole.record_id
        row.save()
        return row

    # --- New records ------------------------------------------------------------------------------------------
    def _create(self, pieces: list[Piece]) -> None:
        taken = references_taken(self.agency.pk, pieces)
        rows = [self.keep(piece, None, OriginalState.WRITTEN) for piece in pieces]
        new = [self._new(piece, row, taken) for piece, row in zip(pieces, rows, strict=True)]
        write_down_new(new, viewer=self.viewer, at=self.at)
        records = [each.record for each in new]
        record_each(
            [Deed(f"{each.kind}.draft", each.kind, each.ref, each.tlp) for each in records],
            viewer=self.viewer,
            at=self.at,
            way=self.teller.source.way.value,
        )
        for row, record in zip(rows, records, strict=True):
            row.record_id, row.written_at = record.pk, self.at
        Original.objects.bulk_create(rows)
        arrivals = [
            self._arrival(piece, piece.told, record.pk)
            for piece, record in zip(pieces, records, strict=True)
            if piece.told is not None
        ]
        # What was recalled and is released again is another record here, in the place of the first.
        named, fresh = ("agency", "hub", "uid"), [*ARRIVES, *ACKNOWLEDGED, *PHOTOGRAPHS]
        Arrival.objects.bulk_create(arrivals, update_conflicts=True, unique_fields=named, update_fields=fresh)
        by_pk = {record.pk: record for record in records}
        for arrival in arrivals:
            if arrival.acknowledge_by is not None:
                self.ask(by_pk[arrival.record_id], arrival.acknowledge_by)
        published = self.publish(records)
        news = [record.pk for piece, record in zip(pieces, records, strict=True) if self.is_news(piece)]
        self.alert(AlertKind.NEW, published.intersection(news))
        for piece, row, record in zip(pieces, rows, records, strict=True):
            self.note_newest(row)
            said = (
                _("Published as %(ref)s.") if record.pk in published else _("Taken in as the draft %(ref)s.")
            )
            self.teller.say(piece.number, said % {"ref": record.ref}, record.pk)

    def _new(self, piece: Piece, row: Original, taken: set[tuple[str, str]]) -> Copy:
        assert piece.reading is not None and piece.typed is not None
        reading, values = piece.reading, dict(piece.typed.values)
        row.notes = list(reading.notes)
        reference = (reading.kind.value, values.get("external_id", ""))
        if reference in taken:
            row.notes.append(
                _("Another record of your agency has the reference %(ref)s.") % {"ref": reference[1]}
            )
            del values["external_id"]
        elif reference[1]:
            taken.add(reference)
        if not values.get("originator_text"):
            values["originator"] = piece.originator
        return Copy(
            MODELS[reading.kind](kind=reading.kind, owner=self.agency, origin=piece.origin),
            values | marks_of(reading.handling.marking),
            piece.typed.substances,
            piece.typed.identifiers,
        )

    def publish(self, records: list[Any], *, note: str = "") -> set[int]:
        found = [record for record in records if self._may_publish(record)]
        for record in found:
            freeze(record, viewer=self.viewer, at=self.at, note=note)
        if found:
            hand_over([record.pk for record in found], at=self.at, viewer=self.viewer)
        return {record.pk for record in found}

    def _may_publish(self, record: Any) -> bool:
        """TLP:RED names its readers, which no machine does; what is incomplete stays a draft."""
        return self.publishes and record.tlp != TLP.RED and not publish_refusals(record)

    def _arrival(self, piece: Piece, told: Told, record: int) -> Arrival:
        by = asked_until(told.acknowledge_by, before=None, at=self.at)
        return Arrival(
            agency_id=self.agency.pk,
            record_id=record,
            acknowledge_by=by,
            asked_at=self.at if by else None,
            peer=self.peer,
            hub=told.first_hub,
            uid=told.first_uid,
            peer_uid=told.uid,
            version=told.version,
            photographs_due_at=self.at if named_in(piece.stix) else None,
        )

    def keep(self, piece: Piece, record: Record | None, state: OriginalState) -> Original:
        source = self.teller.source
        return Original(
            agency_id=self.agency.pk,
            scope=source.scope,
            stix_id=piece.stix["id"],
            modified_at=piece.modified,
            record_id=record.pk if record else None,
            body=piece.body,
            state=state,
            way=source.way,
            sender=source.sender[:150],
            taken_at=self.at,
        )
