"""Deliveries for the bench: agencies with endpoints, bulletins released to them by the verb people use."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyKind
from hub.database.context import viewing
from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import seal
from sharing.deliveries.sending import keep_inboxes
from sharing.flow import release
from sharing.releases.plan import Pick
from tests.bench.logins import as_owner, run
from tests.builders import plan, published_bulletin
from tests.cast import viewer

SECRET = "whsec_" + "A" * 44
AGAIN = """update sharing_delivery set state = 'waiting', claimed_at = null, begun_at = null, sent_at = null,
           attempts = 0, due_at = %s, failure = '' where channel = 'webhook' and agency_id = any(%s)"""
# Alerts as those there are, and their deliveries to webhooks.
COPY = """
    with copied as (
        insert into sharing_alert (uid, kind, record_id, record_kind, ref, version, owner_id, hazard, at, path, facts,
                                   request_id)
        select gen_random_uuid(), kind, record_id, record_kind, ref, version, owner_id, hazard, at, path,
               jsonb_build_object('of', id), request_id
        from sharing_alert where id = any(%s) returning id, (facts ->> 'of')::bigint as of)
    insert into sharing_delivery (uid, alert_id, agency_id, channel, endpoint_id, urgency, state, attempts, due_at,
                                  failure, notes)
    select gen_random_uuid(), c.id, d.agency_id, d.channel, d.endpoint_id, d.urgency, 'waiting', 0, d.due_at, '', '{}'
    from copied c join sharing_delivery d on d.alert_id = c.of and d.channel = 'webhook' order by c.id, d.id
"""


def agencies(count: int, name: str) -> list[Agency]:
    """Invented ones without a mailbox: the webhook alone is measured."""
    found = []
    for number in range(count):
        group = Group.objects.create(name=f"{name}-{number}")
        found.append(
            Agency.objects.create(
                group=group,
                code=f"{name}-{number}",
                name=f"{name} {number}",
                kind=AgencyKind.FEDERAL,
                country="US",
            )
        )
    return found


def endpoints(of: list[Agency], url: str, each: int = 1) -> None:
    at, sealed = timezone.now(), seal(SECRET)
    Endpoint.objects.bulk_create(
        Endpoint(agency=agency, url=url, sealed_secret=sealed, created_at=at, verified_at=at)
        for agency in of
        for _ in range(each)
    )


def outbox(of: list[Agency], *, bulletins: int, alerts: int) -> None:
    """`bulletins` to each of the agencies, each told `alerts` times; inboxes are done."""
    with as_owner():
        last = run("select coalesce(max(id), 0) from sharing_alert")[0][0]
    for _ in range(bulletins):
        give(of)
    while keep_inboxes(at=timezone.now())[1]:
        pass
    with as_owner():
        ids = [pk for (pk,) in run("select id from sharing_alert where id > %s", [last])]
        for _ in range(alerts - 1):
            run(COPY, [ids])
        run("analyze")


def give(of: list[Agency], *, hazard: bool = False) -> datetime:
    """A bulletin to each of the agencies, named; return when its release had committed."""
    who: Viewer = viewer("cbp.releaser")
    record = published_bulletin(hazard=hazard)
    with viewing(who):
        release([record], plan(*(Pick(agency=each.pk) for each in of)), viewer=who, at=timezone.now())
    return timezone.now()


def again(of: list[Agency]) -> None:
    """All webhooks of these agencies wait once more, and nothing else does."""
    with as_owner():
        run("update sharing_delivery set state = 'cancelled' where state = 'waiting'")
        run(AGAIN, [timezone.now(), [agency.pk for agency in of]])
        run("vacuum analyze sharing_delivery")
        run("update sharing_endpoint set failures = 0, failing_since = null, resting_until = null")


def left() -> int:
    with as_owner():
        return int(run("select count(*) from sharing_delivery where state in ('waiting', 'sending')")[0][0])
