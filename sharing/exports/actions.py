"""Asking for a file, fetching it, and ending files: in time, by a purge, by what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.disclosures.marks import given_still
from sharing.exports.models import ExportJob, Form, JobState
from sharing.exports.rules import MOST_WAITING, SILENT, TOLD, may_take_all
from sharing.exports.storage import remove, stored_name

MAKE = "sharing.exports.tasks.make_files"
UNFINISHED = (JobState.WAITING.value, JobState.WORKING.value)

# A file in the making may already hold it: that one is begun anew. Of two that wait for each other the second looks
# at the row as the first left it.
FORGET = """
    update sharing_exportjob
    set state = case when state = 'working' then 'waiting' else 'outdated' end, touched_at = null, done = 0,
        records = '{}', mark = '', size = 0
    where state = 'working' or (state = 'ready' and records && %s::bigint[])
    returning uid
"""
EXPIRE = """
    update sharing_exportjob j
    set state = 'expired', records = '{}', mark = '', size = 0
    where j.state = 'ready' and (j.expires_at <= %s or not exists (
        select 1 from hub_person p join hub_agency a on a.group_id = p.agency_id
        where p.id = j.person_id and p.is_active and p.agency_id = j.agency_id and a.state = 'active'))
    returning uid
"""


class Changed(Exception):
    """What the file holds is not given so any more."""


def ask(question: dict[str, Any], form: Form, *, viewer: Viewer, at: datetime) -> ExportJob:
    """Have a worker make a file for the viewer; an empty question is all that their agency owns."""
    if not question and not may_take_all(viewer):
        raise ValidationError(_("All that an agency owns is its administrators' to take out."))
    waiting = ExportJob.objects.visible_to(viewer).filter(state__in=UNFINISHED)
    if waiting.count() >= MOST_WAITING:
        raise ValidationError(
            _("%(n)s files are being made for you. Wait for one of them.") % {"n": MOST_WAITING}
        )
    job = ExportJob.objects.create(
        agency_id=viewer.agency_id, person_id=viewer.person_id or 0, question=question, form=form, made_at=at
    )
    _note("export.ask", job, viewer=viewer, at=at)
    transaction.on_commit(partial(hasten, MAKE), robust=True)
    return job


def fetch(job: ExportJob, *, viewer: Viewer, at: datetime) -> IO[bytes]:
    """The file, opened. Raises Changed where what it holds is not given so any more: then it is gone for good."""
    if job.state != JobState.READY or (job.expires_at and job.expires_at <= at):
        raise FileNotFoundError(job.uid)
    whole = not job.question
    if whole and not may_take_all(viewer):
        raise FileNotFoundError(job.uid)
    if not (_open_still(viewer, job.records) if whole else given_still(viewer, job.records, job.mark)):
        end(job, JobState.OUTDATED)
        raise Changed
    content = default_storage.open(stored_name(job.uid))
    _note("export.fetch", job, viewer=viewer, at=at, rows=len(job.records), bytes_out=job.size)
    return content


def drop(job: ExportJob, *, viewer: Viewer, at: datetime) -> None:
    """Its person needs it no more."""
    _note("export.drop", job, viewer=viewer, at=at)
    _when_committed([job.uid])
    job.delete()


def end(job: ExportJob, state: JobState) -> None:
    """The file goes; that there was one stays in its person's list for a while."""
    values: dict[str, Any] = {"state": state, "records": [], "mark": "", "size": 0}
    ExportJob.objects.filter(pk=job.pk).update(**values)
    _when_committed([job.uid])


def forget_records(ids: Iterable[int]) -> None:
    """Every file that holds one of these records goes when this commits, whosever it is."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(FORGET, [sorted(ids)])
        _when_committed(uid for (uid,) in cursor.fetchall())


def expire(*, at: datetime) -> int:
    """End what has had its time, and what is of people who are not of that agency any more; return how many."""
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        cursor.execute(EXPIRE, [at])
        gone = [uid for (uid,) in cursor.fetchall()]
        _when_committed(gone)
        cursor.execute(
            "delete from sharing_exportjob where state in ('expired', 'outdated', 'failed') and made_at <= %s",
            [at - TOLD],
        )
    return len(gone)


def anything_waits(*, at: datetime) -> bool:
    """Whether a file is to be made, or begun anew after a worker that died."""
    with transaction.atomic(), engine():
        return (
            ExportJob.objects.filter(state=JobState.WAITING).exists()
            or ExportJob.objects.filter(state=JobState.WORKING, touched_at__lte=at - SILENT).exists()
        )


def _open_still(viewer: Viewer, records: Sequence[int]) -> bool:
    """Whether the viewer may open each of their agency's `records` as when the file was made."""
    closed = set(records) - set(working_copies(Record, viewer).values_list("pk", flat=True))
    # What was never posted and is discarded since is nobody's any more.
    return not Record.objects.filter(pk__in=closed).exists()


def _when_committed(uids: Iterable[UUID]) -> None:
    transaction.on_commit(partial(remove, list(uids)), robust=True)


def _note(event: str, job: ExportJob, *, viewer: Viewer, at: datetime, **more: Any) -> None:
    facts = {"form": str(job.form), "list": job.question.get("list", "all that the agency owns")}
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type="export",
        object_id=str(job.uid),
        marking=job.marking[:100],
        **facts,
        **more,
    )
