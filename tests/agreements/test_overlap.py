"""A release under way while an agreement is suspended, on connections of their own: nothing crosses afterwards."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.audiences import settling
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Grant
from sharing.flow import agreeing, release
from tests.agreements.conftest import Side
from tests.agreements.test_actions import holds
from tests.builders import pick, plan, published_bulletin, released
from tests.cast import agency, viewer

RESTORED = (
    "update sharing_agreement set suspended_at = null, suspended_by = '{}', suspend_reason = '', revision = 1"
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_once", [500, 0])
def test_what_is_released_while_it_is_suspended_does_not_slip_through(at_once, monkeypatch, owner_sql):
    before, during = published_bulletin(), published_bulletin()
    released(before, "CBSA")
    assert holds("cbsa.officer", before)
    monkeypatch.setattr(settling, "AT_ONCE", at_once)
    monkeypatch.setattr(agreeing, "AT_ONCE", at_once)
    written, failures = threading.Event(), list[BaseException]()

    def run(deed):
        try:
            deed()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    suspending = threading.Thread(target=run, args=(lambda: written.wait(20) and suspend(),))

    def give():
        """Decided while the agreement is in force, committed a moment after the suspension was asked for."""
        who = viewer("cbp.releaser")
        with viewing(who):
            release([during], plan(pick("CBSA")), viewer=who, at=timezone.now())
            written.set()
            suspending.join(timeout=1)

    def suspend():
        Side("cbp.admin").suspend("CBP-CBSA")

    giving = threading.Thread(target=run, args=(give,))
    try:
        suspending.start()
        giving.start()
        for thread in (giving, suspending):
            thread.join(timeout=60)
        assert not failures and not giving.is_alive() and not suspending.is_alive()
        with engine():
            assert not Grant.objects.filter(group_id=agency("CBSA").pk).exists()
        changes = rebuild_grants(timezone.now())
        assert not (changes.granted or changes.changed or changes.withdrawn)
    finally:
        owner_sql(RESTORED)
