"""What an owner asks to have acknowledged by a time, told from hub to hub: to whom it is asked of, and asked there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.viewer import desk_of
from hub.agencies.models import Person
from hub.database.context import engine, viewing
from sharing.deliveries.models import Alert, Delivery
from sharing.flow import release
from sharing.intake.pulling.models import Arrival, Peer
from sharing.intake.pulling.reminding import remind_of_hubs
from sharing.stix.extension import schema
from sharing.stix.ids import EXTENSION, stamp
from tests.builders import pick, plan, published_bulletin, released
from tests.cast import agency, person, viewer
from tests.feeds.conftest import Program, Resuming, numbered, program  # noqa: F401
from tests.intake.conftest import FIRST
from tests.intake.hubs import come, given, peer, stub

pytestmark = pytest.mark.django_db
LATER = "2026-03-02T12:00:00.000Z"
LAST = "2026-03-03T12:00:00.000Z"


def asked_of(code: str, record: Any, by: Any) -> None:
    who = viewer("cbp.releaser")
    with viewing(who):
        release([record], plan(pick(code), acknowledge_by=by), viewer=who, at=timezone.now())


def said_to(reader: Program, record: Any) -> Any:
    (found,) = [each for each in reader.records() if each["id"] == f"report--{record.uid}"]
    jsonschema.validate(found["extensions"][EXTENSION], schema())
    return found["extensions"][EXTENSION].get("acknowledge_by")


def test_it_is_told_to_the_agency_that_is_asked_alone(program: Any) -> None:  # noqa: F811
    record, by = published_bulletin(), timezone.now() + timedelta(days=2)
    asked_of("CBSA", record, by)
    released(record, "HSI")
    numbered()
    assert said_to(program("cbsa.officer"), record) == stamp(by)
    assert said_to(program("hsi.agent"), record) is None
    assert said_to(program("cbp.officer"), record) is None


def test_whoever_follows_is_told_what_is_asked_for_later(program: Any) -> None:  # noqa: F811
    record, by = published_bulletin(), timezone.now() + timedelta(days=2)
    released(record, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    feed.poll()
    asked_of("CBSA", record, by)
    numbered()
    (report,) = [each for each in feed.poll() if each["type"] == "report"]
    assert report["extensions"][EXTENSION]["acknowledge_by"] == stamp(by)


# --- At the hub that fetches it ------------------------------------------------------------------------------


@pytest.fixture
def source() -> Peer:
    """Fetched from before."""
    return peer(pulled_at=timezone.now())


def asked(by: Any, **values: Any) -> dict[str, Any]:
    return given(acknowledge_by=stamp(by), **values)


def arrival() -> Arrival:
    with engine():
        return Arrival.objects.select_related("record").get()


def told() -> list[tuple[str, str, str]]:
    """What was told of it, to whom: the code of a desk, or a person."""
    with engine():
        rows = Delivery.objects.filter(channel="inbox").select_related("alert", "agency", "person")
        return [
            (row.alert.facts["what"], row.agency.code, row.person.username if row.person else "")
            for row in rows.order_by("id")
            if row.alert.facts.get("what") in ("hub.asks", "hub.overdue")
        ]


def page() -> str:
    client = Client()
    client.force_login(person("cbp.officer"))
    return client.get(f"/bulletins/{arrival().record.ref}/").content.decode()


def test_its_own_desk_is_asked_when_it_comes_and_on_the_records_page(source: Peer) -> None:
    by = timezone.now() + timedelta(days=2)
    come(source, asked(by))
    assert abs(arrival().acknowledge_by - by) < timedelta(seconds=1)
    assert told() == [("hub.asks", "CBP", "")]
    with engine():
        facts = Alert.objects.get(facts__what="hub.asks").facts
    assert facts["ref"] == arrival().record.ref and "zebra" not in str(facts)
    assert "Acknowledge by" in page()


def test_it_is_reminded_once_and_told_on_once(source: Peer) -> None:
    now = timezone.now()
    Person.objects.filter(username="cbp.admin").update(roles=["admin"])
    come(source, asked(now + timedelta(days=4)))
    half, over = now + timedelta(days=3, hours=12), now + timedelta(days=4, seconds=2)
    asks = [("hub.asks", "CBP", "")]
    assert remind_of_hubs(at=now + timedelta(days=1)) == 0
    assert remind_of_hubs(at=half) == 1 and told() == asks * 2
    assert remind_of_hubs(at=half) == 0
    assert remind_of_hubs(at=over) == 1 and remind_of_hubs(at=over) == 0
    assert told()[2:] == [("hub.overdue", "CBP", ""), ("hub.overdue", "CBP", "cbp.admin")]


def acknowledge() -> None:
    client = Client()
    client.force_login(person("cbp.officer"))
    assert client.post(f"/bulletins/{arrival().record.ref}/origin/acknowledge/").status_code == 302


def test_what_is_acknowledged_is_asked_for_no_more_until_another_version_is(source: Peer) -> None:
    now = timezone.now()
    first = asked(now + timedelta(days=2))
    come(source, first)
    acknowledge()
    assert "Acknowledge by" not in page()
    assert remind_of_hubs(at=now + timedelta(days=3)) == 0
    uid = arrival().uid
    come(source, asked(now + timedelta(days=5), uid=uid, version=2, modified=LATER))
    assert told() == [("hub.asks", "CBP", "")] * 2 and "Acknowledge by" in page()
    assert remind_of_hubs(at=now + timedelta(days=6)) == 1


def test_the_same_once_more_asks_nothing_anew_and_a_version_without_it_asks_nothing(source: Peer) -> None:
    now = timezone.now()
    by = now + timedelta(days=2)
    come(source, asked(by))
    uid = arrival().uid
    come(source, asked(by, uid=uid, modified=LATER, title="Told otherwise"))
    assert told() == [("hub.asks", "CBP", "")]
    come(source, given(uid=uid, version=2, modified=LAST))
    assert arrival().acknowledge_by is None
    assert remind_of_hubs(at=now + timedelta(days=3)) == 0 and "Acknowledge by" not in page()


@pytest.mark.parametrize("days", [-1, 40_000])
def test_what_is_over_when_it_comes_or_is_no_time_is_not_asked_for(source: Peer, days: int) -> None:
    come(source, asked(timezone.now() + timedelta(days=days)))
    assert arrival().acknowledge_by is None and told() == []


@pytest.mark.parametrize("said", ["soon", 7, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", {}])
def test_what_is_no_instant_is_not_asked_for(source: Peer, said: Any) -> None:
    come(source, given(acknowledge_by=said))
    assert arrival().acknowledge_by is None


def test_what_was_recalled_there_or_is_fetched_no_more_is_asked_for_no_more(source: Peer) -> None:
    now = timezone.now()
    record = asked(now + timedelta(days=2), modified=FIRST)
    come(source, record)
    other = peer("Hub B", host="b.example", pulled_at=now)
    come(other, asked(now + timedelta(days=2), hub="bbbbbbbb-0000-4000-8000-000000000001"))
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=other.pk).update(removed_at=now, url="", sealed_secret="")
    come(source, stub(record, LATER, revoked=True))
    assert remind_of_hubs(at=now + timedelta(days=3)) == 0


def test_at_the_first_fetch_desks_are_told_by_the_reminder_alone() -> None:
    now = timezone.now()
    come(peer(), asked(now + timedelta(days=4)))
    assert told() == []
    assert remind_of_hubs(at=now + timedelta(days=3, hours=12)) == 1
