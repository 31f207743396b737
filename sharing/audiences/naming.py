"""Free texts that name what a group withholds, and the other words offered for them, pick by pick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bulletins.faces.content import drop
from bulletins.faces.wording import Wording, group_of, label_of, longest, reworded, texts_of
from bulletins.vocabulary.lists import FieldGroup
from bulletins.vocabulary.terms import terms
from sharing.releases.facts import World
from sharing.releases.grounds import Decision, Reach

Content = dict[str, dict[str, Any]]
SHORTEST = 4
# A text this long is written in more than a line.
LINE = 200


@dataclass(frozen=True)
class Named:
    """A text that is shown and says what is withheld with `group`."""

    field: str
    group: str
    said: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A text for which a pick may have other words. `text` is the author's, `wording` what stands in its place.

    `said` is what it names of what is withheld from `codes`; `still` what the wording names. Without either it is
    offered because it is worded otherwise already.
    """

    agency: int | None
    community: int | None
    field: str
    label: str
    text: str
    wording: str
    left_out: bool
    said: tuple[str, ...]
    still: tuple[str, ...]
    codes: tuple[str, ...]
    longest: int

    @property
    def long(self) -> bool:
        return self.longest > LINE


def names_in(content: Content, withheld: Iterable[str], wording: Wording = ()) -> list[Named]:
    """Of the texts that are shown without the groups `withheld`, in their wording: those that name what is withheld."""
    groups = frozenset(withheld)
    shown = texts_of(reworded(drop(content, groups), wording))
    found = []
    for group, names in _named_by(content).items():
        if group in groups:
            for field, text in shown.items():
                said = sorted(name for name in names if name.casefold() in text.casefold())
                if said:
                    found.append(Named(field, group, tuple(said)))
    return found


def offers(
    world: World, pk: int, fresh: Iterable[Reach], decided: dict[int, Decision], content: Content
) -> list[Offer]:
    """What each planned release may say in other words. `decided` are the agencies that the viewer may be told of.

    Of a community whose members are not listed only what the plan itself withholds is asked.
    """
    found: list[Offer] = []
    for reach in fresh:
        alone = replace(world.facts[pk], releases=(reach,))
        reached = replace(world, facts={pk: alone}).reachable(pk)
        allowed = {agency: each for agency, each in decided.items() if each.allowed and agency in reached}
        found += _offers(world, reach, allowed, content)
    return found


def _offers(world: World, reach: Reach, allowed: dict[int, Decision], content: Content) -> Iterable[Offer]:
    own = {each.field: each for each in reach.wording}
    without: dict[frozenset[str], set[str]] = defaultdict(set, {reach.withheld: set()})
    for pk, each in allowed.items():
        without[each.withheld].add(world.parties[pk].code)
    plain: dict[str, set[str]] = defaultdict(set)
    still: dict[str, set[str]] = defaultdict(set)
    told: dict[str, set[str]] = defaultdict(set)
    for withheld, codes in without.items():
        for named in names_in(content, withheld):
            plain[named.field].update(named.said)
            told[named.field].update(codes)
        for named in names_in(content, withheld, reach.wording):
            still[named.field].update(named.said)
    for field, text in texts_of(content).items():
        if (field in plain or field in own) and group_of(field) not in reach.withheld:
            wording = own.get(field)
            yield Offer(
                agency=reach.agency,
                community=reach.community,
                field=field,
                label=label_of(field),
                text=text,
                wording=wording.text if wording else "",
                left_out=wording is not None and not wording.text,
                said=tuple(sorted(plain.get(field, ()))),
                still=tuple(sorted(still.get(field, ()))) if wording else (),
                codes=tuple(sorted(told.get(field, ()))),
                longest=longest(field),
            )


def _named_by(content: Content) -> dict[str, set[str]]:
    """What a group that can be withheld names, as words that free text might repeat."""
    place, case = content.get("place", {}), content.get("case", {})
    port = terms().ports.get(place.get("port", ""))
    places = [place.get("place"), port.label if port else ""]
    places += [str(name).split(",")[0] for name in places if name]
    found = {
        FieldGroup.PLACE.value: places,
        FieldGroup.IDENTIFIERS.value: [
            row["value"] for row in content.get("identifiers", {}).get("items", [])
        ],
        FieldGroup.CASE.value: [
            case.get("case_number"),
            case.get("investigators"),
            case.get("own_reference"),
        ],
    }
    return {
        group: {str(name).strip() for name in names if name and len(str(name).strip()) >= SHORTEST}
        for group, names in found.items()
    }
