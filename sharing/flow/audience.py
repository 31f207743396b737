"""Who holds a record, for the trail of the agency that owns it: before a deed, and after."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import engine
from sharing.audiences.holders import nameable
from sharing.audiences.models import Grant
from sharing.audiences.rosters import hidden_rosters
from sharing.releases.models import Release


@dataclass(frozen=True)
class Audience:
    """Who holds a record, as its agency's auditor may read it: codes, and communities whose members are not listed."""

    codes: list[str]
    unlisted: tuple[str, ...]


def audiences_of(ids: list[int], viewer: Viewer) -> dict[int, Audience]:
    """Record -> who holds a grant on it, for the trail of the viewer's agency, which owns the records."""
    with engine():
        pairs = list(
            Grant.objects.filter(content_object_id__in=ids, emergency=None).values_list(
                "content_object_id", "group_id"
            )
        )
    found: dict[int, set[int]] = defaultdict(set)
    for record, agency in pairs:
        found[record].add(agency)
    live = Release.objects.filter(record_id__in=ids, ended_at=None)
    communities = live.exclude(community=None).values_list("community_id", flat=True).distinct()
    listed = not hidden_rosters(communities, viewer)
    releases: dict[int, list[Release]] = defaultdict(list)
    for row in () if listed else live:
        releases[row.record_id].append(row)
    codes = dict(Agency.objects.values_list("pk", "code"))
    audiences = {}
    for record, agencies in found.items():
        named, unlisted = (None, ()) if listed else nameable(releases[record], viewer)
        told = agencies if named is None else agencies & (named | {viewer.agency_id})
        audiences[record] = Audience(sorted(codes[pk] for pk in told), unlisted)
    return audiences


def had(audience: Audience | None) -> dict[str, Any]:
    return _on_trail(audience, "before", "members_before")


def has(audience: Audience | None) -> dict[str, Any]:
    return _on_trail(audience, "after", "members_since")


def _on_trail(audience: Audience | None, codes: str, members: str) -> dict[str, Any]:
    if audience is None:
        return {codes: []}
    unlisted = {members: ", ".join(audience.unlisted)} if audience.unlisted else {}
    return {codes: audience.codes, **unlisted}
