"""Who is told of what, by which way, and how often: one message a version and recipient, whatever matched."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import viewing
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.deliveries.querysets import inbox_items
from sharing.flow import release
from sharing.releases.plan import Pick
from sharing.subscriptions.actions import pause, remove, resume
from sharing.subscriptions.models import Subscription
from tests.builders import plan, published_bulletin, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import (  # noqa: F401
    endpoint_for,
    loopback_is_permitted,
    recalled,
    receiver,
    send,
)
from tests.recalls.conftest import amend, carried
from tests.subscriptions.conftest import first_of, quiet, subscribed, to, told

pytestmark = pytest.mark.django_db


def plain(**values):
    return published_bulletin(hazard=False, safety_note="", **values)


def ways(rows):
    return [(row.alert.kind, row.person.username if row.person else "", row.channel) for row in rows]


def test_every_agency_begins_with_everything_given_to_it():
    for username in ("cbp.liaison", "cbsa.liaison", "ncb.officer"):
        who = viewer(username)
        with viewing(who):
            (row,) = Subscription.objects.all()
        assert (row.agency_id, row.person_id, row.title) == (who.agency_id, None, "Everything given to us")
        assert row.channels == ["inbox", "mail", "webhook", "taxii"] and row.frequency == "at_once"


def test_a_new_agency_begins_with_it_too():
    as_owner("insert into auth_group (id, name) values (9901, 'agency:NEW')")
    as_owner(
        "insert into hub_agency (group_id, code, name, kind, country, region, desk_email, desk_phone, desk_hours,"
        " time_zone, state) values (9901, 'NEW', 'New', 'local', 'US', '', 'new@hub.example', '', '', 'UTC', 'active')"
    )
    released(plain(), "NEW")
    assert ways(told("NEW")) == [("new", "", "inbox"), ("new", "", "mail")]


def test_one_message_however_many_match_and_it_says_which():
    mine = [subscribed("cbsa.officer", title=name, methods=("VEH",)) for name in ("Vehicles", "Tanks")]
    subscribed("cbsa.officer", title="Ships", methods=("CONT",))
    subscribed("cbsa.liaison", desk=True, title="Desk tanks", channels=("mail", "inbox"))
    released(plain(), "CBSA")
    (row,) = to("cbsa.officer")
    assert row.matched == sorted(each.pk for each in mine)
    desk = [each for each in told("CBSA") if each.person_id is None]
    assert sorted(each.channel for each in desk) == ["inbox", "mail"]
    assert all(len(each.matched) == 2 for each in desk)


def test_a_desk_that_paused_is_told_of_nothing_but_hazards_and_recalls(receiver):  # noqa: F811
    endpoint_for("CBSA", receiver.url)
    quiet("cbsa.liaison")
    bulletin = plain()
    released(bulletin, "CBSA", "HSI")
    assert told("CBSA") == [] and len(told("HSI")) == 2
    released(published_bulletin(), "CBSA")
    assert ways(told("CBSA")) == [("new", "", way) for way in ("inbox", "mail", "webhook")]
    assert all(row.matched == [] for row in told("CBSA"))
    recalled(bulletin)
    assert ways(told("CBSA", alert__kind="recalled")) == [("recalled", "", "inbox")]


def test_a_hazard_comes_to_a_person_only_by_a_subscription_of_their_own():
    subscribed("cbsa.officer")
    released(published_bulletin(), "CBSA")
    assert ways(to("cbsa.officer")) == [("new", "cbsa.officer", "mail")] and to("cbsa.liaison") == []


def test_paused_removed_and_digested_ones_bring_nothing_at_once_and_resumed_ones_do():
    who = viewer("cbsa.officer")
    paused, removed = subscribed("cbsa.officer"), subscribed("cbsa.officer")
    subscribed("cbsa.officer", frequency="daily", times=(time(6),))
    with viewing(who):
        pause(paused, viewer=who, at=timezone.now())
        remove(removed, viewer=who, at=timezone.now())
    released(plain(), "CBSA")
    assert to("cbsa.officer") == []
    with viewing(who):
        resume(paused, viewer=who, at=timezone.now())
    released(plain(), "CBSA")
    assert [row.matched for row in to("cbsa.officer")] == [[paused.pk]]


@pytest.mark.parametrize("gone", ["", "inactive", "moved", "without a mailbox"])
def test_a_persons_own_is_told_only_while_they_are_there(gone):
    subscribed("cbsa.officer")
    change = {
        "inactive": {"is_active": False},
        "moved": {"agency": agency("RCMP")},
        "without a mailbox": {"email": ""},
    }.get(gone)
    if change:
        Person.objects.filter(username="cbsa.officer").update(**change)
    released(plain(), "CBSA", "RCMP")
    rows = told("CBSA", person__username="cbsa.officer") + told("RCMP", person__username="cbsa.officer")
    assert bool(rows) is not bool(gone)


def test_nobody_is_told_of_their_own_agencys_posts():
    subscribed("cbp.officer")
    bulletin = plain()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    # Not even where somebody asked for it.
    who = viewer("cbp.releaser")
    with viewing(who):
        queue_alerts(AlertKind.NEW, [(bulletin.pk, who.agency_id)], at=timezone.now())
    assert told("CBP") == [] and told("CBSA")


def test_at_red_the_person_named_is_told_whatever_they_subscribe_to_and_nobody_else():
    Person.objects.create(
        username="hsi.second", email="s@hub.example", agency=agency("HSI"), roles=["liaison"]
    )
    quiet("hsi.second")
    own = subscribed("hsi.agent", words="zebrafinch")
    subscribed("hsi.second", words="zebrafinch")
    subscribed("hsi.second", desk=True, words="zebrafinch")
    named, who = viewer("hsi.agent"), viewer("cbp.releaser")
    with viewing(who):
        picked = Pick(agency=named.agency_id, persons=frozenset({named.person_id}))
        release([published_bulletin()], plan(picked, tlp="TLP:RED"), viewer=who, at=timezone.now())
    rows = told("HSI")
    assert ways(rows) == [("new", "hsi.agent", "inbox"), ("new", "hsi.agent", "mail")]
    assert {row.channel: row.matched for row in rows} == {"inbox": [], "mail": [own.pk]}


def test_webhooks_are_directed_to_the_address_chosen(receiver):  # noqa: F811
    first, _ = endpoint_for("CBSA", receiver.url)
    second, _ = endpoint_for("CBSA", receiver.url + "&second")
    quiet("cbsa.liaison")
    subscribed("cbsa.liaison", desk=True, channels=("webhook",), endpoint=str(second.uid))
    released(plain(), "CBSA")
    assert [row.endpoint_id for row in told("CBSA")] == [second.pk]
    subscribed("cbsa.liaison", desk=True, channels=("webhook",))
    released(plain(), "CBSA")
    assert [row.endpoint_id for row in told("CBSA")] == [second.pk, first.pk, second.pk]


def test_a_recall_follows_a_persons_mail_and_nobody_elses():
    quiet("cbsa.liaison")
    subscribed("cbsa.officer")
    subscribed("cbsa.releaser", words="nothing like it")
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    recalled(bulletin)
    send()
    assert [each.to for each in mail.outbox] == [["cbsa.officer@hub.example"]] * 2
    assert bulletin.ref in mail.outbox[1].subject
    assert sorted(ways(told("CBSA", alert__kind="recalled"))) == [
        ("recalled", "", "inbox"),
        ("recalled", "cbsa.officer", "mail"),
    ]


def test_a_recall_before_sending_cancels_a_persons_too():
    quiet("cbsa.liaison")
    subscribed("cbsa.officer")
    bulletin = plain()
    released(bulletin, "CBSA")
    recalled(bulletin)
    send()
    assert mail.outbox == [] and [row.state for row in to("cbsa.officer")] == ["cancelled"]


# --- Several edits within minutes ---------------------------------------------------------------------------
@pytest.fixture
def settling(settings):
    settings.SETTLE_EDITS_S = 120


def edited(bulletin, **values):
    amend(bulletin, **values)
    carried(bulletin, "CBSA")


def mails():
    return [(row.alert.kind, row.alert.version, row.state) for row in told("CBSA", channel="mail")]


def test_several_edits_within_minutes_are_one_mail(settling):
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    edited(bulletin, narrative="Second")
    send()
    edited(bulletin, narrative="Third")
    later = timezone.now() + timedelta(seconds=121)
    assert mails() == [("new", 1, "sent"), ("amended", 2, "cancelled"), ("amended", 3, "waiting")]
    first, second = told("CBSA", channel="mail", alert__kind="amended")
    # None is due later than the first would have been.
    assert second.due_at == first.due_at and first.notes == ["a newer version was told in its place"]
    send(at=later)
    send(at=later)
    assert len(mail.outbox) == 2 and mails()[-1] == ("amended", 3, "sent")


def test_the_inbox_does_not_wait(settling):
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    edited(bulletin, narrative="Second")
    send()
    with viewing(viewer("cbsa.officer")) as who:
        assert [(item.alert, item.version) for item in inbox_items(who)] == [("amended", 2)]


def test_a_hazard_does_not_wait(settling):
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    edited(bulletin, hazard=True, safety_note="Needles")
    send()
    assert mails() == [("new", 1, "sent"), ("amended", 2, "sent")]


def test_what_they_were_not_told_of_yet_stays_new(settling):
    bulletin = plain()
    released(bulletin, "CBSA")
    edited(bulletin, narrative="Second")
    send()
    assert mails() == [("new", 1, "cancelled"), ("new", 2, "sent")]
    assert "New" in mail.outbox[0].body and "Amended" not in mail.outbox[0].body


def test_what_was_begun_is_not_overtaken(settling, receiver):  # noqa: F811
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [500, 204]
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    edited(bulletin, narrative="Second")
    rows = told("CBSA", channel="webhook")
    assert [(row.alert.kind, row.state, row.attempts) for row in rows] == [
        ("new", "waiting", 1),
        ("amended", "waiting", 0),
    ]


def test_a_recall_cancels_what_waits_for_the_next_edit(settling):
    bulletin = plain()
    released(bulletin, "CBSA")
    send()
    edited(bulletin, narrative="Second")
    recalled(bulletin)
    send(at=timezone.now() + timedelta(seconds=200))
    assert mails() == [("new", 1, "sent"), ("amended", 2, "cancelled"), ("recalled", 2, "sent")]


def test_only_the_same_recipient_and_record_is_overtaken(settling):
    first, other = plain(), plain()
    for bulletin in (first, other):
        released(bulletin, "CBSA", "HSI")
    send()
    amend(first, narrative="Second")
    amend(other, narrative="Second")
    carried(first, "CBSA", "HSI")
    carried(other, "CBSA")
    amend(first, narrative="Third")
    carried(first, "CBSA")
    states = {(row.agency.code, row.alert.record_id, row.alert.version): row.state for row in amendments()}
    assert states == {
        ("CBSA", first.pk, 2): "cancelled",
        ("HSI", first.pk, 2): "waiting",
        ("CBSA", other.pk, 2): "waiting",
        ("CBSA", first.pk, 3): "waiting",
    }


def amendments():
    return [row for code in ("CBSA", "HSI") for row in told(code, channel="mail", alert__kind="amended")]


def test_a_retired_desk_is_told_nothing_that_is_not_its_own(receiver):  # noqa: F811
    """A desk without any subscription left is told like one that paused."""
    row, who = first_of("cbsa.liaison"), viewer("cbsa.liaison")
    with viewing(who):
        remove(row, viewer=who, at=timezone.now())
    released(plain(), "CBSA")
    assert told("CBSA") == []
