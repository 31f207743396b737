"""What another hub gives is told like what another agency gives: to whoever asked for it, by the ways they chose."""

from __future__ import annotations

import uuid
from datetime import time, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Record
from bulletins.records.actions import write_down
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.audiences.numbering import number_entries
from sharing.deliveries.digests.actions import convene_digests
from sharing.deliveries.models import Alert, Delivery, Urgency
from sharing.deliveries.querysets import unread_count
from sharing.flow.purging import purge
from sharing.intake.pulling.models import Arrival, Peer
from sharing.recalls.proof import proofs_of
from sharing.receipts.models import Receipt
from sharing.subscriptions.querysets import brought, counts_of
from sharing.subscriptions.wishes import Wish, columns_of
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import ended, endpoint_for, receiver, send  # noqa: F401
from tests.feeds.polling import desk_feed, entries, linked, program
from tests.intake.conftest import GREEN, LAST, LATER, records
from tests.intake.hubs import come, given, peer, stub
from tests.intake.taxii import partner
from tests.subscriptions.conftest import quiet, subscribed, to, told

pytestmark = pytest.mark.django_db

TAXII = "application/taxii+json;version=2.1"


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True
    settings.SETTLE_EDITS_S = 0


@pytest.fixture
def hub() -> Peer:
    """One that was fetched from before."""
    return peer(pulled_at=timezone.now())


def hazard(**values: Any) -> dict[str, Any]:
    found = given(title="Fentanyl in a wheel", **values)
    core = next(iter(found["extensions"].values()))["facts"]["core"]
    core |= {"hazard": True, "safety_note": "Do not open."}
    return found


def version(first: dict[str, Any], number: int, modified: str, **values: Any) -> dict[str, Any]:
    return given(uuid.UUID(first["id"].partition("--")[2]), version=number, modified=modified, **values)


def ways(rows: list[Delivery]) -> list[tuple[str, str, str]]:
    return [(row.alert.kind, row.person.username if row.person else "", row.channel) for row in rows]


def signed_in(username: str = "cbp.officer") -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def test_desk_and_people_are_told_by_their_subscriptions_as_of_any_agencys(hub: Peer, receiver: Any) -> None:  # noqa: F811
    endpoint_for("CBP", receiver.url)
    mine = subscribed("cbp.officer", title="Panels at this port", methods=("VEH-BODY-QTR",))
    subscribed("cbp.releaser", title="Ships", methods=("CONT",))
    come(hub, given(tlp="TLP:GREEN", marked=GREEN))
    assert sorted(ways(told("CBP"))) == [
        ("new", "", "inbox"),
        ("new", "", "mail"),
        ("new", "", "webhook"),
        ("new", "cbp.officer", "mail"),
    ]
    assert [row.matched for row in to("cbp.officer")] == [[mine.pk]]
    send()
    own = next(each for each in mail.outbox if each.to == ["cbp.officer@hub.example"])
    assert "Cocaine in quarter panels" in own.subject and "Panels at this port" in own.body
    (sent,) = [each.payload for each in receiver.received]
    (record,) = records()
    assert sent["type"] == "bulletin.released" and sent["data"]["ref"] == record.ref
    page = signed_in().get("/inbox/").content.decode()
    assert "Cocaine in quarter panels" in page and "CBP, from Hub A" in page
    # Nobody else.
    with engine():
        assert set(Delivery.objects.values_list("agency__code", flat=True)) == {"CBP"}


def test_a_hazard_comes_to_the_desk_first_whatever_it_subscribes_to(hub: Peer) -> None:
    quiet("cbp.liaison")
    come(hub, given(), hazard())
    rows = told("CBP")
    assert sorted(ways(rows)) == [("new", "", "inbox"), ("new", "", "mail")]
    assert {row.urgency for row in rows} == {Urgency.FIRST}


def test_what_the_agencys_own_people_write_is_told_to_none_of_them() -> None:
    subscribed("cbp.officer")
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA")
    released(report, "CBSA")
    assert told("CBP") == [] and told("CBSA")
    with viewing(who := viewer("cbp.officer")):
        wish = columns_of(Wish(title="All", channels=("inbox",)))
        assert not brought(who, wish, at=timezone.now()).exists()
        assert counts_of(who, [desk_feed("cbp.officer").pk], at=timezone.now()) == {
            desk_feed("cbp.officer").pk: 0
        }


def test_what_is_edited_here_of_it_is_the_agencys_own_word(hub: Peer) -> None:
    come(hub, given())
    before = len(told("CBP"))
    with viewing(who := viewer("cbp.officer")):
        copy = Bulletin.objects.get()
        write_down(copy, {"narrative": "Seen here too."}, viewer=who, at=timezone.now())
        publish(copy, viewer=who, at=timezone.now())
    assert len(told("CBP")) == before


def test_the_first_time_nobody_is_told_one_by_one_and_a_digest_brings_it_once() -> None:
    hub = peer()
    subscribed("cbp.officer", title="Each day", channels=("mail",), frequency="daily", times=(time(6),))
    come(hub, *(given(title=f"Find {number}") for number in range(5)), hazard())
    assert told("CBP") == [] and len(records()) == 6
    number_entries()
    convene_digests(at=timezone.now() + timedelta(days=1))
    send(timezone.now() + timedelta(days=1))
    assert [each.to for each in mail.outbox] == [["cbp.officer@hub.example"]]


def test_what_is_published_there_while_the_first_time_lasts_is_told() -> None:
    hub = peer()
    now = (timezone.now() + timedelta(seconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    come(hub, given(title="Before"), hazard() | {"published": now})
    assert [row.channel for row in told("CBP")] == ["inbox", "mail"]
    assert {row.alert.record_id for row in told("CBP")} == {records()[1].pk}


def test_when_the_first_time_is_over_the_desk_has_one_notice_of_it() -> None:
    from tests.intake.test_pulling import add, pull

    with partner() as server:
        server.objects = [given(), hazard(), given(title="Third")]
        row = add(server)
        with viewing(desk_of(agency("CBP"))):
            Peer.objects.filter(pk=row.pk).update(is_hub=True, page_size=2)
        pull(row)
        assert ways(told("CBP")) == [("hub", "", "inbox"), ("hub", "", "mail")]
        (notice,) = {row.alert for row in told("CBP")}
        assert notice.facts == {"what": "hub.first", "hub": "Partner", "n": 3, "hazards": 1}
        server.objects.append(given(title="Fourth"))
        pull(row)
        assert ways(told("CBP"))[2:] == [("new", "", "inbox"), ("new", "", "mail")]


def test_a_hub_that_had_nothing_to_give_when_it_was_added_is_known_by_the_first_that_comes() -> None:
    from tests.intake.test_pulling import add, pull

    with partner() as server:
        row = pull(add(server))
        assert not row.is_hub
        server.objects.append(given())
        assert pull(row).is_hub
        (record,) = records()
        assert record.latest == 1 and record.origin["name"] == "Partner"
        assert ways(told("CBP")) == [("new", "", "inbox"), ("new", "", "mail")]


def test_a_later_version_is_told_with_what_changed(hub: Peer, receiver: Any) -> None:  # noqa: F811
    endpoint_for("CBP", receiver.url)
    first = given()
    come(hub, first)
    send()
    come(hub, version(first, 2, LATER, title="In rocker panels"))
    assert sorted(ways(told("CBP", alert__kind="amended"))) == [
        ("amended", "", way) for way in ("inbox", "mail", "webhook")
    ]
    send()
    said = [each.payload for each in receiver.received][1]
    assert said["type"] == "bulletin.amended" and said["data"]["amends"]["changed"] == ["core"]
    assert "changed" in signed_in().get(f"/bulletins/{records()[0].ref}/").content.decode().lower()
    # The same once more is told no more.
    come(hub, version(first, 2, LATER, title="In rocker panels"))
    assert len(told("CBP", alert__kind="amended")) == 3


def test_its_recall_reaches_those_who_were_told_once(hub: Peer, receiver: Any) -> None:  # noqa: F811
    endpoint_for("CBP", receiver.url)
    subscribed("cbp.officer")
    subscribed("cbp.releaser", words="nothing like it")
    first = given()
    come(hub, first)
    send()
    mail.outbox.clear()
    for modified in (LATER, LAST):
        come(hub, stub(first, modified, revoked=True))
    assert sorted(ways(told("CBP", alert__kind="recalled"))) == [
        ("recalled", "", "inbox"),
        ("recalled", "", "mail"),
        ("recalled", "", "webhook"),
        ("recalled", "cbp.officer", "mail"),
    ]
    assert not Alert.objects.filter(kind="hub").exists()
    send()
    assert ended() == 0
    (record,) = records()
    assert len(mail.outbox) == 2
    assert all(record.ref in each.subject and "/answer/" not in each.body for each in mail.outbox)
    said = receiver.received[-1].payload
    assert said["type"] == "bulletin.recalled" and "Hub A has recalled it" in said["data"]["reason"]
    client = signed_in()
    inbox, today = (client.get(path).content.decode() for path in ("/inbox/", "/"))
    for page in (inbox, today):
        assert "recalled by the hub it came from" in page and "quarter panels" not in page
    assert "what became of your copies" not in today
    tombstone = client.get(f"/bulletins/{record.ref}/").content.decode()
    assert "was recalled by Hub A" in tombstone
    # A program that asks is told so as well; others are not.
    rest = {"headers": {"Accept": "application/json"}}
    for who, status in (("cbp.officer", 410), ("ncb.officer", 404)):
        reading = program(who, scope="read")
        assert reading.get(f"/api/v1/bulletins/{record.uid}/", **rest).status_code == status


def test_purged_here_as_well_its_owner_is_not_told_again_nor_stands_in_its_own_proof() -> None:
    hub, first = peer(pulled_at=timezone.now()), given(originator="CBP", owner="CBP")
    come(hub, first)
    (record,) = records()
    released(record, "CBSA")
    send()
    come(hub, stub(first, LATER, revoked=True))
    before = len(told("CBP", alert__kind="recalled"))
    with viewing(who := viewer("cbp.releaser")):
        (proof,) = proofs_of(Record.objects.get(pk=record.pk), who)
        assert [line.code for line in proof.lines] == ["CBSA"]
        row = Record.objects.get(pk=record.pk)
        purge([row], reason="unreliable", typed=[record.ref], viewer=who, at=timezone.now())
    assert len(told("CBP", alert__kind="recalled")) == before
    assert len(told("CBSA", alert__kind="recalled", channel="inbox")) == 2


def test_a_recall_before_it_was_sent_cancels_it(hub: Peer) -> None:
    first = given()
    come(hub, first)
    come(hub, stub(first, LATER, revoked=True))
    send()
    assert mail.outbox == []
    assert {row.state for row in told("CBP", alert__kind="new")} == {"cancelled"}


def test_what_ended_and_is_recalled_later_is_told_as_recalled(hub: Peer) -> None:
    first = given()
    come(hub, first)
    send()
    come(hub, stub(first, LATER))
    come(hub, stub(first, LAST, revoked=True))
    assert ways(told("CBP", alert__kind="recalled")) == [
        ("recalled", "", "inbox"),
        ("recalled", "", "mail"),
    ]


def test_its_end_is_told_to_desk_person_and_program_once_and_its_return_as_news(
    hub: Peer,
    receiver: Any,  # noqa: F811
) -> None:
    endpoint_for("CBP", receiver.url)
    subscribed("cbp.officer")
    first = given()
    come(hub, first)
    send()
    for modified in (LATER, "2026-02-02T00:00:00.000Z"):
        come(hub, stub(first, modified))
    assert ended() == 1 and ended() == 0
    assert sorted(ways(told("CBP", alert__kind="hub"))) == [
        ("hub", "", "inbox"),
        ("hub", "", "mail"),
        ("hub", "cbp.officer", "inbox"),
        ("hub", "cbp.officer", "mail"),
    ]
    send()
    assert [each.payload["type"] for each in receiver.received] == ["bulletin.released", "bulletin.ended"]
    come(hub, version(first, 1, LAST))
    assert ended() == 0
    send()
    assert [each.payload["type"] for each in receiver.received][2:] == ["bulletin.released"]


def test_feeds_of_a_subscription_bring_it(hub: Peer) -> None:
    come(hub, given(tlp="TLP:GREEN", marked=GREEN))
    number_entries()
    feed = desk_feed("cbp.officer")
    (record,) = records()
    said = program("cbp.officer").get(
        f"/taxii2/hub/collections/{feed.uid}/objects/", headers={"Accept": TAXII}
    )
    assert f"report--{record.uid}" in {each["id"] for each in said.json()["objects"]}
    (entry,) = entries(Client().get(linked(feed, "cbp.liaison")))
    assert "Cocaine in quarter panels" in entry.title
    cap = program("cbp.officer").get(f"/feeds/{feed.uid}/cap.xml")
    assert len(entries(cap)) == 1
    with viewing(who := viewer("cbp.officer")):
        assert counts_of(who, [feed.pk], at=timezone.now()) == {feed.pk: 1}


def test_reading_and_acknowledging_it_clears_the_inbox_and_tells_the_hub(hub: Peer) -> None:
    come(hub, given(), given(title="Second"), hazard())
    send()
    one, two, danger = records()
    client, who = signed_in(), viewer("cbp.officer")
    with viewing(who):
        waiting = unread_count(who)
    client.get(f"/bulletins/{one.ref}/")
    with viewing(who):
        assert unread_count(who) == waiting - 1
    assert client.post(f"/bulletins/{one.ref}/acknowledge/").status_code == 302
    assert client.post("/inbox/acknowledge/", {"ref": [two.ref, danger.ref]}).status_code == 302
    client.post(f"/bulletins/{danger.ref}/origin/acknowledge/")
    with viewing(who):
        assert unread_count(who) == 0
    with engine():
        done = dict(Arrival.objects.values_list("record_id", "acknowledged_version"))
        assert done == {one.pk: 1, two.pk: 1, danger.pk: 1}
        assert Receipt.objects.filter(acknowledged_at=None).count() == 0
    page = signed_in("cbp.releaser").get(f"/bulletins/{one.ref}/").content.decode()
    assert "Acknowledged by" not in page
    # What they wrote themselves is not theirs to acknowledge.
    own = published_bulletin()
    assert client.post(f"/bulletins/{own.ref}/acknowledge/").status_code == 403


def test_today_has_it_among_what_is_new_and_asks_nobody_to_release_it(hub: Peer) -> None:
    come(hub, given())
    own = published_bulletin(title="Written here")
    page = signed_in("cbp.releaser").get("/").content.decode()
    (record, _own) = sorted(records(), key=lambda each: each.pk != own.pk, reverse=True)
    assert f"/bulletins/{own.ref}/release/" in page
    assert f"/bulletins/{record.ref}/release/" not in page and f"/bulletins/{record.ref}/" in page
