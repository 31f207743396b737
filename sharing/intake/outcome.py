"""What became of each object that came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulletins.markings.models import TLP
from sharing.intake.models import Way
from sharing.intake.reading import UNPRINTABLE

if TYPE_CHECKING:
    from sharing.intake.pulling.models import Peer


@dataclass(frozen=True)
class Source:
    """Where objects come from. `scope` is empty for the agency's own people, else the name of the peer they were
    fetched from; `sender` is who sent them, in words for the record's owner. `unmarked` is the label of what has none.
    `peer` is set where that is another hub.
    """

    way: Way
    sender: str = ""
    scope: str = ""
    unmarked: str = TLP.STRICT.value
    peer: Peer | None = None


@dataclass(frozen=True)
class Line:
    """One object: taken or known (`ok`), or refused with the reason. `record` is what it was written into, now."""

    id: str
    version: str
    ok: bool
    message: str = ""
    record: int | None = None

    @property
    def data(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "ok": self.ok, "message": self.message}


@dataclass
class Outcome:
    """Lines in the order of the objects."""

    lines: list[Line] = field(default_factory=list)

    @property
    def records(self) -> list[int]:
        """What was written into, by internal id, each once."""
        return list(dict.fromkeys(line.record for line in self.lines if line.record is not None))

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if not line.ok]


def in_order(found: dict[int, Line], count: int) -> list[Line]:
    return [found[number] for number in range(count)]


def names_of(objects: Iterable[Any]) -> list[tuple[str, str]]:
    """(id, version) of each, as far as it tells and a database can hold; what is no object has neither."""
    found = []
    for each in objects:
        stix = each if isinstance(each, dict) else {}
        version = stix.get("modified", stix.get("created", ""))
        found.append((_held(stix.get("id", ""), 120), _held(version, 40)))
    return found


def _held(value: Any, limit: int) -> str:
    return UNPRINTABLE.sub("", str(value))[:limit]
