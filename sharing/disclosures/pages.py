"""The lists of bulletins and seizure reports, search, and photographs."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bulletins.publishing.photographs.storage import stored_name
from bulletins.publishing.rules import may_draft, may_release
from bulletins.records.models import Kind
from bulletins.records.refs import PATTERN
from hub.accounts.models import TokenScope
from hub.accounts.viewer import Viewer
from hub.rest.pace import MINUTE_S, within
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.filters import OF_LISTS, OF_SEARCH, Filters, NotUnderstood, read
from sharing.disclosures.paging import said
from sharing.disclosures.presenting import row_of
from sharing.disclosures.reading import (
    earlier_version,
    gone_for,
    marking_of_page,
    photograph_in,
    shown_to,
)
from sharing.disclosures.rules import Channel
from sharing.disclosures.searching import list_of, matches, search

# Any search becomes a subscription, by the same question.
SUBSCRIBE = "/subscriptions/new/"
# And any list a file.
EXPORT = "/exports/new/"
SECTION = {Kind.BULLETIN: "bulletins", Kind.SEIZURE: "seizures"}


@login_required
@require_safe
def records(request: HttpRequest, kind: str) -> HttpResponse:
    """A list of one kind, newest first by the instant it became visible to the reader's agency."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    template = f"sharing/{SECTION[Kind(kind)]}.html"
    context: dict[str, Any] = {
        "kind": kind,
        "list_path": request.path,
        "may_draft": may_draft(viewer),
        "may_release": may_release(viewer),
    }
    try:
        filters = read(request.GET, OF_LISTS)
        found = list_of(viewer, filters, kind)
    except NotUnderstood as error:
        return render(request, template, context | {"refused": str(error)}, status=400)
    shown = disclose(viewer, list(found.keys.ids), Channel.PAGE)
    return render(
        request,
        template,
        context
        | {
            "rows": [row_of(each) for each in shown],
            "chips": filters.chips(),
            "facets": found.facets,
            "narrowed": filters.narrows,
            "subscribe": SUBSCRIBE + filters.query(kind=kind) if filters.narrows else "",
            "export": EXPORT + filters.query(**{"from": SECTION[Kind(kind)]}) if shown else "",
            "first": not filters.after,
            "next": filters.query(after=found.keys.after) if found.keys.after else "",
            "total": said(found.total),
            "number": found.total,
            "page_marking": marking_of_page(shown),
        },
    )


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Search. A reference leads straight to its record, where the reader may see it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    try:
        filters = read(request.GET, OF_SEARCH, words=True)
        if there := _by_reference(viewer, filters):
            return HttpResponseRedirect(there)
        found = search(viewer, filters)
    except NotUnderstood as error:
        return render(request, "sharing/search.html", {"refused": str(error)}, status=400)
    shown = disclose(viewer, list(found.keys.ids), Channel.PAGE)
    if filters.narrows:
        write_trail(
            "search.run",
            viewer=viewer,
            at=timezone.now(),
            rows=found.total,
            words=filters.words,
            filters=dict(filters.values or {}),
        )
    matched = matches(shown, filters.words)
    return render(
        request,
        "sharing/search.html",
        {
            "rows": [
                row_of(
                    each,
                    with_kind=not filters.get("kind"),
                    title=words.title,
                    line=words.line,
                    snippet=words.snippet,
                )
                for each, words in zip(shown, matched, strict=True)
            ],
            "words": filters.words,
            "chips": filters.chips(),
            "facets": found.facets,
            "filters": filters.values or {},
            "narrowed": filters.narrows,
            "subscribe": SUBSCRIBE + filters.query() if filters.narrows and viewer.agency_id else "",
            "export": EXPORT + filters.query(**{"from": "search"}) if shown else "",
            "first": not filters.after,
            "next": filters.query(after=found.keys.after) if found.keys.after else "",
            "total": said(found.total),
            "number": found.total,
            "page_marking": marking_of_page(shown),
        },
    )


def _by_reference(viewer: Viewer, filters: Filters) -> str:
    """The address of the record whose reference was typed, dash or no dash; empty where there is none."""
    typed = filters.words.upper().replace(" ", "").replace("-", "")
    ref = f"{typed[:4]}-{typed[4:]}"
    if not PATTERN.fullmatch(ref):
        return ""
    rows = Received.objects.visible_to(viewer).filter(ref=ref).look("kind", most=1)
    for kind in [*(row[0] for row in rows), *(kind for kind in Kind.values if gone_for(viewer, kind, ref))]:
        return f"/{SECTION[Kind(kind)]}/{ref}/"
    return ""


@require_safe
def photograph(request: HttpRequest, kind: str, ref: str, uid: UUID) -> HttpResponseBase:
    """A photograph among the facts disclosed to the reader, full or `?size=thumb`. Feeds' tokens fetch it too."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if refused := _refused(request):
        return refused
    if not viewer.is_authenticated:
        return redirect_to_login(request.get_full_path())
    shown = shown_to(viewer, kind, ref, _channel(request), opened=True)
    asked = request.GET.get("version", "")
    if shown is not None and asked.isdecimal() and len(asked) < 7:
        shown = earlier_version(viewer, shown, int(asked))
    size = request.GET.get("size", "full")
    if shown is None or size not in ("full", "thumb") or not photograph_in(shown, uid):
        raise Http404
    return _stream(uid, size)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """What a program is told that shows no valid token, or asks too often; whatever it asks for."""
    if getattr(request, "bad_credentials", False):
        answer = HttpResponse(_("Show a valid token."), status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = 'Token realm="hub", Basic realm="hub", charset="UTF-8"'
        return answer
    token = getattr(request, "token", None)
    if token is not None and not within(f"token:{token.pk}", settings.API_REQUESTS_A_MINUTE):
        answer = HttpResponse(_("Too many requests. Wait a minute."), status=429, content_type="text/plain")
        answer["Retry-After"] = str(int(MINUTE_S - time.time() % MINUTE_S) + 1)
        return answer
    return None


def _channel(request: HttpRequest) -> Channel:
    token = getattr(request, "token", None)
    if token is None:
        return Channel.PAGE
    return Channel.TAXII if token.scope == TokenScope.TAXII else Channel.REST


def _stream(uid: UUID, size: str) -> FileResponse:
    try:
        file = default_storage.open(stored_name(uid, size))
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(file, content_type="image/jpeg", headers={"Cache-Control": "private, no-store"})
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
