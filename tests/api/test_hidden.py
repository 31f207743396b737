"""What is hidden answers as what never was: to every method, every address, every body, every caller."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from bulletins.models import Photograph
from hub.database.context import viewing
from sharing.flow import recall
from tests.api.conftest import Caller
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
FEW = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODIES = (
    {"title": "Mine now", "tear_line": "Mine now"},
    {"title": 7, "unknown": True},
    [],
    b'{"broken":',
    b"\xff\xfe",
)
STATES = ("draft", "posted", "released", "recalled", "report")
OUTSIDERS = ("rcmp.officer", "stx.analyst", "steward", "inspector")


def hidden_for_now(state):
    """A record of CBP's that no outsider ever had, in one of the states it may be in."""
    if state == "draft":
        return draft_bulletin()
    if state == "report":
        record = published_seizure()
        released(record, "HSI")
        return record
    record = published_bulletin()
    if state != "posted":
        released(record, ("CBSA", "place"), "TXDPS")
    if state == "recalled":
        who = viewer("cbp.releaser")
        with viewing(who):
            recall(record, reason=f"Wrong {CANARIES['detail']}", viewer=who, at=timezone.now())
    return record


@pytest.fixture
def hidden(db):
    return [hidden_for_now(state) for state in STATES]


def addresses(uid, photograph):
    for kind in ("bulletins", "seizures"):
        yield f"{kind}/{uid}/"
        yield f"{kind}/{uid}/?state=draft"
        yield f"{kind}/{uid}/?format=json"
        yield f"{kind}/{uid}/?fields=title"
        yield f"{kind}/{uid}/publish/"
        yield f"{kind}/{uid}/marking/"
        yield f"{kind}/{uid}.json"
        yield f"{kind}/{uid}"
    yield f"bulletins/{uid}/photographs/"
    yield f"bulletins/{uid}/photographs/{photograph}/"
    yield f"bulletins/{uid}/versions/1/"


def plain(answer):
    """All of an answer that a caller sees, but for the number each request gets and how many are left."""
    own = ("X-Request-ID", "RateLimit")
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, headers, answer.content


def test_those_who_have_it_do_read_it(caller):
    """Without this, every other test here could pass for the wrong reason."""
    record = hidden_for_now("released")
    assert caller("cbsa.officer").get(f"bulletins/{record.uid}/").status_code == 200
    assert caller("txdps.trooper").get(f"bulletins/{record.uid}/").status_code == 200
    owner = caller("cbp.officer")
    assert owner.get(f"bulletins/{record.uid}/").status_code == 200
    assert owner.ask("PUT", f"bulletins/{record.uid}/", {}).status_code == 405
    assert owner.ask("OPTIONS", f"bulletins/{record.uid}/").status_code == 204


def test_every_method_on_every_address_answers_as_for_a_ghost(hidden, caller):
    asker, ghost, photograph = caller("ncb.officer"), uuid4(), uuid4()
    every = [list(addresses(record.uid, photograph)) for record in hidden]
    for place, none in enumerate(addresses(ghost, photograph)):
        for method in METHODS if place == 0 else FEW:
            expected = plain(asker.ask(method, none))
            assert expected[0] == 404, (method, none)
            for real in (each[place] for each in every):
                assert plain(asker.ask(method, real)) == expected, (method, real)


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_could_not_be_read_changes_nothing(body, hidden, caller):
    asker, ghost = caller("ncb.officer"), uuid4()
    for method, below in (
        ("PATCH", ""),
        ("POST", "publish/"),
        ("PUT", "marking/"),
        ("POST", "photographs/"),
    ):
        expected = plain(asker.ask(method, f"bulletins/{ghost}/{below}", body))
        assert expected[0] == 404
        for record in hidden[:3]:
            assert plain(asker.ask(method, f"bulletins/{record.uid}/{below}", body)) == expected


@pytest.mark.parametrize("username", OUTSIDERS)
def test_it_is_a_ghost_to_every_outsider(username, hidden, caller):
    asker, ghost = caller(username), uuid4()
    for method in FEW:
        expected = plain(asker.ask(method, f"bulletins/{ghost}/", {}))
        assert expected[0] == 404
        for record in hidden[:4]:
            assert plain(asker.ask(method, f"bulletins/{record.uid}/", {})) == expected


def test_naming_it_in_a_body_or_filter_answers_as_for_a_ghost(hidden, caller):
    asker, ghost = caller("ncb.officer"), uuid4()
    why = {"need_to_know": "Mine", "right_to_know": "Mine"}
    for path, more in (
        ("releases/", {"to": [{"agency": "NCB-OTTAWA"}], "tlp": "TLP:AMBER", **why}),
        ("releases/", {"to": "everyone"}),
        ("releases/preview/", {"to": [{"agency": "NCB-OTTAWA"}], **why}),
        ("releases/recall/", {"reason": "Because"}),
        ("releases/recall/", {}),
        ("receipts/", {}),
        ("receipts/", {"unknown": 1}),
        ("releases/recall/", {"reason": "Because", "version": 1}),
        ("corrections/", {"part": "core", "says": "x", "why": "x"}),
        ("corrections/", {}),
        ("requests/", {"to": "DEA", **why}),
        ("requests/", {"to": 7}),
    ):
        expected = plain(asker.post(path, {"record": str(ghost), **more}))
        assert expected[0] == 404
        for record in hidden:
            assert plain(asker.post(path, {"record": str(record.uid), **more})) == expected, (path, more)
    for path in ("releases/", "releases/preview/"):
        expected = plain(asker.post(path, {"records": [str(ghost)], **why}))
        assert expected[0] == 404
        assert all(
            plain(asker.post(path, {"records": [str(record.uid)], **why})) == expected for record in hidden
        )
    for path in (
        "releases/?record=",
        "receipts/?record=",
        "recalls/?record=",
        "corrections/?record=",
        "ledger/?record=",
        "bulletins/?q=",
        "seizures/?q=",
    ):
        expected = plain(asker.get(f"{path}{ghost}"))
        assert all(plain(asker.get(f"{path}{record.uid}")) == expected for record in hidden)


def test_linking_it_is_refused_like_a_ghost(hidden, caller):
    asker, ghost = caller("ncb.officer"), uuid4()

    def refused(uid):
        answer = asker.post("bulletins/", {"title": "Rests on another's", "seizures": [str(uid)]})
        return answer.status_code, answer.content.replace(str(uid).encode(), b"")

    assert refused(ghost)[0] == 400
    assert all(refused(record.uid) == refused(ghost) for record in hidden)


def test_a_token_that_only_reads_gets_the_same_answers(caller):
    hidden, ghost = hidden_for_now("released"), uuid4()
    reader, partner = caller("ncb.officer", "read"), caller("cbsa.officer", "read")
    for method in FEW:
        real, none = (reader.ask(method, f"bulletins/{uid}/", {}) for uid in (hidden.uid, ghost))
        assert plain(real) == plain(none) and real.status_code == 404
    # Somebody who has it is told what their token lacks, or that it is not theirs to edit.
    assert partner.ask("DELETE", f"bulletins/{hidden.uid}/").status_code == 403
    assert partner.ask("PATCH", f"bulletins/{hidden.uid}/", {}).status_code == 404


def test_a_session_gets_the_same_answers(db):
    hidden, ghost = hidden_for_now("released"), uuid4()
    asker = Caller(None)
    asker.client = Client()
    asker.client.force_login(person("ncb.officer"))
    for method in FEW:
        real, none = (asker.ask(method, f"bulletins/{uid}/", {}) for uid in (hidden.uid, ghost))
        assert plain(real) == plain(none) and real.status_code == 404


def test_strangers_are_told_nothing_at_all(stranger):
    hidden, ghost = hidden_for_now("released"), uuid4()
    for method in FEW:
        real, none = (stranger.ask(method, f"bulletins/{uid}/", {}) for uid in (hidden.uid, ghost))
        assert plain(real) == plain(none) and real.status_code == 401


@pytest.mark.parametrize("username", ["ncb.officer", "steward"])
def test_no_word_of_it_is_in_any_answer(username, hidden, caller):
    asker = caller(username)
    secrets = [*CANARIES.values(), *(text for record in hidden for text in (str(record.uid), record.ref))]
    lists = ["bulletins/", "seizures/", "bulletins/?state=draft", "releases/", "receipts/"]
    lists += ["recalls/", "corrections/", "requests/", "briefings/"]
    # A steward looks after agreements, and reads them all.
    lists += ["agreements/"] if username != "steward" else []
    lists += [f"bulletins/?limit={limit}" for limit in (1, 200)]
    lists += [f"bulletins/?q={word}" for word in ("fentanyl", *CANARIES.values(), hidden[0].ref)]
    for narrow in (
        "method=VEH",
        "drug=fentanyl",
        "owner=CBP",
        "tlp=TLP:AMBER",
        "hazard=true",
        "region=southwest",
    ):
        lists += [f"bulletins/?{narrow}"]
    for path in lists:
        answer = asker.get(path)
        assert answer.status_code == 200, (path, answer.content)
        assert answer.json() == {"next": None, "previous": None, "results": []}, path
    for path in (f"bulletins/{hidden[2].uid}/", "agencies/?limit=200", "vocabulary/", "/api/schema/"):
        text = asker.get(path).content.decode()
        assert not [word for word in secrets if word in text], path


def test_what_is_withheld_is_in_no_answer_to_the_partner_it_is_withheld_from(caller):
    record = hidden_for_now("released")
    partner, whole = caller("cbsa.officer"), caller("txdps.trooper")
    port = record.port_id
    for path in ("bulletins/", f"bulletins/{record.uid}/", "bulletins/?q=fentanyl"):
        assert CANARIES["place"] in whole.get(path).content.decode()
        text = partner.get(path).content.decode()
        assert CANARIES["place"] not in text and CANARIES["case"] not in text and port not in text
    for path in (f"bulletins/?q={CANARIES['place']}", f"bulletins/?port={port}"):
        assert len(whole.get(path).json()["results"]) == 1
        assert partner.get(path).json()["results"] == []


def test_colleagues_do_not_see_each_others_drafts(caller):
    draft = draft_bulletin("cbp.officer")
    path = f"bulletins/{draft.uid}/?state=draft"
    assert caller("cbp.officer").get(path).status_code == caller("cbp.releaser").get(path).status_code == 200
    for username in ("cbp.liaison", "cbp.admin"):
        colleague = caller(username)
        assert colleague.get(path).status_code == 404
        assert colleague.patch(f"bulletins/{draft.uid}/", {"title": "Mine"}).status_code == 404
        assert colleague.get("bulletins/?state=draft").json()["results"] == []


def test_a_photograph_is_reached_through_its_own_record_alone(caller):
    mine, other = draft_bulletin("cbsa.officer"), draft_bulletin("cbp.officer")
    who = viewer("cbp.officer")
    with viewing(who):
        theirs = Photograph.objects.create(
            record_id=other.pk,
            content_type="image/jpeg",
            width=1,
            height=1,
            sha256="0",
            added_at=timezone.now(),
        )
    asker = caller("cbsa.officer")
    wrong = asker.ask("DELETE", f"bulletins/{mine.uid}/photographs/{theirs.uid}/")
    assert plain(wrong) == plain(asker.ask("DELETE", f"bulletins/{mine.uid}/photographs/{uuid4()}/"))
    assert wrong.status_code == 404


def test_hidden_communities_and_suspended_agencies_are_picked_like_ghosts(caller):
    record = published_bulletin()
    releaser = caller("cbp.releaser")
    body = {"record": str(record.uid), "tlp": "TLP:AMBER", "need_to_know": "Why", "right_to_know": "Why"}

    def refused(target):
        answer = releaser.post("releases/preview/", {**body, "to": [target]})
        assert answer.status_code == 400
        return json.dumps(answer.json()).replace(next(iter(target.values())), "")

    agency = person("ncb.officer").agency
    agency.state = "suspended"
    agency.save()
    assert refused({"agency": "NCB-OTTAWA"}) == refused({"agency": "NOBODY"})
    from sharing.communities.models import Community

    with viewing(viewer("cbp.releaser")):
        seen = set(Community.objects.values_list("code", flat=True))
    unseen = next(code for code in all_communities() if code not in seen)
    assert refused({"community": unseen}) == refused({"community": "NOWHERE"})


def all_communities():
    from hub.database.context import engine
    from sharing.communities.models import Community

    with engine():
        return list(Community.objects.order_by("code").values_list("code", flat=True))
