"""What is known of objects that come in: what came before under their ids, and whose it is to be told of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from bulletins.publishing.querysets import working_copies
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from sharing.intake.models import Original


def chains_of(agency: int, scope: str, ids: Iterable[str]) -> dict[str, Original]:
    """The newest original of each id in this scope."""
    rows = Original.objects.filter(agency_id=agency, scope=scope, stix_id__in=list(ids))
    newest = rows.order_by("stix_id", "-modified_at", "-id").distinct("stix_id")
    return {row.stix_id: row for row in newest}


def closed_to(viewer: Viewer, chains: Mapping[str, Original]) -> set[str]:
    """Of what a colleague sent, the ids of what the viewer may not open: whatever is sent of it is answered alike."""
    if viewer.person_id is None:
        return set()
    records = {row.record_id for row in chains.values() if row.record_id}
    open_ones = set(_open_to(viewer).filter(pk__in=records).values_list("pk", flat=True))
    return {each for each, row in chains.items() if row.record_id and row.record_id not in open_ones}


def _open_to(viewer: Viewer) -> QuerySet[Record]:
    """The agency's records: all of them for its desk, for its people what they may open."""
    if viewer.person_id is None:
        return Record.objects.filter(owner_id=viewer.agency_id)
    return working_copies(Record, viewer, purged=True)


def own_records(viewer: Viewer, ids: Iterable[str]) -> set[str]:
    """Of `ids` those that this hub itself gives to records of the viewer's agency."""
    uids: dict[UUID, list[str]] = defaultdict(list)
    for each in ids:
        kind, _dashes, uid = each.partition("--")
        if kind == "report":
            uids[UUID(uid)].append(each)
    rows = _open_to(viewer).filter(uid__in=list(uids)).values_list("uid", flat=True)
    return {each for uid in rows for each in uids[uid]}
