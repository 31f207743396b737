"""Pages of a list by keyset: where one ended is named by an instant and a reference, which tell no volume."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from bulletins.faces.querysets import FoundQuerySet
from bulletins.records.refs import PATTERN
from sharing.disclosures.filters import NotUnderstood

SIZE = 25
COUNTED = 1_000
AFTER = re.compile(rf"(\d{{8}}T\d{{12}})-({PATTERN.pattern})")
STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Keys:
    """Internal ids of one page in their order, and where the next begins (empty on the last)."""

    ids: Sequence[int]
    after: str = ""


def page_of(rows: FoundQuerySet, *, by: str, after: str = "", size: int = SIZE) -> Keys:
    """One page of `rows`, newest first by the instant `by`. `rows` are what the reader may see, no others.

    Raises NotUnderstood for a place that no page ended at.
    """
    ordered = _beyond(rows, by, after).order_by(f"-{by}", "-record_id")
    found = ordered.look("record_id", by, "ref", most=size + 1)
    ids = [row[0] for row in found[:size]]
    if len(found) <= size:
        return Keys(ids)
    _record, at, ref = found[size - 1]
    return Keys(ids, f"{at.astimezone(UTC):{STAMP}}-{ref}")


def _beyond(rows: FoundQuerySet, by: str, after: str) -> FoundQuerySet:
    if not after:
        return rows
    named = AFTER.fullmatch(after)
    try:
        at = datetime.strptime(named[1], STAMP).replace(tzinfo=UTC) if named else None
    except ValueError:
        at = None
    if named is None or at is None:
        raise NotUnderstood(_("This page of the list does not exist. Begin at the first."))
    older = rows.filter(**{f"{by}__lte": at})
    last = rows.filter(ref=named[2]).values_list("record_id", flat=True).first()
    # One that is no longer shown cannot say where it stood among others of its instant: show those again.
    return older if last is None else older.exclude(**{by: at}, record_id__gte=last)


def count_of(rows: FoundQuerySet) -> int:
    """How many there are, counted to just past a thousand."""
    return rows.number(most=COUNTED + 1)


def said(count: int) -> str:
    """`306`, or `1,000+`: no page pays for an exact total nobody asked for."""
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"
