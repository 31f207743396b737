"""The reading rules once more, as plainly as they can be said: what the hub's own answers are held against.

Nothing here is shared with the product. It keeps a history in memory and, asked who may read what, walks through all
of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

STRICTNESS = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]


@dataclass
class Body:
    """An agency."""

    code: str
    country: str
    kind: str
    parent: str | None = None
    works: bool = True
    cfr23: bool = True

    def nation(self) -> str:
        return self.code if self.kind == "international" or not self.country else self.country


@dataclass
class Way:
    """One direction of a treaty."""

    giver: str
    taker: str
    kinds: set[str]
    classes: set[str]
    highest: str
    withheld: set[str]


@dataclass
class Pact:
    """A treaty between two bodies, or their governments."""

    number: int
    ways: list[Way]
    begins: datetime
    ends: datetime
    accepted: bool = True
    suspended: set[str] = field(default_factory=set)
    governments: bool = False


@dataclass
class Circle:
    """A community. `members` maps a code to when it joined, None for one who joined with its history."""

    number: int
    members: dict[str, datetime | None]
    closes: datetime | None = None


@dataclass
class Text:
    """A version: the classes of its substances, and which field groups say something."""

    classes: set[str]
    filled: set[str]
    certified: bool = True


@dataclass
class Paper:
    """A record."""

    number: int
    owner: str
    originator: str | None
    kind: str
    author: str
    tlp: str = "TLP:AMBER"
    controls: set[str] = field(default_factory=set)
    rel_to: set[str] = field(default_factory=set)
    embargo: datetime | None = None
    recalled: bool = False
    texts: list[Text] = field(default_factory=list)


@dataclass
class Gift:
    """A release: to `body`, to `circle`, or (neither) to all."""

    number: int
    paper: int
    version: int
    by: str
    body: str | None = None
    circle: int | None = None
    members: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    begins: datetime | None = None
    ends: datetime | None = None
    over: bool = False
    barred: set[str] = field(default_factory=set)


@dataclass
class Leave:
    """An originator's consent."""

    paper: int
    version: int
    originator: str
    body: str
    withheld: set[str]
    until: datetime | None = None
    taken_back: bool = False


@dataclass
class Seen:
    """What somebody may read of a paper: which version, without which groups."""

    version: int
    withheld: set[str]


@dataclass
class History:
    bodies: dict[str, Body] = field(default_factory=dict)
    circles: dict[int, Circle] = field(default_factory=dict)
    pacts: list[Pact] = field(default_factory=list)
    papers: dict[int, Paper] = field(default_factory=dict)
    gifts: list[Gift] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)

    def seen(self, person: str, code: str, paper: Paper, now: datetime) -> Seen | None:
        """What `person` of the body `code` may read of the paper; None is nothing at all."""
        me = self.bodies[code]
        if not me.works or not paper.texts:
            return None
        running = [
            gift
            for gift in self.gifts
            if gift.paper == paper.number
            and not gift.over
            and (gift.begins is None or gift.begins <= now)
            and (gift.ends is None or now < gift.ends)
        ]
        if code == paper.owner:
            return self._at_home(person, paper, running)
        if paper.embargo is not None and now < paper.embargo:
            return None
        mine = [gift for gift in running if self._arrives(gift, paper.tlp, me, now)]
        if mine and all(gift.people for gift in mine):
            named = set()
            for gift in mine:
                named |= gift.people
            if person not in named:
                return None
        elif any(gift.people for gift in mine):
            # Named or not, what goes to the whole agency is what counts.
            mine = [gift for gift in mine if not gift.people]
        for version in sorted({gift.version for gift in mine}, reverse=True):
            withheld = self._crossing(paper, version, me, now)
            if withheld is not None:
                for gift in mine:
                    withheld = withheld | gift.withheld
                return Seen(version, withheld - {"core"})
        return None

    def _at_home(self, person: str, paper: Paper, running: list[Gift]) -> Seen | None:
        newest = Seen(len(paper.texts), set())
        if paper.tlp != "TLP:RED":
            return newest
        people = {paper.author}
        for gift in running:
            people.add(gift.by)
            if gift.body == paper.owner:
                people |= gift.people
        return newest if person in people else None

    def _arrives(self, gift: Gift, tlp: str, me: Body, now: datetime) -> bool:
        if me.code in gift.barred:
            return False
        parents = {me.parent} if me.parent else set()
        if gift.body is not None:
            if gift.body == me.code:
                return bool(gift.people) or tlp != "TLP:RED"
            is_client = gift.body in parents and not gift.people
            return is_client and tlp in ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER")
        if tlp in ("TLP:RED", "TLP:AMBER+STRICT"):
            return False
        if gift.circle is None:
            return tlp == "TLP:CLEAR"
        circle = self.circles[gift.circle]
        if circle.closes is not None and circle.closes <= now:
            return False
        for code in {me.code, *parents}:
            if code not in circle.members:
                continue
            if tlp == "TLP:AMBER" and code not in gift.members:
                continue
            joined = circle.members[code]
            if joined is None or gift.begins is None or joined <= gift.begins:
                return True
        return False

    def _crossing(self, paper: Paper, version: int, me: Body, now: datetime) -> set[str] | None:
        """What a version loses on its way to a body, apart from what releases withhold; None: it may not go."""
        text = paper.texts[version - 1]
        if "NOFORN" in paper.controls and me.country != "US":
            return None
        if "FED ONLY" in paper.controls and not (me.country == "US" and me.kind == "federal"):
            return None
        if "REL TO" in paper.controls and me.country not in paper.rel_to:
            return None
        out: set[str] = set()
        if paper.originator is None:
            return None
        if paper.originator not in (paper.owner, me.code):
            given = [
                leave
                for leave in self.leaves
                if leave.paper == paper.number
                and leave.version == version
                and leave.originator == paper.originator
                and leave.body == me.code
                and not leave.taken_back
                and (leave.until is None or now < leave.until)
            ]
            if not given:
                return None
            for leave in given:
                out |= leave.withheld
        for code in dict.fromkeys([paper.owner, paper.originator]):
            giver = self.bodies[code]
            if giver.nation() == me.nation():
                continue
            ways = [
                (len(way.withheld), pact.number, way)
                for pact in self.pacts
                if pact.accepted and not pact.suspended and pact.begins <= now < pact.ends
                for way in pact.ways
                if self._spans(pact, way, giver, me)
                and paper.kind in way.kinds
                and (not way.classes or text.classes <= way.classes)
                and STRICTNESS.index(paper.tlp) <= STRICTNESS.index(way.highest)
            ]
            if not ways:
                return None
            out |= min(ways, key=lambda found: found[:2])[2].withheld
        if "identifiers" in text.filled and not (text.certified and me.cfr23):
            out |= {"identifiers"}
        return out

    def _spans(self, pact: Pact, way: Way, giver: Body, taker: Body) -> bool:
        gives = way.giver in (giver.code, giver.parent)
        takes = way.taker in (taker.code, taker.parent)
        if pact.governments:
            gives = gives or self.bodies[way.giver].nation() == giver.nation()
            takes = takes or self.bodies[way.taker].nation() == taker.nation()
        return gives and takes
