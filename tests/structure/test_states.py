"""Every address of a record x everybody who may not have it x every state: the answer is a ghost's.

The addresses come from the URL table, so a new one is asked too. What a partner gets stands beside it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bulletins.models import Record
from bulletins.records.refs import new_ref
from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.flow import Handling, mark, release
from sharing.flow.purging import purge
from tests.api.conftest import unhurried  # noqa: F401
from tests.builders import draft_bulletin, pick, plan, published_bulletin, published_seizure, released
from tests.cast import person, viewer
from tests.disclosures.reader import same_to_a_stranger, take_back
from tests.structure.test_addresses import ADDRESSES

pytestmark = pytest.mark.django_db

# The first is asked about every state, the others about what is released.
OUTSIDERS = ("ncb.officer", "rcmp.officer", "steward", "inspector")
# State -> what the partner's people get of the record's own page.
STATES = {
    "draft": 404,
    "posted": 404,
    "scheduled": 404,
    "embargoed": 404,
    "released": 200,
    "withheld": 200,
    "expired": 404,
    "strict": 200,
    "recalled": 200,  # a tombstone
    "purged": 200,  # another
}
OF_A_RECORD = sorted(
    name
    for name, route in ADDRESSES.items()
    if "<ref:ref>" in route or (name.startswith(("api-bulletin", "api-seizure")) and "<uuid:uid>" in route)
)


def in_state(state: str, kind: str):
    """A record of CBP's in the state, with CBSA its one partner."""
    if state == "draft":
        return draft_bulletin()
    record = published_bulletin() if kind == "bulletin" else published_seizure()
    who, now = viewer("cbp.releaser"), timezone.now()
    if state in ("scheduled", "expired"):
        ahead = {"starts_at": now + timedelta(days=1)} if state == "scheduled" else {}
        behind = {"ends_at": now - timedelta(days=1)} if state == "expired" else {}
        at = now - timedelta(days=2) if state == "expired" else now
        with viewing(who):
            release([record], plan(pick("CBSA"), **ahead, **behind), viewer=who, at=at)
    elif state == "embargoed":
        with viewing(who):
            handling = Handling("TLP:AMBER", embargo_until=now + timedelta(days=1))
            mark(record, handling, reason="", viewer=who, at=now)
        released(record, "CBSA")
    elif state == "withheld":
        released(record, ("CBSA", "place", "identifiers"))
    elif state != "posted":
        released(record, "CBSA", tlp="TLP:AMBER+STRICT" if state == "strict" else "TLP:AMBER")
    if state == "recalled":
        take_back(record)
    if state == "purged":
        with viewing(who):
            row = Record.objects.get(pk=record.pk)
            purge([row], reason="unreliable", typed=[record.ref], viewer=who, at=timezone.now())
    return record


def address(name: str, ref: str, uid: str) -> str:
    route = ADDRESSES[name]
    for place, value in {
        "<ref:ref>": ref,
        "<uuid:uid>": uid if name.startswith("api") else "5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11",
        "<uuid:photograph>": "5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11",
        "<str:size>": "thumb",
        "<int:number>": "1",
        "<str:agency>": "CBSA",
    }.items():
        route = route.replace(place, value)
    return "/" + route.split("<")[0]


def clients(username: str) -> tuple[Client, Client]:
    """Somebody at the pages, and their program at the API."""
    pages = Client(raise_request_exception=False)
    pages.force_login(person(username))
    key = issue_token(person(username), scope="write", days=1, at=timezone.now())
    return pages, Client(headers={"Authorization": f"Token {key}"}, raise_request_exception=False)


def answers(username: str, ref: str, uid: str, methods=("get", "post")):
    """name, method -> what could tell the answer apart."""
    pages, program = clients(username)
    found = {}
    for name in OF_A_RECORD:
        client, path = (program if name.startswith("api") else pages), address(name, ref, uid)
        for method in methods:
            status, headers, body = same_to_a_stranger(getattr(client, method)(path, {}))
            headers.pop("Expires", None)  # the instant of the answer
            found[name, method] = status, headers, body.replace(uid, "UID")
    return found


@pytest.mark.parametrize("kind", ["bulletin", "seizure"])
def test_in_every_state_every_address_answers_an_outsider_as_for_a_ghost(kind):
    asked = OUTSIDERS if kind == "bulletin" else OUTSIDERS[:1]
    ghost = {username: answers(username, new_ref(), str(uuid.uuid4())) for username in asked}
    for state in STATES if kind == "bulletin" else ("released",):
        record = in_state(state, kind)
        for username in asked if state == "released" else asked[:1]:
            methods = ("get", "post") if state in ("released", "draft") else ("get",)
            found = answers(username, record.ref, str(record.uid), methods)
            told = [key for key in found if found[key] != ghost[username][key]]
            assert not told, (state, username, told)


@pytest.mark.parametrize("state", STATES)
def test_a_partner_gets_of_each_state_what_it_says(state):
    record = in_state(state, "bulletin")
    pages, program = clients("cbsa.officer")
    answer = pages.get(f"/bulletins/{record.ref}/")
    assert answer.status_code == STATES[state]
    has_it = state in ("released", "withheld", "strict")
    assert (program.get(f"/api/v1/bulletins/{record.uid}/").status_code == 200) is has_it
    assert ("zebrafinch" in answer.content.decode()) is has_it
