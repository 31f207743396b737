"""By which of their subscriptions mails reach their recipients, and what stops their like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from sharing.deliveries.due import Due
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Carries, Channel, carries
from sharing.subscriptions.links import Link, address_of
from sharing.subscriptions.matching import matches

# Asked anew of the face that the recipient has now: a name must not tell of what has been withheld since it matched.
BY = f"""
    select w.place, s.uid, s.title, exists (
        select from sharing_grant g join bulletins_face f on f.id = g.face_id
        where g.record_id = w.record and g.group_id = w.agency and g.emergency_id is null
          and (g.person_id is null or g.person_id = w.person) and (g.until is null or g.until > hub_now())
          and {matches(face="f", sub="s")})
    from unnest(%s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) w(place, agency, person, record, sub)
    join sharing_subscription s on s.id = w.sub and s.agency_id = w.agency
     and s.person_id is not distinct from w.person
    order by w.place, s.id
"""  # noqa: S608  all of it is ours


def by_which(rows: Sequence[Due], answers: Sequence[object]) -> Mapping[int, dict[str, Any]]:
    """For the place of each row that is disclosed: `matched` and `unsubscribe` as a Message has them.

    A hazard comes to a desk whatever it subscribes to: nothing stops it. A mail that does not say whether it is one has
    the link like any other. In the engine's transaction.
    """
    wanted = [
        (place, row.agency, row.person, row.record, pk)
        for place, row in enumerate(rows)
        if isinstance(answers[place], Disclosure)
        for pk in row.matched
    ]
    if not wanted:
        return {}
    titles: dict[int, list[str]] = defaultdict(list)
    uids: dict[int, list[UUID]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(BY, [list(column) for column in zip(*wanted, strict=True)])
        for place, uid, title, asks in cursor.fetchall():
            uids[place].append(uid)
            titles[place] += [title] if asks else []
    return {place: _told(rows[place], answers[place], titles[place], uids[place]) for place in uids}


def _told(row: Due, shown: object, titles: list[str], uids: list[UUID]) -> dict[str, Any]:
    said = isinstance(shown, Disclosure) and carries(shown.marking, Channel.MAIL) > Carries.WAITING
    hazard = isinstance(shown, Disclosure) and shown.hazard
    stops = row.person is not None or not (said and hazard)
    return {
        "matched": tuple(titles),
        "unsubscribe": address_of(Link(row.agency, row.person, tuple(uids))) if stops else "",
    }
