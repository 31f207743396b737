"""What partners' own tools make of the hub as it is served: each state of a record's life, by every feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import feedparser
import pytest
import requests
import schemathesis
from capvalidator import check_schema
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from hub.accounts.tokens import issue_token
from sharing.feeds.taxii.collections import EVERYTHING
from tests.agreements.conftest import Side
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.api.test_conformance import CALLERS, CHECKS, key_of, pointed
from tests.api.world import LISTS, names_seen, populate
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import person
from tests.disclosures.reader import take_back
from tests.feeds.conftest import COLLECTIONS, CONTEXT, MEDIA, numbered
from tests.feeds.polling import desk_feed, keeps_to_rfc_4287, linked
from tests.feeds.serving import served
from tests.feeds.test_atom import amended
from tests.stix.checks import accept, refs_of
from tests.stix.test_misp import imported

pytestmark = pytest.mark.django_db(transaction=True)
C = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture(scope="module")
def url(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


class Partner:
    """CBSA's programs: what they fetch, by HTTP alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = issue_token(person("cbsa.liaison"), scope="taxii", days=1, at=timezone.now())
        feed = desk_feed("cbsa.liaison")
        self.atom, self.cap = linked(feed, "cbsa.liaison"), f"/feeds/{feed.uid}/cap.xml"

    def get(self, path: str, **query: Any) -> requests.Response:
        address = path if path.startswith("http") else f"{self.url}{path}"
        headers = {"Authorization": f"Token {self.key}", "Accept": MEDIA}
        return requests.get(address, query, headers=headers, timeout=30)

    def objects(self) -> list[dict[str, Any]]:
        """All of the collection of everything, page by page."""
        found, query = [], {"limit": "7"}
        while True:
            page = self.get(f"{COLLECTIONS}{EVERYTHING}/objects/", **query)
            assert (page.status_code, page.headers["Content-Type"]) == (200, MEDIA), page.text
            found += page.json().get("objects", [])
            if not page.json().get("more"):
                return found
            query["next"] = page.json()["next"]


def bundle(*objects: dict[str, Any]) -> str:
    return json.dumps({"type": "bundle", "id": f"bundle--{uuid4()}", "objects": objects})


def all_read_it(objects: list[dict[str, Any]]) -> dict[str, str]:
    """The strict parser and the checker take all of it, MISP's importer each report; what that calls them, by id."""
    accept(bundle(*objects))
    by_id, titles = {each["id"]: each for each in objects}, {}
    for report in (each for each in objects if each["type"] == "report"):
        needed, wanted = {report["id"]}, [report]
        while wanted:
            more = (refs_of(wanted.pop()) & by_id.keys()) - needed
            needed |= more
            wanted += [by_id[id_] for id_ in more]
        parts = [each for each in objects if each["id"] in needed]
        titles[report["id"]] = imported(bundle(*parts)).misp_event.info
    return titles


def feeds_read(partner: Partner) -> tuple[list[str], list[str]]:
    """Titles that a feed reader shows, and the kinds of messages that a receiver of CAP takes, each to its schema."""
    atom = partner.get(partner.atom)
    found = feedparser.parse(atom.content)
    assert atom.status_code == 200 and not found.bozo
    assert atom.headers["Content-Type"].startswith("application/atom+xml")
    keeps_to_rfc_4287(atom.content)
    kinds = []
    for entry in feedparser.parse(partner.get(partner.cap).content).entries:
        answer = partner.get(entry.links[0].href)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/cap+xml")
        said = check_schema(answer.content)
        assert said.passed, said.message
        kinds.append(etree.fromstring(answer.content).findtext(f"{C}msgType"))
    return [entry.title for entry in found.entries], sorted(kinds)


def test_every_tool_reads_a_record_in_each_state_of_its_life(url):
    partner, side = Partner(url), Side("cbp.admin")
    bulletin, report = published_bulletin(title="Hollow tank"), published_seizure()
    id_, seizure = f"report--{bulletin.uid}", f"report--{report.uid}"

    def now():
        numbered()
        objects = partner.objects()
        titles = all_read_it(objects)
        revoked = {each["id"] for each in objects if each.get("revoked")}
        return titles, revoked, *feeds_read(partner)

    released(bulletin, ("CBSA", "place"))
    released(report, "CBSA")
    titles, revoked, entries, kinds = now()
    assert titles[id_] == "Hollow tank" and set(titles) == {id_, seizure} and not revoked
    assert len(entries) == 2 and kinds == ["Alert", "Alert"]

    amended(bulletin, title="Hollow tank, welded")
    titles, revoked, entries, kinds = now()
    assert titles[id_] == "Hollow tank, welded" and not revoked
    assert any("welded" in entry for entry in entries) and kinds == ["Alert", "Update"]

    side.suspend("CBP-CBSA")
    titles, revoked, entries, kinds = now()
    assert titles == {id_: "Withdrawn", seizure: "Withdrawn"} and not revoked
    assert not any("tank" in entry for entry in entries) and kinds == ["Cancel", "Cancel"]

    side.resume("CBP-CBSA")
    titles, revoked, entries, kinds = now()
    assert titles[id_] == "Hollow tank, welded" and titles[seizure] != "Withdrawn" and not revoked
    assert any("welded" in entry for entry in entries) and kinds == ["Alert", "Alert"]

    take_back(bulletin)
    titles, revoked, entries, kinds = now()
    assert titles[id_] == "Recalled" and id_ in revoked and seizure not in revoked
    assert not any("tank" in entry for entry in entries) and kinds == ["Alert", "Cancel"]

    released(bulletin, "CBSA")
    titles, revoked, entries, kinds = now()
    (again,) = titles.keys() - {id_, seizure}
    assert (titles[again], titles[id_]) == ("Hollow tank, welded", "Recalled") and again not in revoked
    assert any("welded" in entry for entry in entries) and kinds == ["Alert", "Alert"]


def test_a_hundred_ids_and_their_next_are_answered(url):
    partner = Partner(url)
    known = [published_bulletin(), published_bulletin()]
    for each in known:
        released(each, "CBSA")
    numbered()
    ids = [f"report--{each.uid}" for each in known]
    query = {"match[id]": ",".join([*ids, *(f"report--{uuid4()}" for _ in range(98))]), "limit": "1"}
    first = partner.get(f"{COLLECTIONS}{EVERYTHING}/objects/", **query)
    assert first.status_code == 200, first.text
    assert [each["id"] for each in first.json()["objects"]] == ids[:1]
    on = {"next": first.json()["next"]}
    for asked in (on, on | query):
        answer = partner.get(f"{COLLECTIONS}{EVERYTHING}/objects/", **asked)
        assert answer.status_code == 200, answer.text
        assert [each["id"] for each in answer.json()["objects"] if each["type"] not in CONTEXT] == ids[1:]


def test_the_api_answers_as_its_schema_says(url, caller):  # noqa: F811
    populate(caller)
    keys = [key_of(username) for username in CALLERS]
    seen_by = [names_seen(caller(username)) for username in CALLERS]
    known = {noun: sorted(set().union(*(each[noun] for each in seen_by))) for noun in LISTS}
    schema = schemathesis.openapi.from_url(f"{url}/api/schema/", headers={"Authorization": keys[0]})
    reached = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=1,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), key=st.sampled_from(keys), data=st.data())
        def ask(case, key, data):
            pointed(case, known, data)
            answer = case.call(base_url=url, headers={"Authorization": key})
            case.validate_response(answer, checks=CHECKS)
            reached.add(answer.status_code)

        ask()
    assert {200, 201, 404} <= reached


@pytest.mark.parametrize("charset", ["zlib", "no-such-charset", "utf-16"])
def test_a_body_in_whatever_charset_is_answered(url: str, charset: str) -> None:
    headers = {"Authorization": f"Token {Partner(url).key}", "Accept": MEDIA}
    headers |= {"Content-Type": f"{MEDIA};charset={charset}"}
    for path in (f"{COLLECTIONS}{EVERYTHING}/objects/?limit=5", "/api/v1/bulletins/?limit=5", "/?q=1"):
        assert requests.post(f"{url}{path}", b"{}", headers=headers, timeout=30).status_code < 500, path
