"""Requests in words, for those who asked, who are asked and who own the record; and what granting would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.pages.times import as_time
from sharing.disclosures.disclosure import Desk, Disclosure
from sharing.disclosures.presenting import Action, RecordRow
from sharing.releases.facts import load
from sharing.requests.actions import foreseen_by_owner
from sharing.requests.models import OnwardRequest, RequestState, Verdict, VerdictState
from sharing.requests.querysets import verdicts_of
from sharing.requests.rules import EVERY_GROUP, Terms, foreseen_by_originator

TO_DECIDE = 5


@dataclass(frozen=True)
class Line:
    """What one agency would get, as parts of the release page say it."""

    code: str
    name: str
    outcome: str
    withheld: str
    reasons: tuple[str, ...]
    held: bool = False


@dataclass(frozen=True)
class Outlook:
    """What granting would do. `seal` names what was shown, where the owner decides."""

    lines: tuple[Line, ...]
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    note: str = ""
    seal: str = ""

    @property
    def possible(self) -> bool:
        return not self.refusals


@dataclass(frozen=True)
class Say:
    """What one agency said. `standing`: its consent stands; `sources`: references of its own it is derived from."""

    code: str
    state: str
    label: str
    terms: str
    reason: str
    at: datetime | None
    standing: bool
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class InWords:
    """A request as the viewer may read it. `answer`, `terms` and `state` are the asker's and the owner's to see."""

    href: str
    ref: str
    what: str
    asker: Desk
    recipient: Desk
    need_to_know: str
    right_to_know: str
    asked_at: datetime
    asked_by: str
    state: str
    state_label: str
    settled_at: datetime | None
    answer: str
    answered_by: str
    terms: str
    says: tuple[Say, ...]


def in_words(request: OnwardRequest, verdicts: Iterable[Verdict], viewer: Viewer) -> InWords:
    asked = request.asker_id == viewer.agency_id
    told = asked or request.owner_id == viewer.agency_id
    return InWords(
        href=href_of(request),
        ref=request.ref,
        what=kind_label(request.kind),
        asker=desk(request.asker),
        recipient=desk(request.recipient),
        need_to_know=request.need_to_know,
        right_to_know=request.right_to_know,
        asked_at=request.asked_at,
        asked_by=request.asked_by.username if asked and request.asked_by else "",
        state=request.state if told else "",
        state_label=str(RequestState(request.state).label) if told else "",
        settled_at=request.settled_at if told else None,
        answer=request.answer if told else "",
        answered_by=answered_by(request) if told else "",
        terms=terms_in_words(request.withheld, request.until)
        if told and request.state == RequestState.GRANTED
        else "",
        says=tuple(_say(each) for each in verdicts),
    )


def href_of(request: OnwardRequest) -> str:
    return f"/requests/{request.uid}/"


def kind_label(kind: str) -> str:
    return _("Bulletin") if kind == Kind.BULLETIN else _("Seizure report")


def desk(agency: Agency) -> Desk:
    return Desk(agency.pk, agency.code, agency.label, agency.desk_email, agency.desk_phone, agency.desk_hours)


def answered_by(request: OnwardRequest) -> str:
    """Who refused, where the asker may know: the owner, and the originator that the record names."""
    if request.state != RequestState.REFUSED:
        return ""
    return request.answered_by.code if request.answered_by else _("an agency whose information it rests on")


def _say(verdict: Verdict) -> Say:
    granted = verdict.state == VerdictState.GRANTED
    return Say(
        code=verdict.agency.code,
        state=verdict.state,
        label=str(VerdictState(verdict.state).label),
        terms=terms_in_words(verdict.withheld, verdict.until) if granted else "",
        reason=verdict.reason,
        at=verdict.decided_at,
        standing=stands(verdict),
        sources=tuple((ref, f"/search/?q={ref}") for ref in verdict.sources),
    )


def stands(verdict: Verdict) -> bool:
    """Whether a consent that the viewer's agency gave here stands; others' consents are not the viewer's to read."""
    return verdict.consent is not None and verdict.consent.withdrawn_at is None


def terms_in_words(withheld: Iterable[str], until: datetime | None) -> str:
    held = frozenset(withheld)
    if not held:
        said = _("the whole of it")
    elif held == EVERY_GROUP:
        said = _("the tear line and core facts alone")
    else:
        labels = [str(group.label).lower() for group in WITHHOLDABLE if group.value in held]
        said = _("without %(groups)s") % {"groups": ", ".join(labels)}
    if until is None:
        return said
    return _("%(extent)s, until %(end)s") % {
        "extent": said,
        "end": date_format(localtime(until), "j M Y, H:i"),
    }


# --- What granting would do -------------------------------------------------------------------------------
def outlook(
    request: OnwardRequest, given: Terms, shown: Disclosure | None, *, viewer: Viewer, at: datetime
) -> Outlook:
    """For the owner the release's own preview; for an originator what goes by its word, as far as it may know."""
    if request.owner_id == viewer.agency_id:
        record = working_copies(Record, viewer).select_related("owner").filter(ref=request.ref).first()
        if record is None:
            return Outlook((), (_("Its owner's people may not open it at present."),))
        found = foreseen_by_owner(request, record, given, viewer=viewer, at=at)
        lines = tuple(
            Line(row.code, row.name, row.outcome, row.withheld_words, row.reasons, row.held)
            for row in found.rows
        )
        return Outlook(lines, found.refusals, found.warnings, seal=found.seal)
    world = load([request.record_id], whole=True)
    decision = foreseen_by_originator(
        world.parties[viewer.agency_id or 0],
        world.parties[request.recipient_id],
        world.facts[request.record_id].treaties,
        given,
        kind=request.kind,
        now=at,
        shown=_known(shown) if shown else None,
    )
    held = [str(group.label).lower() for group in WITHHOLDABLE if group.value in decision.withheld]
    outcome = "no" if not decision.allowed else "part" if held else "all"
    line = Line(
        request.recipient.code,
        request.recipient.label,
        outcome,
        ", ".join(held),
        tuple(reason for reason in decision.reasons if reason != _("named")),
    )
    return Outlook((line,), note=_note(request))


def _note(request: OnwardRequest) -> str:
    if request.asker_id == request.owner_id:
        return _(
            "This is what goes by your word. Its owner's release stands: with your consent it goes at once, unless "
            "something else of the owner's or of others it rests on stands in the way."
        )
    return _(
        "This is what goes by your word. The owner decides after you, and its own agreements and others the record "
        "rests on may let less go, or nothing."
    )


def _known(shown: Disclosure) -> dict[str, Any]:
    """What somebody who holds the record knows of it, as far as a decision asks."""
    groups = {name for name, facts in shown.facts.items() if facts and name != "withheld"}
    return {
        "tlp": shown.marking.tlp,
        "controls": shown.marking.controls,
        "rel_to": shown.marking.rel_to,
        "drugs": [row["drug"] for row in shown.core.get("substances", [])],
        "groups": groups | {each.group for each in shown.withheld},
    }


# --- Lines ------------------------------------------------------------------------------------------------
def asked_row(request: OnwardRequest) -> RecordRow:
    """A request in the asker's list."""
    settled = format_html(_("answered {}"), as_time(request.settled_at)) if request.settled_at else ""
    return RecordRow(
        href=href_of(request),
        title=_("%(ref)s to %(recipient)s") % {"ref": request.ref, "recipient": request.recipient.code},
        icon="share",
        tags=(str(RequestState(request.state).label).capitalize(),),
        meta=tuple(
            part
            for part in (
                kind_label(request.kind),
                format_html(_("asked {}"), as_time(request.asked_at)),
                settled,
            )
            if part
        ),
        more=(request.answer,) if request.answer else (),
        key=str(request.uid),
    )


def decide_row(verdict: Verdict, *, action: bool = False) -> RecordRow:
    """A request in the list of those asked."""
    request = verdict.request
    title = _("%(asker)s asks that %(recipient)s may have %(ref)s") % {
        "asker": request.asker.code,
        "recipient": request.recipient.code,
        "ref": request.ref,
    }
    said = "" if verdict.state == VerdictState.WAITING else str(VerdictState(verdict.state).label)
    return RecordRow(
        href=href_of(request),
        title=title,
        icon="share",
        tags=tuple(tag for tag in (said, _("consent stands") if stands(verdict) else "") if tag),
        meta=(kind_label(request.kind), format_html(_("asked {}"), as_time(request.asked_at))),
        more=(request.need_to_know,),
        action=Action(label=_("Decide"), href=href_of(request)) if action else None,
        key=str(request.uid),
    )


def to_decide(viewer: Viewer) -> list[RecordRow]:
    """What waits for a releaser's decision, oldest first: a queue of Today."""
    if not may_release(viewer):
        return []
    waiting = verdicts_of(viewer).filter(state=VerdictState.WAITING).order_by("request__asked_at", "id")
    return [decide_row(each, action=True) for each in waiting[:TO_DECIDE]]
