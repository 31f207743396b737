"""Digests: convened once a period, read as the recipient, and silent where there is nothing new."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hub.database.context import engine, viewing
from hub.database.numbering import number_rows
from sharing.deliveries.digests.actions import convene_digests, mend_digests
from sharing.deliveries.digests.reading import Digest, read_digest
from sharing.deliveries.models import AlertKind, Channel, Delivery
from sharing.subscriptions.actions import change, pause, remove, resume
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import wish_of
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import recalled
from tests.recalls.conftest import amend, carried
from tests.subscriptions.conftest import quiet, subscribed

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def plain(**values: Any) -> Any:
    return published_bulletin(hazard=False, safety_note="", **values)


def daily(username: str = "cbsa.officer", *, desk: bool = False, **wish: Any) -> Subscription:
    values = {
        "title": "Every morning",
        "frequency": "daily",
        "times": (time(6),),
        "channels": ("inbox", "mail"),
    }
    return subscribed(username, desk=desk, **{**values, **wish})


def convened(at: datetime) -> int:
    number_rows("sharing_entry")
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
    (inbox, mail) = digests()
    assert sorted(refs(read(mail))) == sorted([first.ref, second.ref])
    assert again(row).next_at == (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    period = (
        datetime.fromisoformat(mail.alert.facts["since"]),
        datetime.fromisoformat(mail.alert.facts["until"]),
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
    number_rows("sharing_entry")
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
    inbox, mail = digests()[-2:]
    assert read(mail) == "nothing new"
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
    # The agreement withholds nothing of the place from CBSA; the release did.
    assert refs(read(digests()[-1])) in ([shown.ref], ["nothing new"])


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
    (inbox, mail) = digests()
    with viewing(who):
        stood = again(row)
        from dataclasses import replace

        change(stood, replace(wish_of(stood), channels=("inbox",)), viewer=who, at=timezone.now())
    assert read(mail) == "its subscription has ended"
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
