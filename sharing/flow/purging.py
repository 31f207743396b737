"""Purging, step by step: take it back from everybody, tell them, destroy every copy, leave a tombstone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models.fields import NOT_PROVIDED
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.models import Photograph, Record, Version
from bulletins.publishing.photographs.storage import remove
from bulletins.retention.models import PurgeReason
from hub.accounts.viewer import Viewer
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import note_recalled, regrant
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.exports.actions import forget_records
from sharing.feeds.actions import forget_shapes
from sharing.flow import recall
from sharing.intake.models import Original
from sharing.recalls.actions import anyone_to_tell
from sharing.releases.models import Recall, Release
from sharing.retention.models import Leftover

# What those who had it are told: the same words for every purge, for a tombstone says nothing of the record.
TOLD = gettext_lazy("The owner has purged it. Destroy every copy and extract you hold.")

# What stands of a purged record: its names, whose it was, and what others' decisions rest on (a derived record
# inherits its marking and originator). Every other column is emptied, those of later years too.
KEPT = frozenset(
    """id uid ref kind owner originator poster created_at edited_at latest latest_at recalled_at tlp controls rel_to
    purged_at purged_by purge_reason""".split()
)

# Everybody who ever held it and was not told in this very transaction, as their last withdrawal names them; on the most
# open basis they ever had it by.
WITHDRAW = """
    insert into sharing_withdrawal (agency_id, person_id, record_kind, owner_id, uid, ref, version, tlp, kind, reason,
                                    had_since, at, recall_id, basis)
    select distinct on (w.agency_id, w.person_id) w.agency_id, w.person_id, w.record_kind, w.owner_id, w.uid, w.ref,
           w.version, w.tlp, 'recalled', %(told)s, w.had_since, %(at)s, %(recall)s,
           (select t.basis
              from sharing_withdrawal t
              left join sharing_release s on s.id = t.basis left join sharing_community c on c.id = s.community_id
             where t.ref = w.ref and t.agency_id = w.agency_id and t.person_id is not distinct from w.person_id
             order by t.basis is null, c.id is not null, c.roster_visible is false, t.basis limit 1)
      from sharing_withdrawal w
     where w.ref = %(ref)s and w.agency_id <> w.owner_id and not exists (
           select 1 from sharing_withdrawal t where t.ref = w.ref and t.at = %(at)s and t.kind = 'recalled'
              and t.agency_id = w.agency_id and t.person_id is not distinct from w.person_id)
     order by w.agency_id, w.person_id, w.at desc
    returning agency_id
"""


def purge(
    records: Sequence[Record], *, reason: str, typed: Sequence[str], viewer: Viewer, at: datetime
) -> None:
    """Destroy the records, all of the viewer's own agency and each named by its typed reference. There is no way back.

    Whoever has one loses it and is told, and so is whoever had it before; nothing of its content stays in the database,
    its photographs' files go when this commits. Raises ValidationError when a reference was not typed, the reason is
    none, or somebody purged it meanwhile: then nothing is written.
    """
    ids = sorted(record.pk for record in records)
    lock_records(ids)
    fresh = list(Record.objects.filter(pk__in=ids, owner_id=viewer.agency_id).order_by("id"))
    _check(fresh, ids, reason, typed)
    for record in fresh:
        _take_back(record, viewer=viewer, at=at)
        photographs = _photographs(record)
        Leftover.objects.bulk_create(
            Leftover(record_id=record.pk, photograph=uid) for uid in sorted(photographs)
        )
        _destroy(record, reason, viewer, at)
        # The owner has lost it too.
        note_recalled(record.pk)
        transaction.on_commit(partial(remove, sorted(photographs)), robust=True)
        write_trail(
            "record.purge",
            viewer=viewer,
            at=at,
            object_type=record.kind,
            object_id=record.ref,
            version=record.latest,
            marking=record.tlp,
            reason=reason,
        )


def _check(fresh: list[Record], ids: list[int], reason: str, typed: Sequence[str]) -> None:
    if len(fresh) != len(ids) or any(record.purged_at for record in fresh):
        raise ValidationError(_("Somebody has purged it meanwhile."))
    if any(not record.latest for record in fresh):
        raise ValidationError(_("It was never posted: discard the draft."))
    if reason not in PurgeReason.values:
        raise ValidationError({"reason": [_("Say why it is destroyed.")]})
    if {record.ref for record in fresh} != {each.strip().upper() for each in typed}:
        raise ValidationError(
            {"typed": [_("Type the reference exactly, to show that it is this one you mean.")]}
        )


def _take_back(record: Record, *, viewer: Viewer, at: datetime) -> None:
    """Recall it where it is out, and tell also those who had it before."""
    live = Release.objects.filter(record_id=record.pk, ended_at=None)
    if live.exists() or anyone_to_tell(record.pk, None):
        recall(record, reason=str(TOLD), viewer=viewer, at=at)
        made = Recall.objects.filter(record_id=record.pk).latest("at", "id")
    else:
        # Nothing is out by a release; what an emergency opened ends all the same.
        Record.objects.filter(pk=record.pk, recalled_at=None).update(recalled_at=at)
        made = Recall.objects.create(
            record_id=record.pk, owner_id=record.owner_id, version=None, reason=str(TOLD), at=at
        )
        losing = regrant([record.pk], at=at, recall=made).withdrawn
        queue_alerts(AlertKind.RECALLED, losing, at=at)
    with engine(), connection.cursor() as cursor:
        cursor.execute(WITHDRAW, {"told": str(TOLD), "at": at, "ref": record.ref, "recall": made.pk})
        before = [(record.pk, agency) for (agency,) in cursor.fetchall()]
    queue_alerts(AlertKind.RECALLED, before, at=at, losing=[])


def _photographs(record: Record) -> set[Any]:
    """Every photograph of the working copy and of any version: those taken out of the one may be in the other."""
    found = {str(uid) for uid in Photograph.objects.filter(record=record).values_list("uid", flat=True)}
    for content in Version.objects.filter(record=record).values_list("content", flat=True):
        for group in ("detail", "technique"):
            found |= {row["uid"] for row in content.get(group, {}).get("photographs", [])}
    return found


def _destroy(record: Record, reason: str, viewer: Viewer, at: datetime) -> None:
    """Every row that says anything of it goes, by the one function that may; the record's own is emptied."""
    forget_records([record.pk])
    forget_shapes([record.pk])
    with connection.cursor() as cursor:
        cursor.execute("select hub_purge(%s, %s)", [record.pk, str(TOLD)])
    # Their ids stay: what was purged does not come in again.
    Original.objects.filter(record_id=record.pk).update(body="", notes=[], sender="")
    emptied = {
        field.attname: _empty(field) for field in Record._meta.concrete_fields if field.name not in KEPT
    }
    Record.objects.filter(pk=record.pk).update(
        **emptied,
        purged_at=at,
        purged_by_id=viewer.person_id,
        purge_reason=reason,
    )


def _empty(field: Any) -> Any:
    return None if field.null and field.default is NOT_PROVIDED else field.get_default()
