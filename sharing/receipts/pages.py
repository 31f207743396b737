"""The page of one record, which leaves a receipt; acknowledging; and the tombstone of what was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bulletins.markings.models import TLP
from bulletins.models import Bulletin, SeizureReport
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_draft, may_release, may_review
from bulletins.records.models import Kind
from bulletins.records.provenance import provenance_of
from bulletins.records.refs import PATTERN
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.audiences.changes import amended_for
from sharing.corrections.querysets import of_record
from sharing.corrections.rules import may_propose
from sharing.deliveries.models import Asked
from sharing.deliveries.querysets import inbox_items
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import event_of, present
from sharing.disclosures.reading import (
    earlier_version,
    ended_own,
    gone_for,
    linked_to,
    marking_of_page,
    note_opening,
    purged_own,
    shown_to,
    versions_of,
)
from sharing.disclosures.rules import Carries, Channel, carries, may_read_ledger
from sharing.recalls.pages import form_context, sheets_for
from sharing.recalls.proof import may_prove
from sharing.recalls.querysets import recalls_of
from sharing.receipts.actions import acknowledge, mark_read
from sharing.receipts.standing import openings_of, standing_of

AT_ONCE = 100


@login_required
@require_safe
def record(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """One bulletin or seizure report, as the reader is shown it. Opening it is its reading."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref, opened=True)
    if shown is None:
        return _not_shown(request, viewer, kind, ref)
    now = timezone.now()
    note_opening(viewer, shown, at=now)
    receipt = mark_read(viewer, shown, now) if request.method == "GET" else None
    linked = linked_to(viewer, shown)
    standing = standing_of(shown, viewer)
    given = not shown.own and not shown.emergency
    context = _context(shown, linked) | {
        "page": present(shown),
        "versions": versions_of(shown),
        "standing": standing,
        "receipt_at": receipt.acknowledged_at if receipt else None,
        "asked": _asked_by(viewer, shown) if given else None,
        "may_acknowledge": given and viewer.person_id is not None,
        "openings": openings_of(shown, viewer),
        "may_review": shown.own and may_review(viewer),
        "may_amend": shown.own and may_draft(viewer),
        "may_ask": given and may_draft(viewer) and shown.marking.tlp != TLP.RED,
        "may_release": shown.own and may_release(viewer),
        "may_audit": shown.own and may_read_ledger(viewer),
        "may_recall": shown.own
        and may_release(viewer)
        and bool(standing and (standing.shared or standing.planned)),
        "may_prove": shown.own and may_prove(viewer),
        "told": [] if shown.own else recalls_of(viewer, ref=ref, kind=kind),
        "corrections": of_record(viewer, shown.key),
        "may_propose": given and may_propose(viewer),
        "may_take": not shown.emergency and carries(shown.marking, Channel.PDF) != Carries.NOTHING,
        "came_in": provenance_of(viewer, shown.key) if shown.own else None,
        "amended": amended_for(viewer, shown.key) if shown.from_elsewhere else None,
    }
    return render(request, f"sharing/{kind}.html", context)


@login_required
@require_safe
def version(request: HttpRequest, kind: str, ref: str, number: int) -> HttpResponse:
    """An earlier version, for the agency that owns the record; for everybody else there is no such page."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref)
    if shown is None:
        raise Http404
    if shown.own and number == shown.version:
        return HttpResponseRedirect(shown.path)
    older = earlier_version(viewer, shown, number)
    if older is None:
        raise Http404
    note_opening(viewer, older, at=timezone.now())
    context = _context(older, linked_to(viewer, older)) | {
        "page": present(older, version=number),
        "versions": versions_of(shown),
        "earlier_than": shown.version,
    }
    return render(request, f"sharing/{kind}.html", context)


@login_required
@require_POST
def acknowledge_record(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref)
    if shown is None:
        raise Http404
    at = timezone.now()
    if not shown.from_elsewhere:
        reason = _("It is your own agency's: recipients acknowledge it.")
        raise denied("record.acknowledge", viewer, reason, kind=kind, ref=ref)
    acknowledge(viewer, shown, at)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    said = (
        _("Acknowledged: %(title)s.")
        if shown.own
        else _("Acknowledged: %(title)s. %(owner)s is told that %(agency)s has it.")
    )
    said %= {
        "title": shown.title,
        "owner": shown.owner.code,
        "agency": viewer.agency_code,
    }
    messages.success(request, said)
    return HttpResponseRedirect(_back(request, shown.path))


@login_required
@require_POST
def acknowledge_rest(request: HttpRequest) -> HttpResponse:
    """Acknowledge those without hazard of what stood on the page: hazards are taken one by one."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    refs = [ref for ref in request.POST.getlist("ref")[:AT_ONCE] if PATTERN.fullmatch(ref)]
    waiting = inbox_items(viewer).filter(ref__in=refs, hazard=False, acknowledged_at=None)
    ids = list(waiting.exclude(alert="recalled").values_list("record_id", flat=True)[:AT_ONCE])
    done = 0
    for shown in disclose(viewer, ids, Channel.PAGE):
        if not shown.hazard and acknowledge(viewer, shown, timezone.now()):
            done += 1
    messages.success(request, ngettext("Acknowledged %(n)d.", "Acknowledged %(n)d.", done) % {"n": done})
    return HttpResponseRedirect("/inbox/")


@dataclass(frozen=True)
class AskedBy:
    """Until when the reader's agency is asked to acknowledge, and when somebody of it has."""

    by: datetime
    done_at: datetime | None
    overdue: bool

    @property
    def shown(self) -> str:
        """What `when` shows of `by`: the time alone where that is today."""
        return "time" if timezone.localdate(self.by) == timezone.localdate() else ""


def _asked_by(viewer: Viewer, shown: Disclosure) -> AskedBy | None:
    if shown.acknowledge_by is None:
        return None
    row = Asked.objects.visible_to(viewer).filter(record_id=shown.key).first()
    done_at = row.acknowledged_at if row else None
    return AskedBy(shown.acknowledge_by, done_at, done_at is None and shown.acknowledge_by <= timezone.now())


def _context(shown: Disclosure, linked: list[Disclosure]) -> dict[str, Any]:
    bulletin = shown.kind == Kind.BULLETIN
    return {
        "shown": shown,
        "linked": [event_of(each) for each in linked],
        "crumbs": [(_("Bulletins"), "/bulletins/") if bulletin else (_("Seizures"), "/seizures/")],
        "page_marking": marking_of_page([shown, *linked]),
    }


def _not_shown(request: HttpRequest, viewer: Viewer, kind: str, ref: str) -> HttpResponse:
    """The tombstone for those who had it, the form for a draft's authors; else as if there were nothing."""
    if gone := gone_for(viewer, kind, ref):
        told = recalls_of(viewer, ref=ref, kind=kind)
        context = {
            **form_context(sheets_for(told), viewer),
            "gone": gone,
            "answer_path": told[0].path if told else "",
            "crumbs": [(_("Inbox"), "/inbox/")],
            "page_marking": gone.marking,
        }
        return render(request, "sharing/tombstone.html", context)
    if left := purged_own(viewer, kind, ref, also_red=may_release(viewer)):
        context = {"gone": left, "crumbs": [(_("Today"), "/")], "page_marking": left.marking}
        return render(request, "sharing/purged.html", context)
    if ended := ended_own(viewer, kind, ref, also_red=may_release(viewer)):
        context = {"gone": ended, "crumbs": [(_("Today"), "/")], "page_marking": ended.marking}
        return render(request, "sharing/ended.html", context)
    model = Bulletin if kind == Kind.BULLETIN else SeizureReport
    if viewer.agency_id and working_copies(model, viewer).filter(ref=ref, latest=0).exists():
        return HttpResponseRedirect(f"{request.path}edit/")
    raise Http404


def _back(request: HttpRequest, otherwise: str) -> str:
    """Where the form says it stood, if that is one of our own pages."""
    wanted = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if own and wanted.startswith("/") else otherwise
