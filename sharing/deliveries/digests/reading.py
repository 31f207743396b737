"""What a digest brings, read as its reader at this moment: as a page, a mail or a webhook may say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.audiences.querysets import from_elsewhere
from sharing.deliveries.models import Channel
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Carries, carries
from sharing.disclosures.rules import Channel as Way
from sharing.subscriptions.hours.actions import zone_of
from sharing.subscriptions.links import Link, address_of
from sharing.subscriptions.matching import matches
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import narrows

# What is counted, and what is listed, at most.
COUNTED = 1000
LISTED = 100

# Of what the agency was given since the last digest: what the reader is shown now and the subscription asks for,
# without what was told to its recipient at once by this way. That a colleague is named at TLP:RED is no news to who was
# named before: entries are the agency's. The view chooses, and the policy of faces looks again.
FOUND = f"""
    with news as (
        select record_id, bool_or(kind = 'granted') as new from sharing_entry
        where agency_id = hub_agency() and n > %(after)s and n <= %(upto)s
          and kind in ('granted', 'changed') group by record_id)
    select record_id, hazard, new from (
        select f.record_id, f.face_id, f.hazard, n.new, f.visible_since
        from news n join sharing_inbox f on f.record_id = n.record_id
        join sharing_subscription s on s.id = %(subscription)s
        where {from_elsewhere("f", "hub_agency()")} and {matches(face="f", sub="s")} and not exists (
            select from sharing_alert a join sharing_delivery d on d.alert_id = a.id
            where a.record_id = f.record_id and a.kind in ('new', 'amended') and a.at >= f.visible_since
              and d.agency_id = hub_agency() and d.person_id is not distinct from %(person)s::bigint
              and d.channel = %(channel)s and d.state in ('waiting', 'sending', 'sent'))
          and not exists (select from sharing_grant g where g.id = f.id and g.person_id is not null
                          and g.visible_since <= %(since)s)
        order by f.hazard desc, n.new desc, f.visible_since desc, f.record_id desc limit %(most)s) h
    where (select true from bulletins_face b where b.id = h.face_id)
    order by hazard desc, new desc, visible_since desc, record_id desc
"""  # noqa: S608  all of it is ours


class Period(NamedTuple):
    """Of which subscription, between which instants, and exactly: the entries numbered past `after` up to `upto`."""

    subscription: int
    since: datetime
    until: datetime
    after: int
    upto: int


class Piece(NamedTuple):
    """A record that a digest brings."""

    record: int
    hazard: bool
    new: bool


@dataclass(frozen=True)
class Line:
    """A record as the reader is shown it. `new` says that it is, and was not only amended."""

    shown: Disclosure
    new: bool


@dataclass(frozen=True)
class Digest:
    """`lines` are hazards first, then new, then amended. `waiting` are those that this way may not even name.

    `more` says that there are others beyond what is listed. `title` is empty where to name the subscription would say
    more of a record than this way carries. `zone` is the recipient's; `unsubscribe` the address that stops its mails.
    """

    path: str
    subscription: UUID
    period: Period
    title: str
    lines: tuple[Line, ...]
    zone: str = "UTC"
    waiting: int = 0
    more: bool = False
    unsubscribe: str = ""

    @property
    def hazards(self) -> list[Line]:
        return [line for line in self.lines if line.shown.hazard]

    @property
    def new(self) -> list[Line]:
        return [line for line in self.lines if line.new and not line.shown.hazard]

    @property
    def amended(self) -> list[Line]:
        return [line for line in self.lines if not line.new and not line.shown.hazard]

    @property
    def tlp(self) -> str:
        """The highest marking of what is listed; empty where nothing is."""
        return max((line.shown.marking.tlp for line in self.lines), key=lambda tlp: TLP(tlp).rank, default="")


def period_of(facts: dict[str, Any]) -> Period:
    """The period that an alert's facts say."""
    since, until = (datetime.fromisoformat(facts[name]) for name in ("since", "until"))
    return Period(facts["subscription"], since, until, facts["after"], facts["upto"])


def pieces_of(
    viewer: Viewer, period: Period, channel: str, *, person: int | None, most: int = COUNTED
) -> list[Piece]:
    """What the digest brings the viewer now, without what `person` (None: the desk) was told at once by `channel`."""
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {**period._asdict(), "person": person, "channel": channel, "most": most})
        return [Piece._make(row) for row in cursor.fetchall()]


def subscription_of(viewer: Viewer, period: Period) -> Subscription | None:
    found: Subscription | None = (
        Subscription.objects.visible_to(viewer).filter(pk=period.subscription).first()
    )
    return found


def read_digest(
    viewer: Viewer, facts: dict[str, Any], path: str, channel: Channel, *, person: int | None, at: datetime
) -> Digest | str:
    """The digest as `channel` may say it to the viewer, who is its recipient; or why there is nothing to say."""
    period = period_of(facts)
    subscription = subscription_of(viewer, period)
    if subscription is None or subscription.paused_at or channel not in subscription.channels:
        return _("its subscription has ended")
    pieces = pieces_of(viewer, period, channel, person=person)
    if not pieces:
        return _("nothing new")
    if channel == Channel.INBOX:
        return Digest(path, subscription.uid, period, subscription.title, ())
    way = Way.MAIL if channel == Channel.MAIL else Way.WEBHOOK
    lines = _lines(viewer, pieces[:LISTED], way, at)
    if not lines:
        return _("its marking keeps it on the hub's pages")
    extents = [carries(line.shown.marking, way) for line in lines]
    named = min(extents) >= Carries.TEAR_LINE or not narrows(subscription)
    return Digest(
        path,
        subscription.uid,
        period,
        subscription.title if named else "",
        tuple(line for line, extent in zip(lines, extents, strict=True) if extent > Carries.WAITING),
        zone=zone_of(viewer),
        waiting=sum(extent == Carries.WAITING for extent in extents),
        more=len(pieces) > LISTED,
        unsubscribe=address_of(Link(subscription.agency_id, subscription.person_id, (subscription.uid,))),
    )


def _lines(viewer: Viewer, pieces: Sequence[Piece], way: Way, at: datetime) -> list[Line]:
    new = {piece.record: piece.new for piece in pieces}
    found = disclose(viewer, list(new), way, at=at)
    return [Line(shown, new[shown.key]) for shown in found]
