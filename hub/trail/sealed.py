"""The seals as a page, for inspectors: which rows are sealed, under which head, and when it was mailed to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.database.context import require_viewer
from hub.trail.actions import denied, record
from hub.trail.models import HeadMail, Seal, TrailNumber

SIZE = 50
STALE = timedelta(minutes=5)


@dataclass(frozen=True)
class SealLine:
    """`mailed` names the inspectors who hold this head."""

    number: int
    first: int
    last: int
    at: datetime
    head: str
    key: str
    signature: str
    mailed: tuple[str, ...]


def newest_seal(viewer: Viewer) -> Seal | None:
    """For an inspector; row-level security gives nobody else any."""
    require_viewer(viewer)
    return Seal.objects.defer("ids", "digests").order_by("-number").first()


@login_required
@never_cache
@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty at a time."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    if not viewer.can(Role.INSPECTOR):
        # How many rows the whole hub writes is nothing an agency's auditor is told.
        raise denied(
            "seal.read", viewer, "no inspector", said=_("The seals of the trail are read by inspectors.")
        )
    asked = request.GET.get("before", "")
    if asked and not (asked.isdecimal() and len(asked) < 19):
        return render(request, "hub/seals.html", {"refused": True}, status=400)
    rows = Seal.objects.defer("ids", "digests").order_by("-number")
    if asked:
        rows = rows.filter(number__lt=int(asked))
    found = list(rows[: SIZE + 1])
    shown = found[:SIZE]
    record("seal.read", viewer=viewer, at=now, rows=len(shown))
    waiting = _waiting()
    return render(
        request,
        "hub/seals.html",
        {
            "lines": _lines(shown),
            "first": not asked,
            "next": str(shown[-1].number) if len(found) > SIZE else "",
            "crumbs": [(_("Trail"), "/trail/")],
            "waiting": waiting,
            "stale": waiting is not None and now - waiting > STALE,
        },
    )


def _lines(shown: list[Seal]) -> list[SealLine]:
    mailed: dict[int, list[str]] = {}
    told = HeadMail.objects.filter(seal_id__in=[seal.number for seal in shown]).order_by("id")
    for number, name in told.values_list("seal_id", "person"):
        mailed.setdefault(number, []).append(name)
    return [
        SealLine(
            number=seal.number,
            first=seal.first,
            last=seal.last,
            at=seal.at,
            head=seal.head,
            key=seal.key,
            signature=seal.signature,
            mailed=tuple(mailed.get(seal.number, ())),
        )
        for seal in shown
    ]


def _waiting() -> datetime | None:
    """Since when the oldest row waits for its seal; None when all that is numbered is sealed."""
    last: Any = Seal.objects.order_by("-number").values_list("last", flat=True).first() or 0
    return TrailNumber.objects.filter(n__gt=last).order_by("n").values_list("numbered_at", flat=True).first()
