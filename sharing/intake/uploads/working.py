"""The work on uploads: a file is checked from its beginning to its end; its good rows are taken in batch by batch.

Whoever begins says so on the row, and again every few seconds; what nobody has said so of for a while is taken up by
the next. Checking is then begun anew; taking in goes on behind the last batch that was committed.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.flow import freeze, hand_over
from bulletins.publishing.rules import may_draft, publish_refusals
from bulletins.seizures.reading import Refusal, Unreadable, columns_of, count_lines_of, read_rows
from bulletins.seizures.storing import Outcome, Stored, sort_rows, store
from bulletins.seizures.workbooks import Refused, as_csv
from hub.accounts.viewer import Viewer, viewer_of
from hub.agencies.models import Person
from hub.database.context import engine, viewing
from hub.trail.actions import Deed, record_each
from hub.trail.actions import record as write_trail
from sharing.intake.models import Upload, UploadState
from sharing.intake.uploads.files import REFUSED, ROWS, WORKBOOK, is_kept, keep, opened, remove
from sharing.intake.uploads.placing import Desk, desk_for
from sharing.intake.uploads.refusals import RefusedRows, shown

MOST_ROWS = 100_000
CHECKED_AT_ONCE = 500
TAKEN_AT_ONCE = 100
SHOWN = 50
SAID_EVERY_S = 2.0
TOO_MANY = gettext_lazy("The file has more than %(most)d rows. Send it in several.")
SILENT = timedelta(seconds=30)
UNFINISHED = (UploadState.CHECKING, UploadState.TAKING)


class Stopped(Exception):
    """Its person may not do this any more."""


class InOtherHands(Exception):
    """It was put away, or somebody else is at it."""


def work_on_next(*, at: datetime) -> bool:
    """Take up one upload that waits, and do what is to be done with it; whether there was one."""
    claimed = _claim(at)
    if claimed is None:
        return False
    pk, person = claimed
    try:
        viewer = _viewer(person)
        with viewing(viewer):
            upload = Upload.objects.get(pk=pk, agency_id=viewer.agency_id)
        work = _Work(upload, person)
        work.check() if upload.state == UploadState.CHECKING else work.take()
    except InOtherHands:
        pass
    except (Stopped, Upload.DoesNotExist):
        _end(pk, _("You may not send files for this agency any more."))
    except FileNotFoundError:
        _end(pk, _("The file is gone. Send it again."))
    return True


def anything_waits(*, at: datetime) -> bool:
    with transaction.atomic(), engine():
        return _waiting(at).exists()


def _waiting(at: datetime) -> Any:
    return Upload.objects.filter(Q(worked_at=None) | Q(worked_at__lte=at - SILENT), state__in=UNFINISHED)


def _claim(at: datetime) -> tuple[int, int] | None:
    with transaction.atomic(), engine():
        row = (
            _waiting(at)
            .order_by("sent_at")
            .select_for_update(skip_locked=True)
            .values("pk", "person_id")
            .first()
        )
        if row is None:
            return None
        Upload.objects.filter(pk=row["pk"]).update(worked_at=at)
        return row["pk"], row["person_id"]


def _end(pk: int, reason: str) -> None:
    with transaction.atomic(), engine():
        Upload.objects.filter(pk=pk).update(state=UploadState.UNREADABLE, reason=reason)


def _viewer(person: int) -> Viewer:
    found = viewer_of(Person.objects.select_related("agency").filter(pk=person).first())
    if not may_draft(found):
        raise Stopped
    return found


@dataclass
class _Findings:
    """What checking has found so far."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        good = self.created + self.changed + self.unchanged
        return {
            "good": good,
            "bad": self.bad,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
        }


class _Work:
    def __init__(self, upload: Upload, person: int) -> None:
        self.upload, self.person = upload, person
        self._columns: list[str] = []
        self._said = time.monotonic()

    # --- Checking ---------------------------------------------------------------------------------------------
    def check(self) -> None:
        try:
            if self.upload.is_workbook:
                self._unpack()
            self._check_rows()
        except (Unreadable, Refused) as error:
            self._write(state=UploadState.UNREADABLE, reason=str(error))
            remove(self.upload.uid)

    def _unpack(self) -> None:
        """The rows of a workbook as CSV, in its place."""
        try:
            workbook = opened(self.upload.uid, WORKBOOK)
        except FileNotFoundError:
            return  # whoever was here before has done so
        with workbook, tempfile.TemporaryFile() as rows:
            as_csv(workbook, rows, tick=lambda count: self._say(line=count))
            keep(self.upload.uid, ROWS, rows)
        remove(self.upload.uid, WORKBOOK)

    def _check_rows(self) -> None:
        viewer = _viewer(self.person)
        with viewing(viewer):
            desk = desk_for(viewer, self.upload.tlp)
        with opened(self.upload.uid, ROWS) as file:
            total = max(count_lines_of(file) - 1, 0)
            columns = columns_of(file)
        found = _Findings()
        with opened(self.upload.uid, ROWS) as file, tempfile.TemporaryFile() as refused:
            report = RefusedRows(refused, columns)
            rows = read_rows(file, codes=desk.codes, ports=desk.ports, today=timezone.now().date())
            while batch := list(islice(rows, CHECKED_AT_ONCE)):
                with viewing(viewer):
                    sorted_rows = sort_rows(batch, desk.place, guard=desk.guard)
                found.created += len(sorted_rows.new)
                found.changed += len(sorted_rows.known)
                found.unchanged += sorted_rows.same
                found.bad += len(sorted_rows.refused)
                for each in sorted_rows.refused:
                    report.add(each)
                room = SHOWN - len(found.problems)
                found.problems += [shown(each) for each in sorted_rows.refused[:room]]
                if found.values["good"] + found.bad > MOST_ROWS:
                    raise Unreadable(TOO_MANY % {"most": MOST_ROWS})
                self._say(total=total, line=batch[-1].line, **found.values)
            if found.bad:
                report.end()
                keep(self.upload.uid, REFUSED, refused)
        if not found.values["good"]:
            remove(self.upload.uid, ROWS)
        self._write(
            state=UploadState.CHECKED, total=total, line=total, problems=found.problems, **found.values
        )

    # --- Taking in --------------------------------------------------------------------------------------------
    def take(self) -> None:
        viewer = _viewer(self.person)
        with viewing(viewer):
            desk = desk_for(viewer, self.upload.tlp)
        with opened(self.upload.uid, ROWS) as file:
            self._columns = columns_of(file)
        with opened(self.upload.uid, ROWS) as file:
            rows = read_rows(file, codes=desk.codes, ports=desk.ports, today=timezone.now().date())
            behind = (row for row in rows if row.line > self.upload.line and not isinstance(row, Refusal))
            while batch := list(islice(behind, TAKEN_AT_ONCE)):
                self._take(batch, desk)
        self._write(state=UploadState.TAKEN, line=self.upload.total)
        remove(self.upload.uid, ROWS)

    def _take(self, batch: list[Any], desk: Desk) -> None:
        """One transaction: the rows, and how far the work has come."""
        viewer, at = _viewer(self.person), timezone.now()
        if viewer.agency_id != desk.agency.pk:
            raise Stopped
        desk = replace(desk, viewer=viewer)
        outcome = Outcome()
        with viewing(viewer):
            upload = (
                Upload.objects.select_for_update().filter(pk=self.upload.pk, state=UploadState.TAKING).first()
            )
            if upload is None or upload.line != self.upload.line:
                raise InOtherHands
            stored = store(batch, desk.place, at=at, outcome=outcome, guard=desk.guard)
            fresh = [each.report for each in stored if each.fresh]
            record_each(
                [Deed("seizure.draft", each.kind, each.ref, each.tlp) for each in fresh],
                viewer=viewer,
                at=at,
                way="upload",
            )
            posted = self._post(stored, viewer, at) if upload.posts else []
            upload.line = batch[-1].line
            upload.created += outcome.created
            upload.changed += outcome.changed
            upload.unchanged += outcome.unchanged
            upload.posted += len(posted)
            upload.good -= len(outcome.refused)
            upload.bad += len(outcome.refused)
            self._keep_refused(outcome.refused)
            late = [shown(each) for each in outcome.refused]
            upload.problems = [*late, *upload.problems][:SHOWN]
            upload.worked_at = at
            upload.save()
        self.upload = upload

    def _keep_refused(self, late: list[Refusal]) -> None:
        """Beside those that checking refused, each line once: a batch that is done again refuses the same."""
        if not late:
            return
        with tempfile.TemporaryFile() as refused:
            report, known = RefusedRows(refused, self._columns), set[int]()
            if is_kept(self.upload.uid, REFUSED):
                with opened(self.upload.uid, REFUSED) as before:
                    known = report.add_again(before)
            for each in late:
                if each.line not in known:
                    report.add(each)
            report.end()
            keep(self.upload.uid, REFUSED, refused)

    def _post(self, stored: list[Stored], viewer: Viewer, at: datetime) -> list[int]:
        """What is complete is posted within the agency; the rest stays a draft."""
        posted = []
        for each in stored:
            if not publish_refusals(each.report):
                freeze(each.report, viewer=viewer, at=at, note="" if each.fresh else _("corrected by upload"))
                posted.append(each.report.pk)
        if posted:
            hand_over(posted, at=at, viewer=viewer)
        return posted

    # --- Saying so --------------------------------------------------------------------------------------------
    def _say(self, **values: Any) -> None:
        """That somebody is at it, now and then."""
        if time.monotonic() - self._said >= SAID_EVERY_S:
            self._said = time.monotonic()
            self._write(**values)

    def _write(self, **values: Any) -> None:
        state = values.get("state")
        with viewing(viewer := _viewer(self.person)):
            rows = Upload.objects.filter(pk=self.upload.pk, state=self.upload.state)
            if not rows.update(worked_at=timezone.now(), **values):
                raise InOtherHands
            if state in (UploadState.TAKEN, UploadState.UNREADABLE):
                write_trail(
                    f"upload.{state}",
                    viewer=viewer,
                    at=timezone.now(),
                    object_type="upload",
                    object_id=str(self.upload.uid),
                    marking=self.upload.tlp,
                    rows=self.upload.created + self.upload.changed,
                )
