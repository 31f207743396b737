"""Many records at once: what is to go is denied at commit, and a task gives what may be given, never the other way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.audiences import settling
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Received
from sharing.communities.models import Community
from sharing.deliveries.models import Alert
from sharing.flow import admitting
from sharing.flow.admitting import leave
from sharing.flow.convening import close, set_community
from sharing.tasks import settle_grants
from tests.builders import published_bulletin, released
from tests.communities.conftest import by, holds, join, operation, spokesman, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_is_many(monkeypatch):
    """More than one record is left to the task, one a batch."""
    for module in (admitting, settling):
        monkeypatch.setattr(module, "AT_ONCE", 1)


def shared(group: Community, *also: str) -> str:
    bulletin = published_bulletin()
    released(bulletin, f"community:{group.code}", *also, tlp="TLP:GREEN")
    return bulletin.ref


def settled() -> bool:
    settle_grants()
    found = rebuild_grants(timezone.now())
    return not (found.granted or found.changed or found.withdrawn)


def test_history_of_many_comes_with_the_task_and_is_told_at_once():
    group = operation("CBP", "HSI")
    refs = {shared(group) for _number in range(3)}
    join(group, "TXDPS", with_history=True)
    assert holds("TXDPS") == set()
    assert told("CBP")[-1]["records"] == 3
    assert told("TXDPS")[-1]["records"] == 3
    alerts = Alert.objects.count()
    assert settled() and holds("TXDPS") == refs
    # It was told as a whole.
    assert Alert.objects.count() == alerts


def test_leaving_many_takes_all_at_once_and_gives_back_what_came_otherwise():
    group = operation("CBP", "HSI", "TXDPS")
    only, named = shared(group), shared(group, "TXDPS")
    assert holds("TXDPS") == {only, named}
    by("TXDPS", leave, group)
    assert holds("TXDPS") == set() and holds("HSI") == {only, named}
    assert settled() and holds("TXDPS") == {named}


def test_closing_many_denies_at_once_but_no_owner_its_own():
    group = operation("CBP", "HSI", "TXDPS")
    only, named = shared(group), shared(group, "HSI")
    assert holds("HSI") == {only, named}
    by("CBP", close, group)
    assert holds("HSI") == set() == holds("TXDPS")
    with viewing(spokesman("CBP")):
        assert Received.objects.count() == 2
    assert settled() and holds("HSI") == {named} and holds("TXDPS") == set()


def test_an_earlier_end_of_many_holds_before_the_task_has_run(jump):
    group = operation("CBP", "HSI", days=30)
    refs = {shared(group), shared(group)}
    sooner = timezone.now() + timedelta(days=2)
    by("CBP", set_community, group, description="", closes_at=sooner)
    assert holds("HSI") == refs
    jump(sooner)
    assert holds("HSI") == set()
