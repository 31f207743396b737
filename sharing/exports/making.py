"""Making files: at once for a page, or by a worker, batch by batch, as the person they are for."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation

from hub.accounts.viewer import Viewer, viewer_of
from hub.agencies.models import Person
from hub.database.context import engine, viewing
from hub.trail.actions import Origin, origin
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.disclosures.marks import Mark, marks_of
from sharing.exports.gathering import Shown, gathered
from sharing.exports.models import ExportJob, Form, JobState
from sharing.exports.questions import Question, question_of
from sharing.exports.rules import AT_ONCE, BATCH, LIVES, MOST, SILENT
from sharing.exports.storage import keep, remove
from sharing.exports.writing import Pile, name_of, write

log = logging.getLogger(__name__)

# One file at a time, whoever asked first: the workers that make them have other work. What a dead worker had in hand
# is taken up again.
CLAIM = """
    update sharing_exportjob set state = 'working', touched_at = %(at)s, done = 0
    where id = (select id from sharing_exportjob
                where state = 'waiting' or (state = 'working' and touched_at <= %(silent)s)
                order by made_at, id limit 1 for update skip locked)
      and not exists (select 1 from sharing_exportjob where state = 'working' and touched_at > %(silent)s)
    returning id
"""


class Stopped(Exception):
    """The person dropped it or is not of that agency any more, or somebody else has taken it up."""


@dataclass(frozen=True)
class Made:
    """A file before it is stored: its name, its highest marking, and what was given of which records."""

    content: IO[bytes]
    name: str
    marking: str
    records: Sequence[int]
    mark: str


@dataclass
class Making:
    """A job in hand. Each look at records is in a transaction of its own, as the person is at that moment."""

    job: ExportJob
    touched_at: datetime = field(default_factory=timezone.now)

    @contextmanager
    def eyes(self) -> Iterator[Viewer]:
        person = Person.objects.select_related("agency").filter(pk=self.job.person_id).first()
        viewer = viewer_of(person)
        if viewer.agency_id != self.job.agency_id:
            raise Stopped
        with viewing(viewer), timezone.override(viewer.time_zone):
            yield viewer

    def say(self, **values: Any) -> None:
        """How far it is, in the transaction of `eyes`; and that whoever makes it is alive."""
        at = timezone.now()
        held = ExportJob.objects.filter(pk=self.job.pk, state=JobState.WORKING, touched_at=self.touched_at)
        if not held.update(touched_at=at, **values):
            raise Stopped
        self.touched_at = at

    def tick(self) -> None:
        with self.eyes():
            self.say()


def made_at_once(
    question: Question, form: Form, *, viewer: Viewer, at: datetime
) -> tuple[IO[bytes], str, Pile]:
    """The file in the answer to whoever asks, its name and what went into it. At most AT_ONCE records."""
    ids = [pk for (pk,) in question.exported(viewer).look("record_id", most=AT_ONCE)]
    pile = Pile(form)
    pile.fill(gathered(viewer, part, form, at=at) for part in parts_of(ids))
    content = write(pile, about=about(viewer, question.list), at=at)
    return content, name_of(pile, question.list, at), pile


def make_next() -> bool:
    """Make the file that waits longest; whether there was one."""
    making = _claimed(timezone.now())
    if making is None:
        return False
    reset = origin.set(Origin(request_id=making.job.uid.hex, method="worker"))
    try:
        with translation.override(settings.LANGUAGE_CODE):
            _finish(making, _made(making))
    except Stopped:
        _give_up(making, told=False)
    except Exception:
        log.exception("a file could not be made", extra={"kind": making.job.form})
        _give_up(making, told=True)
    finally:
        origin.reset(reset)
    return True


def parts_of(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def about(viewer: Viewer, what: str) -> dict[str, Any]:
    return {"agency": viewer.agency_code, "person": viewer.username, "list": what}


def _claimed(at: datetime) -> Making | None:
    with transaction.atomic(), engine(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"at": at, "silent": at - SILENT})
        found = cursor.fetchone()
        return Making(ExportJob.objects.get(pk=found[0]), at) if found else None


def _made(making: Making) -> Made:
    from sharing.exports.taking_all import all_of

    return list_of(making) if making.job.question else all_of(making)


def list_of(making: Making) -> Made:
    question, at = question_of(making.job.question), timezone.now()
    pile, mark = Pile(making.job.form, tick=making.tick), Mark()
    with making.eyes() as viewer:
        ids = array("q", (pk for (pk,) in question.exported(viewer).look("record_id", most=MOST)))
        making.say(total=len(ids), done=0)
    pile.fill(_batches(making, ids, mark))
    content = write(pile, about=about(viewer, question.list), at=at)
    marking = pile.marking.banner if pile.marking else ""
    return Made(content, name_of(pile, question.list, at), marking, pile.records, mark.digest)


def _batches(making: Making, ids: Sequence[int], mark: Mark) -> Iterator[Sequence[Shown]]:
    """Each as the person is shown it at that moment; what was given of each record goes into `mark`."""
    done = 0
    for part in parts_of(ids):
        with making.eyes() as viewer:
            # Before they are disclosed: what changes in between is then found to have changed.
            known = marks_of(viewer, part)
            shown = gathered(viewer, part, making.job.form, at=timezone.now())
            mark.add(known.get(each.key, "") for each in shown)
            making.say(done=(done := done + len(shown)))
        yield shown


def _finish(making: Making, made: Made) -> None:
    job = making.job
    size = keep(job.uid, made.content)
    at = timezone.now()
    with making.eyes() as viewer:
        making.say(
            state=JobState.READY,
            finished_at=at,
            expires_at=at + LIVES,
            done=len(made.records),
            total=len(made.records),
            name=made.name,
            size=size,
            marking=made.marking,
            records=list(made.records),
            mark=made.mark,
        )
        facts = {"what": "export.ready", "ends": (at + LIVES).isoformat()}
        _tell(job, viewer, facts, at)
        write_trail(
            "record.export",
            viewer=viewer,
            at=at,
            object_type="export",
            object_id=str(job.uid),
            marking=made.marking[:100],
            rows=len(made.records),
            bytes_out=size,
            form=job.form,
            list=job.question.get("list", "all that the agency owns"),
        )


def _give_up(making: Making, *, told: bool) -> None:
    """Nothing of it stays, unless somebody else has finished it meanwhile."""
    try:
        with making.eyes() as viewer:
            making.say(state=JobState.FAILED)
            if told:
                _tell(making.job, viewer, {"what": "export.failed"}, timezone.now())
    except Stopped:
        with transaction.atomic(), engine():
            # Of who is not of the agency any more nothing is made.
            ExportJob.objects.filter(
                pk=making.job.pk, state=JobState.WORKING, touched_at=making.touched_at
            ).update(state=JobState.FAILED)
            if ExportJob.objects.filter(pk=making.job.pk, state=JobState.READY).exists():
                return
    remove([making.job.uid])


def _tell(job: ExportJob, viewer: Viewer, facts: dict[str, Any], at: datetime) -> None:
    queue_notice(
        AlertKind.EXPORT, [job.agency_id], at=at, path="/exports/", facts=facts, person=viewer.person_id
    )
