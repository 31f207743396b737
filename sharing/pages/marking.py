"""Marking and embargo of one's own record: what a change would take and give is shown before it is made."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bulletins.markings.rules import Marking, loosenings, marking_of, marking_refusals
from bulletins.models import Record
from hub.accounts.viewer import Viewer
from sharing.audiences.preview import PreviewRow, preview_marking
from sharing.flow import Handling, mark
from sharing.pages.access import head_of, own_record
from sharing.releases.forms import HandlingForm
from sharing.releases.plan import Plan


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def marking_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Look at what the marking would change, then mark exactly what was looked at."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.mark")
    head, now, embargo = head_of(record, viewer), timezone.now(), record.embargo_until
    form = HandlingForm(request.POST if request.method == "POST" else _start(record))
    form.is_valid()
    rows = _foreseen(record, form, viewer, now) if not form.errors else ()
    if (
        request.method == "POST"
        and request.POST.get("do") == "mark"
        and _marked(form, record, rows, viewer, now)
    ):
        messages.success(request, _told(form, embargo))
        return HttpResponseRedirect(head.path)
    looked = request.method == "POST" and not form.errors
    context = {
        "head": head,
        "page_marking": head.marking,
        "form": form,
        "looked": looked,
        "changed": looked and _handling(form) != _as_it_stands(record),
        "lower": _lower(record, form) if looked else [],
        "losing": [row for row in rows if row.outcome == "no"],
        "gaining": [row for row in rows if row.outcome != "no"],
        "seal": _seal(record, rows),
    }
    return render(request, "sharing/marking.html", context, status=400 if form.errors else 200)


def _start(record: Record) -> dict[str, Any]:
    embargo = timezone.localtime(record.embargo_until) if record.embargo_until else None
    return {
        "tlp": record.tlp,
        "controls": record.controls,
        "rel_to": ", ".join(record.rel_to),
        "embargo_until": embargo.strftime("%Y-%m-%dT%H:%M") if embargo else "",
    }


def _handling(form: HandlingForm) -> Handling:
    given = form.cleaned_data
    return Handling(
        tlp=given["tlp"],
        controls=tuple(given["controls"]),
        rel_to=tuple(given["rel_to"]),
        embargo_until=given["embargo_until"],
    )


def _as_it_stands(record: Record) -> Handling:
    return Handling(record.tlp, tuple(record.controls), tuple(record.rel_to), record.embargo_until)


def _lower(record: Record, form: HandlingForm) -> list[str]:
    wanted = _handling(form)
    return loosenings(marking_of(record), Marking(wanted.tlp, wanted.controls, wanted.rel_to))


def _foreseen(record: Record, form: HandlingForm, viewer: Viewer, at: datetime) -> tuple[PreviewRow, ...]:
    """Who would lose or gain it; what is wrong with the marking itself is said in the form."""
    wanted = _handling(form)
    refusals = marking_refusals(
        tlp=wanted.tlp,
        controls=wanted.controls,
        rel_to=wanted.rel_to,
        owner_country=record.owner.country,
    )
    for refusal in refusals:
        form.add_error(None, refusal)
    if refusals or not record.latest:
        return ()
    plan = Plan((), wanted.tlp, wanted.controls, wanted.rel_to)
    return preview_marking(record, plan, wanted.embargo_until, viewer=viewer, at=at)


def _told(form: HandlingForm, embargo: datetime | None) -> str:
    """What was done, in words; `embargo` is the one that stood before."""
    wanted = _handling(form)
    said = _("It is marked %(tlp)s now.") % {"tlp": wanted.tlp}
    if wanted.embargo_until == embargo:
        return said
    return said + " " + (_("It is under embargo.") if wanted.embargo_until else _("The embargo is lifted."))


def _seal(record: Record, rows: tuple[PreviewRow, ...]) -> str:
    """Names what was shown: the record as it stood, and who would lose or gain it."""
    parts = (_as_it_stands(record), record.latest, [(row.code, row.outcome) for row in rows])
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _marked(
    form: HandlingForm, record: Record, rows: tuple[PreviewRow, ...], viewer: Viewer, at: datetime
) -> bool:
    """Carry it out, or say in the form why not."""
    if form.errors:
        return False
    if form.data.get("seal") != _seal(record, rows):
        form.add_error(None, _("What it changes is not what you looked at any more. Look, then mark it."))
        return False
    try:
        with transaction.atomic():
            mark(record, _handling(form), reason=form.cleaned_data["reason"], viewer=viewer, at=at)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
