"""Later versions, some at a time: locked, looked at beside what came before, and written over it or kept beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking, marking_of
from bulletins.records.actions import Copy, write_down, write_down_again
from bulletins.records.models import Record
from hub.database.context import lock_records
from sharing.deliveries.models import AlertKind
from sharing.flow import Handling, begin_by_source, mark
from sharing.intake.bodies import DECIDES, marks_of
from sharing.intake.markings import stricter
from sharing.intake.models import Original, OriginalState
from sharing.intake.pieces import MODELS, Piece, written_over
from sharing.intake.pulling.models import Arrival
from sharing.intake.pulling.photographs import ask_again, follow
from sharing.intake.pulling.rules import asked_until

if TYPE_CHECKING:
    from sharing.intake.writing import Writer

NEWEST = ("-modified_at", "-id")
FOLLOWED = ["peer", "peer_uid", "version", "acknowledge_by", "asked_at", "told"]


class Later:
    """Writes pieces into the records they came before as, each record once."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.viewer, self.at = writer, writer.viewer, writer.at

    def write(self, pieces: list[Piece]) -> None:
        records = self._locked([piece.before.record_id or 0 for piece in pieces if piece.before])
        written = Original.objects.filter(record_id__in=records, state=OriginalState.WRITTEN)
        last = {row.record_id: row for row in written.order_by("record_id", *NEWEST).distinct("record_id")}
        found = [piece for piece in pieces if not self._refused(piece, records)]
        self._follow(found, records)
        over, rows, said = list[Copy](), list[Original](), dict[int, str]()
        for piece in found:
            assert piece.reading is not None
            record = self._record_of(piece, records)
            before = last.get(record.pk)
            by_hand = before is None or before.written_at != record.edited_at
            row = self.writer.keep(piece, record, OriginalState.WAITING if by_hand else OriginalState.WRITTEN)
            row.notes = list(piece.reading.notes)
            rows.append(row)
            self._mark(record, piece.reading.handling.marking)
            said[piece.number] = _("Kept beside %(ref)s, which was edited by hand: its owner decides.")
            if not by_hand:
                row.written_at = self.at
                over.append(written_over(record, piece, before))
                said[piece.number] = _("Written into %(ref)s.")
        write_down_again(over, viewer=self.viewer, at=self.at)
        over_written = {each.record.pk for each in over}
        for piece in found:
            record = self._record_of(piece, records)
            if piece.told is not None and record.pk in over_written:
                follow(record, piece.stix, at=self.at)
            if record.ended_at:
                begin_by_source(record, viewer=self.viewer, at=self.at)
                if record.pk not in over_written:
                    ask_again(record, at=self.at)
        note = _("as its sender has it now")
        published = self.writer.publish([each.record for each in over], note=note)
        self.writer.alert(
            AlertKind.AMENDED,
            published.intersection(
                self._record_of(piece, records).pk for piece in found if self.writer.is_news(piece)
            ),
        )
        Original.objects.bulk_create(rows)
        for piece, row in zip(found, rows, strict=True):
            record = self._record_of(piece, records)
            self.writer.note_newest(row)
            if record.pk in published:
                said[piece.number] = _("Published as the next version of %(ref)s.")
            self.writer.teller.say(piece.number, said[piece.number] % {"ref": record.ref}, record.pk)

    def _record_of(self, piece: Piece, records: Mapping[int, Any]) -> Any:
        assert piece.before is not None
        return records[piece.before.record_id or 0]

    def _refused(self, piece: Piece, records: Mapping[int, Any]) -> bool:
        assert piece.reading is not None
        record, why = self._record_of(piece, records), ""
        if record.recalled_at:
            why = _("%(ref)s was recalled by its owner: nothing is written into it.") % {"ref": record.ref}
        elif record.kind != piece.reading.kind:
            why = _("It came in as another kind of record: send it under an id of its own.")
        if why:
            self.writer.teller.refuse(piece.number, why)
        return bool(why)

    def _follow(self, pieces: list[Piece], records: Mapping[int, Any]) -> None:
        """What binds each now, and which version this is where it came from."""
        told = {self._record_of(piece, records).pk: piece for piece in pieces if piece.told is not None}
        if not told:
            return
        for pk, piece in told.items():
            records[pk].origin = piece.origin
        Record.objects.bulk_update([records[pk] for pk in told], ["origin"])
        arrivals, peer = list(Arrival.objects.filter(record_id__in=told)), self.writer.peer
        for row in arrivals:
            there = told[row.record_id].told
            assert there is not None and peer is not None
            by = asked_until(there.acknowledge_by, before=row.acknowledge_by, at=self.at)
            if (there.version, by) != (row.version, row.acknowledge_by):
                row.acknowledge_by, row.asked_at, row.told = by, self.at if by else None, ""
                if by is not None:
                    self.writer.ask(records[row.record_id], by)
            row.peer, row.peer_uid, row.version = peer, there.uid, there.version
        Arrival.objects.bulk_update(arrivals, FOLLOWED)

    def _locked(self, ids: list[int]) -> dict[int, Any]:
        lock_records(ids)
        return {
            row.pk: row
            for model in MODELS.values()
            for row in model._default_manager.select_related("owner", "originator").filter(pk__in=ids)
        }

    def _mark(self, record: Any, told: Marking) -> None:
        """A later version marks it stricter at once, whatever else becomes of it, and never lower."""
        old = marking_of(record)
        new = stricter(old, told, home=self.writer.agency.country)
        if [getattr(old, name) for name in DECIDES] == [getattr(new, name) for name in DECIDES]:
            return
        if not record.latest:
            record_marks = {name: value for name, value in marks_of(new).items() if name in DECIDES}
            edited_at = record.edited_at
            write_down(record, record_marks, viewer=self.viewer, at=self.at)
            Record.objects.filter(pk=record.pk).update(edited_at=edited_at)
            record.edited_at = edited_at
            return
        lasting = record.embargo_until if record.embargo_until and record.embargo_until > self.at else None
        handling = Handling(new.tlp, new.controls, new.rel_to, embargo_until=lasting)
        mark(record, handling, reason=_("Its sender marks it so now."), viewer=self.viewer, at=self.at)
        record.refresh_from_db()
