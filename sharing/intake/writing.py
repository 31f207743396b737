"""Writing what was read: new working copies some at a time, a later version into its record, and what is only noted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from bulletins.flow import freeze, hand_over
from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking, marking_of
from bulletins.publishing.models import Bulletin
from bulletins.publishing.rules import may_release, publish_refusals
from bulletins.records.actions import New, write_down, write_down_new
from bulletins.records.models import Kind, Record
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import lock_records
from hub.trail.actions import Deed, record_each
from sharing.deliveries.actions import queue_alerts, queue_notice, told_in_person
from sharing.deliveries.models import AlertKind
from sharing.flow import Handling, begin_by_source, end_by_source, mark, recall
from sharing.intake.bodies import DECIDES, marks_of
from sharing.intake.hubs import Told
from sharing.intake.markings import stricter
from sharing.intake.models import Original, OriginalState
from sharing.intake.outcome import Source
from sharing.intake.pieces import Piece, in_words, references_taken, write_over
from sharing.intake.pulling.models import Arrival
from sharing.intake.reading import Refused, instant_in

MODELS: dict[str, type[Bulletin] | type[SeizureReport]] = {"bulletin": Bulletin, "seizure": SeizureReport}
BATCH = 100
# Of an arrival, what is another with another record.
ARRIVES = ("record", "peer", "peer_uid", "version")
ACKNOWLEDGED = "acknowledged_version acknowledged_at acknowledged_by due_at attempts sent_at failure".split()


class Teller(Protocol):
    """Who asked for the writing, and is told what became of each piece by its place."""

    viewer: Viewer
    source: Source
    at: datetime

    def say(self, number: int, message: str, record: int | None = None) -> None: ...

    def refuse(self, number: int, reason: str) -> None: ...


class Writer:
    """Writes pieces in the order given. New ones wait for `flush`, which writes a hundred of them in one savepoint."""

    def __init__(self, teller: Teller, agency: Agency, *, publishes: bool) -> None:
        self.teller, self.agency, self.publishes = teller, agency, publishes
        self.viewer, self.at, self.peer = teller.viewer, teller.at, teller.source.peer
        self._waiting: dict[str, Piece] = {}
        self._newest: dict[str, Original] = {}

    def newest(self, stix_id: str) -> Original | None:
        """The original written last under this id, by this writer."""
        if stix_id in self._waiting:
            self.flush()
        return self._newest.get(stix_id)

    def write(self, piece: Piece) -> None:
        """Make a record of it, or write it into the one there is. Raises Refused."""
        if piece.before is not None:
            try:
                with transaction.atomic():
                    self._update(piece)
            except ValidationError as error:
                raise Refused(in_words(error)) from None
            return
        self._waiting[piece.stix["id"]] = piece
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        pieces, self._waiting = list(self._waiting.values()), {}
        if not pieces:
            return
        try:
            with transaction.atomic():
                self._create(pieces)
        except (ValidationError, DatabaseError) as error:
            if len(pieces) == 1:
                self.teller.refuse(pieces[0].number, in_words(error))
                return
            for piece in pieces:  # to find the one that cannot be written
                self._waiting = {piece.stix["id"]: piece}
                self.flush()

    def _is_news(self, piece: Piece) -> bool:
        """Of a hub that is fetched from for the first time, what it has published since it was added: not all there is."""
        if self.peer is None:
            return False
        published = instant_in(str(piece.stix.get("published", "")))
        return self.peer.pulled_at is not None or (
            published is not None and published > self.peer.created_at
        )

    def _alert(self, kind: AlertKind, records: Iterable[int]) -> None:
        """What another hub published is told like anything that is given to the agency."""
        queue_alerts(kind, [(record, self.agency.pk) for record in records], at=self.at)

    def note(self, piece: Piece, state: OriginalState) -> None:
        """Its sender takes it back. Published at once on its owner's terms, it is recalled at once by a releaser, for a
        recall reaches other agencies; from everybody else it is for its owner to decide.
        """
        assert piece.before is not None
        record = Record.objects.get(pk=piece.before.record_id or 0)
        done = record.recalled_at is not None
        if self.peer is not None:
            done = self._taken_back(record, state)
        elif state == OriginalState.REVOKED and record.latest and not done:
            done = self.publishes and may_release(self.viewer) and self._recalled(record)
        row = self._keep(piece, record, state)
        row.decided_at = self.at if done else None
        row.save()
        self._newest[row.stix_id] = row
        ended = (
            _("%(ref)s is recalled.") if state == OriginalState.REVOKED else _("%(ref)s is shared no more.")
        )
        said = ended if done else _("%(ref)s: its owner is told, and decides.")
        self.teller.say(piece.number, said % {"ref": record.ref}, record.pk)

    def keep_part(self, piece: Piece, whole: Original) -> Original:
        row = self._keep(piece, None, OriginalState.PART)
        row.record_id = whole.record_id
        row.save()
        return row

    # --- New records ------------------------------------------------------------------------------------------
    def _create(self, pieces: list[Piece]) -> None:
        taken = references_taken(self.agency.pk, pieces)
        rows = [self._keep(piece, None, OriginalState.WRITTEN) for piece in pieces]
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
            self._arrival(piece.told, record.pk)
            for piece, record in zip(pieces, records, strict=True)
            if piece.told is not None
        ]
        # What was recalled and is released again is another record here, in the place of the first.
        named = ("agency", "hub", "uid")
        Arrival.objects.bulk_create(
            arrivals, update_conflicts=True, unique_fields=named, update_fields=[*ARRIVES, *ACKNOWLEDGED]
        )
        published = self._publish(records)
        news = [
            record.pk for piece, record in zip(pieces, records, strict=True) if self._is_news(piece)
        ]
        self._alert(AlertKind.NEW, published.intersection(news))
        for piece, row, record in zip(pieces, rows, records, strict=True):
            self._newest[row.stix_id] = row
            said = (
                _("Published as %(ref)s.") if record.pk in published else _("Taken in as the draft %(ref)s.")
            )
            self.teller.say(piece.number, said % {"ref": record.ref}, record.pk)

    def _new(self, piece: Piece, row: Original, taken: set[tuple[str, str]]) -> New:
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
        return New(
            MODELS[reading.kind](kind=reading.kind, owner=self.agency, origin=piece.origin),
            values | marks_of(reading.handling.marking),
            piece.typed.substances,
            piece.typed.identifiers,
        )

    def _publish(self, records: list[Any]) -> set[int]:
        found = [record for record in records if self._may_publish(record)]
        for record in found:
            freeze(record, viewer=self.viewer, at=self.at)
        if found:
            hand_over([record.pk for record in found], at=self.at, viewer=self.viewer)
        return {record.pk for record in found}

    def _may_publish(self, record: Any) -> bool:
        """TLP:RED names its readers, which no machine does; what is incomplete stays a draft."""
        return self.publishes and record.tlp != TLP.RED and not publish_refusals(record)

    # --- Later versions ---------------------------------------------------------------------------------------
    def _update(self, piece: Piece) -> None:
        assert piece.before is not None and piece.reading is not None
        record = self._locked(piece.before.record_id or 0)
        if record.kind != piece.reading.kind:
            raise Refused(_("It came in as another kind of record: send it under an id of its own."))
        last = Original.objects.filter(record_id=record.pk, state=OriginalState.WRITTEN).first()
        by_hand = last is None or last.written_at != record.edited_at
        row = self._keep(piece, record, OriginalState.WAITING if by_hand else OriginalState.WRITTEN)
        row.notes = list(piece.reading.notes)
        if piece.told is not None:
            self._follow(record, piece, piece.told)
        self._mark(record, piece.reading.handling.marking)
        if by_hand:
            said = _("Kept beside %(ref)s, which was edited by hand: its owner decides.")
            if record.ended_at:
                begin_by_source(record, viewer=self.viewer, at=self.at)
        else:
            write_over(record, piece, last, viewer=self.viewer, at=self.at)
            row.written_at = self.at
            said = _("Written into %(ref)s.")
            if record.ended_at:
                begin_by_source(record, viewer=self.viewer, at=self.at)
            if self._may_publish(record):
                freeze(record, viewer=self.viewer, at=self.at, note=_("as its sender has it now"))
                hand_over([record.pk], at=self.at, viewer=self.viewer)
                if self._is_news(piece):
                    self._alert(AlertKind.AMENDED, [record.pk])
                said = _("Published as the next version of %(ref)s.")
        row.save()
        self._newest[row.stix_id] = row
        self.teller.say(piece.number, said % {"ref": record.ref}, record.pk)

    def _follow(self, record: Any, piece: Piece, told: Told) -> None:
        """What binds it now, and which version this is where it came from."""
        Record.objects.filter(pk=record.pk).update(origin=piece.origin)
        record.origin = piece.origin
        fresh = {"peer": self.peer, "peer_uid": told.uid, "version": told.version}
        Arrival.objects.filter(record_id=record.pk).update(**fresh)

    def _arrival(self, told: Told, record: int) -> Arrival:
        return Arrival(
            agency_id=self.agency.pk,
            record_id=record,
            peer=self.peer,
            hub=told.first_hub,
            uid=told.first_uid,
            peer_uid=told.uid,
            version=told.version,
        )

    def _taken_back(self, record: Record, state: OriginalState) -> bool:
        """The hub it came from recalls it, or shares it no more: so it is here, for its owner's people too."""
        if state == OriginalState.REVOKED and record.latest:
            if record.recalled_at is None or record.ended_at is None:
                reason = _("%(hub)s has recalled it.") % {"hub": self.teller.source.sender}
                recall(record, reason=reason, viewer=self.viewer, at=self.at, by_source=True)
        elif record.ended_at is None:
            end_by_source(record, viewer=self.viewer, at=self.at)
            self._tell_end(record)
        if state == OriginalState.REVOKED:  # for good: of what it said nothing is kept
            Original.objects.filter(record_id=record.pk).update(body="")
        return True

    def _tell_end(self, record: Record) -> None:
        """Programs are told as of every end; the desk, and who was told of it by a subscription of their own, by this."""
        assert self.peer is not None
        path = f"/{'bulletins' if record.kind == Kind.BULLETIN else 'seizures'}/{record.ref}/"
        queue_notice(
            AlertKind.HUB,
            [self.agency.pk],
            at=self.at,
            path=path,
            ref=record.ref,
            facts={"what": "hub.ended", "hub": self.peer.title, "ref": record.ref},
            also=told_in_person(record.pk, self.agency.pk),
        )

    def _locked(self, pk: int) -> Any:
        lock_records([pk])
        kind = Record.objects.values_list("kind", flat=True).get(pk=pk)
        found: Any = MODELS[kind]._default_manager.select_related("owner", "originator").get(pk=pk)
        if found.recalled_at:
            raise Refused(
                _("%(ref)s was recalled by its owner: nothing is written into it.") % {"ref": found.ref}
            )
        return found

    def _mark(self, record: Any, told: Marking) -> None:
        """A later version marks it stricter at once, whatever else becomes of it, and never lower."""
        old = marking_of(record)
        new = stricter(old, told, home=self.agency.country)
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

    def _recalled(self, record: Record) -> bool:
        try:
            with transaction.atomic():
                recall(record, reason=_("Its sender has revoked it."), viewer=self.viewer, at=self.at)
        except ValidationError:  # it was never released: nobody else has it
            return False
        return True

    def _keep(self, piece: Piece, record: Record | None, state: OriginalState) -> Original:
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
