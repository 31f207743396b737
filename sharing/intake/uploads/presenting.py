"""An upload in words, for its sender."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from sharing.intake.models import Upload, UploadState
from sharing.intake.uploads.actions import KEPT
from sharing.intake.uploads.files import REFUSED, is_kept


@dataclass(frozen=True)
class UploadLine:
    """`done` of `total` lines; before they are counted, `unpacked` rows of a workbook. `problems` are the first refused
    rows; `refused` is where they can be fetched.
    """

    name: str
    href: str
    tlp: str
    posts: bool
    state: str
    words: str
    working: bool
    ready: bool
    taken: bool
    reason: str
    done: int
    total: int
    unpacked: int
    good: int
    bad: int
    created: int
    changed: int
    unchanged: int
    posted: int
    problems: list[dict[str, Any]]
    refused: str
    sent_at: datetime
    kept_until: datetime


def line_of(row: Upload) -> UploadLine:
    kept = bool(row.bad) and row.state != UploadState.CHECKING and is_kept(row.uid, REFUSED)
    return UploadLine(
        name=row.name,
        href=reverse("upload", args=[row.uid]),
        tlp=row.tlp,
        posts=row.posts,
        state=row.state,
        words=str(row.get_state_display()),
        working=row.state in (UploadState.CHECKING, UploadState.TAKING),
        ready=row.state == UploadState.CHECKED and row.good > 0,
        taken=row.state == UploadState.TAKEN,
        reason=row.reason,
        done=min(row.line, row.total),
        total=row.total,
        unpacked=0 if row.total else row.line,
        good=row.good,
        bad=row.bad,
        created=row.created,
        changed=row.changed,
        unchanged=row.unchanged,
        posted=row.posted,
        problems=row.problems,
        refused=reverse("upload_refused", args=[row.uid]) if kept else "",
        sent_at=row.sent_at,
        kept_until=row.sent_at + KEPT,
    )
