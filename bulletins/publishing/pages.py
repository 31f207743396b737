"""Posting: new records, drafts and amendments, saved as one types."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bulletins.markings.rules import Marking, highest
from bulletins.publishing.actions import Errors, begin, by_field, discard, move_words, post, save, take_up
from bulletins.publishing.models import Bulletin
from bulletins.publishing.photographs import Refused
from bulletins.publishing.photographs.actions import MOST, add_photograph, remove_photograph
from bulletins.publishing.querysets import draft_lines
from bulletins.publishing.rules import may_draft
from bulletins.publishing.sheet import Sheet, pictures_of
from bulletins.records.models import Kind
from bulletins.records.provenance import provenance_of
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import refuse

MODELS: dict[str, type[Bulletin] | type[SeizureReport]] = {"bulletin": Bulletin, "seizure": SeizureReport}
SIGNER = "bulletins.publishing.new"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty form. Looking writes nothing; whatever is first sent makes the draft.

    The form's address carries the draft's future uid, signed for this person, so that a form sent twice makes
    one draft.
    """
    viewer = viewer_of(request)
    require_author(viewer, f"{kind}.draft")
    model = MODELS[kind]
    if request.method != "POST":
        return show(request, model(kind=kind, uid=uuid.uuid4()))
    record = begin(model, uid_of(request, viewer), viewer=viewer)
    if record.pk is not None and record.latest:
        return HttpResponseRedirect(page_of(record))
    return answer(request, record)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    """A draft, or the next version of what was posted."""
    record = taken_up(request, ref, kind)
    if record.recalled_at:
        messages.info(request, _("It was recalled. What takes its place is posted anew."))
        return HttpResponseRedirect(page_of(record))
    return answer(request, record) if request.method == "POST" else show(request, record)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def throw_away(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    """Asks, then deletes a draft. What was posted is recalled instead."""
    record = taken_up(request, ref, kind)
    viewer = viewer_of(request)
    if record.latest:
        refuse(
            f"{kind}.discard",
            viewer=viewer,
            at=timezone.now(),
            object_type=kind,
            object_id=ref,
            reason="it was posted",
        )
        messages.error(request, _("It was posted: recall it instead, so that everyone who has it is told."))
        return HttpResponseRedirect(page_of(record))
    if request.method == "POST":
        discard(record, viewer=viewer, at=timezone.now())
        messages.success(request, _("The draft was discarded."))
        return HttpResponseRedirect(reverse("drafts"))
    sheet = Sheet(record, country="", viewer=viewer)
    context = {
        "title": sheet.title or record.ref,
        "photographs": len(sheet.pictures),
        "back": edit_address(record),
        "page_marking": sheet.marking,
    }
    return render(request, "bulletins/discard.html", context)


@login_required
@never_cache
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """What is unfinished, with what it still needs."""
    viewer = viewer_of(request)
    require_author(viewer, "draft.list")
    lines = draft_lines(viewer, 100)
    marking = highest(Marking(tlp=line.tlp) for line in lines)
    return render(request, "bulletins/drafts.html", {"rows": lines, "page_marking": marking})


# --- What the pages share ---------------------------------------------------------------------------------
def viewer_of(request: HttpRequest) -> Viewer:
    found: Viewer = request.viewer  # type: ignore[attr-defined]
    return found


def require_author(viewer: Viewer, event: str, ref: str = "") -> None:
    """PermissionDenied, and a line on the trail, for whoever may see but not write."""
    if not may_draft(viewer):
        refuse(
            event,
            viewer=viewer,
            at=timezone.now(),
            object_id=ref,
            reason="not an officer, releaser or liaison",
        )
        raise PermissionDenied


def taken_up(request: HttpRequest, ref: str, kind: str) -> Any:
    """The working copy, locked. Missing and hidden are the same; the right to write is asked after that."""
    viewer = viewer_of(request)
    record = take_up(MODELS[kind], ref, viewer=viewer)
    if record is None:
        raise Http404
    require_author(viewer, f"{kind}.edit", ref)
    return record


def page_of(record: Bulletin | SeizureReport) -> str:
    """Where the published record is read: its page is sharing's, its address everybody's."""
    return f"/{'bulletins' if record.kind == Kind.BULLETIN else 'seizures'}/{record.ref}/"


def edit_address(record: Bulletin | SeizureReport) -> str:
    return reverse(f"{record.kind}_edit", args=[record.ref])


def form_address(record: Bulletin | SeizureReport, viewer: Viewer) -> str:
    """Where the form is sent: the draft's own address, or with a signed promise of the uid it will have."""
    if record.pk is not None:
        return edit_address(record)
    promise = signing.Signer(salt=SIGNER).sign(f"{record.uid}.{viewer.person_id}")
    return f"{reverse(f'{record.kind}_new')}?draft={promise}"


def uid_of(request: HttpRequest, viewer: Viewer) -> uuid.UUID:
    """The uid that this person's form was promised; a fresh one where there is no such promise."""
    try:
        told = signing.Signer(salt=SIGNER).unsign(request.GET.get("draft", ""))
        uid, _dot, person = told.rpartition(".")
        return uuid.UUID(uid) if person == str(viewer.person_id) else uuid.uuid4()
    except (signing.BadSignature, ValueError):
        return uuid.uuid4()


def answer(request: HttpRequest, record: Any) -> HttpResponse:
    """Save what was sent. A script gets JSON, a person the next page, or this one with what to correct."""
    viewer, at = viewer_of(request), timezone.now()
    part = request.headers.get("X-Requested-With") == "fetch"
    country = Agency.objects.values_list("country", flat=True).get(pk=viewer.agency_id)
    do, _colon, what = request.POST.get("do", "save").partition(":")
    sheet = Sheet(
        record,
        country=country,
        data=request.POST,
        part=part,
        more=what if do == "more" else "",
        viewer=viewer,
    )
    entry = sheet.entry()
    errors = sheet.errors() | save(record, entry, viewer=viewer, at=at)
    if "change" in request.POST:
        request.session[f"change {record.ref}"] = request.POST["change"][:300]
    if part:
        return told(record, sheet, errors, viewer)
    sheet.said = sheet.conclude(record)
    if request.FILES:
        errors |= _take_photographs(request, record, viewer)
        sheet.pictures = pictures_of(record)
    if do == "remove":
        _remove_photograph(record, what, viewer)
    if do == "move" and not errors:
        return _moved(request, record, sheet, what, viewer)
    if do == "post" and not errors:
        try:
            with transaction.atomic():
                version = post(
                    record, viewer=viewer, at=at, change=request.POST.get("change", "").replace("\0", "")
                )
            return _posted(request, record, version.number)
        except ValidationError as refused:
            errors = by_field(refused)
    if errors or do == "more":
        sheet.show(errors)
        return show(request, record, sheet=sheet, status=400 if errors else 200)
    if do != "remove":
        messages.success(request, _("Saved. Only your agency's releasers and you can see a draft."))
    return HttpResponseRedirect(edit_address(record) + ("#id_photographs" if do == "remove" else ""))


def _moved(request: HttpRequest, record: Any, sheet: Sheet, what: str, viewer: Viewer) -> HttpResponse:
    """Take words out of a text everybody is shown, and put them among the identifiers."""
    name, _colon, words = what.partition(":")
    found = next(
        (each for each in sheet.telltales if each.field == name and each.telltale.words == words), None
    )
    if found is None:
        messages.info(request, _("These words are not there any more."))
    else:
        move_words(record, name, found.telltale, viewer=viewer, at=timezone.now())
        said = _("“%(words)s” stands among the identifiers now. Read the sentence once more.")
        messages.success(request, said % {"words": words})
    return HttpResponseRedirect(f"{edit_address(record)}#id_tear_line")


def _posted(request: HttpRequest, record: Any, version: int) -> HttpResponse:
    request.session.pop(f"change {record.ref}", None)
    agency = viewer_of(request).agency_code
    if version > 1:
        said = _(
            "Version %(number)d is posted to %(agency)s. Partners keep what they have until it is released."
        ) % {"number": version, "agency": agency}
    else:
        said = _("Posted. Seen by %(agency)s only, until it is released.") % {"agency": agency}
    messages.success(request, said)
    return HttpResponseRedirect(page_of(record))


def _take_photographs(request: HttpRequest, record: Any, viewer: Viewer) -> Errors:
    """Photographs sent with the form itself, where no script sends them one by one."""
    refused = []
    for upload in request.FILES.getlist("photograph")[: MOST + 1]:
        try:
            with transaction.atomic():
                add_photograph(record, upload, viewer=viewer, at=timezone.now())
        except Refused as reason:
            refused.append(f"{upload.name}: {reason}")
        except ValidationError as reason:
            refused += reason.messages
    return {"photographs": refused} if refused else {}


def _remove_photograph(record: Any, uid: str, viewer: Viewer) -> None:
    try:
        remove_photograph(record, uuid.UUID(uid), viewer=viewer, at=timezone.now())
    except ValueError:
        raise Http404 from None


def told(record: Any, sheet: Sheet, errors: Errors, viewer: Viewer) -> JsonResponse:
    """For the script: where the draft lives now, what is to be corrected, what follows from the words."""
    home = edit_address(record)
    answer: dict[str, Any] = {
        "draft": record.ref,
        "autosave": home,
        "action": home,
        "location": home,
        "saved_at": record.edited_at.isoformat(),
        "said": sheet.conclude(record),
        "warned": sheet.warned,
        "parts": {"telltales": render_to_string("bulletins/telltales.html", {"sheet": sheet})},
        "errors": errors,
    }
    if record.kind == Kind.BULLETIN:
        answer["upload"] = reverse("draft_photographs", args=[record.ref])
    return JsonResponse(answer, status=400 if errors else 200)


def show(request: HttpRequest, record: Any, *, sheet: Sheet | None = None, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    if sheet is None:
        country = Agency.objects.values_list("country", flat=True).get(pk=viewer.agency_id)
        sheet = Sheet(record, country=country, viewer=viewer)
    is_bulletin = record.kind == Kind.BULLETIN
    made = record.pk is not None
    context = {
        "sheet": sheet,
        "form": sheet.form,
        "is_bulletin": is_bulletin,
        "ref": record.ref if made else "",
        "version": record.latest,
        "saved_at": record.edited_at if made else None,
        "address": form_address(record, viewer),
        "discard": reverse(f"{record.kind}_discard", args=[record.ref]) if made and not record.latest else "",
        "upload": reverse("draft_photographs", args=[record.ref]) if made and is_bulletin else "",
        "most_photographs": MOST,
        "change": request.POST.get("change", request.session.get(f"change {record.ref}", "")),
        "page": page_of(record) if record.latest else "",
        "came_in": provenance_of(viewer, record.pk) if made else None,
        "page_marking": sheet.marking,
    }
    return render(request, "bulletins/edit.html", context, status=status)
