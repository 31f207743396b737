"""Sending a file, saying that its good rows are taken in, and putting it away."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.intake.models import Upload, UploadState
from sharing.intake.uploads.files import ROWS, WORKBOOK, keep, remove

WORK = "sharing.intake.tasks.work_on_uploads"
MOST_BYTES = 100 * 2**20
MOST_AT_ONCE = 5
KEPT = timedelta(days=7)
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MACROS = re.compile(r"\.(xlsm|xltm|xlam|xlsb|xla|xlm)$", re.IGNORECASE)


def send(file: UploadedFile[Any], *, tlp: str, posts: bool, viewer: Viewer, at: datetime) -> Upload:
    """Keep the file and have it checked. Raises ValidationError for what is refused by its first bytes."""
    name = _name(file.name or "")
    if not file.size:
        raise ValidationError({"file": [_("The file is empty. Choose it again.")]})
    if file.size > MOST_BYTES:
        text = _("The file is larger than %(most)d MB. Send it in several.")
        raise ValidationError({"file": [text % {"most": MOST_BYTES >> 20}]})
    if _MACROS.search(name):
        raise ValidationError(
            {"file": [_("Workbooks that may hold macros are not taken. Save it as .xlsx.")]}
        )
    if uploads_of(viewer).exclude(state=UploadState.TAKEN).count() >= MOST_AT_ONCE:
        text = _("You have %(most)d files that are not taken in yet. Finish or remove one of them.")
        raise ValidationError({"file": [text % {"most": MOST_AT_ONCE}]})
    head = file.read(8)
    upload = Upload.objects.create(
        agency_id=viewer.agency_id,
        person_id=viewer.person_id or 0,
        name=name,
        is_workbook=head.startswith((_ZIP, _OLD)),
        tlp=tlp,
        posts=posts,
        sent_at=at,
    )
    _note("upload.send", upload, viewer=viewer, at=at, size=file.size)
    keep(upload.uid, WORKBOOK if upload.is_workbook else ROWS, file.file)  # type: ignore[arg-type]
    transaction.on_commit(partial(hasten, WORK), robust=True)
    return upload


def accept(upload: Upload, *, viewer: Viewer, at: datetime) -> None:
    """Have the good rows taken in. Raises ValidationError unless it waits for just that."""
    waiting = Upload.objects.filter(pk=upload.pk, state=UploadState.CHECKED, good__gt=0)
    began = {
        "state": UploadState.TAKING,
        "line": 0,
        "created": 0,
        "changed": 0,
        "unchanged": 0,
        "worked_at": None,
    }
    if not waiting.update(**began):
        raise ValidationError(_("There is nothing to be taken in."))
    _note("upload.accept", upload, viewer=viewer, at=at, rows=upload.good)
    transaction.on_commit(partial(hasten, WORK), robust=True)


def put_away(upload: Upload, *, viewer: Viewer, at: datetime) -> None:
    """Remove the file and what was found in it. What was taken in of it stays."""
    _note("upload.remove", upload, viewer=viewer, at=at)
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(partial(remove, upload.uid), robust=True)


def uploads_of(viewer: Viewer) -> Any:
    """The viewer's own, sent for the agency they are of now."""
    return Upload.objects.filter(agency_id=viewer.agency_id, person_id=viewer.person_id or 0).order_by(
        "-sent_at"
    )


def sweep(*, at: datetime) -> int:
    """Remove what was sent a week ago; return how many."""
    with transaction.atomic(), engine():
        rows = Upload.objects.filter(sent_at__lte=at - KEPT)
        uids = list(rows.values_list("uid", flat=True))
        rows.delete()
    for uid in uids:
        remove(uid)
    return len(uids)


def _name(given: str) -> str:
    """The file's name as a line of text."""
    plain = "".join(char for char in given.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return plain[-150:] or _("file")


def _note(event: str, upload: Upload, *, viewer: Viewer, at: datetime, **facts: Any) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="upload",
        object_id=str(upload.uid),
        marking=upload.tlp,
        **facts,
    )
