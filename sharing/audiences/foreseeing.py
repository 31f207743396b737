"""What a decision on an agreement would change, before it is made: counts of one's own records, and of what one holds.

By `decide`, over the treaties as they would be. Of what third agencies own nothing is counted but what the viewer's
own agency holds and would lose; what it would gain is the other side's to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bulletins.models import Version
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from sharing.audiences.actions import records_under
from sharing.audiences.models import Received
from sharing.audiences.rosters import hidden_rosters
from sharing.audiences.settling import concerned
from sharing.releases.facts import World, load
from sharing.releases.grounds import Decision, Facts, Treaty
from sharing.releases.rules import decide, takes

# More than these are not gone through while somebody waits for a page: then the newest are counted, and it says so.
LOOKED_AT = 1_000


@dataclass(frozen=True)
class Change:
    """Directions as they stand (`before`) and as they would be: changed, by their own number, or added."""

    before: tuple[Treaty, ...] = ()
    changed: dict[int, Treaty] = field(default_factory=dict)
    added: tuple[Treaty, ...] = ()

    @property
    def concerned(self) -> tuple[Treaty, ...]:
        return (*self.before, *self.changed.values(), *self.added)

    def made_to(self, treaties: Iterable[Treaty]) -> tuple[Treaty, ...]:
        return (*(self.changed.get(each.direction, each) for each in treaties), *self.added)


@dataclass(frozen=True)
class PartnerLine:
    """What one partner would lose and gain of the viewer's own records. `without` are (group, how many) of the gain."""

    code: str
    name: str
    loses: int = 0
    gains: int = 0
    less: int = 0
    more: int = 0
    without: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Effect:
    """`loses` and `less` are of what the viewer's own agency holds of others'."""

    partners: tuple[PartnerLine, ...] = ()
    loses: int = 0
    less: int = 0
    capped: bool = False

    @property
    def nothing(self) -> bool:
        return not (self.partners or self.loses or self.less)


def foresee(change: Change, *, viewer: Viewer, at: datetime) -> Effect:
    """Count what the change would do to what the viewer may see. Writes nothing."""
    under = records_under([treaty.direction for treaty in change.before])
    touched = {*under, *concerned(change.concerned, at=at)}
    visible = Received.objects.visible_to(viewer).newest_first()
    own = _ids(visible.filter(owner_id=viewer.agency_id, record_id__in=touched))
    held = _ids(visible.exclude(owner_id=viewer.agency_id).filter(record_id__in=under))
    capped = len(own) > LOOKED_AT or len(held) > LOOKED_AT
    world = load([*own[:LOOKED_AT], *held[:LOOKED_AT]])
    loses, less = _held(world, held[:LOOKED_AT], change, viewer, at)
    return Effect(_partners(world, own[:LOOKED_AT], change, viewer, at), loses, less, capped)


def _ids(rows: object) -> list[int]:
    return list(rows.values_list("record_id", flat=True)[: LOOKED_AT + 1])  # type: ignore[attr-defined]


def _partners(
    world: World, own: Sequence[int], change: Change, viewer: Viewer, at: datetime
) -> tuple[PartnerLine, ...]:
    """A line for each agency that the viewer may know its records to reach: members of hidden rosters are not."""
    counts: dict[int, Counter[str]] = {}
    communities = {reach.community for pk in own for reach in world.facts[pk].releases}
    hidden = hidden_rosters(communities, viewer)
    contents = _contents(own)
    for pk in own:
        facts = world.facts[pk]
        openly = replace(
            facts, releases=tuple(each for each in facts.releases if each.community not in hidden)
        )
        then = replace(openly, treaties=change.made_to(openly.treaties))
        known = replace(world, facts={pk: openly})
        for agency in known.reachable(pk) - {viewer.agency_id}:
            party = world.parties.get(agency)
            if party is None or not any(takes(treaty, party) for treaty in change.concerned):
                continue
            before, after = (decide(world.subjects[pk], party, each, at) for each in (openly, then))
            counts.setdefault(agency, Counter()).update(_difference(before, after, contents, pk))
    agencies = Agency.objects.in_bulk([agency for agency, found in counts.items() if found])
    lines = [
        PartnerLine(
            code=agencies[pk].code,
            name=agencies[pk].label,
            **{name: found[name] for name in ("loses", "gains", "less", "more")},
            without=tuple((str(each.label).lower(), found[each]) for each in FieldGroup if found[each]),
        )
        for pk, found in counts.items()
        if found
    ]
    return tuple(sorted(lines, key=lambda line: line.code))


def _difference(
    before: Decision, after: Decision, contents: dict[tuple[int, int], frozenset[str]], pk: int
) -> Counter[str]:
    if before.allowed and not after.allowed:
        return Counter({"loses": 1})
    if not after.allowed:
        return Counter()
    without = after.withheld & contents.get((pk, after.version), frozenset())
    if not before.allowed:
        return Counter({"gains": 1, **dict.fromkeys(without, 1)})
    had_without = before.withheld & contents.get((pk, before.version), frozenset())
    return Counter({"less": int(bool(without - had_without)), "more": int(bool(had_without - without))})


def _contents(ids: Sequence[int]) -> dict[tuple[int, int], frozenset[str]]:
    """(record, version) -> the groups that hold something, of one's own records."""
    rows = Version.objects.filter(record_id__in=ids).values_list("record_id", "number", "content")
    return {
        (record, number): frozenset(group.value for group in FieldGroup if content.get(group))
        for record, number, content in rows
    }


def _held(world: World, held: Sequence[int], change: Change, viewer: Viewer, at: datetime) -> tuple[int, int]:
    """How many of the records it holds the viewer's agency would lose, and of how many it would have less."""
    party = world.parties.get(viewer.agency_id or 0)
    loses = less = 0
    for pk in held if party else ():
        facts = world.facts[pk]
        then = Facts(facts.releases, facts.rosters, change.made_to(facts.treaties), facts.consents)
        before, after = (decide(world.subjects[pk], party, each, at) for each in (facts, then))  # type: ignore[arg-type]
        loses += before.allowed and not after.allowed
        less += before.allowed and after.allowed and bool(after.withheld - before.withheld)
    return loses, less
