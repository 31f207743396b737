"""Who has a record now, for its owner: by name, except where a hidden roster alone tells the name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from bulletins.faces.wording import label_of
from bulletins.models import Version
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.bands import Band, band_of
from hub.agencies.models import Agency
from sharing.audiences.actions import decisions
from sharing.audiences.models import Given, Rewording
from sharing.audiences.rosters import hidden_rosters
from sharing.releases.facts import load
from sharing.releases.models import Release
from sharing.releases.querysets import live_releases


@dataclass(frozen=True)
class Holder:
    """`withheld` names the kinds that stay behind, `reworded` the texts it reads in other words than the author's;
    `persons` counts those named (TLP:RED)."""

    agency: int
    code: str
    name: str
    band: Band
    version: int
    withheld: tuple[str, ...]
    since: datetime
    until: datetime | None
    persons: int = 0
    reworded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holders:
    agencies: tuple[Holder, ...] = ()
    communities: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.agencies or self.communities)


def holders_of(record_id: int, viewer: Viewer) -> Holders:
    """Who holds the record of the viewer's agency; nobody, for a record of another's."""
    rows = list(Given.objects.filter(record_id=record_id).order_by("agency_id"))
    named, hidden = nameable(list(live_releases(record_id)), viewer)
    if named is not None:
        rows = [row for row in rows if row.agency_id in named]
    agencies = Agency.objects.in_bulk([row.agency_id for row in rows])
    saying = {
        number: {group for group in FieldGroup if content.get(group)}
        for number, content in Version.objects.filter(record_id=record_id).values_list("number", "content")
    }
    reworded = texts_of_their_own(record_id)
    found: dict[int, Holder] = {}
    for row in rows:
        agency, earlier = agencies[row.agency_id], found.get(row.agency_id)
        found[agency.pk] = Holder(
            agency=agency.pk,
            code=agency.code,
            name=agency.label,
            band=band_of(agency),
            version=row.version,
            withheld=tuple(
                str(group.label)
                for group in FieldGroup
                if group in row.withheld and group in saying.get(row.version, ())
            ),
            since=row.visible_since,
            until=row.until,
            reworded=reworded.get(agency.pk, ()),
            persons=(earlier.persons if earlier else 0) + (row.person_id is not None),
        )
    ordered = sorted(found.values(), key=lambda holder: (holder.band, holder.code))
    return Holders(tuple(ordered), hidden)


def texts_of_their_own(record_id: int) -> dict[int, tuple[str, ...]]:
    """Agency -> what the texts are called that it reads in other words; of the viewer's own agency's record."""
    rows = Rewording.objects.filter(record_id=record_id).order_by("id")
    return {
        agency: tuple(dict.fromkeys(label_of(field) for field in fields))
        for agency, fields in rows.values_list("agency_id", "fields")
    }


def nameable(releases: list[Release], viewer: Viewer) -> tuple[set[int] | None, tuple[str, ...]]:
    """Of those reached by the releases of one record that stand: whom the viewer may be told of (None: everybody), and
    the communities whose members are not listed."""
    hidden = hidden_rosters((release.community_id for release in releases), viewer)
    names = tuple(community.name for community in hidden.values())
    return (_named(releases, set(hidden)) if hidden else None), names


def _named(releases: list[Release], hidden: set[int]) -> set[int]:
    """Agencies that would have the record by what the owner may see alone: named, open rosters, to all.

    By the rule: a release to all that a stricter marking has stopped reaches nobody, and names nobody.
    """
    (pk,) = {each.record_id for each in releases}
    world = load([pk])
    facts = world.facts[pk]
    openly = tuple(each for each in facts.releases if each.community not in hidden)
    known = replace(world, facts={pk: replace(facts, releases=openly)})
    return {agency for agency, found in decisions(known, pk, timezone.now()).items() if found.allowed}
