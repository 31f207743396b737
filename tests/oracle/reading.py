"""The reading rules once more, as plainly as they can be said: what the hub's own answers are held against.

Nothing here is shared with the product. It keeps a history in memory and, asked who may read what, walks through all
of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.oracle.told import (
    STRICTNESS,
    Ask,
    Body,
    Circle,
    Gift,
    Leave,
    Marks,
    Opening,
    Pact,
    Paper,
    Seen,
    Way,
    Words,
)


@dataclass
class History:
    bodies: dict[str, Body] = field(default_factory=dict)
    circles: dict[int, Circle] = field(default_factory=dict)
    pacts: list[Pact] = field(default_factory=list)
    papers: dict[int, Paper] = field(default_factory=dict)
    gifts: list[Gift] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)

    # --- Who may read ------------------------------------------------------------------------------------------
    def seen(self, person: str, code: str, paper: Paper, now: datetime) -> Seen | None:
        """What `person` of the body `code` may read of the paper; None is nothing at all."""
        me = self.bodies[code]
        if not me.works or not paper.texts or paper.purged:
            return None
        marks = self.marks(paper)
        running = self._running(paper, now)
        if code == paper.owner:
            return self._at_home(person, paper, marks, running)
        if paper.embargo is not None and now < paper.embargo:
            return None
        mine = [gift for gift in running if self._arrives(gift, marks.tlp, me, now)]
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
            withheld = self._narrowed(paper, marks, version, me, now)
            if withheld is not None:
                for gift in mine:
                    withheld = withheld | gift.withheld
                return Seen(version, withheld - {"core"}, self._other_words(mine))
        return None

    def lacks_consent_alone(self, paper: Paper, code: str, now: datetime) -> bool:
        """Whether the newest version would reach the body if only those it rests on let it."""
        me, marks, version = self.bodies[code], self.marks(paper), len(paper.texts)
        if code == paper.owner or not me.works or paper.purged or (paper.embargo and now < paper.embargo):
            return False
        reaches = any(
            gift.version == version and self._arrives(gift, marks.tlp, me, now)
            for gift in self._running(paper, now)
        )
        free = (
            not self._controlled(marks, me)
            and self._under_treaties(paper, marks, version, me, now) is not None
        )
        return reaches and free and self._consented(paper, version, me, now) is None

    def opened(self, person: str, code: str, paper: Paper, now: datetime) -> Seen | None:
        """What an emergency opens to `person` at this moment."""
        for opening in self.openings:
            mine = opening.paper == paper.number and opening.person == person
            if mine and not opening.ended and now < opening.until:
                return self.may_be_opened(code, paper, now)
        return None

    def may_be_opened(self, code: str, paper: Paper, now: datetime) -> Seen | None:
        """What two inspectors can open of the paper to somebody of that body: its newest version."""
        me, marks, version = self.bodies[code], self.marks(paper), len(paper.texts)
        anew = any(
            gift.paper == paper.number and gift.version == version and not gift.over for gift in self.gifts
        )
        if not me.works or not paper.texts or marks.tlp == "TLP:RED" or self._controlled(marks, me):
            return None
        if paper.purged or paper.recalled or (version in paper.taken and not anew):
            return None
        if paper.embargo is not None and now < paper.embargo:
            return None
        withheld = self._under_treaties(paper, marks, version, me, now)
        if withheld is None:
            return None
        if self._unkept(paper, version, now):
            withheld |= {"identifiers"}
        return Seen(version, withheld - {"core"})

    def said(self, paper: Paper, seen: Seen) -> set[str]:
        """The words that are then read."""
        found = set()
        for group, word in paper.texts[seen.version - 1].words.items():
            if group in seen.withheld:
                continue
            other, instead = seen.words.get(group, (word, word))
            # What the author has written anew since is left out.
            if word == instead and other:
                found.add(other)
        return found

    def ahead(self, now: datetime) -> list[datetime]:
        """The instants to come at which something begins or ends by itself, the nearest first."""
        found: set[datetime | None] = {leave.until for leave in self.leaves if not leave.taken_back}
        found |= {opening.until for opening in self.openings if not opening.ended}
        for gift in self.gifts:
            if not gift.over:
                found |= {gift.begins, gift.ends}
        for paper in self.papers.values():
            found |= {paper.embargo, paper.review}
        for pact in self.pacts:
            found |= {pact.begins, pact.ends}
        found |= {circle.closes for circle in self.circles.values()}
        return sorted(instant for instant in found if instant is not None and instant > now)

    # --- What is derived -----------------------------------------------------------------------------------------
    def behind(self, paper: Paper) -> list[Paper]:
        """All that it rests on, at any remove, but for what is wholly its owner's own word."""
        found: set[int] = set()
        fresh = set(paper.on)
        while fresh:
            found |= fresh
            fresh = {number for each in fresh for number in self.papers[each].on} - found
        return [
            source
            for source in (self.papers[number] for number in sorted(found - {paper.number}))
            if not source.owner == source.originator == paper.owner
        ]

    def marks(self, paper: Paper) -> Marks:
        """The marking in force: the strictest of its own and of what is behind it."""
        own = Marks(paper.tlp, set(paper.controls), set(paper.rel_to))
        for source in self.behind(paper):
            own = stricter(own, Marks(source.tlp, source.controls, source.rel_to))
        return own

    def origins(self, paper: Paper) -> set[str]:
        """Whose word it rests on beside its owner's: each has a say in where it goes."""
        found = {paper.originator}
        for source in self.behind(paper):
            found |= {source.owner, source.originator}
        return found - {paper.owner}

    # --- What comes of a release ---------------------------------------------------------------------------------
    def _running(self, paper: Paper, now: datetime) -> list[Gift]:
        return [
            gift
            for gift in self.gifts
            if gift.paper == paper.number
            and not gift.over
            and (gift.begins is None or gift.begins <= now)
            and (gift.ends is None or now < gift.ends)
        ]

    def _at_home(self, person: str, paper: Paper, marks: Marks, running: list[Gift]) -> Seen | None:
        newest = Seen(len(paper.texts), set())
        if marks.tlp != "TLP:RED":
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

    def _other_words(self, mine: list[Gift]) -> Words:
        """A reworded text wins over the author's, and the newest wording over older ones."""
        found: Words = {}
        for gift in sorted(mine, key=lambda gift: gift.number):
            found.update(gift.words)
        return found

    def _narrowed(self, paper: Paper, marks: Marks, version: int, me: Body, now: datetime) -> set[str] | None:
        """What a version loses on its way to a body, apart from what releases withhold; None: it may not go."""
        if self._controlled(marks, me):
            return None
        consented = self._consented(paper, version, me, now)
        crossing = self._under_treaties(paper, marks, version, me, now)
        if consented is None or crossing is None:
            return None
        out = consented | crossing
        if self._unkept(paper, version, now) or not me.cfr23:
            out |= {"identifiers"} & paper.texts[version - 1].filled
        return out

    def _controlled(self, marks: Marks, me: Body) -> bool:
        if "NOFORN" in marks.controls and me.country != "US":
            return True
        if "FED ONLY" in marks.controls and not (me.country == "US" and me.kind == "federal"):
            return True
        return "REL TO" in marks.controls and me.country not in marks.rel_to

    def _consented(self, paper: Paper, version: int, me: Body, now: datetime) -> set[str] | None:
        out: set[str] = set()
        for origin in self.origins(paper) - {me.code}:
            given = [
                leave
                for leave in self.leaves
                if leave.paper == paper.number
                and leave.version == version
                and leave.originator == origin
                and leave.body == me.code
                and not leave.taken_back
                and (leave.until is None or now < leave.until)
            ]
            if not given:
                return None
            for leave in given:
                out |= leave.withheld
        return out

    def _under_treaties(
        self, paper: Paper, marks: Marks, version: int, me: Body, now: datetime
    ) -> set[str] | None:
        out: set[str] = set()
        text = paper.texts[version - 1]
        for code in sorted({paper.owner, *self.origins(paper)}):
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
                and STRICTNESS.index(marks.tlp) <= STRICTNESS.index(way.highest)
            ]
            if not ways:
                return None
            out |= min(ways, key=lambda found: found[:2])[2].withheld
        return out

    def _unkept(self, paper: Paper, version: int, now: datetime) -> bool:
        """Whether nobody outside may be shown whom it names: uncertified, or not reviewed in time."""
        text = paper.texts[version - 1]
        late = paper.review is not None and paper.review <= now
        return "identifiers" in text.filled and (not text.certified or late)

    def _spans(self, pact: Pact, way: Way, giver: Body, taker: Body) -> bool:
        gives = way.giver in (giver.code, giver.parent)
        takes = way.taker in (taker.code, taker.parent)
        if pact.governments:
            gives = gives or self.bodies[way.giver].nation() == giver.nation()
            takes = takes or self.bodies[way.taker].nation() == taker.nation()
        return gives and takes


def stricter(one: Marks, other: Marks) -> Marks:
    """The higher TLP, the controls of both, and the countries that both allow."""
    named = [marks.rel_to for marks in (one, other) if "REL TO" in marks.controls]
    return Marks(
        max(one.tlp, other.tlp, key=STRICTNESS.index),
        one.controls | other.controls,
        set.intersection(*map(set, named)) if named else set(),
    )
