"""The owner's own grant: written when a version is published, in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from bulletins.models import Version
from bulletins.publishing.signals import published
from sharing.audiences.actions import regrant
from sharing.releases.facts import derived_from


@receiver(published, dispatch_uid="sharing.audiences.owner")
def give_the_owner_its_grant(sender: Any, records: list[int], at: datetime, **kwargs: Any) -> None:
    """What is derived from a record is decided anew as well, where that has come to rest on something more."""
    regrant({*records, *derived_from(_resting_on_more(records))}, at=at)


def _resting_on_more(records: list[int]) -> list[int]:
    """Those whose newest version rests on what no earlier one did; nothing is derived yet of a first version."""
    linked: dict[int, list[set[int]]] = defaultdict(list)
    rows = Version.objects.filter(record_id__in=records).order_by("record_id", "number")
    for record, found in rows.values_list("record_id", "linked"):
        linked[record].append(set(found))
    return [
        record for record, (*earlier, newest) in linked.items() if earlier and newest - set().union(*earlier)
    ]
