"""What may happen in a history: each kind of step with its weight, and what all of them are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.oracle.told import STRICTNESS

if TYPE_CHECKING:
    from tests.oracle.machine import Life

GROUPS = ("detail", "place", "technique", "identifiers", "case")
# The owners, with an officer and a releaser each; and those who only receive.
OWNERS = {"CBP": ("cbp.officer", "cbp.releaser"), "CBSA": ("cbsa.officer", "cbsa.releaser")}
READERS = {
    "cbp.officer": "CBP",
    "cbp.releaser": "CBP",
    "cbp.liaison": "CBP",
    "hsi.agent": "HSI",
    "dea.agent": "DEA",
    "stx.analyst": "HIDTA-STX",
    "txdps.trooper": "TXDPS",
    "cbsa.officer": "CBSA",
    "cbsa.releaser": "CBSA",
    "rcmp.officer": "RCMP",
    "ncb.officer": "NCB-OTTAWA",
}
CODES = sorted(set(READERS.values()))
CLASSES = {"fentanyl": "opioid", "cocaine": "stimulant"}

codes = st.sampled_from(CODES)
partners = st.sampled_from([code for code in CODES if code not in OWNERS])
names = st.sampled_from(sorted(READERS))
groups = st.sets(st.sampled_from(GROUPS), max_size=3)
markings = st.sampled_from(STRICTNESS + ["TLP:GREEN", "TLP:AMBER"] * 2)
ahead = st.one_of(st.none(), st.integers(1, 40).map(lambda days: timedelta(days=days)))
index = st.integers(0, 99)
# Said of a release: nothing, or by group whether its text is in other words or left out.
wordings = st.one_of(
    st.none(), st.dictionaries(st.sampled_from(["core", "detail", "technique"]), st.booleans(), max_size=2)
)


@dataclass(frozen=True)
class Step:
    """Something that may happen, with what it is drawn from; `often` is its weight among the others.

    The deed says whether it took place: what is refused, or has nothing to do, did not.
    """

    deed: Callable[..., bool]
    when: Callable[[Life], object]
    drawn: dict[str, st.SearchStrategy[Any]]
    often: int

    @property
    def name(self) -> str:
        return self.deed.__name__


STEPS: dict[str, Step] = {}


def step(
    *, often: int = 1, when: Callable[[Life], object] = lambda life: True, **drawn: st.SearchStrategy[Any]
) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    def listed(deed: Callable[..., bool]) -> Callable[..., bool]:
        STEPS[deed.__name__] = Step(deed, when, drawn, often)
        return deed

    return listed
