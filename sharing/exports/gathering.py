"""What goes into a file of a batch of records, as its reader is shown them now: disclosures, or STIX objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bulletins.markings.rules import Marking
from hub.accounts.viewer import Viewer
from sharing.audiences.models import Standing
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure, Rendered
from sharing.disclosures.rules import Channel
from sharing.exports.models import Form
from sharing.stix.finishing import Finished, Tail, finished, renamed
from sharing.stix.keeping import disclose_rendered


@dataclass(frozen=True)
class InStix:
    """The objects of one record."""

    key: int
    marking: Marking
    objects: Finished


Shown: TypeAlias = Disclosure | InStix


def gathered(viewer: Viewer, records: Sequence[int], form: str, *, at: datetime) -> Sequence[Shown]:
    """What the channel carries of `records`, in their order; what may not leave is absent."""
    if form != Form.STIX:
        return disclose(viewer, records, Channel.EXPORT, at=at)
    shown = disclose_rendered(viewer, records, Channel.EXPORT, at=at)
    # Under the name and in the version that machine feeds give: the newest of a record's lives comes last.
    rows = Standing.objects.visible_to(viewer).filter(record_id__in=records).order_by("life")
    stands = {row.record_id: row for row in rows}
    return [InStix(each.key, each.marking, _finished(each, stands.get(each.key), at)) for each in shown]


def _finished(shown: Rendered, stand: Standing | None, at: datetime) -> Finished:
    tail = Tail(
        modified=stand.numbered_at if stand else at,
        since=shown.visible_since or at,
        marking=shown.marking,
        owner=shown.owner,
        owner_name=shown.owner_name,
        withheld=shown.withheld,
        terms=shown.terms,
        owner_renamed_at=shown.owner_renamed_at,
        acknowledge_by=shown.acknowledge_by,
    )
    return finished(renamed(shown.kept, stand.uid) if stand and stand.life else shown.kept, tail)
