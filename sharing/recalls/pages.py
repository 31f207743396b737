"""Answering a recall: what became of the agency's copies. Only those who were told of it find the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bulletins.markings.rules import highest
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.recalls.actions import answer
from sharing.recalls.forms import agencies_named, codes_in
from sharing.recalls.models import AnswerKind
from sharing.recalls.querysets import ToldRecall, recalls_of
from sharing.recalls.rules import LONGEST, may_answer


@dataclass(frozen=True)
class Sheet:
    """One recall with the form to answer it: what was typed, and what is wrong with it."""

    told: ToldRecall
    open: bool
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return str(self.told.uid)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The recalls of one record told to the reader's agency, each with its answers and the form for a new one."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    told = recalls_of(viewer, ref=ref, kind=kind)
    if not told:
        raise Http404
    sheets = sheets_for(told)
    if request.method == "POST":
        chosen = next((each for each in told if str(each.uid) == request.POST.get("recall")), None)
        if chosen is None:
            raise Http404
        typed, errors = _answered(request, chosen, viewer)
        if not errors:
            messages.success(
                request, _("Answered. %(owner)s sees it in its proof.") % {"owner": chosen.owner}
            )
            return HttpResponseRedirect(chosen.path)
        sheets = [Sheet(each, True, typed, errors) if each is chosen else Sheet(each, False) for each in told]
    context = {
        **form_context(sheets, viewer),
        "ref": ref,
        "kind": kind,
        "crumbs": [(_("Inbox"), "/inbox/"), (ref, told[0].path.removesuffix("recall/answer/"))],
        "page_marking": highest(each.marking for each in told),
    }
    failed = any(sheet.errors for sheet in sheets)
    return render(request, "sharing/recall_answer.html", context, status=400 if failed else 200)


def sheets_for(told: list[ToldRecall]) -> list[Sheet]:
    """The newest that waits is open."""
    first = next((each for each in told if each.answer is None), None)
    return [Sheet(each, each is first) for each in told]


def form_context(sheets: list[Sheet], viewer: Viewer) -> dict[str, Any]:
    """What the answer's template takes, on its own page and below a tombstone."""
    return {
        "sheets": sheets,
        "may_answer": may_answer(viewer),
        "longest": LONGEST,
        "choices": [
            (AnswerKind.DESTROYED.value, _("Destroyed"), _("Every copy, printed and sent ones too.")),
            (AnswerKind.KEPT.value, _("Kept by law"), _("Say below which law or order makes you keep it.")),
            (AnswerKind.PASSED.value, _("Passed on"), _("Say below to whom; tell them to destroy it.")),
        ],
    }


def _answered(
    request: HttpRequest, told: ToldRecall, viewer: Viewer
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(what was typed, what is wrong with it); nothing is wrong once it is written."""
    at = timezone.now()
    if not may_answer(viewer):
        reason = _("Officers, releasers and liaisons answer for their agency.")
        raise denied("recall.answer", viewer, reason, kind=told.kind, ref=told.ref)
    typed = {
        name: request.POST.get(name, "").replace("\0", "").strip() for name in ("kind", "words", "agencies")
    }
    try:
        with transaction.atomic():
            answer(
                told,
                kind=typed["kind"],
                words=typed["words"],
                passed_to=agencies_named(codes_in(typed["agencies"])),
                viewer=viewer,
                at=at,
            )
    except ValidationError as error:
        return typed, dict(error.message_dict)
    return typed, {}
