"""One record by its reference, as one reader is shown it; and its versions, for its own agency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking, highest, marking_of
from bulletins.models import Record, Version
from bulletins.publishing.photographs.storage import stored_name
from hub.accounts.viewer import Viewer
from hub.trail.actions import origin
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Received, Withdrawal
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.models import LedgerRow
from sharing.disclosures.rules import Channel, is_closely_held
from sharing.emergencies.models import Opened


@dataclass(frozen=True)
class VersionLine:
    """A version in the list of a record's own agency."""

    number: int
    note: str
    at: datetime
    current: bool
    href: str


@dataclass(frozen=True)
class Gone:
    """What those who had a record are told once it was taken back; nothing of the record itself."""

    ref: str
    kind: str
    recalled: bool
    owner: str
    at: datetime
    reason: str
    version: int
    had_since: datetime
    marking: Marking
    only_version: int | None = None


@dataclass(frozen=True)
class Purged:
    """The tombstone of a purged record, for the agency that owned it."""

    ref: str
    kind: str
    at: datetime
    by: str
    reason: str
    marking: Marking


def shown_to(
    viewer: Viewer,
    kind: str,
    ref: str,
    channel: Channel = Channel.PAGE,
    *,
    own_endpoint: bool = True,
    opened: bool = False,
) -> Disclosure | None:
    """What `viewer` is shown of the record `ref` of that kind; None where there is none, or none for them.

    With `opened` also what an emergency opened to the viewer in person: for the record's page and its photographs.
    """
    by: Any = (
        Received.objects.visible_to(viewer).filter(ref=ref, kind=kind).values_list("record_id", flat=True)
    )
    opened = opened and channel == Channel.PAGE
    if opened:
        mine = Opened.objects.visible_to(viewer).filter(ref=ref, kind=kind)
        by = by.union(mine.values_list("record_id", flat=True))
    found = disclose(viewer, list(by[:1]), channel, own_endpoint=own_endpoint, opened=opened)
    return found[0] if found else None


def gone_for(viewer: Viewer, kind: str, ref: str) -> Gone | None:
    """The newest withdrawal of `ref`, which is another agency's, that `viewer` was told of."""
    row = (
        Withdrawal.objects.visible_to(viewer)
        .filter(ref=ref, record_kind=kind)
        .exclude(owner_id=viewer.agency_id)
        .select_related("owner")
        .order_by("-at", "-id")
        .first()
    )
    if row is None:
        return None
    return Gone(
        ref=row.ref,
        kind=row.record_kind,
        recalled=row.kind == "recalled",
        owner=row.owner.code,
        at=row.at,
        reason=row.reason,
        version=row.version,
        had_since=row.had_since,
        marking=Marking(tlp=row.tlp),
        only_version=row.only_version,
    )


def purged_own(viewer: Viewer, kind: str, ref: str, *, also_red: bool) -> Purged | None:
    """What is left to say of a record that the viewer's own agency purged; at TLP:RED only to whom it was open."""
    rows = Record.objects.filter(owner_id=viewer.agency_id, ref=ref, kind=kind, purged_at__isnull=False)
    row = (rows if also_red else rows.exclude(tlp=TLP.RED)).select_related("purged_by").first()
    if row is None or row.purged_at is None:
        return None
    by = row.purged_by.username if row.purged_by else ""
    return Purged(row.ref, row.kind, row.purged_at, by, str(row.get_purge_reason_display()), marking_of(row))


@dataclass(frozen=True)
class Ended:
    """What stands where a record stood that another hub shares no more, for the agency it was shared with."""

    ref: str
    kind: str
    at: datetime
    recalled: bool
    hub: str
    there: str
    marking: Marking


def ended_own(viewer: Viewer, kind: str, ref: str, *, also_red: bool) -> Ended | None:
    """Of a record of the viewer's own agency that the hub it came from recalled, or shares no more."""
    rows = Record.objects.filter(owner_id=viewer.agency_id, ref=ref, kind=kind, ended_at__isnull=False)
    row = (rows if also_red else rows.exclude(tlp=TLP.RED)).filter(latest__gt=0).first()
    if row is None or row.ended_at is None or not row.origin:
        return None
    return Ended(
        ref=row.ref,
        kind=row.kind,
        at=row.recalled_at or row.ended_at,
        recalled=row.recalled_at is not None,
        hub=row.origin["name"],
        there=row.origin["ref"],
        marking=marking_of(row),
    )


def linked_to(viewer: Viewer, shown: Disclosure) -> list[Disclosure]:
    """The linked seizure reports that `viewer` may see themselves. The others are not told of."""
    if not shown.linked:
        return []
    rows = Received.objects.visible_to(viewer).filter(record_id__in=shown.linked)
    ids = list(rows.newest_first().values_list("record_id", flat=True)[:50])
    return disclose(viewer, ids, Channel.PAGE)


def versions_of(shown: Disclosure) -> list[VersionLine]:
    """Every version, newest first, for the record's own agency; nothing for others, who have one each."""
    if not shown.own:
        return []
    rows = Version.objects.filter(record_id=shown.key).order_by("-number")
    return [
        VersionLine(
            number=number,
            note=note,
            at=at,
            current=number == shown.version,
            href=shown.path if number == shown.version else f"{shown.path}versions/{number}/",
        )
        for number, note, at in rows.values_list("number", "note", "published_at")
    ]


def earlier_version(viewer: Viewer, shown: Disclosure, number: int) -> Disclosure | None:
    """An earlier version, whole, for the record's own agency; None for others and where there is none.

    `shown` is what the viewer was just shown: nobody reads the past of what they may not read.
    """
    if not shown.own or shown.withheld:
        return None
    row: Any = Version.objects.filter(record_id=shown.key, number=number).first()
    if row is None:
        return None
    LedgerRow.objects.create(
        at=timezone.now(),
        agency_id=viewer.agency_id,
        person_id=viewer.person_id,
        person=viewer.username,
        channel=Channel.PAGE.value,
        request_id=origin.get().request_id,
        records=[shown.key],
        versions=[number],
        withheld=[""],
        basis=[0],
        agreements=[0],
    )
    content = _left_of(row.content) if shown.core.get("origin") else row.content
    return replace(
        shown,
        version=number,
        issued_at=row.published_at,
        facts={**content, "withheld": []},
        linked=tuple(row.linked),
    )


def _left_of(content: dict[str, Any]) -> dict[str, Any]:
    """Of a version of what came from another hub: without photographs that it has taken back since."""
    return {
        group: {
            **facts,
            "photographs": [
                row for row in facts["photographs"] if default_storage.exists(stored_name(row["uid"], "full"))
            ],
        }
        if "photographs" in facts
        else facts
        for group, facts in content.items()
    }


def note_opening(viewer: Viewer, shown: Disclosure, *, at: datetime) -> None:
    """That a record which is closely held was opened, each time it is; of others the ledger tells."""
    if not is_closely_held(shown.marking, [group for group, facts in shown.facts.items() if facts]):
        return
    write_trail(
        "record.open",
        viewer=viewer,
        at=at,
        object_type=shown.kind,
        object_id=shown.ref,
        version=shown.version,
        marking=shown.marking.banner[:100],
    )


def photograph_in(shown: Disclosure, uid: UUID) -> bool:
    """Whether the photograph is among the disclosed facts: one of a withheld group is not."""
    return any(row["uid"] == str(uid) for row in shown.photographs)


def marking_of_page(shown: Sequence[Disclosure] | Iterable[Disclosure]) -> Marking | None:
    """The highest marking of what a page shows; None where it shows no record."""
    return highest(each.marking for each in shown)
