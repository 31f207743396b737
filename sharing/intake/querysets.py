"""Originals of one's own agency's records, what of them waits to be decided, and which records may be the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_draft
from bulletins.records.models import Kind, Record, Substance
from bulletins.records.provenance import Provenance
from hub.accounts.viewer import Viewer
from sharing.disclosures.presenting import RecordRow
from sharing.intake.foreign import references_in
from sharing.intake.models import Original, OriginalState
from sharing.intake.pulling.answering import Standing, standing_of
from sharing.intake.pulling.photographs import said_of

UNSETTLED = (OriginalState.WAITING, OriginalState.WITHDRAWN, OriginalState.REVOKED)
IN_TODAY = 5
TWINS = 5


def originals_of(viewer: Viewer, record: int) -> QuerySet[Original]:
    """The objects a record came in as, newest version first; of a record the viewer may not open, none."""
    rows = Original.objects.filter(agency_id=viewer.agency_id, record_id=record).exclude(body="")
    return rows.filter(Exists(working_copies(Record, viewer).filter(pk=OuterRef("record_id"))))


def unsettled(viewer: Viewer) -> QuerySet[Original]:
    """What its sender sent later and nobody has decided on, of records that still stand."""
    rows = Original.objects.filter(agency_id=viewer.agency_id, state__in=UNSETTLED, decided_at=None)
    open_ones = working_copies(Record, viewer).filter(pk=OuterRef("record_id"), recalled_at=None)
    return rows.filter(Exists(open_ones))


def provenance(viewer: Viewer, record: int) -> Provenance | None:
    """How it came in, for its own agency's people who may open its working copy."""
    rows = list(originals_of(viewer, record).exclude(state=OriginalState.PART).select_related("record"))
    if not rows or rows[-1].record is None:
        return None
    href = f"{path_of(rows[-1].record)}origin/"
    there = standing_of(record)
    return Provenance(
        words=str(rows[-1].get_way_display()),
        at=rows[-1].taken_at,
        href=href,
        to_decide=any(row.state in UNSETTLED and row.decided_at is None for row in rows),
        acknowledge=f"{href}acknowledge/" if there and there.acknowledged_at is None else "",
        acknowledge_by=there.acknowledge_by if there else None,
        acknowledged=_acknowledged(there) if there and there.acknowledged_at else "",
        photographs=said_of(rows[-1].record) if there else "",
    )


def _acknowledged(there: Standing) -> str:
    if there.sent_at:
        return _("Acknowledged; %(peer)s has been told.") % {"peer": there.peer}
    if there.waits and not there.failure:
        return _("Acknowledged; %(peer)s is being told.") % {"peer": there.peer}
    said = {"peer": there.peer, "why": there.failure}
    if there.waits:
        return _("Acknowledged; %(peer)s could not be told yet (%(why)s), and is asked again.") % said
    return _("Acknowledged here; %(peer)s did not take it: %(why)s.") % said


def path_of(record: Any) -> str:
    return f"/{'bulletins' if record.kind == Kind.BULLETIN else 'seizures'}/{record.ref}/"


def to_decide(viewer: Viewer) -> list[RecordRow]:
    """For Today: records whose sender has something to say that was not written into them."""
    if viewer.agency_id is None or not may_draft(viewer):
        return []
    rows = unsettled(viewer).select_related("record").order_by("-taken_at")[:IN_TODAY]
    said = {
        OriginalState.WAITING: _("%(ref)s: a newer version came in beside your edits"),
        OriginalState.WITHDRAWN: _("%(ref)s: its sender has withdrawn it"),
        OriginalState.REVOKED: _("%(ref)s: its sender has revoked it"),
    }
    return [
        RecordRow(
            href=f"{path_of(row.record)}origin/",
            title=said[OriginalState(row.state)] % {"ref": row.record.ref},
            icon="save_alt",
            tags=(_("Came in"),),
            key=f"original-{row.pk}",
        )
        for row in rows
        if row.record is not None
    ]


@dataclass(frozen=True)
class Twin:
    """A record of one's own agency that may be the same, and why."""

    ref: str
    href: str
    why: str


def twins_of(viewer: Viewer, record: Record) -> list[Twin]:
    """Records of the viewer's own agency, which they may open, that tell of the same: never another agency's."""
    numbers = {record.external_id} - {""}
    for body in originals_of(viewer, record.pk).values_list("body", flat=True):
        numbers |= {references_in(orjson.loads(body)).get("external_id", "")} - {""}
    others = working_copies(Record, viewer).exclude(pk=record.pk).filter(recalled_at=None)
    found = {row.pk: (row, _("the same reference")) for row in others.filter(external_id__in=numbers)[:TWINS]}
    place = (
        Q(port_id=record.port_id) if record.port_id else Q(place__iexact=record.place, country=record.country)
    )
    if record.occurred_on and (record.port_id or record.place):
        drugs = record.substances.values("drug_id")
        shared = Substance.objects.filter(record_id=OuterRef("pk"), drug_id__in=drugs)
        same = others.filter(place, Exists(shared), occurred_on=record.occurred_on)
        for row in same.order_by("-created_at")[:TWINS]:
            found.setdefault(row.pk, (row, _("the same day, place and drug")))
    return [Twin(row.ref, path_of(row), why) for row, why in list(found.values())[:TWINS]]
