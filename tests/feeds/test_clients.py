"""Clients in the field, against the server as it runs: taxii2-client and cytaxii2."""

from __future__ import annotations

import pytest
import stix2
from cytaxii2.cytaxii2 import cytaxii2
from django.utils import timezone
from requests import HTTPError
from taxii2client.common import TokenAuth
from taxii2client.v21 import Server, as_pages

from hub.accounts.tokens import issue_token
from sharing.feeds.taxii.collections import EVERYTHING
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import person
from tests.disclosures.reader import take_back
from tests.feeds.conftest import numbered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key():
    return issue_token(person("cbsa.officer"), scope="taxii", days=1, at=timezone.now())


@pytest.fixture
def hub(live_server, settings, key):
    settings.SITE_URL = live_server.url
    bulletin, seizure = published_bulletin(), published_seizure()
    for each in (bulletin, seizure):
        released(each, ("CBSA", "place"))
    numbered()
    return live_server.url, bulletin, seizure


def test_taxii2_client_finds_its_way_and_reads_page_by_page(hub, key):
    url, bulletin, seizure = hub
    server = Server(f"{url}/taxii2/", auth=TokenAuth(key))
    root = server.default
    assert [each.url for each in server.api_roots] == [root.url] == [f"{url}/taxii2/hub/"]
    assert root.versions == ["application/taxii+json;version=2.1"]
    (everything,) = [each for each in root.collections if each.id == str(EVERYTHING)]
    assert everything.can_read
    assert not everything.can_write
    whole = everything.get_objects()["objects"]
    paged = [each for page in as_pages(everything.get_objects, per_request=2) for each in page["objects"]]
    assert paged == whole
    named = [
        row["id"] for page in as_pages(everything.get_manifest, per_request=2) for row in page["objects"]
    ]
    assert named == [each["id"] for each in whole]
    reports = everything.get_objects(type="report")["objects"]
    assert [each["id"] for each in reports] == [f"report--{bulletin.uid}", f"report--{seizure.uid}"]
    assert everything.get_object(reports[0]["id"])["objects"] == reports[:1]
    assert everything.object_versions(reports[0]["id"])["versions"] == [reports[0]["modified"]]
    with pytest.raises(HTTPError) as refused:
        everything.get_object("report--5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11")
    assert refused.value.response.status_code == 404
    take_back(bulletin)
    numbered()
    (gone,) = [
        each for each in everything.get_objects(id=reports[0]["id"])["objects"] if each["type"] == "report"
    ]
    assert gone["revoked"] is True


def test_taxii2_client_by_name_and_token(hub, key):
    url, bulletin, _seizure = hub
    server = Server(f"{url}/taxii2", user="cbsa.officer", password=key)
    (everything,) = [each for each in server.default.collections if each.id == str(EVERYTHING)]
    assert f"report--{bulletin.uid}" in str(everything.get_objects())
    with pytest.raises(HTTPError) as refused:
        Server(f"{url}/taxii2/", user="cbsa.officer", password="wrong").title  # noqa: B018 - asks
    assert refused.value.response.status_code == 401


def test_cytaxii2_polls_and_follows_next(hub, key):
    url, bulletin, seizure = hub
    client = cytaxii2(f"{url}/taxii2/", "cbsa.officer", key)
    assert client.root_discovery()["response"]["title"]
    found = client.collection_request()["response"]["collections"]
    assert str(EVERYTHING) in {each["id"] for each in found}
    ids, answer = [], client.poll_request(str(EVERYTHING), limit=3)
    while True:
        assert answer["status"], answer
        ids += [each["id"] for each in answer["response"]["objects"]]
        if not answer["response"].get("more"):
            break
        answer = client.poll_request(str(EVERYTHING), limit=3, next=answer["response"]["next"])
    assert len(ids) == len(set(ids))
    assert {f"report--{bulletin.uid}", f"report--{seizure.uid}"} <= set(ids)
    one = client.poll_request(str(EVERYTHING), object_type="report", object_id=f"report--{seizure.uid}")
    assert [each["id"] for each in one["response"]["objects"]] == [f"report--{seizure.uid}"]


def test_whatever_is_served_parses_strictly_as_stix(hub, key):
    url, bulletin, _seizure = hub
    server = Server(f"{url}/taxii2/", auth=TokenAuth(key))
    for each in (each for each in server.default.collections if each.can_read):
        for found in each.get_objects().get("objects", []):
            stix2.parse(found, allow_custom=False, version="2.1")
    take_back(bulletin)
    numbered()
    (everything,) = [each for each in server.default.collections if each.id == str(EVERYTHING)]
    for found in everything.get_objects()["objects"]:
        stix2.parse(found, allow_custom=False, version="2.1")
