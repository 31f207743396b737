"""Releases that ask to be acknowledged, and the task that reminds of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import engine, viewing
from sharing.deliveries.models import Alert, Delivery
from sharing.disclosures.reading import shown_to
from sharing.flow import release
from sharing.receipts.actions import acknowledge
from sharing.receipts.reminding import remind
from sharing.releases.plan import Pick
from tests.builders import pick, plan
from tests.cast import agency, viewer

HOUR = timedelta(hours=1)


def asking(
    record: Any,
    *targets: str,
    within: timedelta = 4 * HOUR,
    ago: timedelta = timedelta(),
    by: str = "cbp.releaser",
    **values: Any,
) -> datetime:
    """Release it `ago`, to be acknowledged within that time; return by when."""
    who, at = viewer(by), timezone.now() - ago
    with viewing(who):
        picks = [pick(each) if isinstance(each, str) else pick(*each) for each in targets]
        release([record], plan(*picks, acknowledge_within=within, **values), viewer=who, at=at)
    return at + within


def asking_people(record: Any, *, within: timedelta) -> datetime:
    """At TLP:RED to two people of HSI, whose administrator is not named; return by when."""
    hsi = agency("HSI")
    Person.objects.filter(username__in=("txdps.trooper", "stx.analyst")).update(agency=hsi)
    named = frozenset(viewer(name).person_id or 0 for name in ("hsi.agent", "txdps.trooper"))
    who, at = viewer("cbp.releaser"), timezone.now()
    with viewing(who):
        picked = Pick(agency=hsi.pk, persons=named)
        release([record], plan(picked, tlp="TLP:RED", acknowledge_within=within), viewer=who, at=at)
    return at + within


def acknowledged(username: str, record: Any, at: datetime | None = None) -> None:
    who = viewer(username)
    with viewing(who):
        shown = shown_to(who, record.kind, record.ref)
        assert shown is not None
        acknowledge(who, shown, at or timezone.now())


def run(at: datetime) -> int:
    """The task, at `at`."""
    with transaction.atomic():
        return remind(at=at)


def told(code: str, *, state: str | None = None) -> list[tuple[str, str, str]]:
    """(what, to whom, channel) of the notices to an agency that ask it to acknowledge, in order."""
    with engine():
        rows = Delivery.objects.filter(agency__code=code, alert__kind="action").order_by("id")
        rows = rows.filter(state=state) if state else rows
        return [
            (row.alert.facts["what"], row.person.username if row.person else "desk", row.channel)
            for row in rows.select_related("alert", "person")
        ]


def alerts() -> int:
    with engine():
        return Alert.objects.filter(kind="action").count()
