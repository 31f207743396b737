"""Photographs of a working copy: sent one by one, and shown to those who may open it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from bulletins.publishing.models import Bulletin, Photograph
from bulletins.publishing.pages import taken_up, viewer_of
from bulletins.publishing.photographs.actions import add_photograph
from bulletins.publishing.photographs.refusals import MESSAGES, Reason, Refused
from bulletins.publishing.photographs.storage import SIZES, stored_name
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.sheet import pictures_of

MOST_BYTES = 20 * 1024 * 1024
# A little more is read, so that whoever sends 25 MB is told so; far more is not even received.
RECEIVED_BYTES = 4 * MOST_BYTES


def limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuses a body that is far too long before any of it is read: the CSRF check begins with reading it."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if int(request.headers.get("Content-Length") or 0) > RECEIVED_BYTES:
            said = str(MESSAGES[Reason.TOO_LARGE]) % {"megabytes": MOST_BYTES // (1024 * 1024)}
            return HttpResponse(said, status=413, content_type="text/plain; charset=utf-8")
        return csrf_protect(view)(request, *args, **kwargs)

    return guarded


@limited
@login_required
@require_POST
def upload(request: HttpRequest, ref: str) -> HttpResponse:
    """Takes one file named `photograph`; answers with its tile, or in words why not (400)."""
    bulletin: Bulletin = taken_up(request, ref, "bulletin")
    sent = request.FILES.get("photograph")
    if bulletin.recalled_at or sent is None:
        return _refused(_("No photograph came with this. Choose one and send it again."))
    try:
        photograph = add_photograph(bulletin, sent, viewer=viewer_of(request), at=timezone.now())
    except Refused as reason:
        return _refused(str(reason))
    except ValidationError as reason:
        return _refused(" ".join(reason.messages))
    (picture,) = pictures_of(bulletin, only=photograph.uid)
    return render(request, "bulletins/photograph.html", {"picture": picture}, status=201)


@login_required
@require_safe
def picture(request: HttpRequest, ref: str, uid: uuid.UUID, size: str) -> HttpResponse:
    """One copy of a draft's photograph, to those who may open the draft. Partners have another address."""
    copies = working_copies(Bulletin, viewer_of(request)).filter(ref=ref).values("pk")
    found = Photograph.objects.filter(record_id__in=copies, uid=uid).first()
    if found is None or size not in SIZES:
        raise Http404
    return picture_response(uid, size, found.content_type)


def picture_response(uid: uuid.UUID, size: str, content_type: str = "image/jpeg") -> HttpResponse:
    """Streams a stored copy; the caller asked whether the reader may have it. Raises Http404 without one."""
    try:
        file = default_storage.open(stored_name(uid, size))
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(file, content_type=content_type)
    answer["Content-Disposition"] = "inline"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer  # type: ignore[return-value]


def _refused(said: str) -> HttpResponse:
    return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
