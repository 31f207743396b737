"""The pages of agreements: what each lets through, and what a decision on it would change before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.trail.actions import denied, refuse
from sharing.agreements.forms import AgreementForm
from sharing.agreements.models import Agreement
from sharing.agreements.rules import WARNINGS, Stand, days_left, resume_refusal, stand, suspend_refusal
from sharing.agreements.wording import AgreementInWords, in_words, lapses_in
from sharing.audiences.foreseeing import foresee
from sharing.disclosures.presenting import RecordRow
from sharing.flow import agreeing
from sharing.pages.agreement_changes import as_accepted, as_resumed, as_suspended

LONGEST_REASON = 300


@dataclass(frozen=True)
class Options:
    """What the reader may do with an agreement: addresses below it, empty where nothing is offered."""

    accept: bool = False
    change: bool = False
    decline: bool = False
    suspend: bool = False
    resume: bool = False
    foresee: bool = False

    def __bool__(self) -> bool:
        return any(vars(self).values())


@login_required
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """Those of the reader's agency, what needs a decision first; for the steward all."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    found = [in_words(row, now) for row in Agreement.objects.visible_to(viewer).told().order_by("code")]
    over = ("declined", "replaced", "lapsed")
    context = {
        "waiting": [row for row in found if row.state.code == Stand.DRAFT],
        "agreements": [row for row in found if row.state.code not in (*over, Stand.DRAFT)],
        "over": [row for row in found if row.state.code in over],
        "all_of_them": viewer.agency_id is None,
        "may_propose": agreeing.may_agree(viewer),
    }
    return render(request, "sharing/agreements.html", context)


@login_required
@require_safe
def agreement(request: HttpRequest, code: str) -> HttpResponse:
    """One agreement in words, and what the reader may decide. Those of others do not exist here."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row, now = _own(viewer, code), timezone.now()
    successor = Agreement.objects.open_drafts().filter(replaces=row, valid_to__gt=now).first()
    context = {
        **_told(row, now),
        "options": _options(row, viewer, now),
        "successor": successor.code if successor else "",
        "narrows": stand(row, now) == Stand.DRAFT and agreeing.only_narrows(row),
    }
    return render(request, "sharing/agreement.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a draft. The other side is told, and nothing crosses until they accept it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    _require(viewer, "agreement.propose", "")
    posted = request.POST if request.method == "POST" else None
    form = AgreementForm(posted, viewer_agency=viewer.agency_id or 0)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        made = _tried(
            form, lambda: agreeing.propose(form.terms(), viewer=viewer, at=at), "agreement.propose", viewer
        )
        if made is not None:
            return HttpResponseRedirect(f"/agreements/{made.code}/")
    return _form(request, form, None, viewer)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Edit one's own draft; of an agreement that stands, propose another in its place."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = _own(viewer, code)
    _require(viewer, "agreement.change", code)
    if refusal := agreeing.change_refusal(row, viewer.agency_id or 0, timezone.now()):
        messages.error(request, refusal)
        return HttpResponseRedirect(f"/agreements/{code}/")
    posted = request.POST if request.method == "POST" else None
    form = AgreementForm(posted, viewer_agency=viewer.agency_id or 0, row=row)
    if request.method == "POST" and form.is_valid():
        revision = _revision(request)
        at = timezone.now()
        made = _tried(
            form,
            lambda: agreeing.change(row, form.terms(), revision=revision, viewer=viewer, at=at),
            "agreement.change",
            viewer,
        )
        if made is not None:
            return HttpResponseRedirect(f"/agreements/{made.code}/")
    return _form(request, form, row, viewer)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, code: str) -> HttpResponse:
    """What the draft would change for one's own records and holdings; for whom it falls to, the button."""

    def act(row: Agreement, reason: str, revision: int, viewer: Viewer, at: datetime) -> str:
        agreeing.accept(row, revision=revision, viewer=viewer, at=at)
        return _("%(code)s is accepted.") % {"code": row.code}

    return _decision(request, code, "accept", agreeing.accept_refusal, as_accepted, act)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, code: str) -> HttpResponse:
    def refusal(row: Agreement, by: int, at: datetime) -> str:
        return suspend_refusal(stand(row, at), row.suspended_by, by)

    def act(row: Agreement, reason: str, revision: int, viewer: Viewer, at: datetime) -> str:
        agreeing.suspend(row, reason=reason, revision=revision, viewer=viewer, at=at)
        return _("%(code)s is suspended: nothing crosses under it.") % {"code": row.code}

    return _decision(request, code, "suspend", refusal, as_suspended, act)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, code: str) -> HttpResponse:
    def refusal(row: Agreement, by: int, at: datetime) -> str:
        return resume_refusal(stand(row, at), row.suspended_by, by)

    def act(row: Agreement, reason: str, revision: int, viewer: Viewer, at: datetime) -> str:
        agreeing.resume(row, revision=revision, viewer=viewer, at=at)
        return _("Your agency's suspension of %(code)s is taken back.") % {"code": row.code}

    return _decision(request, code, "resume", refusal, as_resumed, act)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, code: str) -> HttpResponse:
    def refusal(row: Agreement, by: int, at: datetime) -> str:
        return "" if stand(row, at) == Stand.DRAFT else _("It is no draft any more.")

    def act(row: Agreement, reason: str, revision: int, viewer: Viewer, at: datetime) -> str:
        agreeing.decline(row, reason=reason, revision=revision, viewer=viewer, at=at)
        return _("%(code)s is declined.") % {"code": row.code}

    return _decision(request, code, "decline", refusal, None, act)


def agreements_to_decide(viewer: Viewer) -> list[RecordRow]:
    """Drafts that wait for the agency's word, and agreements that lapse soon, the nearest first.

    For the agency's administrators and liaisons: a line of Today.
    """
    if viewer.agency_id is None or not viewer.can(Role.ADMIN, Role.LIAISON):
        return []
    now = timezone.now()
    own = Agreement.objects.visible_to(viewer).told()
    drafts = own.open_drafts().filter(valid_to__gt=now).exclude(proposed_by_id=viewer.agency_id)
    soon = now + timedelta(days=max(WARNINGS))
    ending = own.standing(now).filter(replaced_at=None, valid_from__lte=now, valid_to__lte=soon)
    rows = [(row, _("%(by)s proposes it: accept or decline it") % {"by": row.proposed_by}) for row in drafts]
    rows += [(row, lapses_in(days_left(row.valid_to, now))) for row in ending.order_by("valid_to")]
    return [
        RecordRow(href=f"/agreements/{row.code}/", title=row.name, icon="verified", meta=(row.code, said))
        for row, said in rows
    ]


def _decision(
    request: HttpRequest,
    code: str,
    verb: str,
    refused: Callable[[Agreement, int, datetime], str],
    foreseen: Callable[..., Any] | None,
    act: Callable[[Agreement, str, int, Viewer, datetime], str],
) -> HttpResponse:
    """A page that says what a decision would do, with the button that does it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row, at = _own(viewer, code), timezone.now()
    _require(viewer, f"agreement.{verb}", code)
    by, reason, errors = viewer.agency_id or 0, "", list[str]()
    if request.method == "POST":
        reason = request.POST.get("reason", "").replace("\0", "").strip()
        if len(reason) > LONGEST_REASON:
            errors = [_("Say it in %(n)d characters at most.") % {"n": LONGEST_REASON}]
        else:
            try:
                with transaction.atomic():
                    said = act(row, reason, _revision(request), viewer, at)
            except ValidationError as error:
                errors = error.messages
                _on_trail(f"agreement.{verb}", viewer, code, " ".join(errors))
        if not errors:
            messages.success(request, said)
            return HttpResponseRedirect(f"/agreements/{code}/")
        row = _own(viewer, code)
    # A draft that begins later changes nothing before.
    moment = max(at, row.valid_from) if verb == "accept" else at
    effect = foresee(foreseen(row, by, at), viewer=viewer, at=moment) if foreseen else None
    context = {
        **_told(row, at),
        "verb": verb,
        "why_not": refused(row, by, at),
        "effect": effect,
        "own": viewer.agency_code,
        "theirs": row.second.code if by == row.first_id else row.first.code,
        "mine": row.proposed_by_id == by,
        "narrows": verb == "accept" and agreeing.only_narrows(row),
        "reason": reason,
        "errors": errors,
        "longest": LONGEST_REASON,
    }
    return render(request, "sharing/agreement_decide.html", context, status=400 if errors else 200)


def _own(viewer: Viewer, code: str) -> Agreement:
    row: Agreement = get_object_or_404(Agreement.objects.visible_to(viewer).told(), code=code)
    return row


def _require(viewer: Viewer, event: str, code: str) -> None:
    if not agreeing.may_agree(viewer):
        reason = _("Only an administrator of one of the two agencies decides on agreements.")
        raise denied(event, viewer, reason, kind="agreement", ref=code)


def _told(row: Agreement, now: datetime) -> dict[str, Any]:
    found: AgreementInWords = in_words(row, now)
    crumbs = [(_("Agreements"), "/agreements/"), (row.code, f"/agreements/{row.code}/")]
    return {"agreement": found, "crumbs": crumbs}


def _options(row: Agreement, viewer: Viewer, now: datetime) -> Options:
    if not agreeing.may_agree(viewer):
        return Options()
    by, found = viewer.agency_id or 0, stand(row, now)
    draft = found == Stand.DRAFT
    return Options(
        accept=draft and not agreeing.accept_refusal(row, by, now),
        change=not agreeing.change_refusal(row, by, now),
        decline=draft,
        suspend=not suspend_refusal(found, row.suspended_by, by),
        resume=not resume_refusal(found, row.suspended_by, by),
        foresee=draft and row.proposed_by_id == by,
    )


def _revision(request: HttpRequest) -> int:
    """The revision the form was made for; one that is missing or odd fits none."""
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


def _tried(form: AgreementForm, act: Callable[[], Agreement], event: str, viewer: Viewer) -> Agreement | None:
    """The agreement written; or nothing, and the refusal on the form and on the trail."""
    try:
        with transaction.atomic():
            return act()
    except ValidationError as error:
        form.refuse(error)
        code = form.row.code if form.row else ""
        _on_trail(event, viewer, code, " ".join(error.messages))
        return None


def _on_trail(event: str, viewer: Viewer, code: str, reason: str) -> None:
    refuse(event, viewer=viewer, at=timezone.now(), object_type="agreement", object_id=code, reason=reason)


def _form(request: HttpRequest, form: AgreementForm, row: Agreement | None, viewer: Viewer) -> HttpResponse:
    theirs = ""
    if row is not None:
        theirs = row.second.code if row.first_id == viewer.agency_id else row.first.code
    context = {
        "form": form,
        "row": in_words(row, timezone.now()) if row else None,
        "theirs": theirs,
        "crumbs": [(_("Agreements"), "/agreements/")],
    }
    return render(request, "sharing/agreement_form.html", context, status=400 if form.errors else 200)
