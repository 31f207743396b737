"""Collections as endpoints: asked whether the hub may write, their way in shown to nobody and sent nowhere else."""

from __future__ import annotations

from html import unescape
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.database.context import viewing
from sharing.deliveries.collection import basic, header_refusal, is_collection, status_url
from sharing.deliveries.endpoints.actions import rotate_secret
from sharing.deliveries.endpoints.resealing import reseal_all
from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import unseal
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.deliveries.collecting import ID, PASSWORD, Collection, serving
from tests.deliveries.conftest import collection_for, deliveries, endpoint_for, send
from tests.deliveries.test_endpoints import own, post, signed_in, text

pytestmark = pytest.mark.django_db

NEW = "/endpoints/new/collection/"


@pytest.fixture
def liaison():
    return signed_in("cbsa.liaison")


def added(client, collection, **values):
    given = {"url": collection.url, "username": "hub", "password": PASSWORD, **values}
    answer = client.post(NEW, given)
    assert answer.status_code == 302, text(answer)
    return answer["Location"]


def test_nothing_is_sent_before_the_server_says_that_the_hub_may_write(liaison, collection):
    page = added(liaison, collection)
    assert collection.asked == []
    released(published_bulletin(), "CBSA")
    send()
    assert collection.bodies == [] and deliveries("CBSA", "taxii") == []

    about = collection.about
    for said, why in (
        ({**about, "can_write": False}, "does not let the hub write"),
        ({**about, "can_write": "yes"}, "does not let the hub write"),
        ({"id": ID}, "no TAXII collection"),
        ([about], "no TAXII collection"),
        ({"can_write": True}, "no TAXII collection"),
    ):
        collection.about = said
        assert f"Not verified: the {'answer was' if 'no TAXII' in why else 'collection'} {why}" in text(
            post(liaison, page + "verify/")
        )
    collection.about, collection.password = about, "other"
    assert "Not verified: the endpoint answered 401" in text(post(liaison, page + "verify/"))
    assert own().verified_at is None

    collection.password = PASSWORD
    found = text(post(liaison, page + "verify/"))
    assert "alerts go there from now on" in found and "Drugs at the border" in found
    assert "Drugs at the border" in text(liaison.get("/endpoints/"))
    released(published_bulletin(), "CBSA")
    send()
    assert len(collection.envelopes) == 1


def test_a_title_is_no_markup_and_no_longer_than_a_line(liaison, collection):
    collection.about = {**collection.about, "title": "<b>A</b>\u202e" + "x" * 5000}
    page = added(liaison, collection)
    answer = post(liaison, page + "verify/")
    assert own().title == ("<b>A</b>" + "x" * 5000)[:200]
    assert "<b>A</b>" not in answer.content.decode() and "\u202e" not in answer.content.decode()


@pytest.mark.parametrize("given", [{"username": "hub", "password": PASSWORD}, {"token": f"Token {PASSWORD}"}])
def test_what_lets_the_hub_in_is_on_no_page_and_sealed_at_rest(given, liaison, collection):
    page = added(liaison, collection, **{"username": "", "password": "", "header": "Authorization", **given})
    assert "alerts go there" in text(post(liaison, page + "verify/"))
    refused = liaison.post(NEW, {"url": collection.url, "username": "hub", "password": PASSWORD})
    assert refused.status_code == 400 and "has an endpoint with this address" in text(refused)
    moved = liaison.post(page + "move/", {"url": "http://10.0.0.1/collections/a/", **given})
    assert moved.status_code == 400
    for answer in (refused, moved, *map(liaison.get, ("/endpoints/", page, NEW, "/deliveries/"))):
        body = unescape(answer.content.decode())
        assert PASSWORD not in body and basic("hub", PASSWORD).split()[-1] not in body
    sealed = own().sealed_secret
    assert PASSWORD not in sealed and PASSWORD not in str(own().__dict__)
    assert unseal(sealed).startswith("Authorization: ")


def test_who_gives_another_address_gives_the_way_in_anew(liaison, collection):
    """Or whoever may change the address could have it sent to a server of their own."""
    endpoint = collection_for("CBSA", collection)
    page = f"/endpoints/{endpoint.uid}/"
    other = Collection(about={**collection.about, "title": "Elsewhere"}, password="another")
    with serving(other):
        bare = liaison.post(page + "move/", {"url": other.url})
        assert bare.status_code == 400 and "user name and a password" in text(bare)
        wrong = liaison.post(page + "move/", {"url": other.url, "username": "hub", "password": PASSWORD})
        assert wrong.status_code == 400 and "the old address stays in use: the endpoint answered 401" in text(
            wrong
        )
        assert own().url == collection.url and own().title == "Drugs at the border"
        done = post(liaison, page + "move/", url=other.url, username="hub", password="another")
        assert "The address is changed" in text(done) and own().title == "Elsewhere"
        released(published_bulletin(), "CBSA")
        send()
        assert len(other.envelopes) == 1 and collection.envelopes == []


def test_another_way_in_alone_is_proved_too(liaison, collection):
    page = f"/endpoints/{collection_for('CBSA', collection).uid}/"
    same = {"url": collection.url, "username": "hub"}
    assert liaison.post(page + "move/", {**same, "password": "guessed"}).status_code == 400
    collection.password = "changed"
    assert "is changed" in text(post(liaison, page + "move/", **same, password="changed"))


def test_the_test_button_asks_and_adds_nothing(liaison, collection):
    page = f"/endpoints/{collection_for('CBSA', collection).uid}/"
    assert "It answered the test" in text(post(liaison, page + "test/"))
    collection.about["can_write"] = False
    assert "did not take the test: the collection does not let" in text(post(liaison, page + "test/"))
    assert collection.bodies == []
    # A webhook's verbs have nothing to do with it.
    assert "its owner's to make" in text(post(liaison, page + "rotate/"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "user name and a password, or a token"),
        ({"username": "hub"}, "Give both"),
        ({"password": "a"}, "Give both"),
        ({"username": "a:b", "password": "c"}, "without a colon"),
        ({"username": "a", "password": "b", "token": "c"}, "or a token"),
        ({"header": "Host", "token": "example.org"}, "name of the header"),
        ({"header": "X-Key\r\nHost", "token": "a"}, "name of the header"),
        ({"header": "X-Key", "token": "a\r\nHost: b"}, "one line"),
        ({"url": "https://taxii.example.org/api/collections/1", "token": "a"}, "and a slash"),
        ({"url": "https://taxii.example.org/api/collections/1/objects/", "token": "a"}, "and a slash"),
        ({"url": "https://taxii.example.org/api/collections/1/?a=b", "token": "a"}, "and a slash"),
        ({"url": "http://10.0.0.1/api/collections/1/", "token": "a"}, "not a public address"),
        ({"url": "https://user:word@example.org/collections/1/", "token": "a"}, "not a web address"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given, why, liaison):
    usual = {"url": "https://taxii.example.org/api/collections/1/", "header": "Authorization"}
    answer = liaison.post(NEW, {**usual, **given})
    assert answer.status_code == 400 and why in text(answer)
    with viewing(viewer("cbsa.liaison")):
        assert not Endpoint.objects.exists()


@pytest.mark.parametrize("username", ["cbsa.officer", "cbsa.releaser"])
def test_it_is_for_administrators_and_liaisons(username, collection):
    client = signed_in(username)
    assert client.get(NEW).status_code == client.post(NEW, {"url": collection.url}).status_code == 403


def test_another_agencys_is_not_there(collection):
    endpoint = collection_for("CBSA", collection)
    client = signed_in("cbp.admin")
    for verb in ("", "move/", "test/", "verify/", "disable/", "remove/"):
        ask = client.post if verb else client.get
        assert ask(f"/endpoints/{endpoint.uid}/{verb}").status_code == 404
    assert collection.asked == ["/api/collections/" + ID + "/"]


def test_its_way_in_is_sealed_anew_with_the_others(collection, settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.WEBHOOK_KEYS = [old]
    endpoint = collection_for("CBSA", collection)
    settings.WEBHOOK_KEYS = [new, old]
    assert reseal_all(at=timezone.now()) == (1, [])
    settings.WEBHOOK_KEYS = [new]
    released(published_bulletin(), "CBSA")
    send()
    assert len(collection.envelopes) == 1 and own().sealed_secret != endpoint.sealed_secret


def test_removed_it_keeps_nothing_and_disabled_it_is_sent_nothing(liaison, collection):
    page = f"/endpoints/{collection_for('CBSA', collection).uid}/"
    post(liaison, page + "disable/")
    released(published_bulletin(), "CBSA")
    send()
    assert collection.bodies == []
    post(liaison, page + "remove/")
    found = own()
    assert (found.url, found.title, found.sealed_secret) == ("", "", "")


def test_it_has_one_way_in(collection):
    endpoint = collection_for("CBSA", collection)
    who = viewer("cbsa.liaison")
    with viewing(who):
        with pytest.raises(ValidationError):
            rotate_secret(endpoint, viewer=who, at=timezone.now())
        with pytest.raises(IntegrityError, match="one_secret"), transaction.atomic():
            Endpoint.objects.update(sealed_old_secret="x", old_secret_ends_at=timezone.now())


def test_by_command_the_way_in_comes_from_standard_input(collection, monkeypatch):
    def run(*arguments, given=""):
        monkeypatch.setattr("sys.stdin", StringIO(given + "\n"))
        out = StringIO()
        call_command("endpoint", *arguments, stdout=out)
        return out.getvalue()

    with pytest.raises(CommandError, match="name of the header"):
        run("add", "CBSA", collection.url, "--collection")
    said = run("add", "CBSA", collection.url, "--collection", given=basic("hub", PASSWORD))
    uid = said.split()[0]
    assert PASSWORD not in said and "in use" in run("verify", "CBSA", uid)
    with pytest.raises(CommandError, match="answered 401"):
        run("move", "CBSA", uid, collection.url, given=basic("hub", "other"))
    assert "moved" in run("move", "CBSA", uid, collection.url, given=f"Authorization: Token {PASSWORD}")
    assert "answered" in run("test", "CBSA", uid) and PASSWORD not in run("list", "CBSA")


def test_programs_watch_it_and_read_nothing_of_its_address(collection, caller):  # noqa: F811
    collection_for("CBSA", collection)
    (found,) = caller("cbsa.liaison").get("deliveries/endpoints/").json()["results"]
    assert found["kind"] == "taxii" and found["server"] == f"127.0.0.1:{collection.port}"
    assert ID not in str(found) and "hub" not in str(found)


def test_a_desk_subscribes_its_collection_and_a_person_does_not(collection, receiver, caller):  # noqa: F811
    hook, _secret = endpoint_for("CBSA", receiver.url)
    pushed = collection_for("CBSA", collection)
    liaison = caller("cbsa.liaison")
    (desk,) = liaison.get("subscriptions/?whose=desk").json()["results"]
    assert desk["channels"] == ["inbox", "mail", "webhook", "taxii"]
    liaison.ask("DELETE", f"subscriptions/{desk['uid']}/", {})
    wish = {"title": "Tanks", "methods": ["VEH-MECH-FUEL"], "channels": ["webhook", "taxii"], "whose": "desk"}
    for wrong, where in (
        ({**wish, "whose": "me"}, "channels"),
        ({**wish, "frequency": "daily", "times": ["06:00"]}, "channels"),
        ({**wish, "channels": ["webhook"], "endpoint": str(pushed.uid)}, "endpoint"),
        ({**wish, "channels": ["inbox"], "endpoint": str(pushed.uid)}, "endpoint"),
    ):
        answer = liaison.post("subscriptions/", wrong)
        assert answer.status_code == 400 and where in str(answer.json())
    assert liaison.post("subscriptions/", {**wish, "endpoint": str(pushed.uid)}).status_code == 201
    plain = {"hazard": False, "safety_note": ""}
    released(published_bulletin(**plain), "CBSA")
    # The collection that is named is the only one; webhooks go where they went.
    assert {(row.channel, row.endpoint_id) for row in deliveries("CBSA")} == {
        ("taxii", pushed.pk),
        ("webhook", hook.pk),
    }
    released(published_bulletin(**plain, methods=["VEH-BODY-QTR"]), "CBSA")
    assert len(deliveries("CBSA")) == 2


def test_the_page_of_a_subscription_offers_it_to_a_desk(liaison, collection):
    collection_for("CBSA", collection)
    page = text(liaison.get("/subscriptions/new/"))
    assert "TAXII push" in page and "127.0.0.1 (TAXII)" in page
    assert "TAXII push" not in text(signed_in("cbsa.officer").get("/subscriptions/new/"))
    assert "inbox, e-mail, webhook, TAXII push" in text(liaison.get("/subscriptions/"))


@pytest.mark.parametrize(
    ("url", "status", "found"),
    [
        ("https://a.example/taxii/api1/collections/x/", "1-2", "https://a.example/taxii/api1/status/1-2/"),
        ("https://a.example/taxii/api1/collections/x/", "../../steal", ""),
        ("https://a.example/taxii/api1/collections/x/", "", ""),
        ("https://a.example/x/", "1", ""),
    ],
)
def test_a_status_is_asked_for_under_the_same_root_alone(url, status, found):
    assert status_url(url, status) == found
    assert is_collection(url) is ("collections" in url)


@pytest.mark.parametrize(
    "secret", ["", "Authorization", "Authorization: ", "Content-Length: 3", "X: é", "X: a\nb"]
)
def test_no_header_but_one_that_lets_in_is_sent(secret):
    assert header_refusal(secret)
