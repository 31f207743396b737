"""Quiet hours where mails are sent: they wait, once; hazards, recalls and other channels do not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.mending import mend_clock
from sharing.deliveries.models import AlertKind, Channel, Delivery
from sharing.deliveries.sending import begin
from sharing.subscriptions.hours.actions import Hours, set_hours
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db

# Somewhere between: quiet now, whatever now is.
ZONE = "UTC"


def quiet_now(username: str, *, desk: bool = False) -> datetime:
    """Quiet hours of the person or desk, from an hour ago for three; returns their end."""
    now, who = timezone.now(), viewer(username)
    begins, ends = (now - timedelta(hours=1)), (now + timedelta(hours=2))
    with viewing(who):
        hours = Hours(
            ZONE, begins.time().replace(microsecond=0), ends.time().replace(second=0, microsecond=0)
        )
        set_hours(hours, desk=desk, viewer=who, at=now)
    return ends.replace(second=0, microsecond=0)


def plain(**values):
    return published_bulletin(hazard=False, safety_note="", **values)


def to(address: str) -> int:
    return sum(address in each.to for each in mail.outbox)


def test_a_mail_waits_until_they_are_over_and_is_sent_once(receiver):
    endpoint_for("CBSA", receiver.url)
    ends = quiet_now("cbsa.liaison", desk=True)
    released(plain(), "CBSA", "HSI")
    send()
    (row,) = deliveries("CBSA", "mail")
    assert (row.state, row.due_at, row.attempts, row.begun_at) == ("waiting", ends, 0, None)
    # Others, and other ways, do not wait.
    assert to("desk@cbsa.example") == 0 and to("desk@hsi.example") == 1
    assert len(receiver.received) == 1 and deliveries("CBSA", "inbox")[0].state == "sent"
    assert send(at=ends - timedelta(seconds=1)) == 0
    assert send(at=ends) == 1 and to("desk@cbsa.example") == 1
    assert send(at=ends + timedelta(days=1)) == 0


def test_hazards_recalls_and_emergencies_do_not_wait():
    released(plain(), "CBSA")
    first = plain()
    released(first, "CBSA")
    send()
    before = to("desk@cbsa.example")
    quiet_now("cbsa.liaison", desk=True)
    released(published_bulletin(), "CBSA")
    recalled(first)
    with viewing(viewer("cbp.releaser")):
        queue_notice(AlertKind.EMERGENCY, [agency("CBSA").pk], at=timezone.now(), path="/inbox/")
        queue_notice(AlertKind.COMMUNITY, [agency("CBSA").pk], at=timezone.now(), path="/communities/")
    send()
    assert to("desk@cbsa.example") - before == 3
    waiting = [row.alert.kind for row in deliveries("CBSA", "mail") if row.state == "waiting"]
    assert waiting == ["community"]


def test_a_persons_and_a_desks_are_their_own():
    quiet_now("cbsa.officer")
    subscribed("cbsa.officer")
    subscribed("cbsa.releaser")
    released(plain(), "CBSA")
    send()
    assert to("cbsa.officer@hub.example") == 0
    assert to("cbsa.releaser@hub.example") == to("desk@cbsa.example") == 1


def test_what_is_recalled_while_it_waits_is_never_sent_nor_is_its_recall():
    ends = quiet_now("cbsa.liaison", desk=True)
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    recalled(bulletin)
    send(at=ends + timedelta(minutes=1))
    assert to("desk@cbsa.example") == 0
    assert [row.state for row in deliveries("CBSA", "mail")] == ["cancelled"]


def test_quiet_hours_given_up_meanwhile_hold_nothing_back_longer_than_they_did():
    ends = quiet_now("cbsa.liaison", desk=True)
    released(plain(), "CBSA")
    send()
    who = viewer("cbsa.liaison")
    with viewing(who):
        set_hours(Hours(ZONE), desk=True, viewer=who, at=timezone.now())
    assert send(at=ends) == 1 and to("desk@cbsa.example") == 1


def test_a_night_is_by_the_recipients_clock():
    who = viewer("cbsa.liaison")
    with viewing(who):
        set_hours(Hours("Pacific/Auckland", time(22), time(6)), desk=True, viewer=who, at=timezone.now())
    released(plain(), "CBSA")
    # 23:30 of the 5th in Auckland, which keeps summer time in December.
    night = datetime(2030, 12, 5, 10, 30, tzinfo=UTC)
    send(at=night)
    (row,) = deliveries("CBSA", "mail")
    assert (row.state, row.due_at) == ("waiting", datetime(2030, 12, 5, 17, 0, tzinfo=UTC))


def test_a_clock_that_was_ahead_in_a_night_puts_a_mail_off_no_longer():
    quiet_now("cbsa.liaison", desk=True)
    released(plain(), "CBSA")
    send(at=timezone.now() + timedelta(days=400))
    (row,) = deliveries("CBSA", "mail")
    assert row.due_at > timezone.now() + timedelta(days=399)
    now = timezone.now()
    assert mend_clock(at=now) == 1
    with engine():
        assert Delivery.objects.get(pk=row.pk).due_at == now


def test_however_many_sleep_they_are_put_off_by_as_many_statements():
    quiet_now("cbsa.liaison", desk=True)
    numbers = []
    for several in (4, 12):
        for _each in range(several):
            released(plain(), "CBSA")
        with CaptureQueriesContext(connection) as asked:
            begin(Channel.MAIL, limit=3, at=timezone.now())
        numbers.append(len(asked))
        assert begin(Channel.MAIL, limit=100, at=timezone.now()) == ([], False)
    assert numbers[0] == numbers[1]
    assert {row.state for row in deliveries("CBSA", "mail")} == {"waiting"}
