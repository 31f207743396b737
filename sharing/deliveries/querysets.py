"""Questions asked of deliveries: what waits, and what stands in somebody's inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models

from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer

# The badge counts among the newest so many: a page must not pay for an inbox of years.
COUNTED = 200
# Notices of which each tells how one thing stands, by kind or by where they lead: the newest is what counts.
OF_ONE_THING = ("agreement", "request", "correction", "action")
JOININGS = "/communities/joining/"


class DeliveryQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The viewer's agency's own deliveries, without those that are for another person of it."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id).filter(
            models.Q(person_id=None) | models.Q(person_id=viewer.person_id)
        )


class EndpointQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The viewer's agency's own, without those that were removed."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id, removed_at=None)


class InboxItemQuerySet(models.QuerySet[Any]):
    """Rows of `sharing_inboxitem`: the viewer is read from the transaction's setting, inside the view."""

    def visible_to(self, viewer: Viewer) -> Self:
        require_viewer(viewer)
        return self

    def newest_first(self) -> Self:
        return self.order_by("-id")

    def before(self, uid: UUID | str) -> Self:
        """The items after the one named, on the way down: keyset paging by a name that tells no volume."""
        return self.filter(id__lt=models.Subquery(self.model.objects.filter(uid=uid).values("id")[:1]))

    def unread(self) -> Self:
        """What this person has not opened in the version shown. A recall leaves nothing to open."""
        return self.filter(read_at=None).exclude(alert="recalled")


class AskedQuerySet(models.QuerySet[Any]):
    """Rows of `sharing_asked`: the viewer is read from the transaction's setting, inside the view."""

    def visible_to(self, viewer: Viewer) -> Self:
        require_viewer(viewer)
        return self

    def open(self) -> Self:
        """What nobody of the agency (at TLP:RED the viewer) has acknowledged; the most urgent first."""
        return self.filter(acknowledged_at=None).order_by("acknowledge_by", "id")


def inbox_items(viewer: Viewer) -> InboxItemQuerySet:
    """What stands in the viewer's inbox, newest first: one line a record, its newest alert.

    A record that is no longer shared is not there, unless it was recalled: then it leads to the tombstone.
    """
    from sharing.deliveries.models import InboxItem

    return InboxItem.objects.visible_to(viewer).newest_first()


def asked_of(viewer: Viewer) -> AskedQuerySet:
    """What the viewer's agency is still asked to acknowledge, in the version it has now; what is due first, first."""
    from sharing.deliveries.models import Asked

    return Asked.objects.visible_to(viewer).open()


def notices(viewer: Viewer, *, unread: bool = False) -> DeliveryQuerySet:
    """What the viewer's agency was told that is no record, newest first; `read_at` is when this person opened it.

    `over` is true of one that has nothing left to tell: a newer one tells how the same thing went on, or what it asks
    for is done or no longer asked. It is not unread.
    """
    from sharing.deliveries.models import AlertKind, Channel, Delivery, DeliveryState, NoticeRead

    told = Delivery.objects.visible_to(viewer).filter(
        channel=Channel.INBOX, state=DeliveryState.SENT, alert__record=None
    )
    read = NoticeRead.objects.filter(delivery=models.OuterRef("pk"), person_id=viewer.person_id or 0)
    same = {name: models.OuterRef(name) for name in ("alert__kind", "alert__path")}
    newer = told.filter(**same, pk__gt=models.OuterRef("pk")).exclude(alert__path="")
    of_one_thing = models.Q(alert__kind__in=OF_ONE_THING) | models.Q(alert__path__startswith=JOININGS)
    still_asked = asked_of(viewer).order_by().filter(ref=models.OuterRef("alert__ref"))
    found: DeliveryQuerySet = (
        told.annotate(
            read_at=models.Subquery(read.values("read_at")[:1]),
            over=models.Case(
                models.When(models.Q(alert__kind=AlertKind.ACTION) & ~models.Exists(still_asked), then=True),
                models.When(of_one_thing & models.Exists(newer), then=True),
                default=False,
                output_field=models.BooleanField(),
            ),
        )
        .select_related("alert")
        .order_by("-id")
    )
    return found.filter(read_at=None, over=False) if unread else found


def told_of(viewer: Viewer, record: int) -> tuple[UUID, str] | None:
    """The delivery that told the viewer's agency, or the viewer, of a record last; the id of the deed behind it."""
    from sharing.deliveries.models import Channel, Delivery

    newest = Delivery.objects.visible_to(viewer).filter(alert__record_id=record, channel=Channel.INBOX)
    return newest.order_by("-id").values_list("uid", "alert__request_id").first()


def unread_count(viewer: Viewer) -> int:
    """How many of the newest 200 items this person has not opened, notices among them."""
    if viewer.agency_id is None or viewer.person_id is None:
        return 0
    told = notices(viewer, unread=True)[:COUNTED].count()
    unread = models.Count("id", filter=models.Q(read_at=None) & ~models.Q(alert="recalled"))
    return told + int(inbox_items(viewer)[:COUNTED].aggregate(unread=unread)["unread"])
