"""Few records, given, marked, amended and taken back again and again: programs end up with what `disclose` gives.

Where the histories of the oracle (test_histories.py) are wide, these are deep. `FEED_LIVES` and `FEED_STEPS` say how
many and how long.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from bulletins.models import Record
from bulletins.records.models import Kind
from hub.agencies.models import Person
from hub.database.context import engine, viewing
from sharing.audiences.models import Standing
from sharing.flow import Handling, mark, recall
from sharing.flow.admitting import leave
from sharing.flow.purging import purge
from tests.agreements.conftest import Side
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.communities.conftest import SPOKESMAN, by, join, operation
from tests.feeds.choosing import chosen, of_community
from tests.feeds.conftest import Resuming, numbered
from tests.feeds.test_histories import given_to, held
from tests.recalls.conftest import amend, carried

LIVES = int(os.environ.get("FEED_LIVES", "3"))
LENGTH = int(os.environ.get("FEED_STEPS", "30"))
READERS = ("cbp.officer", "cbsa.officer", "hsi.agent", "txdps.trooper")
MEMBERS = ("hsi.agent", "txdps.trooper")
TARGETS = ("CBSA", "HSI", "TXDPS", "RCMP")
MARKINGS = (
    "TLP:CLEAR",
    "TLP:GREEN",
    "TLP:GREEN",
    "TLP:AMBER",
    "TLP:AMBER",
    "TLP:AMBER+STRICT",
    "TLP:RED",
    "TLP:RED",
)
GROUPS = ("place", "technique", "identifiers", "case", "detail")


class Hub:
    """What may happen to some records of CBP's; what is refused has not happened."""

    def __init__(self, dice):
        self.dice, self.now, self.done = dice, timezone.now(), Counter()
        self.group = operation("CBP", "TXDPS", "HSI")
        self.member, self.suspended = True, False
        self.records = [published_bulletin(), published_seizure(), published_bulletin(), published_seizure()]
        self.chosen = []
        self.everybody_reads = self.everybody_agrees = numbered
        for each in self.records:
            released(each, *TARGETS, tlp="TLP:GREEN")

    def happen(self):
        """What is refused is undone: whoever is to have read in between reads before and after it, not within."""
        deed = self.dice.choice(DEEDS)
        record = self.dice.choice(self.records)
        if deed == "begin_again":
            if self.done_now("take_back", record):
                self.everybody_reads()
                self.done_now("begin_again", record)
            return
        if deed == "ask":
            self.everybody_reads()
        self.done_now(deed, record)
        if deed == "ask":  # seen at once: what is missed now may be asked for no more in a while
            self.everybody_agrees()

    def done_now(self, deed, record):
        try:
            with transaction.atomic():
                getattr(self, deed)(record)
        except (ValidationError, PermissionDenied):
            return False
        self.done[deed] += 1
        return True

    def give(self, record):
        tlp = Record.objects.filter(pk=record.pk).values_list("tlp", flat=True)
        with viewing(viewer("cbp.releaser")):
            marked = tlp.first()
        to = self.dice.sample([*TARGETS, f"community:{self.group.code}"], self.dice.randint(1, 3))
        withheld = self.dice.sample(GROUPS, self.dice.randint(0, 2))
        released(record, *((each, *withheld) for each in to), tlp=marked)

    def handle(self, record):
        controls = ("DISPLAY ONLY",) if self.dice.random() < 0.3 else ()
        handling = Handling(self.dice.choice(MARKINGS), controls)
        who = viewer("cbp.releaser")
        with viewing(who):
            row = Record.objects.get(pk=record.pk)
            mark(row, handling, reason="other facts", viewer=who, at=timezone.now())

    def take_back(self, record, version=None):
        who = viewer("cbp.releaser")
        with viewing(who):
            recall(
                record,
                reason="wrong",
                viewer=who,
                at=timezone.now(),
                version=version,
                fall_back=self.dice.random() < 0.5,
            )

    def take_one_version_back(self, record):
        with viewing(viewer("cbp.releaser")):
            latest = Record.objects.values_list("latest", flat=True).get(pk=record.pk)
        self.take_back(record, self.dice.randint(1, latest))

    def amend(self, record):
        if record.kind != Kind.BULLETIN:
            raise ValidationError("bulletins alone are told otherwise here")
        hazard = self.dice.random() < 0.5
        said = "Wear a respirator." if hazard else ""
        amend(record, hazard=hazard, safety_note=said, narrative=f"Told {self.dice.random()} times.")
        if self.dice.random() < 0.7:
            carried(record, *TARGETS)

    def begin_again(self, record):
        """All of it was recalled, and everybody told: it is released anew, as it is or as it is told now."""
        if self.dice.random() < 0.5 and record.kind == Kind.BULLETIN:
            amend(record, narrative=f"Told anew {self.dice.random()}.")
        self.give(record)

    def ask(self, record):
        """Something else, of programs that have read all that they asked for."""
        for each in self.chosen:
            each.ask(self.dice)

    def agree(self, record):
        side = Side("cbp.admin")
        (side.resume if self.suspended else side.suspend)("CBP-CBSA")
        self.suspended = not self.suspended

    def belong(self, record):
        if self.member:
            by("TXDPS", leave, self.group)
        else:
            join(self.group, "TXDPS", with_history=self.dice.random() < 0.5)
        self.member = not self.member

    def destroy(self, record):
        if len(self.records) < 2:
            raise ValidationError("the last one stays")
        who = viewer("cbp.releaser")
        with viewing(who):
            row = Record.objects.get(pk=record.pk)
            purge([row], reason="unreliable", typed=[record.ref], viewer=who, at=timezone.now())
        self.records = [each for each in self.records if each.pk != record.pk]

    def post(self, record):
        if len(self.records) > 5:
            raise ValidationError("enough of them")
        post = published_seizure if self.dice.random() < 0.5 else published_bulletin
        self.records.append(post())


DEEDS = [
    *["give"] * 8, *["handle"] * 7, *["take_back"] * 3, *["take_one_version_back"] * 2, *["amend"] * 3,
    *["agree"] * 2, *["belong"] * 2, "destroy", "post", *["begin_again"] * 4, *["ask"] * 6,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(LIVES))
def test_programs_hold_what_they_may_however_often_it_changes(program, seed):
    Person.objects.filter(username__in=SPOKESMAN.values()).update(roles=["officer", "releaser", "admin"])
    cache.clear()
    dice = Random(seed)
    hub = Hub(dice)
    feeds = [
        (name, Resuming(client, limit=limit, by_next=by_next))
        for name in READERS
        for client in [program(name)]
        for limit, by_next in ((None, True), (3, True), (4, False))
    ]
    hub.chosen = [chosen(viewer(name), program(name), dice, (None, True), (3, False)) for name in READERS]
    circles = [of_community(viewer(name), program(name), hub.group.pk, (None, True)) for name in MEMBERS]

    def everybody_reads():
        numbered()
        for _name, feed in feeds:
            feed.poll()
        for each in (*hub.chosen, *circles):
            for feed in each.feeds:
                each.poll(feed)

    def everybody_agrees():
        everybody_reads()
        for name, feed in feeds:
            assert held(feed) == given_to(viewer(name), hub), (name, hub.done)
        for each in (*hub.chosen, *circles):
            for feed in each.feeds:
                each.agrees(feed, held(feed), given_to(each.who, hub))

    hub.everybody_reads, hub.everybody_agrees = everybody_reads, everybody_agrees
    for step in range(LENGTH):
        hub.happen()
        if dice.random() < 0.8:
            numbered()
        for _name, feed in feeds:
            if dice.random() < 0.4:
                feed.poll()
        for each in (*hub.chosen, *circles):
            for feed in each.feeds:
                if dice.random() < 0.4:
                    each.poll(feed)
        if step % 6 == 5 or step == LENGTH - 1:
            everybody_agrees()
    assert sum(hub.done.values()) > LENGTH / 3, hub.done
    with engine():
        states = set(Standing.objects.values_list("state", flat=True))
    assert len(states) > 1 or LENGTH < 20, (states, hub.done)
