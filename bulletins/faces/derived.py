"""What is derived from a record, at whatever remove; and keeping both as they are while a marking is decided."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from bulletins.records.models import Version
from hub.database.context import engine, hold_links, lock_records


def derived_from(ids: Iterable[int]) -> set[int]:
    """Every record of which a version is derived from one of `ids`, at whatever remove; without `ids` themselves."""
    start = set(ids)
    found, fresh = set[int](), start
    with engine():
        while fresh:
            rows = Version.objects.filter(linked__overlap=sorted(fresh))
            fresh = set(rows.values_list("record_id", flat=True)) - found - start
            found |= fresh
    return found


def lock_with_derived(ids: Iterable[int], *, linking: bool = False) -> list[int]:
    """Lock the records, and with them what is derived from them, all in one order; return what is derived.

    Nobody else comes to rest on anything until the transaction ends; with `linking`, the caller does. What somebody
    has linked while this waited is asked for again, and the locks are taken anew, or the order would be another.
    """
    wanted = set(ids)
    with engine():
        while True:
            derived = derived_from(wanted)
            with transaction.atomic():
                lock_records([*wanted, *derived])
                hold_links(alone=linking)
                if derived_from(wanted) <= derived:
                    return sorted(derived)
                transaction.set_rollback(True)
