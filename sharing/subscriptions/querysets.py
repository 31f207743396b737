"""Questions asked of subscriptions: whose they are, and what each would have brought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL

from hub.database.context import require_viewer
from sharing.audiences.models import Entry, Received
from sharing.audiences.querysets import InboxQuerySet, from_elsewhere
from sharing.subscriptions.matching import FILTERS, matches

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class SubscriptionQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The desk's of the viewer's agency, and the viewer's own there: a colleague's are theirs alone."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id).filter(
            models.Q(person_id=None) | models.Q(person_id=viewer.person_id)
        )


class QuietHoursQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The desk's of the viewer's agency, and the viewer's own."""
        require_viewer(viewer)
        return self.filter(agency_id=viewer.agency_id).filter(
            models.Q(person_id=None) | models.Q(person_id=viewer.person_id)
        )


@dataclass(frozen=True)
class Named:
    """A subscription as its owner is told of it beside what it brought."""

    uid: UUID
    title: str
    narrows: bool


def named(viewer: Viewer, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Named]:
    """Of (record, subscription) pairs those whose subscription the viewer may see, and asks for what they are shown.

    It is asked anew: a name must not tell of what has been withheld since it matched.
    """
    from sharing.subscriptions.models import Subscription
    from sharing.subscriptions.wishes import narrows

    wanted = sorted(set(pairs))
    if not wanted:
        return {}
    rows = Subscription.objects.visible_to(viewer).in_bulk({pk for _record, pk in wanted})
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select w.record, w.sub
            from unnest(%s::bigint[], %s::bigint[]) w(record, sub)
            join sharing_subscription s on s.id = w.sub
            join sharing_inbox f on f.record_id = w.record and {matches(face="f", sub="s")}
            where (select true from bulletins_face b where b.id = f.face_id)
            """,  # noqa: S608  all of it is ours
            [[record for record, _sub in wanted], [sub for _record, sub in wanted]],
        )
        return {
            (record, pk): Named(rows[pk].uid, rows[pk].title, narrows(rows[pk]))
            for record, pk in cursor.fetchall()
            if pk in rows
        }


def endpoints_of(viewer: Viewer) -> dict[str, tuple[int, str]]:
    """The live addresses of programs of the viewer's agency: uid -> (id, channel that leads there)."""
    return {uid: (pk, kind) for uid, pk, kind, _host in _endpoints(viewer)}


def endpoint_names(viewer: Viewer) -> dict[str, str]:
    """The same, uid -> the server's name: the rest of an address may hold a key."""
    return {
        uid: f"{host} (TAXII)" if kind == "taxii" else host for uid, _pk, kind, host in _endpoints(viewer)
    }


def _endpoints(viewer: Viewer) -> list[tuple[str, int, str, str]]:
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            "select uid::text, id, kind, url from sharing_endpoint where agency_id = %s and disabled_at is null"
            " and verified_at is not null order by id",
            [viewer.agency_id],
        )
        return [(uid, pk, kind, urlsplit(url).hostname or "") for uid, pk, kind, url in cursor.fetchall()]


def position_of(viewer: Viewer) -> int:
    """The number of the newest entry of the viewer's agency: what comes after it is new to a digest that begins now."""
    require_viewer(viewer)
    newest = Entry.objects.filter(agency_id=viewer.agency_id or 0, n__isnull=False).aggregate(
        n=models.Max("n")
    )
    return int(newest["n"] or 0)


# The preview looks back so far, and counts so far.
LOOKED_BACK = timedelta(days=90)
COUNTED = 1000


def brought(viewer: Viewer, wish: Mapping[str, Any], *, at: datetime) -> InboxQuerySet:
    """What reached the viewer's agency from elsewhere in the last 90 days and fits the filters, newest first.

    `wish` holds the columns of a subscription. It starts where every list does: what is withheld fits nothing.
    """
    places = ", ".join(f"%s::{kind} as {name}" for name, kind in FILTERS.items())
    fits = RawSQL(  # noqa: S611  names in it are ours, values are parameters
        f"exists (select from (select {places}) s where {matches(face='sharing_inbox', sub='s')})",
        [wish[name] for name in FILTERS],
        output_field=models.BooleanField(),
    )
    found: InboxQuerySet = (
        Received.objects.visible_to(viewer)
        .filter(visible_since__gt=at - LOOKED_BACK)
        .from_elsewhere()
        .filter(fits)
        .newest_first()
    )
    return found


def counts_of(viewer: Viewer, ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """How many records each of these subscriptions fits of the last 90 days, counted to 1,000: one statement.

    As `brought` counts: the view chooses, and the policy of faces looks again.
    """
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select s.id, (select count(*) from (
                select f.face_id from sharing_inbox f
                where f.visible_since > %(since)s and {from_elsewhere("f", "hub_agency()")}
                  and {matches(face="f", sub="s")} limit %(most)s) h
                where (select true from bulletins_face b where b.id = h.face_id))
            from sharing_subscription s where s.id = any(%(ids)s)
            """,  # noqa: S608  all of it is ours
            {"since": at - LOOKED_BACK, "most": COUNTED + 1, "ids": list(ids)},
        )
        return dict(cursor.fetchall())
