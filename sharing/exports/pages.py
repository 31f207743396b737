"""Taking a list out as a file, and one's own files: how far they are, and fetching them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.trail.actions import denied
from hub.trail.actions import record as write_trail
from sharing.disclosures.actions import disclose
from sharing.disclosures.filters import NotUnderstood
from sharing.disclosures.presenting import row_of
from sharing.disclosures.reading import marking_of_page
from sharing.disclosures.rules import Channel
from sharing.exports.actions import Changed, ask, drop, fetch
from sharing.exports.making import made_at_once
from sharing.exports.models import ExportJob, Form, JobState
from sharing.exports.questions import INBOX, SEARCH, Question, asked, chosen
from sharing.exports.rules import AT_ONCE, MOST, may_export, may_take_all
from sharing.exports.writing import TYPES

# So many of a list can be ticked one by one.
TICKED = 100
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One of the reader's files, in words."""

    uid: UUID
    what: str
    form: str
    state: str
    words: str
    done: int
    total: int | None
    name: str
    size: str
    tlp: str
    made_at: datetime
    expires_at: datetime | None

    @property
    def unfinished(self) -> bool:
        return self.state in (JobState.WAITING, JobState.WORKING)

    @property
    def ready(self) -> bool:
        return self.state == JobState.READY


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """The list that the address asks for, as a file: at once, or of many by a worker."""
    viewer = _reader(request)
    try:
        question = asked(request.GET)
        if request.method == "POST":
            question = chosen(question, request.POST.getlist("ref"))
            form = request.POST.get("as", "")
            if form not in TYPES or form == Form.ZIP:
                raise NotUnderstood(_("Choose one of the forms."))
            return _file(request, question, Form(form), viewer)
    except NotUnderstood as error:
        return render(
            request, "sharing/export.html", {"refused": str(error), "crumbs": _crumbs()}, status=400
        )
    return _page(request, question, viewer)


@login_required
@never_cache
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """The reader's own files. `?part=1` is the list alone, for a page that stays open."""
    viewer = _reader(request)
    rows = ExportJob.objects.visible_to(viewer).defer("records").order_by("-made_at", "-id")[:SHOWN]
    lines = [_line(row, timezone.now()) for row in rows]
    context = {
        "lines": lines,
        "unfinished": any(line.unfinished for line in lines),
        "may_take_all": may_take_all(viewer),
        "agency": Agency.objects.get(pk=viewer.agency_id).name,
    }
    part = request.GET.get("part") == "1"
    return render(request, "sharing/export_lines.html" if part else "sharing/exports.html", context)


@login_required
@require_POST
def take_all(request: HttpRequest) -> HttpResponse:
    """All that the reader's agency owns, by a worker."""
    viewer = _reader(request)
    if not may_take_all(viewer):
        why = _("All that an agency owns is its administrators' to take out.")
        raise denied("export.ask", viewer, why, kind="export")
    return _asked(request, {}, Form.ZIP, viewer)


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """The file, to its person alone, as long as all that it holds is theirs to have."""
    viewer = _reader(request)
    job = _found(uid, viewer)
    try:
        content = fetch(job, viewer=viewer, at=timezone.now())
    except Changed:
        messages.error(request, _("What the file held has changed since: it is gone. Ask for it anew."))
        return HttpResponseRedirect("/exports/")
    except FileNotFoundError:
        raise Http404 from None
    return _sent(content, job.name, job.form)


@login_required
@require_POST
def remove(request: HttpRequest, uid: UUID) -> HttpResponse:
    viewer = _reader(request)
    drop(_found(uid, viewer), viewer=viewer, at=timezone.now())
    messages.success(request, _("Removed."))
    return HttpResponseRedirect("/exports/")


# --- What the pages are made of ----------------------------------------------------------------------------
def _reader(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not may_export(viewer):
        raise PermissionDenied(_("Records are taken out by people of an agency."))
    return viewer


def _found(uid: UUID, viewer: Viewer) -> ExportJob:
    found: ExportJob = get_object_or_404(ExportJob.objects.visible_to(viewer), uid=uid)
    return found


def _file(request: HttpRequest, question: Question, form: Form, viewer: Viewer) -> HttpResponseBase:
    total, now = question.exported(viewer).number(most=AT_ONCE + 1), timezone.now()
    if not total:
        raise NotUnderstood(_("There is nothing in it that may be taken out."))
    if total > AT_ONCE:
        return _asked(request, question.kept(), form, viewer)
    content, name, pile = made_at_once(question, form, viewer=viewer, at=now)
    content.seek(0, 2)
    write_trail(
        "record.export",
        viewer=viewer,
        at=now,
        object_type="export",
        marking=pile.marking.banner[:100] if pile.marking else "",
        rows=len(pile.records),
        bytes_out=content.tell(),
        form=form.value,
        **question.kept() | {"refs": len(question.refs)},
    )
    content.seek(0)
    return _sent(content, name, form)


def _asked(request: HttpRequest, question: dict[str, Any], form: Form, viewer: Viewer) -> HttpResponse:
    try:
        with transaction.atomic():
            ask(question, form, viewer=viewer, at=timezone.now())
        messages.success(request, _("It is being made. You are told when it is ready."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect("/exports/")


def _sent(content: IO[bytes], name: str, form: str) -> FileResponse:
    answer = FileResponse(content, as_attachment=True, filename=name, content_type=TYPES[Form(form)])
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _page(request: HttpRequest, question: Question, viewer: Viewer) -> HttpResponse:
    rows, carried = question.rows(viewer), question.exported(viewer)
    number, taken = rows.number(most=MOST + 1), carried.number(most=MOST + 1)
    shown = disclose(viewer, [pk for (pk,) in carried.look("record_id", most=TICKED)], Channel.PAGE)
    context = {
        "what": _what(question.list),
        "chips": question.filters.chips(),
        "address": f"/exports/new/{question.query}",
        "number": number,
        "taken": taken,
        "kept_back": number - taken,
        "most": MOST,
        "over": taken > MOST,
        "by_worker": taken > AT_ONCE,
        "rows": [row_of(each, with_kind=True) for each in shown],
        "forms": [(form.value, str(form.label)) for form in Form if form in TYPES and form != Form.ZIP],
        "page_marking": marking_of_page(shown),
        "crumbs": _crumbs(),
    }
    return render(request, "sharing/export.html", context)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Files"), "/exports/")]


def _what(name: str) -> str:
    said = {
        "bulletins": _("Bulletins"),
        "seizures": _("Seizures"),
        SEARCH: _("What the search found"),
        INBOX: _("What stands in your inbox"),
    }
    return said.get(name, _("All that your agency owns"))


def _line(row: ExportJob, now: datetime) -> Line:
    over = row.state == JobState.READY and row.expires_at is not None and row.expires_at <= now
    state = JobState.EXPIRED if over else JobState(row.state)
    return Line(
        uid=row.uid,
        what=_what(row.question.get("list", "")),
        form=str(Form(row.form).label),
        state=state.value,
        words=str(state.label),
        done=row.done,
        total=row.total,
        name=row.name,
        size=filesizeformat(row.size),
        tlp=row.marking.partition(" ")[0],
        made_at=row.made_at,
        expires_at=row.expires_at,
    )
