"""An acknowledgement told by another hub is a receipt of the sender's agency, for what that has; and telling it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.intake.acknowledging import acknowledgement
from sharing.intake.pulling.models import Arrival, Peer
from sharing.intake.pulling.tasks import tell_due
from sharing.receipts.models import Receipt
from sharing.stix.extension import schema
from tests.builders import published_bulletin, released
from tests.cast import agency, person
from tests.intake.conftest import records, send
from tests.intake.hubs import come, given, peer
from tests.intake.taxii import Partner, partner, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True


def note(record: Any, version: int = 1) -> dict[str, Any]:
    return acknowledgement(record.uid, version, agency="CBSA", at=timezone.now())


def receipts() -> list[tuple[str, int, bool]]:
    with engine():
        rows = Receipt.objects.order_by("id").select_related("agency")
        return [(row.agency.code, row.version, row.acknowledged_at is not None) for row in rows]


def test_it_becomes_a_receipt_of_the_agency_that_sends_it_once() -> None:
    record = published_bulletin()
    released(record, "CBSA")
    for _time in range(2):
        status = send(note(record), by="cbsa.officer")
        assert status.failures == [] and status.successes[0]["message"] == "Acknowledged."
    assert receipts() == [("CBSA", 1, True)]


def test_whoever_does_not_have_it_is_answered_as_for_a_ghost() -> None:
    record, ghost = published_bulletin(), published_bulletin()
    ghost.uid = "00000000-0000-4000-8000-000000000000"
    said = [
        send(note(each), by=who).failures[0]["message"]
        for each in (record, ghost)
        for who in ("cbsa.officer", "ncb.officer", "hsi.agent")
    ]
    assert len(set(said)) == 1 and "no such record" in said[0]
    assert receipts() == [] and not [each for each in records() if each.owner.code != "CBP"]


def test_another_version_than_the_agency_has_is_not_acknowledged() -> None:
    record = published_bulletin()
    released(record, "CBSA")
    assert "version 1" in send(note(record, 2), by="cbsa.officer").failures[0]["message"]
    assert "your own" in send(note(record), by="cbp.officer").failures[0]["message"]
    assert receipts() == []


def test_the_note_is_as_the_schema_of_the_extension_has_it() -> None:
    import jsonschema

    found = note(published_bulletin())
    jsonschema.validate(next(iter(found["extensions"].values())), schema())


@pytest.fixture
def server() -> Iterator[Partner]:
    with partner() as found:
        yield found


def arrived(server: Partner) -> tuple[Any, Any]:
    """A record that came from a hub which is now at the server's address."""
    hub = peer()
    come(hub, given(version=3))
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=hub.pk).update(url=server.url)
    (record,) = records()
    return record, hub


def acknowledge(record: Any, by: str = "cbp.officer") -> Any:
    client = Client()
    client.force_login(person(by))
    return client.post(f"/bulletins/{record.ref}/origin/acknowledge/")


def arrival() -> Arrival:
    with engine():
        return Arrival.objects.get()


COLLECTIONS = {"collections": [{"id": "abc", "can_write": False}, {"id": "inbox", "can_write": True}]}


def test_it_is_told_to_the_hub_it_came_from(server: Partner) -> None:
    record, _hub = arrived(server)
    server.odd = lambda path, query: said(COLLECTIONS) if path.endswith("/collections/") else None
    assert acknowledge(record).status_code == 302
    assert tell_due() == 1
    ((path, body),) = server.posted
    (told,) = json.loads(body)["objects"]
    extension = next(iter(told["extensions"].values()))
    assert path.endswith("/collections/inbox/objects/")
    assert (extension["record"], extension["version"], extension["agency"]) == (
        str(arrival().peer_uid),
        3,
        "CBP",
    )
    assert arrival().sent_at is not None and tell_due() == 0
    page = client_page(record)
    assert "Hub A has been told" in page and "origin/acknowledge" not in page


def client_page(record: Any) -> str:
    client = Client()
    client.force_login(person("cbp.officer"))
    return client.get(f"/bulletins/{record.ref}/").content.decode()


def test_it_is_tried_again_until_it_is_taken(server: Partner) -> None:
    record, _hub = arrived(server)
    assert "origin/acknowledge" in client_page(record)
    server.odd = lambda path, query: said({}, 503)
    acknowledge(record)
    assert tell_due() == 1 and "503" in arrival().failure and arrival().due_at > timezone.now()
    assert "is asked again" in client_page(record)
    server.odd = lambda path, query: said(COLLECTIONS) if path.endswith("/collections/") else None
    with viewing(desk_of(agency("CBP"))):
        Arrival.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tell_due() == 1 and arrival().sent_at is not None


@pytest.mark.parametrize("status", [202, 422])
def test_what_the_hub_does_not_take_is_said_and_not_sent_again(server: Partner, status: int) -> None:
    record, _hub = arrived(server)
    server.taking = status
    server.odd = lambda path, query: said(COLLECTIONS) if path.endswith("/collections/") else None
    server.taken = {"failures": [{"id": "x", "message": "There is no such record"}]}
    acknowledge(record)
    tell_due()
    assert arrival().due_at is None and "no such record" in arrival().failure
    assert "did not take it" in client_page(record)


def test_only_its_own_agency_acknowledges_and_only_what_came_from_a_hub(server: Partner) -> None:
    record, _hub = arrived(server)
    own = published_bulletin()
    assert acknowledge(record, "cbsa.officer").status_code == 404
    assert acknowledge(own).status_code == 404
    assert arrival().acknowledged_version == 0
