"""An endpoint that does not answer is left alone, tried with one delivery, and has all it waits for once it is back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.deliveries.dead_letters import dead_letters, resend, resend_all
from sharing.deliveries.mending import give_up
from sharing.deliveries.models import Endpoint
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.rules import FAILURES, FIRST_REST_S, GIVE_UP_AFTER, LONGEST_REST_S, rest_s
from sharing.deliveries.sending import begin
from sharing.deliveries.settling import settle
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send

pytestmark = pytest.mark.django_db


def state_of(endpoint: Endpoint) -> Endpoint:
    with engine():
        return Endpoint.objects.get(pk=endpoint.pk)


def waiting(count: int) -> None:
    for _ in range(count):
        released(published_bulletin(), "CBSA")


def webhooks() -> list[str]:
    return [row.state for row in deliveries("CBSA", "webhook")]


def test_after_some_failures_it_rests_and_one_delivery_alone_tries_whether_it_is_back(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [500]
    waiting(FAILURES + 3)
    at = timezone.now()
    send(at=at)
    resting = state_of(endpoint)
    assert resting.failures == FAILURES and resting.failing_since == at and resting.resting_until > at
    assert len(receiver.received) <= FAILURES + 3
    receiver.received.clear()

    released(published_bulletin(), "CBSA")
    assert send(at=resting.resting_until - timedelta(seconds=1)) == 2  # inbox and mail
    assert receiver.received == []

    send(at=resting.resting_until + timedelta(seconds=1))
    again = state_of(endpoint)
    assert len(receiver.received) == 1 and again.failures == FAILURES + 1
    assert again.resting_until > resting.resting_until and again.failing_since == at

    receiver.answers, receiver.received = [204], []
    send(at=again.resting_until + timedelta(seconds=1))
    assert set(webhooks()) == {"sent"} and len(receiver.received) == FAILURES + 4
    back = state_of(endpoint)
    assert (back.failures, back.failing_since, back.resting_until) == (0, None, None) and back.answered_at


def test_those_under_way_when_it_comes_to_rest_lengthen_nothing_however_they_end(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    waiting(FAILURES + 3)
    at = timezone.now()
    attempts, _more = begin("webhook", limit=FAILURES + 3, at=at)
    assert len(attempts) == FAILURES + 3
    for attempt in attempts:
        settle([(attempt, Undelivered("no answer in time"))], at=at)
    resting = state_of(endpoint)
    assert resting.failures == FAILURES and resting.resting_until <= at + timedelta(
        seconds=1.25 * FIRST_REST_S
    )

    at = resting.resting_until + timedelta(minutes=1)
    (probe,), _more = begin("webhook", limit=9, at=at)
    settle([(probe, Undelivered("no answer in time"))], at=at)
    again = state_of(endpoint)
    assert again.failures == FAILURES + 1 and again.resting_until > at + timedelta(
        seconds=1.25 * FIRST_REST_S
    )


def test_while_one_delivery_tries_no_other_process_tries_another(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    waiting(3)
    at = timezone.now()
    with engine():
        Endpoint.objects.filter(pk=endpoint.pk).update(failures=9, failing_since=at, resting_until=at)
    at += timedelta(seconds=1)
    (only,), _more = begin("webhook", limit=9, at=at)
    assert only.row.ref and begin("webhook", limit=9, at=at)[0] == []


def test_others_are_not_held_up_by_one_that_rests(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    endpoint_for("DEA", receiver.url)
    with engine():
        Endpoint.objects.filter(pk=endpoint.pk).update(resting_until=timezone.now() + timedelta(hours=1))
    released(published_bulletin(), "CBSA", "DEA")
    send()
    assert webhooks() == ["waiting"] and [row.state for row in deliveries("DEA", "webhook")] == ["sent"]


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_for_time_is_left_alone_with_all_that_waits(status, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [(status, {"Retry-After": "600"}), 204]
    released(published_bulletin(), "CBSA")
    at = timezone.now()
    send(at=at)
    assert state_of(endpoint).resting_until == at + timedelta(seconds=600)
    released(published_bulletin(), "CBSA", at=at)
    send(at=at + timedelta(seconds=590))
    assert len(receiver.received) == 1
    send(at=at + timedelta(seconds=601))
    assert webhooks() == ["sent", "sent"]


def test_how_long_it_rests():
    assert rest_s(failures=FAILURES - 1, chance=0.5) == 0
    assert rest_s(failures=FAILURES - 1, chance=0.5, asked_wait_s=40) == 40
    assert [rest_s(failures=FAILURES + n, chance=0.5) for n in range(3)] == [
        FIRST_REST_S * 2**n for n in range(3)
    ]
    assert rest_s(failures=100, chance=1.0) == LONGEST_REST_S * 1.25
    assert rest_s(failures=FAILURES, chance=0.0, asked_wait_s=10**9) == 24 * 3600


def test_what_waited_three_days_for_one_that_took_nothing_is_given_up_and_can_be_sent_again(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [500]
    waiting(FAILURES)
    at = timezone.now()
    send(at=at)
    later = at + GIVE_UP_AFTER + timedelta(minutes=1)
    assert give_up(at=at + timedelta(days=2)) == 0
    assert give_up(at=later) == FAILURES
    (row, *_rest) = deliveries("CBSA", "webhook")
    assert (row.state, row.failure) == ("failed", "the endpoint has taken nothing for three days")

    receiver.answers = [204]
    desk = viewer("cbsa.liaison")
    with viewing(desk):
        assert dead_letters(desk).count() == FAILURES and resend(row.uid, viewer=desk, at=later)
        assert not resend(row.uid, viewer=desk, at=later)
        assert resend_all(endpoint, viewer=desk, at=later) == FAILURES - 1
    send(at=later + timedelta(hours=2))
    assert set(webhooks()) == {"sent"}
    assert {got.headers["webhook-id"] for got in receiver.received} == {
        str(each.uid) for each in deliveries("CBSA", "webhook")
    }


def test_a_dead_letter_is_for_its_own_agency_alone_and_asks_for_access_again(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [410, 204]
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    (row,) = deliveries("CBSA", "webhook")
    other = viewer("dea.agent")
    with viewing(other):
        assert list(dead_letters(other)) == [] and not resend(row.uid, viewer=other, at=timezone.now())
        assert resend_all(endpoint, viewer=other, at=timezone.now()) == 0
    recalled(bulletin)
    send()
    desk = viewer("cbsa.liaison")
    with viewing(desk):
        assert resend(row.uid, viewer=desk, at=timezone.now())
    send()
    assert deliveries("CBSA", "webhook")[0].state == "cancelled"
    assert "bulletin.released" not in [got.payload["type"] for got in receiver.received[1:]]
