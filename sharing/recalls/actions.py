"""Telling those who had it before, as the engine; and answering a recall for one's agency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.audiences.models import WithdrawalKind
from sharing.recalls.models import RecallAnswer
from sharing.recalls.querysets import ToldRecall
from sharing.recalls.rules import answer_refusals
from sharing.releases.models import Recall, Release

# What the ledger says was given of a record, or of one version of it; `held` are holders of that version at the recall,
# who may never have been shown it. Whoever was told of such a recall since they last had it is not told again. A
# record that only ever went to people of an agency (TLP:RED) is told to those people. Asked again `late`, what was
# given `until` then counts, and whom this recall was told to is told no more, neither the desk nor somebody of it. By
# its `source`, the hub it came from, it is taken from its owner too.
HAD = """
    with given as (
        select l.agency_id as agency, l.person_id as person, e.version, l.at, null::bigint as basis
        from sharing_ledger l cross join lateral unnest(l.records, l.versions) e(record, version)
        where l.records @> array[%(record)s::bigint] and e.record = %(record)s
          and (%(version)s::int is null or e.version = %(version)s::int)
          and (%(until)s::timestamptz is null or l.at <= %(until)s)
        union all
        select h.agency, h.person, %(version)s::int, h.at, h.basis
        from unnest(%(agencies)s::int[], %(persons)s::bigint[], %(since)s::timestamptz[], %(basis)s::bigint[])
             h(agency, person, at, basis)
        union all
        select owner_id, null, latest, latest_at, null from bulletins_record
        where id = %(record)s and %(source)s and tlp <> 'TLP:RED'),
    r as (select * from bulletins_record where id = %(record)s),
    ways as (
        select d.agency, bool_or(d.person is null) as whole
        from (select w.agency_id as agency, w.person_id as person from r join sharing_withdrawal w on w.ref = r.ref
               where w.agency_id in (select agency from given)
              union all
              select g.group_id, g.person_id from sharing_grant g where g.record_id = %(record)s) d
        group by d.agency),
    had as (
        select g.agency, case when coalesce(w.whole, r.tlp <> 'TLP:RED') then null else g.person end as person,
               max(g.version) as version, min(g.at) as first_at, max(g.at) as last_at, max(g.basis) as basis
        from r cross join given g left join ways w on w.agency = g.agency
        where (%(source)s or g.agency <> r.owner_id)
          and (coalesce(w.whole, r.tlp <> 'TLP:RED') or g.person is not null)
        group by 1, 2),
    untold as (
        select h.* from had h cross join r
        where not exists (
            select 1 from sharing_withdrawal w
            where w.agency_id = h.agency and w.ref = r.ref and w.kind = 'recalled'
              and (w.person_id is not distinct from h.person
                   or %(late)s and w.recall_id = %(recall)s and (w.person_id is null or h.person is null))
              and (w.at >= h.last_at or w.recall_id = %(recall)s::bigint)
              and (w.only_version is null or w.only_version = %(version)s::int)))
"""

TELL = f"""{HAD}
    insert into sharing_withdrawal (agency_id, person_id, record_kind, owner_id, uid, ref, version, tlp, kind, reason,
                                    had_since, at, recall_id, only_version, basis)
    select u.agency, u.person, r.kind, r.owner_id, r.uid, r.ref, u.version,
           coalesce((select w.tlp from sharing_withdrawal w where w.agency_id = u.agency and w.ref = r.ref
                     order by w.at desc limit 1), r.tlp),
           %(kind)s, %(reason)s, u.first_at, %(at)s, %(recall)s, %(version)s, u.basis
    from untold u cross join r
    returning agency_id
"""  # noqa: S608  all of it is ours

# What is given from then on is given by a release that the recall did not end: the instant the first of those began, or
# the recall's own where it began before and waited.
AGAIN = """
    select greatest(min(s.released_at), c.at) from sharing_recall c join sharing_release s on s.record_id = c.record_id
    where c.id = %s and (s.ended_at is null or s.ended_at > c.at) and (c.version is null or s.version = c.version)
    group by c.at
"""

ANYONE = f"{HAD} select exists (select 1 from untold)"  # noqa: S608


@dataclass(frozen=True)
class Holding:
    """A grant on the version at hand: whose, since when, on what basis (as a withdrawal's)."""

    agency: int
    person: int | None
    since: datetime
    basis: int

    @property
    def opened(self) -> bool:
        """Whether an emergency alone gave it to one person."""
        return self.basis < 0


def holders_of_version(record: int, version: int) -> list[Holding]:
    """Who holds exactly that version now, without the owner. For the engine's own work: it names members of
    hidden rosters."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            """
            select g.group_id, g.person_id, g.visible_since, coalesce(g.release_id, -g.emergency_id, 0)
            from sharing_grant g join bulletins_face f on f.id = g.face_id
            where g.record_id = %s and f.version = %s and g.group_id <> f.owner_id
            order by g.group_id, g.person_id
            """,
            [record, version],
        )
        return [Holding(*row) for row in cursor.fetchall()]


def anyone_to_tell(record: int, version: int | None) -> bool:
    """Whether the ledger knows somebody who had it and was not told of a recall since."""
    with engine(), connection.cursor() as cursor:
        cursor.execute(ANYONE, _parameters(record, version))
        return bool(cursor.fetchone()[0])


def bar(releases: Iterable[Release], agencies: set[int]) -> None:
    """These releases do not give the agencies an older version in place of the one taken back."""
    for row in releases:
        row.barred = sorted({*row.barred, *agencies})
        row.save(update_fields=["barred"])


def tell_all_who_had(
    recall: Recall, held: Iterable[Holding] = (), *, by_source: bool = False
) -> list[tuple[int, int]]:
    """A withdrawal for each who ever had what was taken back and has not been told; return them as (record, agency).

    Those who lost it by this very recall have theirs already. `by_source`: its owner is among them.
    """
    return _tell(recall, _parameters(recall.record_id, recall.version, held) | {"source": by_source})


def tell_late(recall: Recall) -> list[tuple[int, int]]:
    """Tell those who were given it as it was taken back, and whose ledger row was committed after that; once each.

    Who was given it by a later release is not among them. The caller holds the record's lock.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(AGAIN, [recall.pk])
        (again,) = cursor.fetchone() or (None,)
    return _tell(recall, _parameters(recall.record_id, recall.version) | {"late": True, "until": again})


def _tell(recall: Recall, parameters: dict[str, Any]) -> list[tuple[int, int]]:
    told = {
        "kind": WithdrawalKind.RECALLED.value,
        "reason": recall.reason,
        "at": recall.at,
        "recall": recall.pk,
    }
    with engine(), connection.cursor() as cursor:
        cursor.execute(TELL, parameters | told)
        return sorted({(recall.record_id, agency) for (agency,) in cursor.fetchall()})


def _parameters(record: int, version: int | None, held: Iterable[Holding] = ()) -> dict[str, Any]:
    rows = list(held)
    return {
        "record": record,
        "version": version,
        "recall": None,
        "late": False,
        "source": False,
        "until": None,
        "agencies": [row.agency for row in rows],
        "persons": [row.person for row in rows],
        "since": [row.since for row in rows],
        "basis": [row.basis for row in rows],
    }


def answer(
    told: ToldRecall,
    *,
    kind: str,
    words: str = "",
    passed_to: Iterable[int] = (),
    viewer: Viewer,
    at: datetime,
) -> RecallAnswer:
    """What became of the agency's copies. It may be answered anew; every answer is kept.

    Raises ValidationError by field.
    """
    said, named = words.strip(), sorted(set(passed_to))
    refusals = answer_refusals(kind=kind, words=said, passed_to=named, own=viewer.agency_id or 0)
    if refusals:
        raise ValidationError(refusals)
    made = RecallAnswer(
        recall_id=told.key,
        owner_id=told.owner_id,
        agency_id=viewer.agency_id,
        person_id=told.person_id,
        kind=kind,
        words=said,
        passed_to=named,
        at=at,
    )
    made.save(force_insert=True)
    write_trail(
        "recall.answer",
        viewer=viewer,
        at=at,
        object_type=told.kind,
        object_id=told.ref,
        version=told.version,
        marking=told.marking.tlp,
        reason=said,
        answer=kind,
    )
    return made
