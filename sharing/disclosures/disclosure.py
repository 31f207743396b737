"""What one viewer is shown of one record: the only form in which records reach templates and serializers."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from bulletins.faces.wording import left_out
from bulletins.markings.rules import Marking


@dataclass(frozen=True)
class Desk:
    """An agency as others see it."""

    id: int
    code: str
    name: str
    email: str = ""
    phone: str = ""
    hours: str = ""
    renamed_at: datetime | None = None


@dataclass(frozen=True)
class Withheld:
    """A group that held something and is not shown: its kind, by whom and under what; never how much."""

    group: str
    label: str
    by: str
    under: str = ""


@dataclass(frozen=True)
class Terms:
    """What an agreement binds the recipient to, in the direction that the record crossed: words for people to obey."""

    agreement: str
    giver: str
    caveat: str
    legal_basis: str
    permitted_use: str
    keep_days: int | None

    def keep_until(self, since: datetime) -> datetime | None:
        """The instant past which the recipient may not keep what it was given at `since`; None for no limit."""
        return since + timedelta(days=self.keep_days) if self.keep_days else None


TERMS = tuple(each.name for each in fields(Terms))


@dataclass(frozen=True)
class Disclosure:
    """`facts` is the shown content by field group (see bulletins/faces/content.py). `key` never leaves the process.

    With `emergency` it is open to this person alone, on this page, until `until`. `acknowledge_by` is until when the
    viewer's agency is asked to acknowledge this version, whether it has or not.
    """

    key: int
    uid: UUID
    ref: str
    kind: str
    version: int
    owner: Desk
    own: bool
    marking: Marking
    issued_at: datetime
    visible_since: datetime
    until: datetime | None
    facts: dict[str, Any]
    linked: tuple[int, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    agreement: str = ""
    emergency: bool = False
    terms: tuple[Terms, ...] = ()
    acknowledge_by: datetime | None = None

    @property
    def core(self) -> dict[str, Any]:
        return dict(self.facts.get("core", {}))

    @property
    def title(self) -> str:
        return str(self.core.get("title", ""))

    @property
    def hazard(self) -> bool:
        return bool(self.core.get("hazard"))

    @property
    def from_elsewhere(self) -> bool:
        """Whether it came to the viewer's agency from another one, or from another hub."""
        return not self.own or bool(self.core.get("origin"))

    @property
    def photographs(self) -> list[dict[str, Any]]:
        """Photographs in the order of their groups: pictures first, then X-rays, where either is shown."""
        return [
            {**row, "group": group}
            for group in ("detail", "technique")
            for row in self.facts.get(group, {}).get("photographs", [])
        ]

    @property
    def path(self) -> str:
        return f"/{'bulletins' if self.kind == 'bulletin' else 'seizures'}/{self.ref}/"

    def without(self, groups: frozenset[str], texts: frozenset[str] = frozenset()) -> Disclosure:
        """The same with `groups` and `texts` taken out as well: what an audience that may see less is shown."""
        facts = {name: value for name, value in self.facts.items() if name not in groups}
        facts["withheld"] = sorted(
            {*self.facts.get("withheld", []), *(name for name in groups if self.facts.get(name))}
        )
        return replace(self, facts=left_out(facts, texts))


class Rendered(NamedTuple):
    """What one viewer may be given of one record, in the form that its face is kept in; `key` never leaves the process.

    `kept` says nothing yet of what differs by viewer: what binds them, and what is withheld from them by whom.
    `visible_since` is there where terms may count from it; `acknowledge_by` as in `Disclosure`.
    """

    key: int
    version: int
    owner: str
    owner_name: str
    marking: Marking
    visible_since: datetime | None
    withheld: tuple[Withheld, ...]
    terms: tuple[Terms, ...]
    kept: str
    owner_renamed_at: datetime | None = None
    acknowledge_by: datetime | None = None
