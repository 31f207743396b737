"""Agreements for programs: read by parties and the steward, decided by administrators, told in words when refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.agreements.conftest import scope, terms
from tests.agreements.test_actions import holds, trail
from tests.api.test_hidden import plain
from tests.api.test_schema import check
from tests.builders import published_bulletin, released

pytestmark = pytest.mark.django_db

SCOPE = {
    "kinds": ["bulletin"],
    "highest_tlp": "TLP:AMBER",
    "withheld": ["place"],
    "legal_basis": "Treaty of 1984",
    "permitted_use": "Customs enforcement",
    "keep_days": 365,
}


def body(**values):
    now = timezone.now()
    return {
        "other": "CBSA",
        "name": "HSI and CBSA memorandum",
        "valid_from": now.isoformat(),
        "valid_to": (now + timedelta(days=200)).isoformat(),
        "gives": SCOPE,
        **values,
    }


@pytest.mark.parametrize(
    ("username", "status"),
    [("cbp.officer", 200), ("cbsa.officer", 200), ("steward", 200), ("hsi.agent", 404), ("inspector", 404)],
)
def test_an_agreement_is_read_by_its_parties_and_the_steward(username, status, caller):
    asker = caller(username, "read")
    listed = [row["code"] for row in asker.get("agreements/").json()["results"]]
    assert ("CBP-CBSA" in listed) is (status == 200)
    assert asker.get("agreements/CBP-CBSA/").status_code == status
    assert asker.get("agreements/NO-SUCH/").status_code == 404


def test_a_program_proposes_changes_accepts_suspends_and_takes_up(caller, hsi_admin):
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", by="hsi.agent")
    ours, theirs = caller("hsi.agent"), caller("cbsa.liaison")
    made = ours.post("agreements/", body())
    assert made.status_code == 201
    found = made.json()
    assert (found["code"], found["state"], found["proposed_by"]) == ("CBSA-HSI", "draft", "HSI")
    less = {**SCOPE, "withheld": ["place", "technique"]}
    changed = ours.ask("PUT", "agreements/CBSA-HSI/", body(gives=less, revision=found["revision"]))
    assert changed.status_code == 200 and changed.json()["revision"] == 2
    stale = theirs.post("agreements/CBSA-HSI/accept/", {"revision": 1})
    assert stale.status_code == 400 and "meanwhile" in stale.json()["detail"]
    assert not holds("cbsa.officer", record)
    accepted = theirs.post("agreements/CBSA-HSI/accept/", {"revision": 2})
    assert accepted.json()["state"] == "in_force" and holds("cbsa.officer", record)
    why = {"revision": 3, "reason": "A leak is looked into"}
    suspended = ours.post("agreements/CBSA-HSI/suspend/", why)
    assert suspended.json()["suspended_by"] == ["HSI"] and not holds("cbsa.officer", record)
    assert theirs.post("agreements/CBSA-HSI/resume/", {"revision": 4}).status_code == 400
    assert ours.post("agreements/CBSA-HSI/resume/", {"revision": 4}).json()["state"] == "in_force"
    assert holds("cbsa.officer", record)
    assert sorted(outcome for outcome, *_rest in trail("agreement.resume")) == ["ok", "refused"]


def test_a_program_declines(caller, hsi_admin):
    caller("hsi.agent").post("agreements/", body())
    theirs = caller("cbsa.liaison")
    assert theirs.post("agreements/CBSA-HSI/decline/", {"revision": 1}).status_code == 400
    answer = theirs.post("agreements/CBSA-HSI/decline/", {"revision": 1, "reason": "Not now"})
    assert answer.json()["state"] == "declined" and answer.json()["decline_reason"] == "Not now"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"other": "NOBODY"}, "other"),
        ({"other": "HSI"}, "other"),
        ({"other": "CBP"}, "other"),
        ({"valid_to": "2001-01-01T00:00:00Z"}, "valid_to"),
        ({"valid_to": "soon"}, "valid_to"),
        ({"gives": None}, "gives"),
        ({"gives": {**SCOPE, "kinds": []}}, "gives_kinds"),
        ({"gives": {**SCOPE, "withheld": ["core"]}}, "gives"),
        ({"gives": {**SCOPE, "drug_classes": ["sugar"]}}, "gives"),
        ({"gives": {**SCOPE, "keep_days": 0}}, "gives"),
        ({"name": "A\0B"}, "name"),
    ],
)
def test_bad_input_is_told_by_field_and_nothing_is_written(values, field, caller, hsi_admin):
    ours = caller("hsi.agent")
    answer = ours.post("agreements/", body(**values))
    assert answer.status_code == 400 and field in answer.json()["errors"]
    assert ours.get("agreements/").json()["results"] == []
    assert ours.post("agreements/", body()).status_code == 201


def test_overlapping_terms_and_a_suspended_partner_are_refused(caller, owner_sql):
    ours = caller("cbp.admin")
    answer = ours.post("agreements/", body())
    assert answer.status_code == 400 and "CBP-CBSA already covers" in str(answer.json()["errors"])
    owner_sql("update hub_agency set state = 'suspended' where code = 'RCMP'")
    try:
        refused = ours.post("agreements/", body(other="RCMP")).json()["errors"]["other"]
    finally:
        owner_sql("update hub_agency set state = 'active' where code = 'RCMP'")
    ghost = ours.post("agreements/", body(other="NOBODY")).json()["errors"]["other"]
    assert [each.replace("RCMP", "NOBODY") for each in refused] == ghost
    assert ours.post("agreements/", body(other="RCMP")).status_code == 201


def test_who_may_read_but_not_decide_is_refused_and_a_reading_token_too(caller):
    for username, scope_ in (("cbp.officer", "write"), ("steward", "write"), ("cbp.admin", "read")):
        answer = caller(username, scope_).post(
            "agreements/CBP-CBSA/suspend/", {"revision": 1, "reason": "Mine"}
        )
        assert answer.status_code == 403, username
    assert caller("cbp.officer").post("agreements/", body()).status_code == 403
    assert ("refused", "CBP", "CBP-CBSA") in trail("agreement.suspend")


@pytest.mark.parametrize("asked", [{}, {"revision": 1, "reason": "Mine"}, [], b"{", {"unknown": 1}])
def test_an_agreement_of_others_answers_as_one_that_never_was(asked, caller, hsi_admin):
    hsi_admin.propose(terms())
    asker = caller("cbp.admin")
    assert caller("cbsa.officer").get("agreements/CBSA-HSI/").status_code == 200
    for below in ("", "accept/", "decline/", "suspend/", "resume/"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            real, ghost = (
                plain(asker.ask(method, f"agreements/{code}/{below}", asked))
                for code in ("CBSA-HSI", "NO-SUCH")
            )
            assert real == ghost and real[0] == 404, (method, below)
    assert asker.get("agreements/?party=HSI").json()["results"] == []


def test_answers_are_what_the_schema_says(caller, hsi_admin, cbsa):
    hsi_admin.propose(terms(gives=scope("place", caveat="Not for court", keep_days=30), takes=scope()))
    cbsa.accept("CBSA-HSI")
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", by="hsi.agent")
    partner = caller("cbsa.officer", "read")
    schema = partner.get("/api/schema/").json()
    for path in ("agreements/", "agreements/?party=HSI", "agreements/CBSA-HSI/", f"bulletins/{record.uid}/"):
        answer = partner.get(path)
        assert answer.status_code == 200
        check(schema, path, "get", 200, answer.json(), "application/json")
    (found,) = partner.get(f"bulletins/{record.uid}/").json()["terms"]
    assert (found["agreement"], found["giver"], found["caveat"], found["keep_days"]) == (
        "CBSA-HSI",
        "HSI",
        "Not for court",
        30,
    )
    assert caller("hsi.agent").get(f"bulletins/{record.uid}/").json()["terms"] == []
    assert partner.get("agreements/?nothing=1").status_code == 400
    assert len(partner.get("agreements/?limit=1").json()["results"]) == 1
