"""Whoever has not acknowledged is reminded once, then told on once; nobody is who need not do it any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bulletins.flow import publish
from hub.agencies.models import Person
from hub.database.context import viewing
from sharing.deliveries.querysets import unread_count
from sharing.flow import carry_over
from sharing.releases.models import Release
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text
from tests.receipts.conftest import HOUR, acknowledged, alerts, asking, asking_people, run, told

pytestmark = pytest.mark.django_db

DESK = [("acknowledge.reminder", "desk", "inbox"), ("acknowledge.reminder", "desk", "mail")]
MINUTE = timedelta(minutes=1)


def escalated(*people):
    what = "acknowledge.escalation"
    return [(what, who, channel) for who in ("desk", *people) for channel in ("inbox", "mail")]


def unread(username):
    who = viewer(username)
    with viewing(who):
        return unread_count(who)


@pytest.fixture
def bulletin():
    return published_bulletin()


def test_a_reminder_comes_at_half_time_and_once(bulletin):
    by = asking(bulletin, "CBSA", within=4 * HOUR)
    assert run(by - 2 * HOUR - MINUTE) == 0 and told("CBSA") == []
    assert run(by - 2 * HOUR + MINUTE) == 1
    assert run(by - HOUR) == run(by - MINUTE) == 0
    assert told("CBSA") == DESK


def test_of_a_long_time_the_reminder_comes_a_day_ahead(bulletin):
    by = asking(bulletin, "CBSA", within=7 * 24 * HOUR)
    assert run(by - 25 * HOUR) == 0
    assert run(by - 23 * HOUR) == 1


def test_when_time_is_up_the_desk_and_each_administrator_are_told_once(bulletin):
    Person.objects.filter(username="cbsa.releaser").update(roles=["admin"], is_active=False)
    by = asking(bulletin, "CBSA")
    run(by - HOUR)
    assert run(by) == 1
    assert run(by + MINUTE) == run(by + 100 * HOUR) == 0
    assert told("CBSA") == DESK + escalated("cbsa.liaison")


def test_a_clock_that_jumps_costs_and_doubles_nothing(bulletin):
    by = asking(bulletin, "CBSA")
    assert run(by + 48 * HOUR) == 1
    assert run(by - HOUR) == 1, "it went back: who is reminded then is reminded once"
    assert run(by - HOUR) == run(by + HOUR) == 0
    assert sorted(set(told("CBSA"))) == sorted(told("CBSA"))


def test_what_has_been_over_for_weeks_is_told_to_nobody(bulletin):
    by = asking(bulletin, "CBSA")
    assert run(by + timedelta(days=15)) == 0
    assert run(by + timedelta(days=13)) == 1


def test_many_agencies_are_told_by_one_notice(bulletin):
    by = asking(bulletin, "CBSA", "HSI", "DEA")
    assert run(by - HOUR) == 1 and alerts() == 1
    acknowledged("hsi.agent", bulletin)
    assert run(by) == 1 and alerts() == 2
    assert told("HSI") == DESK and told("DEA") == DESK + escalated()


def test_who_has_acknowledged_is_left_alone(bulletin):
    by = asking(bulletin, "CBSA")
    acknowledged("cbsa.officer", bulletin)
    assert run(by - MINUTE) == run(by) == 0 and told("CBSA") == []


def recalled(bulletin):
    take_back(bulletin)


def agency_suspended(bulletin):
    as_owner("update hub_agency set state = 'suspended' where code = 'CBSA'")


def replaced(bulletin):
    released(bulletin, "CBSA")


def superseded(bulletin):
    who, at = viewer("cbp.releaser"), timezone.now()
    with viewing(who):
        publish(bulletin, viewer=who, at=at)
        rows = Release.objects.filter(record_id=bulletin.pk, ended_at=None).values_list("pk", flat=True)
        carry_over(bulletin, list(rows), viewer=who, at=at)


def answered(bulletin):
    acknowledged("cbsa.officer", bulletin)


ENDINGS = [recalled, agency_suspended, replaced, superseded, answered]


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_told_of_what_need_not_be_done_any_more(bulletin, ending):
    by = asking(bulletin, "CBSA", ago=5 * HOUR)
    assert by < timezone.now()
    ending(bulletin)
    assert run(timezone.now()) == 0 and told("CBSA") == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_access_is_asked_again_as_the_recipient_when_it_is_sent(bulletin, ending):
    asking(bulletin, "CBSA", ago=5 * HOUR)
    run(timezone.now())
    waiting = told("CBSA", state="waiting")
    assert waiting == escalated("cbsa.liaison")
    ending(bulletin)
    send()
    assert told("CBSA", state="sent") == [] and told("CBSA", state="cancelled") == waiting


def test_what_still_has_to_be_done_is_sent_and_leads_to_the_record():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA", ago=5 * HOUR)
    run(timezone.now())
    send()
    assert told("CBSA", state="sent") == escalated("cbsa.liaison")
    page = text(reader("cbsa.liaison").get("/inbox/"))
    assert page.count(f"Nobody of your agency has acknowledged {bulletin.ref}, which CBP asked for by") == 1
    assert bulletin.ref not in text(reader("ncb.officer").get("/inbox/"))


def test_the_mail_of_it_names_nothing():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA", ago=5 * HOUR)
    run(timezone.now())
    send()
    sent = [each for each in mail.outbox if each.subject.startswith("Action due")]
    assert {each.to[0] for each in sent} == {agency("CBSA").desk_email, "cbsa.liaison@hub.example"}
    for each in sent:
        assert bulletin.ref not in each.message().as_string() and "CBP" not in each.body
        assert "/inbox/" in each.body


def test_of_people_named_they_alone_are_told(bulletin):
    by = asking_people(bulletin, within=2 * HOUR)
    acknowledged("hsi.agent", bulletin)
    run(by)
    what = "acknowledge.escalation.person"
    assert told("HSI") == [(what, "txdps.trooper", "inbox"), (what, "txdps.trooper", "mail")]
    send(at=by)
    # Their administrator, who is not named, hears nothing of it.
    assert (unread("stx.analyst"), unread("hsi.agent"), unread("txdps.trooper")) == (0, 0, 2)


def test_a_notice_is_read_once_it_is_done():
    bulletin = published_bulletin(hazard=False, safety_note="")
    by = asking(bulletin, "CBSA", ago=3 * HOUR)
    run(timezone.now())
    send()
    assert unread("cbsa.officer") == 2
    acknowledged("cbsa.releaser", bulletin)
    # A colleague has: the record itself is still to be read.
    assert unread("cbsa.officer") == 1
    assert f"acknowledge {bulletin.ref} by" in text(reader("cbsa.officer").get("/inbox/?show=all"))
    assert by > timezone.now()


def test_an_escalation_stands_in_place_of_the_reminder():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA", ago=5 * HOUR)
    run(timezone.now() - 2 * HOUR)
    run(timezone.now())
    send()
    page = text(reader("cbsa.officer").get("/inbox/"))
    assert "Nobody of your agency" in page and "asks your agency to acknowledge" not in page
