"""Adding photographs to a working copy, and taking them away."""

from __future__ import annotations

from datetime import datetime
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.utils.translation import gettext as _

from bulletins.publishing.models import Bulletin, Photograph, PhotographGroup
from bulletins.publishing.photographs.intake import Accepted, accept
from bulletins.publishing.photographs.storage import forget_when_committed, keep
from bulletins.records.actions import write_down
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.trail.actions import record as write_trail

MOST = 12


def add_photograph(
    bulletin: Bulletin, upload: UploadedFile[Any], *, viewer: Viewer, at: datetime, caption: str = ""
) -> Photograph:
    """Take one photograph in: re-encoded, without its metadata. The bulletin is locked by the caller.

    Raises photographs.Refused for what is no sound photograph, ValidationError when there are enough.
    """
    rows = Photograph.objects.filter(record_id=bulletin.pk)
    if rows.count() >= MOST:
        raise ValidationError(
            _("A bulletin holds %(most)d photographs at most. Remove one first.") % {"most": MOST}
        )
    taken = accept(cast(BinaryIO, upload))
    last = rows.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    return enter(bulletin, taken, uid=uuid4(), position=position, caption=caption, viewer=viewer, at=at)


def enter(
    record: Record,
    taken: Accepted,
    *,
    uid: UUID,
    position: int,
    viewer: Viewer,
    at: datetime,
    caption: str = "",
    group: str = PhotographGroup.DETAIL.value,
) -> Photograph:
    """Write down what was taken in, and keep its copies. The record is locked by the caller."""
    photograph = Photograph.objects.create(
        uid=uid,
        record_id=record.pk,
        position=position,
        group=group,
        caption=caption[:200],
        content_type=taken.content_type,
        width=taken.width,
        height=taken.height,
        sha256=taken.sha256,
        added_at=at,
        added_by_id=viewer.person_id,
    )
    keep(uid, {"full": taken.full, "thumb": taken.thumb})
    write_down(record, {}, viewer=viewer, at=at)
    _tell("photograph.add", record, uid, viewer=viewer, at=at)
    return photograph


def remove_photograph(bulletin: Bulletin, uid: UUID, *, viewer: Viewer, at: datetime) -> bool:
    """Take it out of the working copy; False when it is not there.

    Its files stay where a published version shows it: such a version never changes.
    """
    photograph = Photograph.objects.filter(record_id=bulletin.pk, uid=uid).first()
    if photograph is None:
        return False
    published = bulletin.latest_at is not None and photograph.added_at <= bulletin.latest_at
    photograph.delete()
    if not published:
        forget_when_committed([uid])
    write_down(bulletin, {}, viewer=viewer, at=at)
    _tell("photograph.remove", bulletin, uid, viewer=viewer, at=at)
    return True


def _tell(event: str, record: Record, uid: UUID, *, viewer: Viewer, at: datetime) -> None:
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        marking=record.tlp,
        photograph=uid,
    )
