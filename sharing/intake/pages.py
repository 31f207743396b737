"""Where a record came from, for its own agency: the objects it came in as, and what its owner decides on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bulletins.markings.rules import marking_of
from bulletins.publishing.actions import take_up
from bulletins.publishing.models import Bulletin
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_draft, may_release
from bulletins.records.models import Kind
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail
from hub.trail.actions import refuse
from sharing.disclosures.reading import shown_to
from sharing.intake.deciding import leave, take_over
from sharing.intake.models import Original, OriginalState
from sharing.intake.pulling.answering import acknowledge_there, standing_of
from sharing.intake.querysets import UNSETTLED, originals_of, path_of, twins_of
from sharing.receipts.actions import acknowledge as acknowledge_here

SHOWN = 20_000
MODELS: dict[str, type[Any]] = {"bulletin": Bulletin, "seizure": SeizureReport}


@dataclass(frozen=True)
class OriginalLine:
    """One version as it was sent. `number` counts from the oldest, in addresses too."""

    number: int
    stix_id: str
    modified_at: datetime
    taken_at: datetime
    way: str
    sender: str
    state: str
    waits: bool
    decide: bool
    notes: tuple[str, ...]
    body: str
    cut: bool


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def origin(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The objects the record came in as. Whoever may write it decides on later ones that wait."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = working_copies(MODELS[kind], viewer).select_related("owner").filter(ref=ref).first()
    rows = list(originals_of(viewer, record.pk).order_by("modified_at", "id")) if record else []
    if record is None or not rows:
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        errors = _decide(request, record, rows, viewer)
        if not errors:
            return HttpResponseRedirect(request.path)
    context = {
        "lines": [_line(number, row) for number, row in reversed(list(enumerate(rows, 1)))],
        "twins": twins_of(viewer, record),
        "errors": errors,
        "ref": ref,
        "path": path_of(record),
        "recall": f"{path_of(record)}recall/" if record.latest and may_release(viewer) else "",
        "published": bool(record.latest),
        "recalled": record.recalled_at,
        "may_decide": may_draft(viewer),
        "crumbs": [
            (_("Bulletins"), "/bulletins/") if kind == Kind.BULLETIN else (_("Seizures"), "/seizures/"),
            (ref, path_of(record)),
        ],
        "page_marking": marking_of(record),
    }
    return render(request, "sharing/origin.html", context, status=400 if errors else 200)


@login_required
@require_POST
def acknowledge(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Acknowledge it to the hub it came from: whoever of its owner reads it may."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = working_copies(MODELS[kind], viewer).filter(ref=ref).first()
    if record is None or standing_of(record.pk) is None:
        raise Http404
    try:
        acknowledge_there(record, viewer=viewer, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if shown := shown_to(viewer, kind, ref):
            acknowledge_here(viewer, shown, timezone.now())
        messages.success(request, _("Acknowledged. The hub it came from is told."))
    return HttpResponseRedirect(path_of(record))


@login_required
@require_safe
def original_file(request: HttpRequest, kind: str, ref: str, number: int) -> HttpResponse:
    """One object to the letter, as a file for the owner's people."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = working_copies(MODELS[kind], viewer).filter(ref=ref).first()
    rows = list(originals_of(viewer, record.pk).order_by("modified_at", "id")) if record else []
    if record is None or not 0 < number <= len(rows):
        raise Http404
    body = rows[number - 1].body.encode()
    write_trail(
        "intake.original",
        viewer=viewer,
        at=timezone.now(),
        object_type=kind,
        object_id=ref,
        marking=record.tlp,
        bytes_out=len(body),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{ref}-{number}.json"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, content_type="application/json", headers=headers)


def _decide(request: HttpRequest, record: Any, rows: list[Original], viewer: Viewer) -> list[str]:
    at = timezone.now()
    if not may_draft(viewer):
        reason = "not an officer, releaser or liaison"
        refuse(
            "intake.decide",
            viewer=viewer,
            at=at,
            object_type=record.kind,
            object_id=record.ref,
            reason=reason,
        )
        raise PermissionDenied
    deeds = {
        "take": (take_over, _("Taken over. Read it and post it.")),
        "leave": (leave, _("Left as it is.")),
    }
    number = request.POST.get("number", "")
    deed = deeds.get(request.POST.get("deed", ""))
    if deed is None or not number.isdecimal() or not 0 < int(number[:6]) <= len(rows):
        raise BadRequest
    act, said = deed
    copy = take_up(type(record), record.ref, viewer=viewer)
    try:
        with transaction.atomic():
            act(copy, rows[int(number) - 1], viewer=viewer, at=at)
    except ValidationError as error:
        return error.messages
    messages.success(request, said)
    return []


def _line(number: int, row: Original) -> OriginalLine:
    text = orjson.dumps(orjson.loads(row.body), option=orjson.OPT_INDENT_2).decode()
    return OriginalLine(
        number=number,
        stix_id=row.stix_id,
        modified_at=row.modified_at,
        taken_at=row.taken_at,
        way=str(row.get_way_display()),
        sender=row.sender,
        state=str(row.get_state_display()),
        waits=row.state == OriginalState.WAITING and row.decided_at is None,
        decide=row.state in UNSETTLED and row.decided_at is None,
        notes=tuple(row.notes),
        body=text[:SHOWN],
        cut=len(text) > SHOWN,
    )
