"""Random histories: a program that goes on where it left off ends up holding exactly what its agency may have.

The life of the hub is the oracle's (tests/oracle/machine.py). `FEED_HISTORIES` and `FEED_STEPS` say how many and how
long.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.stix.ids import EXTENSION
from tests.feeds.conftest import Resuming, numbered
from tests.oracle.machine import Life
from tests.oracle.steps import STEPS, Step

HISTORIES = int(os.environ.get("FEED_HISTORIES", "3"))
LENGTH = int(os.environ.get("FEED_STEPS", "12"))
READERS = ("cbp.officer", "dea.agent", "txdps.trooper", "cbsa.officer", "rcmp.officer")


class FedLife(Life):
    """A life of which programs read now and then, each in its own way, and then hold what `disclose` gives."""

    def __init__(self, program: Any) -> None:
        super().__init__()
        clients = {name: program(name) for name in READERS}
        self.feeds = [
            (name, Resuming(client, limit=limit, by_next=by_next))
            for name, client in clients.items()
            for limit, by_next in ((None, True), (3, True), (5, False))
        ]

    def _happen(self, taken: Step, data: Any) -> None:
        self.steps += 1
        drawn = {key: data.draw(of, label=f"{taken.name}: {key}") for key, of in taken.drawn.items()}
        self.happened[taken.name] += taken.deed(self, **drawn)
        if self.dice.random() < 0.7:
            numbered()
        for name, feed in self.feeds:
            if self.dice.random() < 0.4 and self.viewers[name].agency_id:
                feed.poll()

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
def test_whoever_goes_on_where_they_left_off_holds_what_they_may(program):
    @settings(
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=[Phase.explicit, Phase.generate],
    )
    @given(data=st.data())
    def holds(data):
        cache.clear()
        life = FedLife(program)
        try:
            life.dice = Random(0)
            life.begin(data)
            for _number in range(LENGTH):
                life.happen(data)
                if life.dice.random() < 0.3:
                    life.everybody_holds_what_they_may()
            life.everybody_holds_what_they_may()
        except AssertionError as differs:
            differs.add_note(f"after step {life.steps} of {len(STEPS)} kinds: {dict(life.happened)}")
            raise
        finally:
            life.forget()

    holds()
