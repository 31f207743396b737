"""The inbox collection: who sees it, what is taken by it, and what its sender is told."""

from __future__ import annotations

from uuid import uuid4

import orjson
import pytest
from django.utils import timezone
from requests import HTTPError
from taxii2client.common import TokenAuth
from taxii2client.v21 import Server

from bulletins.models import Bulletin
from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.feeds.taxii.inbox import INBOX
from tests.cast import person, viewer
from tests.feeds.conftest import COLLECTIONS, MEDIA
from tests.intake.conftest import stix

PLACE = f"{COLLECTIONS}{INBOX}/"


def sent(program, *objects, body=None, content_type=MEDIA, **options):
    whole = orjson.dumps({"objects": list(objects)}) if body is None else body
    return program.client.post(f"{PLACE}objects/", whole, content_type=content_type, **options)


@pytest.mark.django_db
@pytest.mark.parametrize("scope", ["taxii", "write"])
def test_what_is_sent_becomes_a_draft_and_its_sender_asks_what_became_of_it(program, scope):
    sender, found = program("cbp.officer", scope), stix("report")
    answer = sent(sender, found, stix("report", surprise=1))
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, MEDIA)
    status = answer.json()
    assert (status["status"], status["total_count"]) == ("complete", 2)
    assert (status["success_count"], status["failure_count"], status["pending_count"]) == (1, 1, 0)
    again = sender.get(f"/taxii2/hub/status/{status['id']}/")
    assert again.json() == status
    for username in ("cbp.releaser", "cbsa.officer"):
        hidden = program(username).get(f"/taxii2/hub/status/{status['id']}/")
        ghost = program(username).get(f"/taxii2/hub/status/{uuid4()}/")
        assert (
            (hidden.status_code, hidden.content) == (ghost.status_code, ghost.content) == (404, ghost.content)
        )
    with viewing(viewer("cbp.officer")):
        assert Bulletin.objects.filter(latest=0).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said",
    [
        "application/taxii+json; version=2.1",
        "application/taxii+json;version=2.1; charset=utf-8",
        'application/taxii+json; charset="UTF-8"; version="2.1"',
        "application/taxii+json",
    ],
)
def test_what_else_the_content_type_says_stops_nothing(program, said):
    answer = sent(program("cbp.officer"), stix("report"), content_type=said)
    assert (answer.status_code, answer.json()["success_count"]) == (202, 1)


@pytest.mark.django_db
def test_the_inbox_is_listed_for_those_who_may_send_and_is_no_collection_for_others(program):
    sender = program("cbp.officer")
    (listed,) = [each for each in sender.get(COLLECTIONS).json()["collections"] if each["id"] == str(INBOX)]
    assert (listed["can_read"], listed["can_write"]) == (False, True)
    assert sender.get(PLACE).json() == listed
    for below in ("objects/", "manifest/", f"objects/report--{uuid4()}/"):
        assert sender.get(f"{PLACE}{below}").status_code == 403, below
    for other in (program("cbp.officer", "read"), program("inspector"), program("steward", "write")):
        assert str(INBOX) not in other.get(COLLECTIONS).content.decode()
        assert other.get(PLACE).status_code == 404
        ghost = other.client.post(f"{COLLECTIONS}{uuid4()}/objects/", b"{", content_type="text/plain")
        assert sent(other, stix("report")).content == ghost.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "options"),
    [
        (415, {"content_type": "application/json"}),
        (415, {"content_type": "application/stix+json;version=2.1"}),
        (415, {"content_type": "application/taxii+json;version=2.0"}),
        (400, {"body": b"{"}),
        (400, {"body": b"\xff"}),
        (422, {"body": b"[]"}),
        (422, {"body": b"{}"}),
        (422, {"body": b'{"objects": []}'}),
        (413, {"CONTENT_LENGTH": str(2**31)}),
        (411, {"CONTENT_LENGTH": ""}),
        (406, {"headers": {"Accept": "application/json"}}),
        (400, {"QUERY_STRING": "limit=1"}),
    ],
)
def test_what_cannot_be_taken_is_said_by_its_status_and_leaves_nothing(program, status, options):
    answer = sent(program("cbp.officer"), **{"body": b'{"objects":[{}]}', **options})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, MEDIA), answer.content
    assert answer.json()["http_status"] == str(status)
    with viewing(viewer("cbp.officer")):
        assert not Bulletin.objects.exists()


@pytest.mark.django_db
def test_the_root_says_how_much_may_be_sent(program, settings):
    assert program("cbp.officer").get("/taxii2/hub/").json()["max_content_length"] > 100_000


@pytest.mark.django_db(transaction=True)
def test_taxii2_client_sends_and_asks_what_became_of_it(live_server, settings):
    settings.SITE_URL = live_server.url
    key = issue_token(person("cbp.officer"), scope="taxii", days=1, at=timezone.now())
    root = Server(f"{live_server.url}/taxii2/", auth=TokenAuth(key)).default
    (inbox,) = [each for each in root.collections if each.can_write]
    status = inbox.add_objects({"objects": [stix("report")]}, wait_for_completion=False)
    assert (status.status, status.success_count, status.failure_count) == ("complete", 1, 0)
    status.refresh()
    assert root.get_status(status.id).total_count == 1
    with pytest.raises(HTTPError):
        root.get_status("5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11").refresh()


@pytest.mark.django_db
def test_of_an_envelope_of_which_nothing_is_taken_each_object_has_its_reason(program):
    bad = [stix("report", labels=["x"], surprise=number) for number in range(400)]
    answer = sent(program("cbp.officer"), *bad)
    said = answer.json()
    assert (answer.status_code, said["http_status"], answer.headers["Content-Type"]) == (422, "422", MEDIA)
    assert [each["id"] for each in said["details"]["failures"]] == [each["id"] for each in bad]
    assert all("surprise" in each["message"] for each in said["details"]["failures"])
