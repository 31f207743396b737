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
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.exports.models import Form
from sharing.stix.finishing import Finished, Tail, finished
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
    # The version that machine feeds give: the newest of a record's lives comes last.
    rows = Standing.objects.visible_to(viewer).filter(record_id__in=records).order_by("life")
    changed = dict(rows.values_list("record_id", "numbered_at"))
    return [
        InStix(
            each.key,
            each.marking,
            finished(
                each.kept,
                Tail(
                    modified=changed.get(each.key, each.visible_since),
                    since=each.visible_since,
                    marking=each.marking,
                    owner=each.owner,
                    owner_name=each.owner_name,
                    withheld=each.withheld,
                    terms=each.terms,
                ),
            ),
        )
        for each in shown
    ]
