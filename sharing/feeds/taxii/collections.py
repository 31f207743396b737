"""Collections: everything the caller's agency may read, what a subscription asks for, what a community was given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.audiences.querysets import from_elsewhere
from sharing.communities.models import Community, Membership
from sharing.feeds.taxii.answers import STIX_TYPE
from sharing.feeds.taxii.models import Fed
from sharing.subscriptions.matching import matches
from sharing.subscriptions.models import RemovedSubscription, Subscription

NAMES = UUID("5d4b8f0a-4f0e-4a39-9a0b-8c36d8a5e6f1")
EVERYTHING = uuid5(NAMES, "everything")

# What a collection of a choice has given once, it goes on telling of: changes, and that it is gone.
FED = """exists (select from sharing_fed d where d.agency_id = s.agency_id and d.collection = %(collection)s
                 and d.record_id = s.record_id and d.life = s.life)"""
ASKED_FOR = f"""(s.state = 'live' and exists (
    select from sharing_subscription w
    join sharing_inbox f on f.record_id = s.record_id and {from_elsewhere("f", "s.agency_id")}
     and {matches(face="f", sub="w")}
    where w.id = %(key)s) or {FED})"""
GIVEN_TO = f"""(s.state = 'live' and exists (
    select from sharing_grant g where g.record_id = s.record_id and g.group_id = s.agency_id
       and g.communities @> array[%(key)s::bigint]) or {FED})"""


ENDED = _lazy("What became of what its collection gave you. Nothing new comes here.")


@dataclass(frozen=True)
class Collection:
    """`within` is SQL over a row `s` of standings; empty where it is all of them. What it gives is remembered, then.

    Of `subscription`, what it asks for may be changed, and what it then begins to give has places of its own.
    """

    id: UUID
    title: str
    description: str
    within: str = ""
    key: int = 0
    subscription: bool = False

    @property
    def resource(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "title": self.title,
            "description": self.description,
            "can_read": True,
            "can_write": False,
            "media_types": [STIX_TYPE],
        }


def collections_of(viewer: Viewer) -> list[Collection]:
    """All that the viewer may read, by id. Of titles no two are alike."""
    require_viewer(viewer)
    if viewer.agency_id is None:
        return []
    found = [_everything(), *_subscribed(viewer), *_unsubscribed(viewer), *_given(viewer)]
    return _told_apart(sorted(found, key=lambda each: str(each.id)))


def collection_of(viewer: Viewer, id_: UUID | None) -> Collection | None:
    if id_ == EVERYTHING and viewer.agency_id is not None:
        return _everything()
    return next((each for each in collections_of(viewer) if each.id == id_), None)


def remember(viewer: Viewer, collection: Collection, lives: set[tuple[int, int]]) -> None:
    """Note what a collection of a choice has given: records, each with its life."""
    if not collection.within or not lives:
        return
    # In their order: two readers of the same never wait for each other crosswise.
    records, numbers = zip(*sorted(lives), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into sharing_fed (agency_id, collection, record_id, life)"
            " select %s, %s, * from unnest(%s::bigint[], %s::smallint[]) on conflict do nothing",
            [viewer.agency_id, collection.id, list(records), list(numbers)],
        )


def community_id(community: int) -> UUID:
    return uuid5(NAMES, f"community {community}")


def _everything() -> Collection:
    return Collection(
        EVERYTHING,
        _("Everything your agency may read"),
        _("All bulletins and seizure reports that are shared with your agency, and its own."),
    )


def _subscribed(viewer: Viewer) -> list[Collection]:
    return [
        Collection(
            row.uid,
            _("Subscription: %(title)s") % {"title": row.title},
            _("What others share with your agency and this subscription asks for."),
            ASKED_FOR,
            row.pk,
            subscription=True,
        )
        for row in Subscription.objects.visible_to(viewer)
    ]


def _unsubscribed(viewer: Viewer) -> list[Collection]:
    """Of subscriptions that were removed those whose collection gave something: recalls of it are told there too."""
    fed = Fed.objects.filter(agency_id=viewer.agency_id or 0, collection=OuterRef("uid"))
    rows = RemovedSubscription.objects.visible_to(viewer).filter(Exists(fed)).values_list("uid", flat=True)
    title = _("A subscription that was removed")
    return [Collection(uid, title, str(ENDED), FED) for uid in rows]


def _given(viewer: Viewer) -> list[Collection]:
    """One for each community the agency is a member of; and of those it has left, for what that gave it."""
    own = Membership.objects.filter(agency_id=viewer.agency_id, confirmed_at__isnull=False)
    ids = set(own.values_list("community_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("select hub_communities()")
        member_of = {community for (community,) in cursor.fetchall()}
    named = Community.objects.filter(pk__in=member_of).in_bulk()
    found = []
    for pk in sorted(ids):
        if pk in named:
            title = _("Community: %(name)s") % {"name": named[pk].name}
            said, within = _("What is released to this community."), GIVEN_TO
        elif Fed.objects.filter(agency_id=viewer.agency_id or 0, collection=community_id(pk)).exists():
            title = _("A community your agency was a member of")
            said, within = str(ENDED), FED
        else:
            continue
        found.append(Collection(community_id(pk), title, said, within, pk))
    return found


def _told_apart(found: list[Collection]) -> list[Collection]:
    """Clients find collections by title: of two alike, each bears the beginning of its id."""
    titles = [each.title for each in found]
    return [
        replace(each, title=f"{each.title} ({str(each.id)[:8]})") if titles.count(each.title) > 1 else each
        for each in found
    ]
