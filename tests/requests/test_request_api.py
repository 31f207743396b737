"""Requests by REST: the same deeds and the same silence as on pages."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.flow import recall
from sharing.requests.models import OnwardRequest
from tests.api.test_hidden import plain
from tests.api.test_schema import check, schema  # noqa: F401
from tests.builders import CANARIES, asked, granted, published_bulletin, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db

WHY = {"need_to_know": "Their trucks", "right_to_know": "Drug enforcement"}


def body(record, to="TXDPS", **values):
    return {"record": str(record.uid), "to": to, **WHY, **values}


def test_a_program_asks_grants_and_reads_the_answer(of_hsi, caller, schema):  # noqa: F811
    asker, origin, owner = caller("stx.analyst"), caller("hsi.agent"), caller("cbp.releaser")
    made = asker.post("requests/", body(of_hsi))
    assert made.status_code == 201
    check(schema, "requests/", "post", 201, made.json(), "application/json")
    path = f"requests/{made.json()['uid']}/"
    assert made.json()["state"] == "waiting" and made.json()["record"] == str(of_hsi.uid)
    assert origin.get(path).json()["yours"]["state"] == "waiting"
    early = owner.post(f"{path}grant/", {})
    assert early.status_code == 403
    given = origin.post(f"{path}grant/", {"withheld": ["place"]})
    assert given.status_code == 200 and given.json()["yours"] == {
        "state": "granted", "withheld": ["place"], "until": None, "reason": "", "stands": True,
    }  # fmt: skip
    done = owner.post(f"{path}grant/", {})
    check(schema, f"{path}grant/", "post", 200, done.json(), "application/json")
    assert asker.get(path).json()["state"] == "granted"
    assert asker.get(path).json()["withheld"] == ["place"] and asker.get(path).json()["yours"] is None
    assert caller("txdps.trooper").get(f"bulletins/{of_hsi.uid}/").status_code == 200
    for who in (asker, origin, owner):
        check(schema, "requests/", "get", 200, who.get("requests/").json(), "application/json")
    ended = origin.ask("DELETE", f"{path}consent/")
    assert ended.status_code == 200 and not ended.json()["yours"]["stands"]
    assert caller("txdps.trooper").get(f"bulletins/{of_hsi.uid}/").status_code == 410


def test_a_refusal_and_a_request_taken_back(own, caller):
    asker, owner = caller("stx.analyst"), caller("cbp.releaser")
    path = f"requests/{asker.post('requests/', body(own)).json()['uid']}/"
    assert owner.post(f"{path}refuse/", {}).status_code == 400
    assert owner.post(f"{path}refuse/", {"reason": "Not now"}).status_code == 200
    told = asker.get(path).json()
    assert (told["state"], told["answer"], told["answered_by"]) == ("refused", "Not now", "CBP")
    path = f"requests/{asker.post('requests/', body(own)).json()['uid']}/"
    assert owner.ask("DELETE", path).status_code == 403
    assert asker.ask("DELETE", path).json()["state"] == "withdrawn"
    assert asker.ask("DELETE", path).status_code == 400


def test_the_originator_reads_by_program_none_of_what_it_does_not_hold(of_hsi, caller):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    told = caller("hsi.agent").get(f"requests/{request.uid}/").json()
    assert told["record"] is None and told["state"] is None and told["ref"] == of_hsi.ref
    words = str(told)
    assert not [word for word in (*CANARIES.values(), str(of_hsi.uid), "CBP", "AMBER") if word in words]


def test_what_is_not_held_is_a_ghost_to_ask_for(own, caller):
    hidden = published_bulletin()
    asker, ghost = caller("stx.analyst"), uuid4()
    assert asker.post("requests/", body(own)).status_code == 201
    for more in ({}, {"to": 7}, {"unknown": 1}, {"need_to_know": ""}):
        real = asker.post("requests/", {**body(hidden), **more})
        none = asker.post("requests/", {**body(hidden), **more, "record": str(ghost)})
        assert plain(real) == plain(none) and real.status_code == 404
    for username in ("ncb.officer", "txdps.trooper", "steward", "inspector"):
        outsider = caller(username)
        real, none = (
            outsider.post("requests/", {**body(own), "record": str(uid)}) for uid in (own.uid, ghost)
        )
        assert plain(real) == plain(none) and real.status_code == 404


def test_a_request_of_others_is_a_ghost_to_every_method(of_hsi, caller):
    released(of_hsi, "HIDTA-STX", "DEA")
    request, ghost = asked(of_hsi, "TXDPS", by="stx.analyst"), uuid4()
    assert caller("hsi.agent").get(f"requests/{request.uid}/").status_code == 200
    for username in ("dea.agent", "txdps.trooper", "ncb.officer", "inspector"):
        outsider = caller(username)
        assert outsider.get("requests/").json()["results"] == []
        for below in ("", "grant/", "refuse/", "consent/"):
            for method in ("GET", "POST", "DELETE", "PATCH"):
                real, none = (
                    outsider.ask(method, f"requests/{uid}/{below}", {"reason": "Mine"})
                    for uid in (request.uid, ghost)
                )
                assert plain(real) == plain(none) and real.status_code == 404, (below, method)


def test_bad_targets_are_clear_and_write_nothing(own, caller):
    asker = caller("stx.analyst")
    for to in ("NOBODY", "CBP", "HIDTA-STX"):
        answer = asker.post("requests/", body(own, to))
        assert answer.status_code == 400 and "to" in answer.json()["errors"], answer.content
    assert asker.post("requests/", body(own)).status_code == 201
    assert asker.post("requests/", body(own)).status_code == 400
    assert caller("stx.analyst", "read").post("requests/", body(own, "DEA")).status_code == 403
    with engine():
        assert OnwardRequest.objects.count() == 1


def test_a_held_one_taken_back_is_gone_to_ask_for(own, caller):
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(own, reason="Wrong", viewer=who, at=timezone.now())
    assert caller("stx.analyst").post("requests/", body(own)).status_code == 410


def test_lists_are_narrowed_by_role_and_state(of_hsi, caller):
    first, second = (asked(of_hsi, to, by="stx.analyst") for to in ("TXDPS", "DEA"))
    granted(first, by="hsi.agent")
    origin = caller("hsi.agent")

    def uids(query):
        return {row["uid"] for row in origin.get(f"requests/{query}").json()["results"]}

    assert {str(first.uid), str(second.uid)} <= uids("")
    assert uids("?role=asked&state=waiting") == {str(second.uid)}
    assert uids("?role=asker") == set()
    assert origin.get("requests/?state=waiting").status_code == 400
    # Whether it was granted in the end is not the originator's to list by.
    granted(first, by="cbp.releaser")
    assert uids("?role=asker&state=granted") == set()
    page = origin.get("requests/?limit=1").json()
    assert len(page["results"]) == 1 and page["next"]


def test_a_list_costs_the_same_however_long(own, caller):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = caller("cbp.releaser")

    def cost():
        with CaptureQueriesContext(connection) as found:
            client.get("requests/")
        return len(found)

    asked(own, "TXDPS", by="stx.analyst")
    cost()
    before = cost()
    for to in ("DEA", "HSI"):
        asked(own, to, by="stx.analyst")
    assert cost() == before
