"""The pages of peers: who may run them, what they say, and that no other agency's are there."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from hub.database.context import engine
from sharing.intake.pulling.models import Peer
from tests.cast import person
from tests.intake.taxii import Partner, partner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True


@pytest.fixture
def server() -> Iterator[Partner]:
    with partner() as found:
        yield found


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def typed(server: Partner, **values: Any) -> dict[str, Any]:
    found = {
        "title": "Gendarmerie",
        "url": server.url,
        "scheme": "basic",
        "username": "cbp",
        "secret": "a secret",
    }
    return found | {"every_minutes": "60", "unmarked": "TLP:AMBER+STRICT"} | values


def added(server: Partner) -> Peer:
    answer = signed_in("cbp.liaison").post("/peers/new/", typed(server))
    assert answer.status_code == 302, answer.content
    with engine():
        return Peer.objects.get()


def test_a_liaison_adds_one_which_is_asked_first(server: Partner) -> None:
    client = signed_in("cbp.liaison")
    wrong = client.post("/peers/new/", typed(server, secret="wrong"))
    assert wrong.status_code == 400 and b"does not accept" in wrong.content
    assert b"wrong" not in wrong.content
    peer = added(server)
    page = client.get(f"/peers/{peer.uid}/").content
    assert b"Gendarmerie" in page and b"Nothing has been fetched yet" in page and b"a secret" not in page
    assert b"Gendarmerie" in client.get("/peers/").content


def test_a_secret_that_is_not_typed_anew_stays(server: Partner) -> None:
    peer = added(server)
    client = signed_in("cbp.admin")
    answer = client.post(f"/peers/{peer.uid}/", typed(server, title="Gendarmerie nationale", secret=""))
    assert answer.status_code == 302
    with engine():
        row = Peer.objects.get()
    assert (row.title, row.sealed_secret) == ("Gendarmerie nationale", peer.sealed_secret)


@pytest.mark.parametrize("verb", ["pause", "resume", "pull", "refetch", "remove"])
def test_verbs_are_for_administrators_and_liaisons_of_the_agency(server: Partner, verb: str) -> None:
    peer = added(server)
    if verb == "resume":
        signed_in("cbp.liaison").post(f"/peers/{peer.uid}/pause/")
    ghost = "/peers/00000000-0000-4000-8000-000000000000/"
    for stranger in ("cbsa.liaison", "ncb.officer"):
        client = signed_in(stranger)
        hidden, missing = client.post(f"/peers/{peer.uid}/{verb}/"), client.post(f"{ghost}{verb}/")
        assert hidden.status_code == missing.status_code == 404
        assert client.get(f"/peers/{peer.uid}/").status_code == client.get(ghost).status_code == 404
    assert signed_in("cbp.officer").post(f"/peers/{peer.uid}/{verb}/").status_code == 403
    assert signed_in("cbp.officer").get("/peers/").status_code == 403
    assert signed_in("cbp.admin").post(f"/peers/{peer.uid}/{verb}/").status_code == 302


def test_a_secret_is_sent_to_no_server_it_was_not_given_for(server: Partner) -> None:
    peer = added(server)
    client = signed_in("cbp.admin")
    with partner() as other:
        answer = client.post(f"/peers/{peer.uid}/", typed(other, secret=""))
        assert answer.status_code == 400 and b"anew" in answer.content
        assert other.asked == []
        with engine():
            assert Peer.objects.get().url == server.url
        assert client.post(f"/peers/{peer.uid}/", typed(other)).status_code == 302
        assert other.asked
