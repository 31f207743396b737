"""Asking to share a record on, and answering: the pages of a holder, of those asked, and of the owner."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bulletins.markings.models import TLP
from bulletins.publishing.rules import may_draft, may_release
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.reading import shown_to
from sharing.releases.facts import load
from sharing.requests.actions import ask, grant, refuse_request, withdraw_consent, withdraw_request
from sharing.requests.forms import AnswerForm, AskForm
from sharing.requests.models import OnwardRequest, Verdict, VerdictState
from sharing.requests.presenting import (
    Outlook,
    asked_row,
    decide_row,
    href_of,
    in_words,
    outlook,
    stands,
)
from sharing.requests.querysets import concerning, requests_of, verdicts_of

MOST = 100


@login_required
@never_cache
@require_safe
def requests_page(request: HttpRequest) -> HttpResponse:
    """What the agency is asked, and what it asked."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    verdicts = list(verdicts_of(viewer)[:MOST])
    waiting = [each for each in verdicts if each.state == VerdictState.WAITING]
    context = {
        "waiting": [decide_row(each, action=may_release(viewer)) for each in waiting],
        "answered": [decide_row(each) for each in verdicts if each.state != VerdictState.WAITING],
        "asked": [asked_row(each) for each in requests_of(viewer)[:MOST]],
    }
    return render(request, "sharing/requests.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Ask that another agency may have what one's own holds. To whoever does not hold it there is no such page."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref)
    if shown is None:
        raise Http404
    _require(may_draft(viewer), "request.ask", viewer, kind, ref)
    start = {"to": request.GET.get("to", "")}
    form = AskForm(
        request.POST if request.method == "POST" else None,
        besides={viewer.agency_id or 0, shown.owner.id},
        initial=start,
    )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = ask(
                    shown,
                    form.cleaned_data["to"],
                    need_to_know=form.cleaned_data["need_to_know"],
                    right_to_know=form.cleaned_data["right_to_know"],
                    viewer=viewer,
                    at=timezone.now(),
                )
            messages.success(request, _("Asked. You are told when it is answered."))
            return HttpResponseRedirect(href_of(made))
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "shown": shown,
        "form": form,
        "crumbs": _crumbs(shown),
        "red": shown.marking.tlp == TLP.RED,
        "alone": shown.own and _decides_alone(shown),
        "page_marking": shown.marking,
    }
    return render(request, "sharing/ask.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One request: what was asked and, for those asked, what granting would do before it is done."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(concerning(viewer), uid=uid)
    verdicts = _verdicts(found, viewer)
    mine = next((each for each in verdicts if each.agency_id == viewer.agency_id), None)
    shown = shown_to(viewer, found.kind, found.ref)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    wrong: list[str] = []
    if request.method == "POST":
        form.is_valid()
        do = request.POST.get("do", "look")
        if do != "look":
            wrong = _done(request, do, found, form, shown, viewer)
            if not wrong:
                return HttpResponseRedirect(href_of(found))
    decides = mine is not None and mine.state == VerdictState.WAITING and may_release(viewer)
    context = {
        "asked": in_words(found, verdicts, viewer),
        "shown": shown,
        "mine": in_words(found, [mine], viewer).says[0] if mine else None,
        "form": form,
        "wrong": wrong,
        "outlook": _outlook(found, form, shown, viewer) if decides else None,
        "decides": decides,
        "owner": found.owner_id == viewer.agency_id,
        "asker": found.asker_id == viewer.agency_id,
        "may_take_back": found.asker_id == viewer.agency_id
        and found.state == "waiting"
        and may_draft(viewer),
        "may_withdraw": mine is not None and stands(mine) and may_release(viewer),
        "crumbs": [(_("Requests"), "/requests/")],
        "page_marking": shown.marking if shown else None,
    }
    return render(request, "sharing/request.html", context, status=400 if wrong else 200)


@login_required
@never_cache
@require_POST
def request_preview(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What granting on the chosen terms would do, alone."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = get_object_or_404(concerning(viewer), uid=uid)
    _require(may_release(viewer), "request.preview", viewer, found.kind, found.ref)
    if not verdicts_of(viewer).filter(request=found, state=VerdictState.WAITING).exists():
        raise Http404
    form = AnswerForm(request.POST)
    form.is_valid()
    seen = _outlook(found, form, shown_to(viewer, found.kind, found.ref), viewer)
    return render(request, "sharing/request_outlook.html", {"outlook": seen})


def _done(
    request: HttpRequest,
    do: str,
    found: OnwardRequest,
    form: AnswerForm,
    shown: Disclosure | None,
    viewer: Viewer,
) -> list[str]:
    """Do what the button says; return why not."""
    at = timezone.now()
    if do == "take_back":
        role = may_draft(viewer) and found.asker_id == viewer.agency_id
    else:
        role = may_release(viewer) and verdicts_of(viewer).filter(request=found).exists()
    events = {"take_back": "request.withdraw", "withdraw": "consent.withdraw", "refuse": "request.refuse"}
    _require(role, events.get(do, "request.grant"), viewer, found.kind, found.ref)
    if do == "grant" and form.errors:
        return [str(each) for errors in form.errors.values() for each in errors]
    try:
        with transaction.atomic():
            if do == "grant":
                _looked(request, found, form, shown, viewer)
                grant(found, form.terms(), viewer=viewer, at=at)
                messages.success(request, _("Granted. The asker is told when all have answered."))
            elif do == "refuse":
                refuse_request(found, request.POST.get("reason", "").replace("\0", ""), viewer=viewer, at=at)
                messages.success(request, _("Refused. The asker is shown your reason."))
            elif do == "withdraw":
                withdraw_consent(found, viewer=viewer, at=at)
                messages.success(request, _("Withdrawn. What went by your consent alone has ended."))
            elif do == "take_back":
                withdraw_request(found, viewer=viewer, at=at)
                messages.success(request, _("Taken back. Nobody is asked any more."))
            else:
                return [_("What you chose was not understood. Press one of the buttons.")]
    except ValidationError as error:
        return list(error.messages)
    return []


def _looked(
    request: HttpRequest, found: OnwardRequest, form: AnswerForm, shown: Disclosure | None, viewer: Viewer
) -> None:
    """The owner releases exactly what it looked at."""
    if found.owner_id != viewer.agency_id:
        return
    seen = outlook(found, form.terms(), shown, viewer=viewer, at=timezone.now())
    if seen.possible and request.POST.get("seal") != seen.seal:
        raise ValidationError(
            _(
                "What they would see has changed since you looked, or you have not looked yet. Look, then grant."
            )
        )


def _outlook(found: OnwardRequest, form: AnswerForm, shown: Disclosure | None, viewer: Viewer) -> Outlook:
    if not form.is_bound:
        form = AnswerForm({})
        form.is_valid()
    return outlook(found, form.terms(), shown, viewer=viewer, at=timezone.now())


def _verdicts(found: OnwardRequest, viewer: Viewer) -> list[Verdict]:
    """What those asked said: to the owner all of it, to each of them its own."""
    rows = Verdict.objects.filter(request=found).select_related("agency", "consent")
    return list(rows.order_by("id"))


def _decides_alone(shown: Disclosure) -> bool:
    """Whether an own record rests on nobody else's word."""
    subject = load([shown.key]).subjects[shown.key]
    return all(each is not None and each.id == subject.owner.id for each in subject.origins())


def _require(allowed: bool, event: str, viewer: Viewer, kind: str, ref: str) -> None:
    if not allowed:
        reason = _("Your role does not allow this.")
        raise denied(event, viewer, reason, kind=kind, ref=ref)


def _crumbs(shown: Disclosure) -> list[tuple[str, str]]:
    section = (
        (_("Bulletins"), "/bulletins/") if shown.kind == Kind.BULLETIN else (_("Seizures"), "/seizures/")
    )
    return [section, (shown.ref, shown.path)]
