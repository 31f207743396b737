"""What a run of chaos is asked to do, and under which settings the hub then runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ENDPOINTS = 2
TIMEOUT_S = 5
# Of each release: an inbox, a mailbox and the endpoints of every agency it goes to.
EACH = 2 + ENDPOINTS


@dataclass(frozen=True)
class Run:
    """`span_s` is over how long records are released; kills come every `every_s` on the average.

    In a small run each kind of kill comes once.
    """

    deliveries: int
    seed: int
    folder: Path

    @property
    def small(self) -> bool:
        return self.deliveries < 2_000

    @property
    def words(self) -> tuple[str, str, str]:
        """What its other processes are told."""
        return str(self.deliveries), str(self.seed), str(self.folder)

    @classmethod
    def told(cls, deliveries: str, seed: str, folder: str) -> Run:
        return cls(int(deliveries), int(seed), Path(folder))

    @property
    def waits(self) -> dict[str, str]:
        """Short enough for a run of minutes; the hub's own are in docs/operations.md."""
        return {
            "DELIVERY_TIMEOUT_S": str(TIMEOUT_S),
            "DELIVERY_FIRST_WAIT_S": "1",
            "SETTLE_EDITS_S": "2",
            "DELIVERY_CLAIM_S": str(3 * TIMEOUT_S),
        }

    @property
    def troubles(self) -> int:
        """How often at most an id goes wrong."""
        return 2 if self.small else 4

    @property
    def agencies(self) -> int:
        return 6 if self.small else 20

    @property
    def span_s(self) -> float:
        return max(8.0, self.deliveries / 50)

    @property
    def every_s(self) -> float:
        return 1.2 if self.small else 5.0

    @property
    def limit_s(self) -> float:
        """Whatever is not settled by then never will be."""
        return 300 + 6 * self.span_s

    @property
    def requests(self) -> Path:
        """What the receiver was sent, a line of JSON each."""
        return self.folder / "requests.jsonl"

    @property
    def deeds(self) -> Path:
        """What the load knows to be committed."""
        return self.folder / "deeds.jsonl"

    @property
    def kills(self) -> Path:
        return self.folder / "kills.jsonl"

    @property
    def endpoints(self) -> Path:
        """By the path of each endpoint its secret and whose it is: what a partner would be told."""
        return self.folder / "endpoints.json"

    @property
    def again(self) -> str:
        return f"CHAOS_SEED={self.seed} CHAOS_DELIVERIES={self.deliveries} make chaos"
