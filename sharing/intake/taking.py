"""Taking objects in: each is checked, and becomes a working copy, the next version of one, or a reason why not.

Nothing here tells of another agency's objects: ids are the sender's own, looked up in its own scope alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import record as write_trail
from sharing.intake.acknowledging import acknowledgement_in, take_acknowledgement
from sharing.intake.bodies import typed
from sharing.intake.hubs import FromHub, as_there, is_echo, origin_of, originator_of, told_by
from sharing.intake.known import chains_of, closed_to, own_records
from sharing.intake.markings import TLP_OF, refs_of
from sharing.intake.models import Original, OriginalState
from sharing.intake.outcome import Line, Outcome, Source, in_order, names_of
from sharing.intake.participation import originators_for, publishes
from sharing.intake.pieces import Piece
from sharing.intake.pulling.models import Peer
from sharing.intake.reading import TAKEN, Refused, checked, extension_of, is_stub, read, told_in_full
from sharing.intake.writing import Writer
from sharing.stix.ids import EXTENSION

log = logging.getLogger(__name__)

Stix = Mapping[str, Any]


def take_objects(viewer: Viewer, objects: Sequence[Any], *, source: Source, at: datetime) -> Outcome:
    """Take STIX objects in for the viewer's agency, in the caller's transaction.

    One that cannot be taken is refused with the reason and stops no other. The same objects once more change nothing.
    """
    if viewer.agency_id is None:
        raise PermissionDenied("only an agency takes objects in")
    _wait_for_others(viewer.agency_id, source.scope)
    outcome = _taken(viewer, source, at, list(objects))
    write_trail(
        "intake.take",
        viewer=viewer,
        at=at,
        rows=len(outcome.lines),
        way=source.way.value,
        sender=source.sender,
        taken=sum(line.ok for line in outcome.lines),
        refused=len(outcome.refused),
        records=len(outcome.records),
    )
    return outcome


def _taken(viewer: Viewer, source: Source, at: datetime, objects: list[Any]) -> Outcome:
    """All at once; where that fails, one by one, so that an object the hub chokes on stops no other."""
    try:
        with transaction.atomic():
            return _Taking(viewer, source, at, objects).run()
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("objects could not be taken in", extra={"way": source.way.value, "scope": source.scope})
    if len(objects) == 1:
        return Outcome([Line(*names_of(objects)[0], False, _("The hub could not take it in."))])
    lines: dict[int, Line] = {}
    for number in sorted(range(len(objects)), key=lambda each: not _is_marking(objects[each])):
        lines[number] = _taken(viewer, source, at, [objects[number]]).lines[0]
    return Outcome(in_order(lines, len(objects)))


def _is_marking(stix: Any) -> bool:
    return isinstance(stix, dict) and stix.get("type") == "marking-definition"


def _wait_for_others(agency: int, scope: str) -> None:
    """One after the other: the same object sent twice at once becomes one record."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7305))", [f"{agency} {scope}"])


@dataclass
class _Taking:
    viewer: Viewer
    source: Source
    at: datetime
    objects: list[Any]
    lines: dict[int, Line] = field(default_factory=dict)

    def run(self) -> Outcome:
        self.names = names_of(self.objects)
        sound = self._sound()
        self.beside = {stix["id"]: stix for stix in sound.values()}
        self.markings = self._markings()
        records = [stix for stix in sound.values() if extension_of(stix)]
        self.records = {stix["id"] for stix in records}
        self.wholes = {ref: stix["id"] for stix in records for ref in stix["object_refs"]}
        agency = Agency.objects.get(pk=self.viewer.agency_id)
        self.originators = originators_for(agency)
        # What another hub published is published here as well: its owner's people are to read it.
        published = self.source.peer is not None or publishes(agency.pk)
        self.writer = Writer(self, agency, publishes=published)
        wanted = {number: stix for number, stix in sound.items() if stix["type"] in TAKEN}
        asked = {ref for stix in wanted.values() for ref in (stix["id"], *stix.get("object_refs", ()))}
        self.chains = chains_of(agency.pk, self.source.scope, asked)
        self.closed = closed_to(self.viewer, self.chains)
        self.own = own_records(self.viewer, self.beside)
        peer = self.source.peer
        self.hub = FromHub(peer, wanted.values(), self.chains.values()) if peer else None
        # Versions of one object in their order, whatever the envelope's.
        for number in sorted(wanted, key=lambda each: (self._modified(wanted[each]), each)):
            if self._whole_of(wanted[number]) is None:
                self._one(number, wanted[number])
        self.writer.flush()
        self.writer.tell()
        for number in wanted.keys() - self.lines.keys():
            self._part(number, wanted[number])
        for number in sound:
            if number not in wanted:
                self.say(number, _("Read with the others; the hub makes no record of this kind of object."))
        return Outcome(in_order(self.lines, len(self.objects)))

    def _sound(self) -> dict[int, dict[str, Any]]:
        """The objects that are STIX, by their place in the envelope."""
        found = {}
        for number, given in enumerate(self.objects):
            try:
                found[number] = checked(given)
            except Refused as reason:
                self.refuse(number, str(reason))
        return found

    def _markings(self) -> dict[str, Stix]:
        """Every marking referred to that was ever sent in this scope; new ones are kept for later envelopes."""
        sent = {ref: stix for ref, stix in self.beside.items() if stix["type"] == "marking-definition"}
        asked = {ref for stix in self.beside.values() for ref in refs_of(stix)} | sent.keys()
        rows = Original.objects.filter(
            agency_id=self.viewer.agency_id,
            scope=self.source.scope,
            stix_id__in=asked - TLP_OF.keys(),
            state=OriginalState.MARKING,
        )
        kept = {row.stix_id: orjson.loads(row.body) for row in rows}
        fresh = [stix for ref, stix in sent.items() if ref not in kept and ref not in TLP_OF]
        Original.objects.bulk_create(
            Original(
                agency_id=self.viewer.agency_id,
                scope=self.source.scope,
                stix_id=stix["id"],
                modified_at=self._modified(stix),
                body=orjson.dumps(stix).decode(),
                state=OriginalState.MARKING,
                way=self.source.way,
                sender=self.source.sender,
                taken_at=self.at,
            )
            for stix in fresh
        )
        # A marking never changes under its id: what came first stands.
        return sent | kept

    def _one(self, number: int, stix: dict[str, Any]) -> None:
        try:
            said = self._decide(number, stix)
        except Refused as reason:
            self.refuse(number, str(reason))
        else:
            if said:
                self.say(number, said)

    def _decide(self, number: int, stix: dict[str, Any]) -> str:
        """What is done with the object; empty where the writer will say it."""
        if acknowledgement := acknowledgement_in(stix):
            return take_acknowledgement(self.viewer, acknowledgement, self.at)
        if stix["id"] in self.closed:
            raise Refused(_("Another record of your agency came in under this id: nothing was taken in."))
        extension = extension_of(stix)
        if extension and is_echo(extension):
            return _("It came from this hub: nothing was taken in.")
        known = self.writer.newest(stix["id"]) or self.chains.get(stix["id"])
        if self.hub is not None:
            known, said = self.hub.judge(stix, known)
            if said:
                return said
        modified = self._modified(stix)
        if said := self._nothing_new(stix, known, modified):
            return said
        piece = Piece(number, stix, modified, orjson.dumps(stix).decode(), before=known)
        if known is not None and stix.get("revoked"):
            self.writer.note(piece, OriginalState.REVOKED)
            return ""
        if known is not None and extension is None and extension_of(orjson.loads(known.body)):
            self.writer.note(piece, OriginalState.WITHDRAWN)
            return ""
        reading = read(
            stix,
            beside=self.beside,
            markings=self.markings,
            words=terms(),
            unmarked=self.source.unmarked,
            by_hub=self.source.peer is not None,
        )
        of_hub = bool(extension) and self.source.peer is not None
        piece.reading = reading if of_hub else told_in_full(reading)
        piece.typed = typed(reading.kind, piece.reading.body)
        if extension and self.source.peer is not None:
            self._from_hub(piece, extension, self.source.peer)
        else:
            piece.originator = self._originator(reading.originator)
        self.writer.write(piece)
        return ""

    def _nothing_new(self, stix: Stix, known: Original | None, modified: datetime) -> str:
        """Why nothing is to be done with it; empty where something is. Raises Refused."""
        if known is None:
            if stix.get("revoked") or is_stub(stix):
                return _("Nothing of it was taken in: there is nothing to take back.")
            own = stix["id"] in self.own
            return _("This is your agency's own record: nothing was changed.") if own else ""
        if known.state == OriginalState.PART:
            return _("Read with the record it belongs to.")
        withdrawn_again = known.state == OriginalState.WITHDRAWN and is_stub(stix) and not stix.get("revoked")
        if modified <= known.modified_at or withdrawn_again:
            return _("Known.")
        if known.state == OriginalState.REVOKED:
            raise Refused(
                _("It was revoked: STIX allows no later version. What takes its place has an id of its own.")
            )
        return "" if known.body else _("It was purged: nothing of it is taken in again.")

    def _from_hub(self, piece: Piece, extension: Stix, peer: Peer) -> None:
        told = told_by(extension)
        assert told is not None and piece.reading is not None and piece.typed is not None
        piece.reading = as_there(piece.reading, extension)
        piece.told = told
        piece.origin = origin_of(extension, told, peer, piece.reading.handling.marking)
        piece.originator, text = originator_of(extension, told, peer, self.originators)
        piece.typed.values["originator_text"] = text

    def _originator(self, code: str) -> Agency:
        found = self.originators.get(code or self.viewer.agency_code)
        if found is None:
            text = _(
                "It names %(code)s as its originator, for which your agency does not speak: %(code)s confirms that on"
                " its page “What comes in”."
            )
            raise Refused(text % {"code": code})
        return found

    def _whole_of(self, stix: Stix) -> str | None:
        """The id of the record of a hub of which this note or indicator only repeats a part."""
        if stix["type"] not in ("note", "indicator"):
            return None
        about = (ref for ref in stix.get("object_refs", ()) if ref in self.records or self._of_a_hub(ref))
        return self.wholes.get(stix["id"]) or next(about, None)

    def _of_a_hub(self, ref: str) -> bool:
        """Whether it was taken in earlier with our extension, or purged since."""
        known = self.chains.get(ref)
        return (
            known is not None and known.record_id is not None and (EXTENSION in known.body or not known.body)
        )

    def _part(self, number: int, stix: dict[str, Any]) -> None:
        """Kept with the record; of its later versions nothing."""
        whole = self._whole_of(stix) or ""
        row = None if whole in self.closed else self.writer.newest(whole) or self.chains.get(whole)
        if row is None:
            if any(line.ok and line.id == whole for line in self.lines.values()):
                self.say(number, _("Nothing was taken in of the record it belongs to."))
            else:
                self.refuse(number, _("The record it belongs to was refused."))
            return
        if stix["id"] not in self.chains and row.body:
            piece = Piece(number, stix, self._modified(stix), orjson.dumps(stix).decode())
            self.chains[stix["id"]] = self.writer.keep_part(piece, row)
        self.say(number, _("Read with the record it belongs to."))

    def _modified(self, stix: Stix) -> datetime:
        return instant(str(stix.get("modified", stix.get("created", "")))) or self.at

    def say(self, number: int, message: str, record: int | None = None) -> None:
        stix_id, version = self.names[number]
        self.lines[number] = Line(stix_id, version, True, message, record)

    def refuse(self, number: int, reason: str) -> None:
        stix_id, version = self.names[number]
        self.lines[number] = Line(stix_id, version, False, reason)


def instant(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
