"""TAXII 2.1 as its standard asks for it and as clients in the field need it: one behaviour a test."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from hub.accounts.tokens import issue_token
from sharing.feeds.taxii import asking
from sharing.feeds.taxii.collections import EVERYTHING
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import person
from tests.feeds.conftest import COLLECTIONS, CONTEXT, MEDIA, Resuming, numbered

pytestmark = pytest.mark.django_db
GHOST = "5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11"
OBJECTS = f"{COLLECTIONS}{EVERYTHING}/objects/"


@pytest.fixture
def given():
    """Three of CBP's that CBSA has, in the order in which they became visible to it."""
    found = [published_bulletin(), published_seizure(), published_bulletin(hazard=False, safety_note="")]
    for each in found:
        released(each, ("CBSA", "place"))
        numbered()
    return [f"report--{each.uid}" for each in found]


def ids(answer):
    return [each["id"] for each in answer.json().get("objects", [])]


def own(answer):
    return [id_ for id_ in ids(answer) if id_.partition("--")[0] in ("report",)]


def test_discovery_and_root_say_where_to_go_on(program, settings):
    partner = program("cbsa.officer")
    found = partner.get("/taxii2/")
    assert (found.status_code, found.headers["Content-Type"]) == (200, MEDIA)
    root = f"{settings.SITE_URL}/taxii2/hub/"
    assert found.json()["default"] == root
    assert found.json()["api_roots"] == [root]
    assert found.json()["title"]
    said = partner.get("/taxii2/hub/").json()
    assert said["versions"] == [MEDIA]
    assert said["max_content_length"] > 0
    assert said["title"]


def test_a_path_without_its_slash_answers_the_same(program, given):
    partner = program("cbsa.officer")
    below = (f"hub/collections/{EVERYTHING}/{end}" for end in ("", "objects/", f"objects/{given[0]}/"))
    for path in ("", "hub/", "hub/collections/", *below):
        whole, bare = partner.get(f"/taxii2/{path}"), partner.get(f"/taxii2/{path}".rstrip("/"))
        assert (
            (bare.status_code, bare.content) == (whole.status_code, whole.content) == (200, whole.content)
        ), path


@pytest.mark.parametrize("path", ["/taxii2/", "/taxii2/hub/", COLLECTIONS, OBJECTS, "/taxii2/nothing/"])
def test_who_brings_no_token_is_told_how_also_where_they_are_signed_in(path, given):
    browser, stranger = Client(), Client()
    browser.force_login(person("cbsa.officer"))
    wrong = Client(headers={"Authorization": "Token hub_nothing"})
    for client in (browser, stranger, wrong):
        found = client.get(path, headers={"Accept": MEDIA})
        assert (found.status_code, found.headers["Content-Type"]) == (401, MEDIA)
        assert "Token" in found.headers["WWW-Authenticate"]
        assert "Basic" in found.headers["WWW-Authenticate"]
        assert found.json()["http_status"] == "401"
        assert "fuel" not in found.content.decode()


@pytest.mark.parametrize("scope", ["read", "write", "taxii"])
def test_a_token_of_any_scope_reads_in_each_of_its_forms(scope, given):
    key = issue_token(person("cbsa.officer"), scope=scope, days=1, at=timezone.now())
    basic = base64.b64encode(f"cbsa.officer:{key}".encode()).decode()
    for said in (f"Token {key}", f"token {key}", f"Basic {basic}", f"basic {basic}"):
        found = Client(headers={"Authorization": said, "Accept": MEDIA}).get(OBJECTS)
        assert found.status_code == 200, said
        assert len(own(found)) == 3
    other = base64.b64encode(f"cbp.officer:{key}".encode()).decode()
    assert (
        Client(headers={"Authorization": f"Basic {other}", "Accept": MEDIA}).get(OBJECTS).status_code == 401
    )


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA, 200),
        ("application/taxii+json", 200),
        ("application/taxii+json; version=2.1", 200),
        ('application/taxii+json; version="2.1"; charset=utf-8', 200),
        ("application/taxii+json;charset=utf-8;version=2.0", 406),
        ("application/taxii+json;charset*=nothing''x;version=2.1", 406),
        ("Application/TAXII+JSON;Version=2.1", 200),
        (f"text/html, {MEDIA};q=0.9", 200),
        ("", 406),
        ("*/*", 406),
        ("application/json", 406),
        ("application/taxii+json;version=2.0", 406),
        (f"{MEDIA};q=0", 406),
    ],
)
def test_what_is_accepted_is_taxii_in_version_2_1(program, given, accept, status):
    found = program("cbsa.officer", Accept=accept).objects()
    assert (found.status_code, found.headers["Content-Type"]) == (status, MEDIA)
    if status != 200:
        assert found.json()["http_status"] == "406"
        assert MEDIA in found.json()["description"]


def test_a_content_type_on_a_get_is_nothing_wrong(program, given):
    found = program("cbsa.officer").client.get(OBJECTS, headers={"Content-Type": MEDIA})
    assert found.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=1&limit=2",
        "match[type]=report&match[type]=incident",
        "match[name]=x",
        "match[type]=",
        "added_after=yesterday",
        "added_after=2026-13-01T00:00:00Z",
        "added_after=2026-01-01",
        "match[version]=newest",
        "next=x",
        "next=",
    ],
)
def test_a_filter_that_is_unknown_repeated_or_unreadable_is_refused(program, given, query):
    partner = program("cbsa.officer")
    for below in ("objects", "manifest"):
        found = partner.get(f"{COLLECTIONS}{EVERYTHING}/{below}/?{query}")
        assert (found.status_code, found.headers["Content-Type"]) == (400, MEDIA), below
        assert found.json()["http_status"] == "400"
        assert query.partition("=")[0] in found.json()["description"]
    assert partner.get(f"{COLLECTIONS}?{query}").status_code == 400
    assert partner.get(f"{OBJECTS}{given[0]}/?match[type]=report").status_code == 400


def test_no_more_is_given_than_the_limit_and_each_object_once(program, given):
    partner = program("cbsa.officer")
    whole = [each["id"] for each in partner.all()]
    assert len(whole) == len(set(whole))
    for limit in (1, 2, 3, 7, 100):
        pages = list(partner.pages(limit=limit))
        found = [id_ for page in pages for id_ in ids(page)]
        assert all(len(ids(page)) == limit for page in pages[:-1]), limit
        assert found == whole, limit


def test_a_limit_beyond_the_highest_is_cut_to_it(program, given, monkeypatch):
    monkeypatch.setattr(asking, "MOST", 3)
    partner = program("cbsa.officer")
    page = partner.objects(limit=4).json()
    assert len(page["objects"]) == 3 and page["more"] is True
    on = partner.objects(limit=10**17, next=page["next"]).json()
    assert len(on["objects"]) == 3 and on["objects"][0]["id"] not in {each["id"] for each in page["objects"]}
    manifest = partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/", limit=4).json()
    assert len(manifest["objects"]) == 3 and manifest["more"] is True


def test_an_envelope_has_no_other_keys_and_more_never_without_next(program, given):
    pages = list(program("cbsa.officer").pages(limit=2))
    for page in pages[:-1]:
        assert set(page.json()) == {"objects", "more", "next"}
        assert page.json()["more"] is True
    assert set(pages[-1].json()) == {"objects"}
    assert program("rcmp.officer").objects().json() == {}


def test_every_object_says_its_version_of_the_standard(program, given):
    assert {each["spec_version"] for each in program("cbsa.officer").all()} == {"2.1"}


def test_what_an_object_refers_to_comes_before_it(program, given):
    seen: set[str] = set()
    for each in program("cbsa.officer").all():
        named = [each.get("created_by_ref", ""), *each.get("object_marking_refs", [])]
        named += each.get("object_refs", []) if each["type"] == "note" else []
        assert set(filter(None, named)) <= seen, each["id"]
        seen.add(each["id"])


def test_added_after_is_strictly_after_and_the_headers_say_where_a_page_ends(program, given):
    partner = program("cbsa.officer")
    whole = partner.objects()
    first, last = (whole.headers[f"X-TAXII-Date-Added-{end}"] for end in ("First", "Last"))
    assert first < last
    assert partner.objects(added_after=last).json() == {}
    assert "X-TAXII-Date-Added-Last" not in partner.objects(added_after=last).headers
    before = datetime.fromisoformat(last) - timedelta(microseconds=1)
    one = partner.objects(added_after=before.isoformat().replace("+00:00", "Z"))
    assert ids(one) == ids(whole)[-1:]
    assert one.headers["X-TAXII-Date-Added-First"] == one.headers["X-TAXII-Date-Added-Last"] == last


@pytest.mark.parametrize("limit", [1, 2, 5, None])
def test_who_goes_on_after_the_last_date_misses_nothing(program, given, limit):
    feed = Resuming(program("cbsa.officer"), limit=limit, by_next=False)
    feed.poll()
    assert sorted(feed.records) == sorted(given)
    later = published_bulletin()
    released(later, "CBSA")
    numbered()
    assert [each["id"] for each in feed.poll() if each["type"] == "report"] == [f"report--{later.uid}"]


def test_next_carries_the_whole_query(program, given):
    partner = program("cbsa.officer")
    whole = partner.objects()
    begin = whole.headers["X-TAXII-Date-Added-First"]
    page = partner.objects(limit=2, added_after=begin, **{"match[type]": "report,grouping"})
    next_ = page.json()["next"]
    bare = partner.objects(next=next_)
    assert ids(bare) == given[2:]
    same = partner.objects(next=next_, added_after=begin, **{"match[type]": "grouping,report"})
    assert ids(same) == given[2:]
    other = {"added_after": "2026-01-01T00:00:00Z", "match[type]": "note", "match[id]": given[0]}
    for name, value in other.items():
        assert partner.objects(next=next_, **{name: value}).status_code == 400, name


def test_next_carries_a_hundred_ids_in_an_address_beside_the_same_hundred(program, given):
    partner = program("cbsa.officer")
    ids = ",".join([given[0], given[1], "nothing", "report--X", *(f"report--{uuid4()}" for _ in range(96))])
    page = partner.objects(limit=1, **{"match[id]": ids}).json()
    assert [each["id"] for each in page["objects"]] == given[:1]
    asked = urlencode({"limit": 1, "next": page["next"], "match[id]": ids})
    assert len(f"GET {OBJECTS}?{asked} HTTP/1.1") <= 8190
    for query in ({"next": page["next"]}, {"next": page["next"], "match[id]": ids}):
        assert [each["id"] for each in partner.objects(**query).json()["objects"]] == given[1:2]


def test_next_is_for_its_own_asker_and_collection_alone(program, given):
    next_ = program("cbsa.officer").objects(limit=1).json()["next"]
    assert program("cbsa.liaison").objects(next=next_).status_code == 400
    listed = program("cbsa.officer").get(COLLECTIONS).json()["collections"]
    other = next(each["id"] for each in listed if each["can_read"] and each["id"] != str(EVERYTHING))
    assert program("cbsa.officer").objects(other, next=next_).status_code == 400
    assert given[0][10:] not in next_


def test_matches_narrow_and_a_comma_is_or(program, given):
    partner = program("cbsa.officer")

    def matched(**matches):
        return [
            each["id"] for each in partner.all(**{f"match[{name}]": value for name, value in matches.items()})
        ]

    assert matched(type="report") == given
    assert matched(type="report,grouping") == given
    assert matched(id=f"{given[2]},{given[0]}") == [given[0], given[2]]
    assert matched(id=given[1], type="note") == []
    assert matched(id=f"report--{uuid4()}") == []
    assert {id_.partition("--")[0] for id_ in matched(type="identity,note")} == {"identity", "note"}
    assert matched(spec_version="2.0") == []
    assert matched(spec_version="2.0,2.1", type="report") == given
    for version in ("last", "first", "all", "first,2026-01-01T00:00:00Z"):
        assert matched(version=version, type="report,grouping") == given, version
    (modified,) = [each["modified"] for each in partner.records() if each["id"] == given[1]]
    assert matched(version=modified, type="report,grouping") == [given[1]]
    assert matched(version="2026-01-01T00:00:00.5Z", type="report,grouping") == []


def test_the_manifest_names_what_objects_gives_each_with_a_date_of_its_own(program, given):
    partner = program("cbsa.officer")
    whole = partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/")
    rows = whole.json()["objects"]
    objects = partner.all()
    assert [row["id"] for row in rows] == [each["id"] for each in objects]
    assert [row["version"] for row in rows] == [each.get("modified", each["created"]) for each in objects]
    dates = [row["date_added"] for row in rows]
    assert dates == sorted(set(dates))
    assert {row["media_type"] for row in rows} == {"application/stix+json;version=2.1"}
    assert (whole.headers["X-TAXII-Date-Added-First"], whole.headers["X-TAXII-Date-Added-Last"]) == (
        dates[0],
        dates[-1],
    )
    assert set(whole.json()) == {"objects"}
    paged = partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/", limit=2).json()
    assert [row["id"] for row in paged["objects"]] == [each["id"] for each in objects][:2]
    assert paged["more"] is True


def test_one_object_is_found_by_its_id_whatever_it_is(program, given):
    partner = program("cbsa.officer")
    for each in partner.all():
        found = partner.object(each["id"])
        assert found.status_code == 200, each["id"]
        assert found.json() == {"objects": [each]}
        assert found.headers["X-TAXII-Date-Added-First"] == found.headers["X-TAXII-Date-Added-Last"]
        versions = partner.get(f"{OBJECTS}{each['id']}/versions/")
        assert versions.json() == {"versions": [each.get("modified", each["created"])]}
        assert versions.headers["X-TAXII-Date-Added-First"]


def test_filters_of_one_object_leave_an_empty_envelope_not_a_404(program, given):
    partner = program("cbsa.officer")
    assert partner.object(given[0], **{"match[version]": "2026-01-01T00:00:00Z"}).json() == {}
    assert partner.object(given[0], added_after="2099-01-01T00:00:00Z").json() == {}
    assert len(partner.object(given[0], **{"match[version]": "all"}).json()["objects"]) == 1
    assert partner.object(f"report--{GHOST}", **{"match[version]": "all"}).status_code == 404


@pytest.mark.parametrize(
    "id_",
    [
        "nothing",
        "report--nothing",
        f"report--{GHOST}",
        f"note--{GHOST}",
        f"identity--{GHOST}",
        "--",
        "report--" + "9" * 36,
    ],
)
def test_an_object_that_is_not_there_is_a_404(program, given, id_):
    partner = program("cbsa.officer")
    for path in (f"{OBJECTS}{id_}/", f"{OBJECTS}{id_}/versions/"):
        found = partner.get(path)
        assert (found.status_code, found.headers["Content-Type"]) == (404, MEDIA)
        assert found.json()["http_status"] == "404"
    assert partner.client.delete(f"{OBJECTS}{id_}/").status_code == 404


def test_nobody_deletes_what_they_read(program, given):
    partner = program("cbsa.officer", scope="write")
    found = partner.client.delete(f"{OBJECTS}{given[0]}/")
    assert (found.status_code, found.json()["http_status"]) == (403, "403")
    assert partner.object(given[0]).status_code == 200


def test_what_is_sent_to_a_collection_that_is_read_is_refused(program, given):
    partner = program("cbsa.officer", scope="write")
    found = partner.client.post(OBJECTS, b'{"objects":[]}', content_type=MEDIA)
    assert (found.status_code, found.json()["http_status"]) == (403, "403")
    unread = partner.client.post(f"{COLLECTIONS}{uuid4()}/objects/", b"{", content_type="text/plain")
    assert unread.status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_another_method_is_told_which_are_taken(program, given, method):
    found = getattr(program("cbsa.officer").client, method)(COLLECTIONS)
    assert (found.status_code, found.headers["Allow"]) == (405, "GET, HEAD")
    assert found.headers["Content-Type"] == MEDIA


def test_a_head_has_the_headers_of_the_answer(program, given):
    found = program("cbsa.officer").client.head(OBJECTS)
    assert (found.status_code, found.content) == (200, b"")
    assert found.headers["X-TAXII-Date-Added-Last"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "hub/",
        "hub/collections/",
        f"hub/collections/{EVERYTHING}/objects/",
        "nothing/",
        f"hub/status/{GHOST}/",
    ],
)
def test_nothing_of_it_is_kept_on_the_way(program, given, path):
    found = program("cbsa.officer").get(f"/taxii2/{path}")
    assert found.headers["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Accept"} <= {name.strip() for name in found.headers["Vary"].split(",")}


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "hub/nothing",
        "hub/status/",
        f"hub/status/{GHOST}/",
        "hub/status/x/",
        "hub/collections/nothing/",
    ],
)
def test_whatever_else_lies_there_is_a_404_of_taxii(program, path):
    found = program("cbsa.officer").get(f"/taxii2/{path}")
    assert (found.status_code, found.headers["Content-Type"]) == (404, MEDIA)


def test_too_many_requests_are_told_when_to_come_again(program, given, settings):
    cache.clear()
    settings.API_REQUESTS_A_MINUTE = 2
    partner = program("cbsa.officer")
    answers = [partner.get("/taxii2/") for _ in range(4)]
    assert answers[0].status_code == 200
    found = answers[-1]
    assert (found.status_code, found.headers["Content-Type"]) == (429, MEDIA)
    assert 0 < int(found.headers["Retry-After"]) <= 60


def test_an_error_of_the_hubs_own_says_nothing_of_itself(program, given, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("zebrafinch")

    monkeypatch.setattr("sharing.feeds.taxii.reading.finished", fail)
    found = program("cbsa.officer").objects()
    assert (found.status_code, found.headers["Content-Type"]) == (500, MEDIA)
    assert "zebrafinch" not in found.content.decode()


def test_context_alone_can_be_asked_for(program, given):
    found = program("cbsa.officer").all(**{"match[type]": ",".join(CONTEXT)})
    assert {each["type"] for each in found} <= set(CONTEXT)
    assert found
