"""Places in a subscription's collection for what it begins to ask for: later than all that the collection has given."""

from __future__ import annotations

from django.db import connection

from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.audiences.numbering import LOCK, STEP
from sharing.audiences.querysets import from_elsewhere
from sharing.subscriptions.matching import matches
from sharing.subscriptions.models import Subscription

# With the subscription's own number: shared by who reads its collection, alone by who changes what it asks for.
CHOICES = 7_302

# What was given already is given on by its own date. What was not, is given next, also where it was asked for before.
PLACE = f"""
    insert into sharing_placed as p (agency_id, collection, standing_id, at)
    select s.agency_id, w.uid, s.id, b.at + {STEP} * row_number() over (order by s.numbered_at)
    from sharing_subscription w join sharing_standing s on s.agency_id = w.agency_id and s.state = 'live'
    cross join (
        select greatest(
            statement_timestamp(),
            (select max(numbered_at) from sharing_standing where agency_id = %(agency)s),
            (select max(at) from sharing_placed where agency_id = %(agency)s and collection = %(uid)s)) as at) b
    where w.id = %(key)s
      and exists (select from sharing_inbox f where f.record_id = s.record_id and {from_elsewhere("f", "s.agency_id")}
                     and {matches(face="f", sub="w")})
      and not exists (select from sharing_fed d where d.agency_id = s.agency_id and d.collection = w.uid
                         and d.record_id = s.record_id and d.life = s.life)
    on conflict (standing_id, collection) do update set at = excluded.at
"""  # noqa: S608  all of it is ours


def hold_choice(subscription: int) -> None:
    """Until this transaction ends the subscription asks for what it asks for now."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s, %s)", [CHOICES, subscription])


def place_anew(row: Subscription, *, viewer: Viewer) -> None:
    """After a change of what it asks for, as the last write of its transaction: numbering waits until that ends.

    Whoever reads the collection has read it as it was, with what that gave noted, or reads it as it is now.
    """
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [CHOICES, row.pk])
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(PLACE, {"key": row.pk, "uid": row.uid, "agency": row.agency_id})
