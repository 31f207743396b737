"""Digests: convened once a period, read as the recipient, and silent where there is nothing new."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.audiences.numbering import number_entries
from sharing.deliveries.digests.actions import convene_digests, mend_digests
from sharing.deliveries.digests.reading import Digest, read_digest
from sharing.deliveries.models import AlertKind, Channel, Delivery
from sharing.deliveries.querysets import notices, unread_count
from sharing.flow import release
from sharing.subscriptions.actions import change, pause, remove, resume
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import wish_of
from tests.builders import CANARIES, pick, plan, published_bulletin
from tests.builders import released as released_at
from tests.cast import agency, person, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import endpoint_for, recalled, send
from tests.recalls.conftest import amend, carried
from tests.subscriptions.conftest import quiet, subscribed

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def plain(**values: Any) -> Any:
    return published_bulletin(hazard=False, safety_note="", **values)


def released(bulletin: Any, target: Any, *, tlp: str = "TLP:AMBER", controls: tuple[str, ...] = ()) -> None:
    if not controls:
        released_at(bulletin, target, tlp=tlp)
        return
    who = viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick(target), tlp=tlp, controls=controls), viewer=who, at=timezone.now())


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def daily(username: str = "cbsa.officer", *, desk: bool = False, **wish: Any) -> Subscription:
    values = {
        "title": "Every morning",
        "frequency": "daily",
        "times": (time(6),),
        "channels": ("inbox", "mail"),
    }
    return subscribed(username, desk=desk, **{**values, **wish})


def convened(at: datetime) -> int:
    number_entries()
    return convene_digests(at=at)


def digests(code: str = "CBSA") -> list[Delivery]:
    with engine():
        found = Delivery.objects.filter(agency=agency(code), alert__kind=AlertKind.DIGEST)
        return list(found.select_related("alert").order_by("id"))


def read(delivery: Delivery, username: str = "cbsa.officer", channel: Channel = Channel.MAIL) -> Digest | str:
    who = viewer(username)
    with viewing(who):
        return read_digest(
            who,
            delivery.alert.facts,
            delivery.alert.path,
            channel,
            person=delivery.person_id,
            at=timezone.now(),
        )


def refs(found: Digest | str) -> list[str]:
    return [line.shown.ref for line in found.lines] if isinstance(found, Digest) else [found]


def again(row: Subscription) -> Subscription:
    with engine():
        return Subscription.objects.get(pk=row.pk)


def test_a_digest_is_convened_when_it_is_due_and_not_before_and_only_once():
    row = daily()
    bulletin = plain()
    released(bulletin, "CBSA")
    assert row.next_at is not None
    assert convened(row.next_at - timedelta(seconds=1)) == 0 and digests() == []
    assert convened(row.next_at) == 1
    assert convened(row.next_at) == 0
    assert [(each.channel, each.person_id) for each in digests()] == [
        ("inbox", row.person_id),
        ("mail", row.person_id),
    ]
    moved = again(row)
    assert moved.since_at == row.next_at and moved.next_at is not None and moved.next_at > row.next_at
    # 06:00 in the recipient's zone, the day after.
    local = moved.next_at.astimezone(ZoneInfo(viewer("cbsa.officer").time_zone))
    assert local.time() == time(6)
    assert refs(read(digests()[0])) == [bulletin.ref]


def test_each_record_is_in_exactly_one_digest_however_the_clock_moves():
    row = daily()
    told: list[str] = []
    at = row.next_at
    assert at is not None
    expected = []
    for jumped in (timedelta(0), DAY, 40 * DAY, -30 * DAY, DAY, 2 * DAY):
        bulletin = plain()
        released(bulletin, "CBSA")
        expected.append(bulletin.ref)
        at += jumped
        mend_digests(at=at)
        convened(again(row).next_at if jumped < timedelta(0) else max(at, again(row).next_at))
        told += refs(read(digests()[-1]))
    assert told == expected


def test_after_an_outage_there_is_one_digest_for_all_the_time_missed():
    row = daily(frequency="hourly", times=())
    first, second = plain(), plain()
    released(first, "CBSA")
    released(second, "CBSA")
    assert row.next_at is not None
    at = row.next_at + 50 * timedelta(hours=1) + timedelta(minutes=20)
    assert convened(at) == 1 and convened(at) == 0
    (_inbox, mailed) = digests()
    assert sorted(refs(read(mailed))) == sorted([first.ref, second.ref])
    assert again(row).next_at == (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    period = (
        datetime.fromisoformat(mailed.alert.facts["since"]),
        datetime.fromisoformat(mailed.alert.facts["until"]),
    )
    assert period == (row.since_at, at)


def test_a_clock_that_was_ahead_puts_off_no_digest_and_brings_nothing_twice():
    row = daily()
    first, second = plain(), plain()
    released(first, "CBSA")
    ahead = timezone.now() + 400 * DAY
    assert convened(ahead) == 1
    released(second, "CBSA")
    now = timezone.now()
    assert mend_digests(at=now) == 1 and mend_digests(at=now) == 0
    due = again(row).next_at
    assert due is not None and now < due <= now + DAY
    assert convened(due) == 1
    assert refs(read(digests()[-1])) == [second.ref]


def test_what_commits_late_comes_with_the_next_one():
    row = daily()
    bulletin = plain()
    released(bulletin, "CBSA")
    # Not numbered: as if its transaction were still open.
    assert row.next_at is not None and convene_digests(at=row.next_at) == 1
    assert digests() == []
    due = again(row).next_at
    assert due is not None and convened(due) == 1
    assert refs(read(digests()[-1])) == [bulletin.ref]


def test_nothing_is_convened_for_nobody_and_goes_on_where_it_was():
    row = daily()
    released(plain(), "CBSA")
    assert row.next_at is not None
    as_owner("update hub_agency set state = 'suspended' where code = 'CBSA'")
    assert convened(row.next_at) == 0
    as_owner("update hub_agency set state = 'active' where code = 'CBSA'")
    as_owner("update hub_person set is_active = false where username = 'cbsa.officer'")
    assert convened(row.next_at) == 0
    as_owner("update hub_person set is_active = true where username = 'cbsa.officer'")
    assert convened(row.next_at + 3 * DAY) == 1 and len(digests()) == 2


def test_paused_it_tells_nothing_and_later_nothing_of_that_time():
    row, who = daily(), viewer("cbsa.officer")
    with viewing(who):
        pause(row, viewer=who, at=timezone.now())
    released(plain(), "CBSA")
    number_entries()
    assert row.next_at is not None and convened(row.next_at + DAY) == 0
    with viewing(who):
        resume(row, viewer=who, at=timezone.now())
    later = plain()
    released(later, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    assert refs(read(digests()[-1])) == [later.ref]


def test_what_was_told_at_once_by_that_way_is_left_out():
    daily()
    subscribed("cbsa.officer", channels=("mail",))
    row = daily("cbsa.officer", title="Also", channels=("inbox", "mail"))
    bulletin = plain()
    released(bulletin, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 2
    inbox, mailed = digests()[-2:]
    assert read(mailed) == "nothing new"
    found = read(inbox, channel=Channel.INBOX)
    assert isinstance(found, Digest)


def test_a_recall_meanwhile_leaves_it_out_and_nothing_is_left_of_an_empty_one():
    row = daily()
    kept, taken = plain(), plain()
    released(kept, "CBSA")
    released(taken, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    assert sorted(refs(read(digests()[0]))) == sorted([kept.ref, taken.ref])
    recalled(taken)
    assert refs(read(digests()[0])) == [kept.ref]
    recalled(kept)
    assert read(digests()[0]) == "nothing new"


def test_only_what_the_subscription_asks_for_of_what_the_face_shows():
    by_place = daily(title="Laredo", words="nightjar")
    released(plain(), ("CBSA", "place", "identifiers"))
    assert by_place.next_at is not None and convened(by_place.next_at) == 1
    assert read(digests()[0]) == "nothing new"
    shown = plain()
    released(shown, "CBSA")
    due = again(by_place).next_at
    assert due is not None and convened(due) == 1
    assert refs(read(digests()[-1])) == [shown.ref]


def test_ones_own_posts_are_never_in_it():
    row = daily("cbp.officer")
    bulletin = plain()
    released(bulletin, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    assert {read(each, "cbp.officer") for each in digests("CBP")} == {"nothing new"}


def test_where_nothing_came_there_is_no_alert():
    row = daily()
    assert row.next_at is not None and convened(row.next_at) == 1 and digests() == []
    assert again(row).since_at == row.next_at


def test_hazards_stand_first_then_new_then_amended():
    row = daily()
    old = plain()
    released(old, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    amend(old)
    carried(old, "CBSA")
    new, hazard = plain(), published_bulletin()
    released(new, "CBSA")
    released(hazard, "CBSA")
    due = again(row).next_at
    assert due is not None and convened(due) == 1
    found = read(digests()[-1])
    assert isinstance(found, Digest)
    assert [line.shown.ref for line in found.hazards] == [hazard.ref]
    assert [line.shown.ref for line in found.new] == [new.ref]
    assert [line.shown.ref for line in found.amended] == [old.ref]
    assert refs(found) == [hazard.ref, new.ref, old.ref]


def test_one_whose_subscription_ended_or_left_the_way_says_nothing():
    row, who = daily(), viewer("cbsa.officer")
    released(plain(), "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    (inbox, mailed) = digests()
    with viewing(who):
        stood = again(row)
        change(stood, replace(wish_of(stood), channels=("inbox",)), viewer=who, at=timezone.now())
    assert read(mailed) == "its subscription has ended"
    assert isinstance(read(inbox, channel=Channel.INBOX), Digest)
    with viewing(who):
        remove(again(row), viewer=who, at=timezone.now())
    assert read(inbox, channel=Channel.INBOX) == "its subscription has ended"


def test_a_desks_digest_goes_to_its_mailbox_and_endpoints_too():
    quiet("cbsa.liaison")
    row = daily("cbsa.liaison", desk=True, channels=("mail",))
    released(plain(), "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    assert [(each.channel, each.person_id) for each in digests()] == [("mail", None)]


def test_two_that_convene_at_once_convene_each_digest_once():
    rows = [daily(title=f"Number {n}") for n in range(3)]
    released(plain(), "CBSA")
    at = max(row.next_at for row in rows if row.next_at)
    assert convened(at) == 3 and convened(at) == 0
    assert len({each.alert_id for each in digests()}) == 3


def test_times_are_kept_in_utc():
    assert daily().next_at.tzinfo in (UTC, timezone.get_current_timezone())  # type: ignore[union-attr]


# --- Sent --------------------------------------------------------------------------------------------------
def sent_at(at: datetime) -> int:
    """Convened and sent at `at`, as the tasks do."""
    convened(at)
    return send(at=at)


def the_mail(number: int = -1) -> EmailMessage:
    raw = mail.outbox[number].message().as_bytes()
    return email.message_from_bytes(raw, policy=default)  # type: ignore[return-value]


def said(message: EmailMessage) -> str:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content() + html.get_content()


def test_a_digest_by_mail_says_of_each_record_what_a_mail_of_it_may_say():
    quiet("cbsa.liaison")
    row = daily(title="Tanks", methods=("VEH",))
    open_one = plain(title="Open zebrafinch one", tear_line="Read me greenly")
    held = plain(title="Held one")
    strict = plain(title="Strict one")
    for bulletin, tlp in ((open_one, "TLP:GREEN"), (held, "TLP:AMBER"), (strict, "TLP:AMBER+STRICT")):
        released(bulletin, "CBSA", tlp=tlp)
    assert row.next_at is not None
    sent_at(row.next_at)
    message = the_mail()
    assert message["To"] == "cbsa.officer@hub.example"
    assert message["Subject"] == "TLP:AMBER Digest: 2 new, 1 waiting"
    text = said(message)
    assert "Open zebrafinch one" in text and "Read me greenly" in text
    assert "Held one" not in text and f"/bulletins/{held.ref}/" in text
    assert "Strict one" not in text and strict.ref not in text and "STRICT" not in text
    assert "One more waits for you in the hub" in text
    local = row.next_at.astimezone(ZoneInfo(viewer("cbsa.officer").time_zone))
    assert f"{local.day} {local:%b} {local.year}, 06:00 {local.tzname()}" in text
    # The name of the subscription says what the record at AMBER is about.
    assert "Tanks" not in text
    assert all(
        CANARIES[group] not in text for group in ("detail", "place", "technique", "identifiers", "case")
    )
    assert [each.state for each in digests()] == ["sent", "sent"]


def test_at_green_its_subscription_is_named_and_one_that_asks_for_everything_always_is():
    quiet("cbsa.liaison")
    row = daily(title="Tanks", methods=("VEH",), channels=("mail",))
    released(plain(), "CBSA", tlp="TLP:GREEN")
    assert row.next_at is not None
    sent_at(row.next_at)
    assert the_mail()["Subject"] == "TLP:GREEN Digest: Tanks: 1 new"
    assert "Digest: Tanks" in said(the_mail())
    everything = daily(title="All of it", channels=("mail",))
    released(plain(), "CBSA", tlp="TLP:AMBER")
    at = max(again(each).next_at for each in (row, everything))
    sent_at(at)
    subjects = [str(the_mail(number)["Subject"]) for number in (-1, -2)]
    assert sorted(subjects) == ["TLP:AMBER Digest: 1 new", "TLP:AMBER Digest: All of it: 1 new"]


def test_only_what_may_not_even_be_named_makes_a_mail_that_says_that_something_waits():
    quiet("cbsa.liaison")
    row = daily(title="Tanks", methods=("VEH",), channels=("mail",))
    strict = plain()
    released(strict, "CBSA", tlp="TLP:AMBER+STRICT")
    assert row.next_at is not None
    sent_at(row.next_at)
    message = the_mail()
    assert message["Subject"] == "Something waits for you in the hub"
    assert strict.ref not in said(message) and "TLP" not in said(message) and "Tanks" not in said(message)
    assert digests()[0].alert.path in said(message)


def test_an_empty_digest_is_cancelled_and_stands_in_no_inbox():
    quiet("cbsa.liaison")
    row = daily(words="no such word anywhere")
    released(plain(), "CBSA")
    assert row.next_at is not None
    before = len(mail.outbox)
    sent_at(row.next_at)
    assert len(mail.outbox) == before
    assert [(each.state, each.notes) for each in digests()] == [("cancelled", ["nothing new"])] * 2
    who = viewer("cbsa.officer")
    with viewing(who):
        assert not notices(who).exists() and unread_count(who) == 0
    client = signed_in("cbsa.officer")
    assert client.get(digests()[0].alert.path).status_code == 404


def test_the_page_is_read_as_the_reader_each_time():
    quiet("cbsa.liaison")
    row = daily("cbsa.liaison", desk=True, title="Desk's morning")
    kept, taken = plain(title="Kept"), plain(title="Taken away")
    released(kept, ("CBSA", "place", "identifiers"))
    released(taken, ("CBSA", "place", "identifiers"))
    assert row.next_at is not None
    sent_at(row.next_at)
    path = digests()[0].alert.path
    who = viewer("cbsa.officer")
    with viewing(who):
        (notice,) = notices(who, unread=True)
        assert notice.alert.path == path and unread_count(who) == 1
    inbox_page = signed_in("cbsa.officer").get("/inbox/").content.decode()
    assert "Desk&#x27;s morning" in inbox_page and "Digest" in inbox_page
    page = signed_in("cbsa.officer").get(path)
    text = page.content.decode()
    assert page.status_code == 200 and "Kept" in text and "Taken away" in text and "From CBP: 2" in text
    assert CANARIES["place"] not in text
    with viewing(who):
        assert unread_count(who) == 0
    recalled(taken)
    text = signed_in("cbsa.liaison").get(path).content.decode()
    assert "Kept" in text and "Taken away" not in text and "From CBP: 1" in text
    for username in ("cbp.officer", "ncb.officer", "rcmp.officer", "steward", "inspector"):
        assert signed_in(username).get(path).status_code == 404
    recalled(kept)
    assert "Nothing of it is left" in signed_in("cbsa.officer").get(path).content.decode()


def test_each_count_on_the_page_leads_to_its_list():
    quiet("cbsa.liaison")
    row = daily("cbsa.liaison", desk=True)
    released(plain(), "CBSA")
    released(plain(), "CBSA")
    assert row.next_at is not None
    sent_at(row.next_at)
    text = signed_in("cbsa.officer").get(digests()[0].alert.path).content.decode()
    counts = dict(re.findall(r'href="#([\w-]+)">([^<]+)<', text))
    assert {"group-new": "New: 2", "new-CBP": "From CBP: 2"}.items() <= counts.items()
    assert set(counts) <= set(re.findall(r'id="([\w-]+)"', text))


def test_a_persons_digest_is_theirs_alone():
    quiet("cbsa.liaison")
    row = daily("cbsa.officer", title="Private words")
    released(plain(), "CBSA")
    assert row.next_at is not None
    sent_at(row.next_at)
    path = digests()[0].alert.path
    assert signed_in("cbsa.officer").get(path).status_code == 200
    for username in ("cbsa.liaison", "cbsa.releaser", "cbp.officer"):
        assert signed_in(username).get(path).status_code == 404
        assert "Private words" not in signed_in(username).get("/inbox/").content.decode()


def test_an_agency_that_lost_access_between_convening_and_sending_is_told_nothing():
    quiet("cbsa.liaison")
    row = daily()
    bulletin = plain()
    released(bulletin, "CBSA")
    assert row.next_at is not None and convened(row.next_at) == 1
    recalled(bulletin)
    before = len(mail.outbox)
    send(at=row.next_at)
    assert {each.state for each in digests()} == {"cancelled"}
    assert all("Digest" not in each.subject for each in mail.outbox[before:])


def test_a_webhook_brings_the_names_of_what_came(receiver):
    endpoint_for("CBSA", receiver.url)
    quiet("cbsa.liaison")
    row = daily("cbsa.liaison", desk=True, channels=("webhook",))
    shown, kept_back = plain(), plain()
    released(shown, ("CBSA", "place"))
    released(kept_back, "CBSA", controls=("DISPLAY ONLY",))
    assert row.next_at is not None
    sent_at(row.next_at)
    (got,) = receiver.received
    assert got.payload["type"] == "digest.ready"
    data = got.payload["data"]
    assert data["subscription"] == str(row.uid)
    assert [(each["ref"], each["new"], each["tlp"]) for each in data["records"]] == [
        (shown.ref, True, "TLP:AMBER")
    ]
    assert not any(canary in got.body.decode() for canary in CANARIES.values())


def test_digests_are_read_few_at_a_time_and_all_sent():
    quiet("cbsa.liaison")
    rows = [daily(title=f"Number {n}", channels=("inbox", "mail")) for n in range(23)]
    released(plain(), "CBSA")
    before = len(mail.outbox)
    at = max(row.next_at for row in rows if row.next_at)
    sent_at(at)
    assert {each.state for each in digests()} == {"sent"} and len(digests()) == 46
    assert len(mail.outbox) - before == 23


def test_mails_of_a_subscriptions_digests_form_a_thread_that_names_nothing():
    quiet("cbsa.liaison")
    row = daily(channels=("mail",))
    for _day in range(2):
        released(plain(), "CBSA")
        sent_at(again(row).next_at)
    threads = {str(the_mail(number)["References"]) for number in (-1, -2)}
    assert len(threads) == 1 and str(row.uid) not in threads.pop()
