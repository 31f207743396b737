"""What a decision rests on, as plain data: parties, record version, releases, agreements, consents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext

from bulletins.faces.wording import Wording


@dataclass(frozen=True)
class Party:
    """An agency as the rule sees it. `country` is empty for a world body."""

    id: int
    code: str
    country: str
    kind: str
    active: bool = True
    parent: int | None = None
    cfr23: bool = False

    @property
    def nation(self) -> str:
        """What 'of one country' compares: an international body is its own."""
        return f"body:{self.code}" if self.kind == "international" or not self.country else self.country

    @property
    def is_us_federal(self) -> bool:
        return self.country == "US" and self.kind == "federal"


@dataclass(frozen=True)
class Said:
    """What one version of a record says, as far as the rule asks."""

    version: int
    drug_classes: frozenset[str] = frozenset()
    has_identifiers: bool = False
    certified: bool = False


@dataclass(frozen=True)
class Subject:
    """The record to be decided on, and what its newest version says; `earlier` is what those before it said.

    `originator` is None where it has no seat in the hub; `author` is the person who posted it. `sources` are the
    owners and originators, other than the owner, of the records it is derived from (None: one without a seat); the
    marking is then the strictest of its own and theirs. Before `embargoed_until` it reaches nobody but its owner;
    from `review_at`, with no review since, no identifier of it does. `recalled`: all of it, or its newest version.
    `ended`: the hub it came from shares it no more.
    """

    id: int
    kind: str
    owner: Party
    originator: Party | None
    version: int
    tlp: str
    controls: frozenset[str] = frozenset()
    rel_to: frozenset[str] = frozenset()
    drug_classes: frozenset[str] = frozenset()
    has_identifiers: bool = False
    certified: bool = False
    author: int | None = None
    earlier: tuple[Said, ...] = ()
    sources: tuple[Party | None, ...] = ()
    embargoed_until: datetime | None = None
    review_at: datetime | None = None
    recalled: bool = False
    ended: bool = False

    def origins(self) -> tuple[Party | None, ...]:
        """Whose word it rests on, each once: its originator, and those of what it is derived from."""
        return tuple(
            {None if each is None else each.id: each for each in (self.originator, *self.sources)}.values()
        )

    def as_of(self, version: int) -> Subject:
        """The subject as `version` said it, under today's marking. Of one not known the worst is assumed."""
        if version == self.version:
            return self
        said = next(
            (each for each in self.earlier if each.version == version),
            Said(version, self.drug_classes, has_identifiers=True),
        )
        return replace(
            self,
            version=version,
            drug_classes=said.drug_classes,
            has_identifiers=said.has_identifiers,
            certified=said.certified,
        )


@dataclass(frozen=True)
class Reach:
    """A release: to `agency`, to `community`, or to everybody. `members` are the community's when released.

    With `persons` it reaches those people of `agency` and nobody else there. `by` is who released it. It does not
    reach those `barred`: a newer version was taken back from them, and this one is not given in its place. `wording`
    are texts in place of the author's; the id of a release that is only planned is negative. `acknowledge_by` is until
    when it asks those it reaches to acknowledge its version.
    """

    id: int
    version: int
    agency: int | None = None
    community: int | None = None
    members: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()
    withheld: frozenset[str] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    need_and_right: bool = True
    by: int | None = None
    barred: frozenset[int] = frozenset()
    wording: Wording = ()
    acknowledge_by: datetime | None = None

    @property
    def age(self) -> tuple[bool, int]:
        """Orders releases from the oldest to the newest; those planned come last."""
        return (self.id < 0, abs(self.id))


@dataclass(frozen=True)
class Roster:
    """A community's confirmed members now.

    `since` holds those who joined without its history: what was released before that instant is not theirs. `listed`
    says whether members see each other: what reaches somebody in an open way as well is said to rest on that.
    """

    id: int
    name: str
    members: frozenset[int]
    closes_at: datetime | None = None
    since: dict[int, datetime] = field(default_factory=dict)
    listed: bool = True

    def takes(self, member: int, starts_at: datetime | None) -> bool:
        """Whether what began at `starts_at` is the member's: its own time, or history it joined with."""
        joined = self.since.get(member)
        return joined is None or starts_at is None or joined <= starts_at


@dataclass(frozen=True)
class Treaty:
    """One direction of an agreement: from `giver` to `taker`, or between their whole governments.

    `id` is the agreement's, `direction` the direction's own. `valid_to` is when it ends, by its term or replaced.
    """

    id: int
    code: str
    giver: Party
    taker: Party
    kinds: frozenset[str]
    drug_classes: frozenset[str]
    highest_tlp: str
    withheld: frozenset[str]
    valid_from: datetime
    valid_to: datetime
    accepted: bool = True
    suspended: bool = False
    whole_governments: bool = False
    direction: int = 0


@dataclass(frozen=True)
class Allowed:
    """An originator's consent to one recipient for one version."""

    version: int
    originator: int
    recipient: int
    withheld: frozenset[str] = frozenset()
    until: datetime | None = None


@dataclass(frozen=True)
class Opening:
    """An emergency two inspectors confirmed: one person of one agency reads the record until then."""

    id: int
    person: int
    agency: int
    until: datetime


@dataclass(frozen=True)
class Facts:
    releases: tuple[Reach, ...] = ()
    rosters: dict[int, Roster] = field(default_factory=dict)
    treaties: tuple[Treaty, ...] = ()
    consents: tuple[Allowed, ...] = ()
    emergencies: tuple[Opening, ...] = ()

    def reaching(self, party: Party) -> list[Reach]:
        """The releases that could reach the party: those that name it or its parent, and those that name no agency."""
        return [
            reach
            for pk in dict.fromkeys((party.id, party.parent, None))
            for reach in self._by_agency.get(pk, ())
        ]

    @cached_property
    def _by_agency(self) -> dict[int | None, list[Reach]]:
        found: dict[int | None, list[Reach]] = defaultdict(list)
        for reach in self.releases:
            found[reach.agency].append(reach)
        return found


class Reason(NamedTuple):
    """Why something is so: `said` with its `values`, put into the reader's language when it is read.

    Many decisions are made whose reasons nobody reads.
    """

    said: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, said: str, **values: str) -> Reason:
        return cls(said, tuple(values.items()))

    def __str__(self) -> str:
        return gettext(self.said) % dict(self.values) if self.values else gettext(self.said)


@dataclass(frozen=True)
class Decision:
    """`until` is the first instant at which it would change at all; `persons` is empty for a whole agency.

    `directions` are those of every agreement it crosses under, the owner's first. `acknowledge_by`: see `Reach`.
    `communities` are those whose releases reach it, in order; it is no other decision where they alone differ.
    """

    allowed: bool
    version: int = 0
    withheld: frozenset[str] = frozenset()
    until: datetime | None = None
    release: int | None = None
    agreement: int | None = None
    directions: tuple[int, ...] = ()
    persons: frozenset[int] = frozenset()
    why: tuple[Reason, ...] = ()
    wording: Wording = ()
    acknowledge_by: datetime | None = None
    communities: tuple[int, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """In words, in the language of whoever reads them."""
        return tuple(map(str, self.why))

    @property
    def effect(self) -> tuple[object, ...]:
        """What a grant is made of: two decisions of one effect differ in words alone."""
        if not self.allowed:
            return (False,)
        return (
            True,
            self.version,
            self.withheld,
            self.release,
            self.agreement,
            self.directions,
            self.persons,
            self.wording,
            self.acknowledge_by,
        )
