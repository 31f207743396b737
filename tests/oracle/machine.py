"""A random life of the hub, step by step, beside the plain reading of the rules (tests/oracle/reading.py).

Each step is done twice: by the hub's own actions, and in memory. After it everybody's eyes are compared: what
`visible_to` lists, what `disclose` gives, what search finds, what row-level security alone lets through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from sharing.audiences.actions import rebuild_grants
from tests.cast import viewer
from tests.oracle import gifts, onward, others, papers, recalls  # noqa: F401  their steps
from tests.oracle.eyes import Both, everybody_sees_exactly_what_the_rules_say
from tests.oracle.looking import Rows
from tests.oracle.reading import History
from tests.oracle.steps import OWNERS, READERS, STEPS, Step
from tests.oracle.told import Gift, Paper
from tests.oracle.world import draw_world


@dataclass
class Try:
    done: bool = False
    refused: ValidationError | None = None


class Life:
    """One history. All of it happens in a transaction that is rolled back at the end.

    `happened` counts the steps that took place, by name, and what of the rules they made use of.
    """

    def __init__(self, seed: str) -> None:
        self.dice = Random(seed)
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = timezone.now().replace(microsecond=0)
        self.set_the_clock()
        self.told = History()
        self.records: dict[int, Any] = {}
        self.viewers = {name: viewer(name) for name in READERS}
        self.told_by: dict[tuple[Viewer, Rows, Rows], Both] = {}
        self.inspectors = (viewer("inspector"), viewer("inspector.ca"))
        self.words = {"zqnever0"}
        self.numbers = count()
        self.story: list[str] = []
        self.happened: Counter[str] = Counter()

    def ends_as_it_should(self) -> None:
        """Computing all grants anew from the releases changes nothing."""
        changes = rebuild_grants(self.now)
        assert not (changes.granted or changes.changed or changes.withdrawn), changes

    def forget(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def begin(self) -> None:
        draw_world(self, self.dice)
        for name in ("post", "post", "give", "give", "give"):
            self._happen(STEPS[name])

    def happen(self) -> None:
        """One step more, drawn among those that can be taken now; then everybody's eyes are compared."""
        able = [each for each in STEPS.values() if each.when(self)]
        (taken,) = self.dice.choices(able, [each.often for each in able])
        self._happen(taken)

    def _happen(self, taken: Step) -> None:
        drawn = {key: of(self.dice) for key, of in taken.drawn.items()}
        self.story.append(f"{taken.name}({', '.join(f'{key}={value}' for key, value in drawn.items())})")
        self.happened[taken.name] += taken.deed(self, **drawn)
        everybody_sees_exactly_what_the_rules_say(self)

    # --- For the steps -----------------------------------------------------------------------------------------
    @property
    def living(self) -> list[Paper]:
        return [paper for _pk, paper in sorted(self.told.papers.items()) if not paper.purged]

    @property
    def standing(self) -> list[Gift]:
        return [gift for gift in self.told.gifts if not gift.over]

    def chosen(self, which: int) -> tuple[Any, Paper]:
        paper = self.living[which % len(self.living)]
        return self.records[paper.number], paper

    @contextmanager
    def trying(self, who: Viewer) -> Iterator[Try]:
        """A deed of somebody's, all of it or, where it is refused, nothing."""
        tried = Try()
        try:
            with viewing(who), transaction.atomic():
                yield tried
            tried.done = True
        except ValidationError as error:
            tried.refused = error

    def leading(self, code: str) -> Viewer:
        """Somebody of the agency with every role in it."""
        name = next(name for name, of in READERS.items() if of == code)
        return replace(self.viewers[name], roles=frozenset({"admin", "liaison", "releaser", "officer"}))

    def deciding(self, code: str) -> Viewer:
        """Who answers for the agency."""
        return self.viewers[OWNERS[code][1]] if code in OWNERS else self.leading(code)

    def set_the_clock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from hub_test_clock")
            cursor.execute("insert into hub_test_clock values (%s)", [self.now])
