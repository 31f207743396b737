"""What a history is told: agencies, treaties, communities, records and what was done with them, as plain data."""

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
class Marks:
    """What is marked on a record."""

    tlp: str
    controls: set[str]
    rel_to: set[str]


@dataclass
class Text:
    """A version: the classes of its substances, and the word that each field group says."""

    classes: set[str]
    words: dict[str, str]
    certified: bool = True

    @property
    def filled(self) -> set[str]:
        return set(self.words)


# Group -> the word said in it, and the author's word that it stands for.
Words = dict[str, tuple[str, str]]


@dataclass
class Paper:
    """A record. `on` are the records that a version of it rests on, `taken` the versions taken back by themselves.

    `names` says that a version has named subjects; from `review` on they are shown to no partner.
    """

    number: int
    owner: str
    originator: str
    kind: str
    author: str
    tlp: str = "TLP:AMBER"
    controls: set[str] = field(default_factory=set)
    rel_to: set[str] = field(default_factory=set)
    embargo: datetime | None = None
    recalled: bool = False
    purged: bool = False
    names: bool = False
    review: datetime | None = None
    on: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
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
    words: Words = field(default_factory=dict)
    begins: datetime | None = None
    ends: datetime | None = None
    over: bool = False
    barred: set[str] = field(default_factory=set)


@dataclass
class Leave:
    """Consent of one that a record rests on, to one recipient, for one version."""

    paper: int
    version: int
    originator: str
    body: str
    withheld: set[str]
    until: datetime | None = None
    taken_back: bool = False


@dataclass
class Ask:
    """A request to share on. `waiting` are those whose word is waited for; the owner's comes `later` than the others'.

    `leaves` are the consents given for it, by who gave them.
    """

    number: int
    paper: int
    version: int
    asker: str
    body: str
    waiting: set[str]
    later: str | None
    leaves: dict[str, Leave] = field(default_factory=dict)
    settled: bool = False


@dataclass
class Opening:
    """An emergency: a record is open to one person until then."""

    number: int
    paper: int
    person: str
    until: datetime
    ended: bool = False


@dataclass
class Seen:
    """What somebody may read of a paper: which version, without which groups, and in which words."""

    version: int
    withheld: set[str]
    words: Words = field(default_factory=dict)
