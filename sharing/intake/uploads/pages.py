"""Uploading a file of seizures: the template, sending, what was found in it, and taking its good rows in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking, highest
from bulletins.publishing.actions import by_field
from bulletins.publishing.rules import may_draft
from hub.accounts.viewer import Viewer
from hub.trail.actions import refuse
from sharing.intake.models import Upload, UploadState
from sharing.intake.uploads.actions import MOST_BYTES, accept, put_away, send, uploads_of
from sharing.intake.uploads.files import REFUSED, opened
from sharing.intake.uploads.presenting import line_of
from sharing.intake.uploads.template import as_csv, as_workbook

FORM_BYTES = 100_000
REFRESH_S = 3
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POSTS = [
    ("no", gettext_lazy("Drafts: somebody reads and posts each")),
    ("yes", gettext_lazy("Posted at once")),
]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV (UTF-8) or .xlsx, up to 100,000 rows"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )
    tlp = forms.ChoiceField(
        label=gettext_lazy("Marking"),
        choices=TLP.choices,
        initial=TLP.AMBER,
        help_text=gettext_lazy(
            "Of every row. A row may be marked stricter in the column tlp, and not lower."
        ),
    )
    posts = forms.ChoiceField(
        label=gettext_lazy("What good rows become"), choices=POSTS, initial="no", widget=forms.RadioSelect
    )


def for_drafters(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Asked before anything is looked up: a refusal tells of nothing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        if not may_draft(viewer):
            reason = "not an officer, releaser or liaison"
            refuse("upload.send", viewer=viewer, at=timezone.now(), object_type="upload", reason=reason)
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def limited(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuses a body that is far too long before any of it is read: the CSRF check begins with reading it."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES + FORM_BYTES:
            said = _("The file is larger than %(most)d MB. Send it in several.") % {"most": MOST_BYTES >> 20}
            return HttpResponse(said, status=413, content_type="text/plain; charset=utf-8")
        return csrf_protect(view)(request, *args, **kwargs)

    return guarded


@limited
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_drafters
def uploads(request: HttpRequest) -> HttpResponse:
    """Send a file; below it those sent before, the viewer's own alone."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                made = send(
                    given["file"],
                    tlp=given["tlp"],
                    posts=given["posts"] == "yes",
                    viewer=viewer,
                    at=timezone.now(),
                )
            return HttpResponseRedirect(_address(made))
        except ValidationError as error:
            for name, said in by_field(error).items():
                form.add_error(name if name in form.fields else None, said)
    rows = list(uploads_of(viewer)[:20])
    context = {
        "form": form,
        "lines": [line_of(row) for row in rows],
        "crumbs": [(_("Seizures"), "/seizures/")],
        "page_marking": highest(Marking(tlp=row.tlp) for row in rows),
    }
    return render(request, "sharing/uploads.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_drafters
def upload(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was found in a file, how far the work has come; its sender says what becomes of it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row = uploads_of(viewer).filter(uid=uid).first()
    if row is None:
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        deed = request.POST.get("deed")
        if deed == "remove":
            put_away(row, viewer=viewer, at=timezone.now())
            messages.success(request, _("The file is removed. What was taken in of it stays."))
            return HttpResponseRedirect(reverse("uploads"))
        if deed != "take":
            raise BadRequest
        try:
            with transaction.atomic():
                accept(row, viewer=viewer, at=timezone.now())
            return HttpResponseRedirect(_address(row))
        except ValidationError as error:
            errors = error.messages
    context: dict[str, Any] = {
        "line": line_of(row),
        "errors": errors,
        "crumbs": [(_("Seizures"), "/seizures/"), (_("Upload"), reverse("uploads"))],
        "page_marking": Marking(tlp=row.tlp),
    }
    answer = render(request, "sharing/upload.html", context, status=400 if errors else 200)
    if context["line"].working:
        answer["Refresh"] = str(REFRESH_S)
    return answer


@login_required
@never_cache
@require_safe
@for_drafters
def refused_rows(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """The refused rows with the reasons, to be mended and sent again."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    row: Upload | None = (
        uploads_of(viewer).filter(uid=uid, bad__gt=0).exclude(state=UploadState.CHECKING).first()
    )
    if row is None:
        raise Http404
    try:
        file = opened(row.uid, REFUSED)
    except FileNotFoundError:
        raise Http404 from None
    return _file(file, "refused.csv", "text/csv; charset=utf-8")


@login_required
@require_safe
@for_drafters
def template(request: HttpRequest, form: str) -> HttpResponseBase:
    """The empty file: `csv` or `xlsx`."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if form == "csv":
        return _file(as_csv(), "seizures.csv", "text/csv; charset=utf-8")
    if form == "xlsx":
        return _file(as_workbook(viewer), "seizures.xlsx", WORKBOOK_TYPE)
    raise Http404


def _address(row: Upload) -> str:
    return reverse("upload", args=[row.uid])


def _file(content: Any, name: str, kind: str) -> HttpResponseBase:
    answer: HttpResponseBase
    if isinstance(content, bytes):
        answer = HttpResponse(content, content_type=kind)
    else:
        answer = FileResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
