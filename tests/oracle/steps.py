"""What may happen in a history: each kind of step with its weight, and what all of them are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

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

# What is drawn by the dice of a history.
Chance = Callable[[Random], Any]


def among(options: Sequence[Any]) -> Chance:
    return lambda dice: dice.choice(options)


def number(first: int, last: int) -> Chance:
    return lambda dice: dice.randint(first, last)


def some(options: Collection[Any], most: int, least: int = 0) -> Chance:
    """A set of them, of any size up to `most`."""
    return lambda dice: set(dice.sample(sorted(options), dice.randint(least, most)))


def perhaps(chance: Chance) -> Chance:
    """None as often as not."""
    return lambda dice: chance(dice) if dice.random() < 0.5 else None


def days(first: int, last: int) -> Chance:
    return lambda dice: timedelta(days=dice.randint(first, last))


codes = among(CODES)
partners = among([code for code in CODES if code not in OWNERS])
names = among(sorted(READERS))
groups = some(GROUPS, most=3)
markings = among(STRICTNESS + ["TLP:GREEN", "TLP:AMBER"] * 2)
ahead = perhaps(days(1, 40))
index = number(0, 99)
yes_or_no = among([False, True])
# Said of a release: nothing, or by group whether its text is in other words or left out.
wordings = perhaps(
    lambda dice: {group: yes_or_no(dice) for group in some(["core", "detail", "technique"], most=2)(dice)}
)


@dataclass(frozen=True)
class Step:
    """Something that may happen, with what it is drawn from; `often` is its weight among the others.

    The deed says whether it took place: what is refused, or has nothing to do, did not.
    """

    deed: Callable[..., bool]
    when: Callable[[Life], object]
    drawn: dict[str, Chance]
    often: int

    @property
    def name(self) -> str:
        return self.deed.__name__


STEPS: dict[str, Step] = {}


def step(
    *, often: int = 1, when: Callable[[Life], object] = lambda life: True, **drawn: Chance
) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    def listed(deed: Callable[..., bool]) -> Callable[..., bool]:
        STEPS[deed.__name__] = Step(deed, when, drawn, often)
        return deed

    return listed
