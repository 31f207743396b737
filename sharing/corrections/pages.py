"""Proposing a correction of what one's agency has; reading, taking and answering one that was proposed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bulletins.markings.rules import Marking, highest, marking_of
from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.corrections.actions import answer, propose, take_up
from sharing.corrections.models import Correction
from sharing.corrections.querysets import Proposal, as_proposals, asked_of, corrections_for, proposed_by
from sharing.corrections.rules import LONGEST_ANSWER, LONGEST_SAYS, LONGEST_WHY, may_propose, parts_open
from sharing.corrections.waiting import line_of
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.reading import shown_to

LISTED = 50


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def propose_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The form for what is wrong in a record of another agency's, as the reader is shown it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref)
    if shown is None:
        raise Http404
    _require_proposer(shown, viewer)
    typed = {"part": request.GET.get("part", ""), "says": "", "why": ""}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").replace("\0", "").strip() for name in typed}
        made, errors = _proposed(shown, typed, viewer)
        if made is not None:
            said = _("Proposed. %(owner)s is told; its answer comes to your inbox.") % {
                "owner": shown.owner.code
            }
            messages.success(request, said)
            return HttpResponseRedirect(shown.path)
    context = {
        "shown": shown,
        "page_marking": shown.marking,
        "crumbs": [
            (_("Bulletins") if kind == "bulletin" else _("Seizures"), f"/{kind}s/"),
            (ref, shown.path),
        ],
        "parts": parts_open({each.group for each in shown.withheld}),
        "typed": typed,
        "errors": errors,
        "longest": {"says": LONGEST_SAYS, "why": LONGEST_WHY},
    }
    return render(request, "sharing/correct.html", context, status=400 if errors else 200)


@login_required
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """Those asked of the reader's agency, or those it proposed."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    side = request.GET.get("side", "asked")
    if set(request.GET) - {"side"} or side not in ("asked", "proposed"):
        raise BadRequest
    rows = (asked_of(viewer) if side == "asked" else proposed_by(viewer)).order_by("-proposed_at", "-id")
    context = {
        "rows": [line_of(each) for each in as_proposals(list(rows[:LISTED]), viewer)],
        "side": side,
        "segments": [
            {"label": _("Asked of us"), "href": "/corrections/", "current": side == "asked"},
            {
                "label": _("Proposed by us"),
                "href": "/corrections/?side=proposed",
                "current": side == "proposed",
            },
        ],
    }
    return render(request, "sharing/corrections.html", context)


@login_required
@never_cache
@require_safe
def correction_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _found(viewer, uid)
    return render(request, "sharing/correction.html", _context(row, viewer))


@login_required
@require_POST
def take_correction(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Opens the working copy; publishing its next version takes the correction."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _asked(request, uid, "correction.take_up")
    try:
        with transaction.atomic():
            take_up(row, viewer=viewer, at=timezone.now())
    except ValidationError as error:
        return _refused(request, row, viewer, list(error.messages))
    (shown,) = as_proposals([row], viewer)
    messages.info(
        request,
        _("Correct it below. When you publish, %(agency)s is told that you took it.") % {"agency": shown.by},
    )
    return HttpResponseRedirect(f"{shown.record_path}edit/")


@login_required
@require_POST
def answer_correction(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _asked(request, uid, "correction.answer")
    words = request.POST.get("answer", "").replace("\0", "").strip()
    try:
        with transaction.atomic():
            answer(row, words=words, viewer=viewer, at=timezone.now())
    except ValidationError as error:
        return _refused(request, row, viewer, list(error.messages), words)
    (shown,) = as_proposals([row], viewer)
    messages.success(request, _("Answered. %(agency)s is told.") % {"agency": shown.by})
    return HttpResponseRedirect(shown.path)


def _require_proposer(shown: Disclosure, viewer: Viewer) -> None:
    reason = ""
    if shown.own:
        reason = _("It is your own agency's: amend it.")
    elif not may_propose(viewer):
        reason = _("Officers, releasers and liaisons propose corrections for their agency.")
    if reason:
        raise denied("correction.propose", viewer, reason, kind=shown.kind, ref=shown.ref)


def _proposed(
    shown: Disclosure, typed: dict[str, str], viewer: Viewer
) -> tuple[Correction | None, dict[str, list[str]]]:
    try:
        with transaction.atomic():
            return propose(shown, **typed, viewer=viewer, at=timezone.now()), {}
    except ValidationError as error:
        return None, dict(error.message_dict)


def _found(viewer: Viewer, uid: UUID) -> Correction:
    found = corrections_for(viewer).filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


def _asked(request: HttpRequest, uid: UUID, event: str) -> Correction:
    """One asked of the viewer's agency; its proposer is refused, to all others there is no such thing."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = _found(viewer, uid)
    if found.owner_id != viewer.agency_id:
        reason = _("The agency that owns the record decides it.")
        raise denied(event, viewer, reason, kind=found.kind, ref=found.ref)
    return found


def _refused(
    request: HttpRequest, row: Correction, viewer: Viewer, errors: list[str], words: str = ""
) -> HttpResponse:
    row.refresh_from_db()
    context = _context(row, viewer) | {"errors": errors, "words": words}
    return render(request, "sharing/correction.html", context, status=400)


def _context(row: Correction, viewer: Viewer) -> dict[str, Any]:
    (shown,) = as_proposals([row], viewer)
    return {
        "shown": shown,
        "crumbs": [(_("Corrections"), "/corrections/" if not shown.own else "/corrections/?side=proposed")],
        "page_marking": _marking(row, shown, viewer),
        "longest": LONGEST_ANSWER,
    }


def _marking(row: Correction, shown: Proposal, viewer: Viewer) -> Marking | None:
    """That of the record, which the words are about; none where the reader is shown no words."""
    if not shown.own:
        record = working_copies(Record, viewer).filter(pk=row.record_id).first()
        return marking_of(record) if record else None
    held = shown_to(viewer, row.kind, row.ref) if shown.held else None
    return highest([held.marking]) if held else None
