"""Access that is lost between queueing and sending: nothing is sent, and the row says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.agencies.models import Agency, AgencyState, Person
from hub.database.context import engine, viewing
from sharing.agreements.models import Agreement
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark, release
from sharing.flow.agreeing import suspend
from sharing.releases.plan import Pick
from tests.builders import pick, plan, published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send

pytestmark = pytest.mark.django_db


def suspend_the_agreement(bulletin, jump):
    admin = viewer("cbp.admin")
    with viewing(admin):
        row = Agreement.objects.get(code="CBP-CBSA")
        suspend(row, reason="under review", revision=row.revision, viewer=admin, at=timezone.now())


def suspend_the_agency(bulletin, jump):
    Agency.objects.filter(code="CBSA").update(state=AgencyState.SUSPENDED)


def raise_the_marking(bulletin, jump):
    """To AMBER+STRICT for another alone: CBSA is no longer named."""
    who = viewer("cbp.releaser")
    named = Pick(agency=viewer("hsi.agent").agency_id, persons=frozenset({viewer("hsi.agent").person_id}))
    with viewing(who):
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())


def let_it_end(bulletin, jump):
    jump(timezone.now() + timedelta(hours=2))


LOST = {
    "agreement suspended": suspend_the_agreement,
    "agency suspended": suspend_the_agency,
    "marking raised": raise_the_marking,
    "release over": let_it_end,
    "recalled": lambda bulletin, jump: recalled(bulletin),
}


@pytest.mark.parametrize("how", [None, *LOST])
def test_what_was_lost_meanwhile_is_not_sent(how, receiver, jump):
    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        end = timezone.now() + timedelta(hours=1)
        release([bulletin], plan(pick("CBSA"), ends_at=end), viewer=who, at=timezone.now())
    queued = deliveries("CBSA")
    if how:
        LOST[how](bulletin, jump)
    send()
    states = {row.channel: row.state for row in deliveries("CBSA") if row.pk in {each.pk for each in queued}}
    assert set(states.values()) == {"cancelled" if how else "sent"} and len(states) == 3
    assert len(receiver.received) == (0 if how else 1)
    news = [sent for sent in mail.outbox if "cbsa" in sent.to[0] and "bulletin" in sent.body]
    assert len(news) == (0 if how else 1)
    with engine():
        assert LedgerRow.objects.filter(agency=agency("CBSA")).count() == (0 if how else 2)


@pytest.mark.parametrize("how", [None, "moved", "left"])
def test_a_person_who_is_no_longer_of_the_agency_is_told_nothing(how):
    named = viewer("hsi.agent")
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    with viewing(who):
        picked = Pick(agency=named.agency_id, persons=frozenset({named.person_id}))
        release([bulletin], plan(picked, tlp="TLP:RED"), viewer=who, at=timezone.now())
    if how == "moved":
        Person.objects.filter(pk=named.person_id).update(agency=agency("DEA"))
    elif how == "left":
        Person.objects.filter(pk=named.person_id).update(is_active=False)
    send()
    rows = deliveries("HSI")
    assert {row.state for row in rows} == {"cancelled" if how else "sent"}
    assert len(mail.outbox) == (0 if how else 1)
    if how:
        assert {tuple(row.notes) for row in rows} == {("the recipient is no longer active",)}


def test_a_marking_raised_without_a_new_release_stops_what_a_webhook_may_not_carry(receiver):
    endpoint_for("HSI", receiver.url)
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "HSI")
    with viewing(who):
        handling = Handling(tlp="TLP:AMBER+STRICT", controls=("DISPLAY ONLY",))
        mark(bulletin, handling, reason="", viewer=who, at=timezone.now())
    send()
    assert receiver.received == []
    assert {row.channel: row.state for row in deliveries("HSI")}["webhook"] == "cancelled"
