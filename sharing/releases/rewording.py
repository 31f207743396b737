"""Texts that a release puts in place of the author's: worked out when it is written, and when it is carried over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from bulletins.models import Record
from sharing.releases.facts import contents_of, reach_of
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan, wording_refusals


def texts_for(
    records: Sequence[Record], plan: Plan
) -> dict[tuple[int, int | None, int | None], dict[str, str]]:
    """(record, agency, community) -> the texts that a release of the plan puts in place of the version's."""
    ids = [record.pk for record in records]
    standing = list(Release.objects.filter(record_id__in=ids, ended_at=None).exclude(wording={}))
    if not standing and not any(pick.wording for pick in plan.picks):
        return defaultdict(dict)
    said = contents_of(ids)
    reaches = {
        pk: [reach_of(row, said.get((pk, row.version), {})) for row in standing if row.record_id == pk]
        for pk in ids
    }
    return {
        (record.pk, pick.agency, pick.community): {
            each.field: each.text
            for each in pick.worded(reaches[record.pk], said.get((record.pk, record.latest), {}))
        }
        for record in records
        for pick in plan.picks
    }


def reword(
    rows: Iterable[Release], record: Record, wording: Mapping[int, tuple[tuple[str, str], ...]]
) -> None:
    """Write what each release says in other words, before it is given the newest version.

    Of a release that is not in `wording` it stays where the author's text did; a text that the author has written
    anew is left out. Raises ValidationError for a text that is none, or is too long.
    """
    said = contents_of([record.pk])
    for row in rows:
        pick = Pick(agency=row.agency_id, community=row.community_id, wording=wording.get(row.pk))
        if refusals := wording_refusals([pick]):
            raise ValidationError(refusals)
        standing = [reach_of(row, said.get((record.pk, row.version), {}))]
        found = pick.worded(standing, said.get((record.pk, record.latest), {}))
        row.wording = {each.field: each.text for each in found}
        Release.objects.filter(pk=row.pk).update(wording=row.wording)


def other_words(rows: Iterable[Release]) -> dict[str, Any]:
    """For the trail: to whom which texts go in other words; never the words."""
    said = [f"{_to(row)}: {', '.join(sorted(row.wording))}" for row in rows if row.wording]
    return {"other_words": "; ".join(said)} if said else {}


def _to(row: Release) -> str:
    target = row.agency or row.community
    return target.code if target else "*"
