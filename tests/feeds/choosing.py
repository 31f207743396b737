"""Collections of a choice in random histories: what a subscription asks for is changed, a community is left and joined.

Whoever follows one holds, as they may have it now, what it gives and whatever it has ever given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.database.context import engine, viewing
from sharing.feeds.taxii.collections import community_id
from sharing.stix.ids import EXTENSION
from sharing.subscriptions.actions import change, subscribe
from sharing.subscriptions.matching import matches
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import Wish, wish_of
from tests.feeds.conftest import Program, Resuming

# Narrow: what was never given is what a change may lose.
WISHES: list[dict[str, Any]] = [
    {"hazard": True},
    {"kinds": ("seizure",)},
    {"kinds": ("bulletin",), "tlps": ("TLP:GREEN", "TLP:CLEAR")},
    {"kinds": ("seizure",), "tlps": ("TLP:AMBER", "TLP:AMBER+STRICT")},
    {"tlps": ("TLP:AMBER", "TLP:AMBER+STRICT")},
    {"words": "told"},
]
NONE = Wish(title="Drawn", channels=("inbox",))
ASKED_FOR = f"""
    select f.ref from sharing_subscription w join sharing_inbox f on {matches(face="f", sub="w")}
    where w.id = %s and f.owner_id <> %s"""
GIVEN_TO = """
    select r.ref from sharing_grant g join bulletins_record r on r.id = g.record_id
    where g.group_id = %s and g.communities @> array[%s::bigint] and g.person_id is null and g.emergency_id is null"""


@dataclass
class Chosen:
    """A collection of `who`'s, of a subscription or a community, and the programs that follow it."""

    who: Viewer
    collection: UUID
    feeds: list[Resuming]
    subscription: Subscription | None = None
    community: int = 0
    # Of what it ever gave, but was not recalled since, the refs; and all ids.
    given: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def poll(self, feed: Resuming) -> None:
        if self.community and not self.ids and feed.program.objects(self.collection).status_code == 404:
            return  # of a community that they are not of, and which gave them nothing
        for each in feed.poll():
            if each["type"] == "report" and "extensions" in each:
                self.ids.add(each["id"])
                self.given[each["id"]] = each["extensions"][EXTENSION]["ref"]
            elif each.get("revoked"):
                self.given.pop(each["id"], None)

    def ask(self, dice: Random) -> None:
        """Something else, as the subscription's owner."""
        if self.subscription is None:
            return
        with viewing(self.who):
            self.subscription.refresh_from_db()
            wish = replace(wish_of(self.subscription), **{**BARE, **dice.choice(WISHES)})
            change(self.subscription, wish, viewer=self.who, at=timezone.now())

    def gives(self) -> set[str]:
        """The refs of what it gives now."""
        with connection.cursor() as cursor:
            if self.subscription is not None:
                with viewing(self.who):
                    cursor.execute(ASKED_FOR, [self.subscription.pk, self.who.agency_id])
                    return {ref for (ref,) in cursor.fetchall()}
            with engine():
                cursor.execute(GIVEN_TO, [self.who.agency_id, self.community])
                return {ref for (ref,) in cursor.fetchall()}

    def agrees(self, feed: Resuming, holds: dict[str, Any], may: dict[str, Any]) -> None:
        """`holds` is what the program holds, `may` what its reader may have, both by ref."""
        wanted = self.gives() | {*self.given.values()}
        expected = {ref: said for ref, said in may.items() if ref in wanted}
        assert holds == expected, (self.who.username, self.subscription and self.subscription.pk, feed.limit)
        stubs = {id_ for id_, each in feed.held.items() if each["type"] == "report"} - feed.records.keys()
        assert stubs <= self.ids, "it is told of the end of what it was never given"


BARE = {name: getattr(NONE, name) for wish in WISHES for name in wish}


def chosen(who: Viewer, program: Program, dice: Random, *ways: tuple[int | None, bool]) -> Chosen:
    """A subscription of the person's, asking for anything drawn."""
    with viewing(who):
        wish = replace(NONE, **dice.choice(WISHES))
        row = subscribe(wish, desk=False, viewer=who, at=timezone.now())
    feeds = [Resuming(program, row.uid, limit, by_next) for limit, by_next in ways]
    return Chosen(who, row.uid, feeds, subscription=row)


def of_community(who: Viewer, program: Program, community: int, *ways: tuple[int | None, bool]) -> Chosen:
    uid = community_id(community)
    return Chosen(who, uid, [Resuming(program, uid, limit, by) for limit, by in ways], community=community)
