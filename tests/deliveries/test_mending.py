"""What the sweep puts right within a minute: a process that died, a clock that jumped, a broker that forgot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.database.context import engine
from sharing.deliveries import saying, tasks
from sharing.deliveries.due import CLAIM_S
from sharing.deliveries.mending import free_stale, mend_clock
from sharing.deliveries.models import Delivery, Endpoint
from sharing.deliveries.sending import begin
from sharing.deliveries.settling import settle
from tests.builders import published_bulletin, released
from tests.conftest import as_owner
from tests.deliveries.conftest import deliveries, endpoint_for, send

pytestmark = pytest.mark.django_db


def test_what_a_dead_process_had_begun_is_given_back_within_a_minute(receiver):
    endpoint_for("CBSA", receiver.url)
    released(published_bulletin(), "CBSA")
    at = timezone.now()
    begin("webhook", limit=9, at=at)
    assert free_stale(at=at + timedelta(seconds=CLAIM_S - 1)) == 0
    assert free_stale(at=at + timedelta(seconds=CLAIM_S + 1)) == 1 and CLAIM_S + 10 <= 60
    send()
    assert len(receiver.received) == 1


def test_a_process_that_comes_back_from_the_dead_changes_nothing(receiver):
    endpoint_for("CBSA", receiver.url)
    released(published_bulletin(), "CBSA")
    at = timezone.now()
    late, _more = begin("webhook", limit=9, at=at)
    free_stale(at=at + timedelta(seconds=CLAIM_S + 1))
    again, _more = begin("webhook", limit=9, at=at + timedelta(seconds=CLAIM_S + 2))
    settle([(late[0], None)], at=at + timedelta(seconds=CLAIM_S + 3))
    assert deliveries("CBSA", "webhook")[0].state == "sending"
    settle([(again[0], None)], at=at + timedelta(seconds=CLAIM_S + 4))
    assert deliveries("CBSA", "webhook")[0].state == "sent"


@pytest.mark.parametrize("days", [0.1, 30])
def test_what_a_clock_that_ran_ahead_put_off_is_sent_now(days, receiver):
    """Queued, begun, failed and at rest by a clock that was ahead; it is right again."""
    endpoint_for("CBSA", receiver.url)
    at, ahead = timezone.now(), timezone.now() + timedelta(days=days)
    receiver.answers = [500]
    for _ in range(5):
        released(published_bulletin(), "CBSA")
    with engine():
        Delivery.objects.update(due_at=ahead)
    as_owner("update sharing_alert set at = %s", [ahead])
    begin("webhook", limit=9, at=ahead)
    assert free_stale(at=at) == 5
    assert mend_clock(at=at) > 0
    receiver.answers = [204]
    send(at=at)
    assert {row.state for row in deliveries("CBSA", "webhook")} == {"sent"}


def test_an_endpoint_put_to_rest_by_a_clock_that_ran_ahead_is_tried_now(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    at, ahead = timezone.now(), timezone.now() + timedelta(hours=5)
    receiver.answers = [500]
    for _ in range(5):
        released(published_bulletin(), "CBSA")
    send(at=ahead)
    with engine():
        assert Endpoint.objects.get(pk=endpoint.pk).resting_until > ahead
    assert mend_clock(at=at) == 5
    receiver.answers = [204]
    send(at=at)
    assert {row.state for row in deliveries("CBSA", "webhook")} == {"sent"}


def test_what_waits_as_it_should_is_not_hurried(receiver):
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [500]
    released(published_bulletin(), "CBSA")
    send()
    (row,) = deliveries("CBSA", "webhook")
    assert mend_clock(at=timezone.now()) == 0 and row.due_at > timezone.now()


def test_without_a_broker_the_sweep_sends_all(receiver):
    endpoint_for("CBSA", receiver.url)
    released(published_bulletin(), "CBSA")
    assert tasks.sweep() == 3 and len(receiver.received) == len(mail.outbox) == 1


def test_one_row_that_cannot_be_read_holds_up_no_other(receiver, monkeypatch, caplog):
    endpoint_for("CBSA", receiver.url)
    bulletins = [published_bulletin() for _ in range(3)]
    for bulletin in bulletins:
        released(bulletin, "CBSA")
    real = saying._Saying.message

    def stumble(self, row, content, **told):
        if row.ref == bulletins[1].ref:
            raise KeyError("odd")
        return real(self, row, content, **told)

    monkeypatch.setattr(saying._Saying, "message", stumble)
    send()
    assert {got.payload["data"]["ref"] for got in receiver.received} == {bulletins[0].ref, bulletins[2].ref}
    states = {(row.alert.ref, row.channel): row.state for row in deliveries("CBSA")}
    assert {state for (ref, _channel), state in states.items() if ref != bulletins[1].ref} == {"sent"}
    assert {state for (ref, _channel), state in states.items() if ref == bulletins[1].ref} == {"waiting"}
    assert "could not be begun" in caplog.text
    monkeypatch.setattr(saying._Saying, "message", real)
    send(at=timezone.now() + timedelta(minutes=2))
    assert {row.state for row in deliveries("CBSA")} == {"sent"}
