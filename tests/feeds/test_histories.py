"""Random histories: a program that goes on where it left off ends up holding exactly what its agency may have.

The life of the hub is the oracle's (tests/oracle/machine.py). `FEED_HISTORIES` and `FEED_STEPS` say how many and how
long, `FEED_SEED` which is the first.
"""

from __future__ import annotations

import os
from random import randrange
from typing import Any

import pytest
from django.core.cache import cache

from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.stix.ids import EXTENSION
from tests.cast import viewer
from tests.feeds.choosing import Chosen, chosen
from tests.feeds.conftest import Resuming, numbered
from tests.oracle.looking import learn_to_look
from tests.oracle.machine import Life
from tests.oracle.steps import STEPS, Step

HISTORIES = int(os.environ.get("FEED_HISTORIES", "3"))
LENGTH = int(os.environ.get("FEED_STEPS", "12"))
FIRST = int(os.environ.get("FEED_SEED") or randrange(10**9))
# A recall of everything is what lives begin anew after.
OFTEN = {"take_back": 5, "give": 2}
READERS = ("cbp.officer", "dea.agent", "txdps.trooper", "cbsa.officer", "rcmp.officer")


class FedLife(Life):
    """A life of which programs read now and then, each in its own way, and then hold what `disclose` gives.

    Some follow a subscription, which asks for something else now and then.
    """

    def __init__(self, seed: str, program: Any) -> None:
        super().__init__(seed)
        clients = {name: program(name) for name in READERS}
        self.feeds = [
            (name, Resuming(client, limit=limit, by_next=by_next))
            for name, client in clients.items()
            for limit, by_next in ((None, True), (3, True), (5, False))
        ]
        self.followed = {
            name: chosen(self.viewers[name], client, self.dice, (None, True), (4, False))
            for name, client in clients.items()
        }

    def happen(self) -> None:
        able = [each for each in STEPS.values() if each.when(self)]
        weights = [each.often * OFTEN.get(each.name, 1) for each in able]
        (taken,) = self.dice.choices(able, weights)
        self._happen(taken)

    def _happen(self, taken: Step) -> None:
        drawn = {key: of(self.dice) for key, of in taken.drawn.items()}
        self.story.append(f"{taken.name}({', '.join(f'{key}={value}' for key, value in drawn.items())})")
        self.happened[taken.name] += taken.deed(self, **drawn)
        if self.dice.random() < 0.7:
            numbered()
        for name, feed in self.feeds:
            if self.dice.random() < 0.4 and self.viewers[name].agency_id:
                feed.poll()
        for each in self._chosen():
            if self.dice.random() < 0.15:
                each.ask(self.dice)
            for feed in each.feeds:
                if self.dice.random() < 0.4:
                    each.poll(feed)

    def _chosen(self) -> list[Chosen]:
        """Those whose owners are where they were."""
        found = self.followed.items()
        return [each for name, each in found if self.viewers[name].agency_id == each.who.agency_id]

    def everybody_holds_what_they_may(self) -> None:
        numbered()
        for name, feed in self.feeds:
            if not self.viewers[name].agency_id:
                continue
            feed.poll()
            assert held(feed) == given_to(self.viewers[name], self), name
            for each in feed.held.values():
                if each["type"] == "note" and "abstract" in each:
                    (record,) = each["object_refs"]
                    assert record in feed.records, "a part outlives its record"
        for each in self._chosen():
            for feed in each.feeds:
                each.poll(feed)
            for feed in each.feeds:
                each.agrees(feed, held(feed), given_to(each.who, self))


def held(feed: Resuming) -> dict[str, Any]:
    found = {}
    for each in feed.records.values():
        said = each["extensions"][EXTENSION]
        assert said["ref"] not in found, "a record is held under two names"
        found[said["ref"]] = (
            said["version"],
            said["marking"]["tlp"],
            sorted(row["group"] for row in said.get("withheld", [])),
            sorted(row["agreement"] for row in said.get("terms", [])),
            bool(said["facts"].get("case")),
        )
    return found


def given_to(who: Any, life: Life) -> dict[str, Any]:
    with viewing(who):
        ids = [pk for (pk,) in Received.objects.visible_to(who).look("record_id", most=1000)]
        return {
            shown.ref: (
                shown.version,
                shown.marking.tlp,
                sorted(row.group for row in shown.withheld),
                sorted(row.agreement for row in shown.terms),
                bool(shown.facts.get("case")),
            )
            for shown in disclose(who, ids, Channel.TAXII, at=life.now)
        }


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(HISTORIES))
def test_whoever_goes_on_where_they_left_off_holds_what_they_may(program, number):
    cache.clear()
    learn_to_look(viewer("cbp.officer"))
    life = FedLife(f"{FIRST + number}", program)
    try:
        life.begin()
        for _step in range(LENGTH):
            life.happen()
            if life.dice.random() < 0.3:
                life.everybody_holds_what_they_may()
        life.everybody_holds_what_they_may()
    except AssertionError as differs:
        differs.add_note("\n".join([f"seed {FIRST + number}:", *life.story]))
        raise
    finally:
        life.forget()
