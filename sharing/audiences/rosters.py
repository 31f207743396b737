"""Rosters that are their leads' alone, and what of a record's releases its owner may see whom it reaches by."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from sharing.communities.models import Community
from sharing.releases.models import Release


def hidden_rosters(communities: Iterable[int | None], viewer: Viewer) -> dict[int, Community]:
    """Of `communities`, which the viewer's agency released to, those whose members only the lead sees.

    Asked past the policies: one that the agency has left, or that has closed, keeps its roster to itself too.
    """
    ids = {pk for pk in communities if pk}
    if not ids:
        return {}
    with engine():
        rows = Community.objects.filter(pk__in=ids, roster_visible=False).exclude(lead_id=viewer.agency_id)
        return {community.pk: community for community in rows.order_by("code")}


def open_releases(releases: Iterable[Release], hidden: Collection[int]) -> frozenset[int] | None:
    """The releases that the owner may see whom they reach by; None for all."""
    return frozenset(each.pk for each in releases if each.community_id not in hidden) if hidden else None


def rests_openly(basis: int | None, openly: Collection[int] | None) -> bool:
    """Whether the owner may be told who had something on this basis (as in the ledger); not where it is not known."""
    return openly is None or (basis is not None and (basis <= 0 or basis in openly))
