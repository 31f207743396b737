"""A record with two versions, a recall of it, and what stands where afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.audiences.models import Given, Withdrawal
from sharing.flow import carry_over, recall
from sharing.releases.models import Release
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import published_bulletin
from tests.cast import agency, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, text

REASON = "The laboratory found sugar"


def amend(bulletin: Any, by: str = "cbp.officer", note: str = "Corrected", **values: Any) -> None:
    who = viewer(by)
    with viewing(who):
        fresh = Bulletin.objects.get(pk=bulletin.pk)
        write_down(fresh, values or {"narrative": "It was sugar."}, viewer=who, at=timezone.now())
        publish(fresh, viewer=who, at=timezone.now(), note=note)


def carried(bulletin: Any, *codes: str) -> None:
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = Release.objects.filter(record=bulletin.pk, ended_at=None, agency__code__in=codes)
        carry_over(bulletin, list(rows.values_list("pk", flat=True)), viewer=who, at=timezone.now())


def taken_back(bulletin: Any, by: str = "cbp.releaser", **options: Any) -> None:
    who = viewer(by)
    with viewing(who):
        recall(bulletin, reason=REASON, viewer=who, **{"at": timezone.now(), **options})


def read(username: str, bulletin: Any) -> str:
    """What stands at the record's address, once somebody has opened it."""
    return text(reader(username).get(f"/bulletins/{bulletin.ref}/"))


def versions(bulletin: Any) -> dict[str, int]:
    with viewing(viewer("cbp.releaser")):
        return dict(Given.objects.filter(record_id=bulletin.pk).values_list("agency__code", "version"))


def told(bulletin: Any) -> list[str]:
    """Codes of those with a recall's withdrawal, each as often as it has one."""
    with engine():
        rows = Withdrawal.objects.filter(ref=bulletin.ref, kind="recalled").order_by("agency__code")
        return list(rows.values_list("agency__code", flat=True))


def inbox(username: str) -> str:
    send()
    return text(reader(username).get("/inbox/?show=all"))


@pytest.fixture
def hidden_roster(owner_sql: Callable[..., Any]) -> Iterator[None]:
    """South Texas HIDTA's members, TXDPS among them, are its lead's to know."""
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


@pytest.fixture
def suspended(owner_sql: Callable[..., Any]) -> Iterator[Callable[[], None]]:
    """Suspends the agreement under which CBSA has what it has of CBP, and settles the grants."""
    from sharing.tasks import compare_grants

    def suspend() -> None:
        owner_sql("update sharing_agreement set suspended_at = now() where code = 'CBP-CBSA'")
        compare_grants()

    yield suspend
    owner_sql("update sharing_agreement set suspended_at = null where code = 'CBP-CBSA'")


@pytest.fixture
def bulletin() -> Any:
    return published_bulletin()


def pk(code: str) -> int:
    return int(agency(code).pk)
