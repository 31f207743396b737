"""The ledger as a page and as files, for an agency's auditors, releasers, liaisons and admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import denied
from sharing.briefings.pdf import NotSet
from sharing.disclosures.rules import may_read_ledger
from sharing.ledger.exporting import TYPES, exported, marking_of_lines
from sharing.ledger.forms import LedgerFilters
from sharing.ledger.looking import NoSuchPlace, is_known, look, on_trail
from sharing.ledger.rules import Side

SIZE = 50
REFUSED = gettext_lazy("The ledger is read by auditors, releasers, liaisons and admins of an agency.")


@login_required
@never_cache
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """One side at a time, newest first, fifty lines a page."""
    viewer = _reader(request, "ledger.read")
    now = timezone.now()
    filters = LedgerFilters(request.GET)
    context: dict[str, Any] = {"filters": filters}
    if not filters.is_valid():
        return render(request, "sharing/ledger.html", context | {"refused": True}, status=400)
    side, asked = filters.asked_side, filters.asked
    if asked.one_record and not is_known(viewer, asked):
        raise Http404
    after = filters.cleaned_data["after"]
    try:
        found = look(viewer, side, asked, at=now, size=SIZE, after=after)
    except NoSuchPlace:
        return render(request, "sharing/ledger.html", context | {"refused": True}, status=400)
    on_trail("ledger.read", viewer, side, asked, at=now, rows=len(found.lines))
    kept = {name: str(value) for name, value in filters.cleaned_data.items() if value}
    return render(
        request,
        "sharing/ledger.html",
        context
        | {
            "given": side == Side.GIVEN,
            "segments": _segments(side),
            "lines": found.lines,
            "unlisted": found.unlisted,
            "next": found.after,
            "first": not after,
            "narrowed": bool(kept.keys() - {"side", "after"}),
            "ref": asked.ref,
            "forms": [(form, form.upper()) for form in TYPES],
            "page_marking": marking_of_lines([*found.lines, *found.unlisted]),
        },
    )


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The same as a file. What cannot be made is said on the page it was asked from."""
    viewer = _reader(request, "ledger.export")
    now = timezone.now()
    form = request.GET.get("as", "")
    filters = LedgerFilters(request.GET)
    if form not in TYPES or not filters.is_valid():
        return render(request, "sharing/ledger.html", {"filters": filters, "refused": True}, status=400)
    side, asked = filters.asked_side, filters.asked
    if asked.one_record and not is_known(viewer, asked):
        raise Http404
    owner = Agency.objects.get(pk=viewer.agency_id)
    back = request.GET.copy()
    back.pop("as", None)
    try:
        content, lines = exported(viewer, side, asked, form, owner=owner, at=now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(f"/ledger/?{back.urlencode()}")
    except NotSet:
        messages.error(request, _("The PDF could not be made just now. Try again in a minute."))
        return HttpResponseRedirect(f"/ledger/?{back.urlencode()}")
    on_trail("ledger.export", viewer, side, asked, at=now, rows=lines, bytes_out=len(content), form=form)
    answer = HttpResponse(content, content_type=TYPES[form])
    name = f"ledger-{side.value}-{now:%Y%m%d-%H%M}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _reader(request: HttpRequest, event: str) -> Viewer:
    """Who may read the ledger; others are refused, which goes on the trail."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not may_read_ledger(viewer):
        raise denied(event, viewer, "no reader of the ledger", kind="ledger", said=str(REFUSED))
    return viewer


def _segments(side: Side) -> list[dict[str, Any]]:
    said = {Side.GIVEN: _("Given"), Side.RECEIVED: _("Received")}
    return [
        {"label": label, "href": f"?side={each.value}", "current": each == side}
        for each, label in said.items()
    ]
