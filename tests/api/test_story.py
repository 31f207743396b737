"""The whole story as programs tell it: posted, previewed, released, read, acknowledged, recalled."""

from __future__ import annotations

import pytest

from bulletins.vocabulary.models import Port
from tests.builders import CANARIES

pytestmark = pytest.mark.django_db

WHY = {"need_to_know": "Commercial traffic at land ports", "right_to_know": "Enforcement at their own ports"}
TO = [
    {"agency": "CBSA", "withheld": ["identifiers", "place"]},
    {"community": "HIDTA-STX"},
    {"community": "DHE"},
]


def body_of_a_bulletin():
    return {
        "title": f"Fentanyl in a fuel tank {CANARIES['core']}",
        "tear_line": "Fentanyl powder is carried in a false fuel tank of a pickup.",
        "methods": ["VEH-MECH-FUEL"],
        "mode": "passenger_vehicle",
        "hazard": True,
        "safety_note": "Wear a respirator when opening the tank.",
        "narrative": f"The tank rang hollow near a {CANARIES['detail']}.",
        "place": f"Lane 7, {CANARIES['place']}",
        "port": Port.objects.filter(label__startswith="Laredo", kind="land")[0].pk,
        "occurred_on": "2026-11-03",
        "detection": ["canine"],
        "technique": f"A dog named {CANARIES['technique']} alerted.",
        "case_number": f"CASE-{CANARIES['case']}",
        "predicate": "Found in possession",
        "predicate_category": "trafficking",
        "certify": True,
        "substances": [{"drug": "fentanyl", "quantity": "12.5", "unit": "lb", "form": "powder"}],
        "identifiers": [{"kind": "plate", "value": CANARIES["identifiers"]}],
    }


def uids(answer):
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()["results"]]


def outcomes(answer):
    return {row["code"]: row for row in answer.json()["outcomes"]}


def test_a_bulletin_goes_its_whole_way_through_the_api(caller):
    officer, releaser = caller("cbp.officer"), caller("cbp.releaser")
    cbsa, stx, txdps, ncb = map(caller, ("cbsa.officer", "stx.analyst", "txdps.trooper", "ncb.officer"))

    # An officer writes a draft, which nobody else has, and posts it in their own agency.
    drafted = officer.post("bulletins/", body_of_a_bulletin())
    assert drafted.status_code == 201, drafted.content
    uid = drafted.json()["uid"]
    page, port = f"bulletins/{uid}/", drafted.json()["values"]["port"]
    assert drafted.json()["state"] == "draft" and drafted["Location"].endswith(f"{page}?state=draft")
    assert uids(officer.get("bulletins/?state=draft")) == [uid] and uids(officer.get("bulletins/")) == []
    assert officer.get(page).status_code == 404
    posted = officer.post(f"{page}publish/", {})
    assert posted.status_code == 201 and posted.json()["version"] == 1
    assert uids(officer.get("bulletins/")) == [uid] and uids(cbsa.get("bulletins/")) == []

    # The releaser sees what would happen, and why communities cannot have TLP:AMBER+STRICT.
    plan = {"record": uid, "to": TO, "tlp": "TLP:AMBER", **WHY}
    foreseen = releaser.post("releases/preview/", plan)
    assert foreseen.status_code == 200, foreseen.content
    assert outcomes(foreseen)["CBSA"]["outcome"] == "part" and not foreseen.json()["refusals"]
    assert set(outcomes(foreseen)["CBSA"]["withheld"]) == {"identifiers", "place", "case"}
    assert outcomes(foreseen)["HIDTA-STX"]["outcome"] == outcomes(foreseen)["TXDPS"]["outcome"] == "all"
    assert "NCB-OTTAWA" not in outcomes(foreseen)
    refused = releaser.post("releases/", {**plan, "tlp": "TLP:AMBER+STRICT"})
    assert refused.status_code == 400 and "TLP:AMBER+STRICT" in refused.json()["detail"]
    assert officer.post("releases/", plan).status_code == 403
    assert uids(cbsa.get("bulletins/")) == []

    released = releaser.post("releases/", plan)
    assert released.status_code == 201 and outcomes(released) == outcomes(foreseen)

    # Each partner reads what was released to it, and searches in that alone.
    shown = cbsa.get(page).json()
    assert {row["group"] for row in shown["withheld"]} == {"identifiers", "place", "case"}
    assert [row["under"] for row in shown["withheld"] if row["group"] == "case"] == ["CBP-CBSA"]
    hidden = [CANARIES[group] for group in ("identifiers", "place", "case")]
    for path in (page, "bulletins/", f"bulletins/?q={CANARIES['core']}"):
        assert not any(word in cbsa.get(path).content.decode() for word in hidden)
    for partner in (stx, txdps):
        whole = partner.get(page).json()
        assert not whole["withheld"] and whole["facts"]["identifiers"]["items"][0]["value"] == hidden[0]
    for word, found in ((CANARIES["core"], [uid]), *((word, []) for word in hidden)):
        assert uids(cbsa.get(f"bulletins/?q={word}")) == found
    assert uids(stx.get(f"bulletins/?q={CANARIES['place']}")) == [uid]
    assert (
        uids(stx.get(f"bulletins/?port={port}")) == [uid] and uids(cbsa.get(f"bulletins/?port={port}")) == []
    )
    assert uids(cbsa.get("bulletins/?method=VEH&drug=fentanyl&hazard=true&month=2026-11")) == [uid]

    # INTERPOL's bureau was not among them, and learns nothing.
    ghost = ncb.get("bulletins/00000000-0000-4000-8000-000000000000/")
    assert ncb.get(page).status_code == ghost.status_code == 404
    assert ncb.get(page).content == ghost.content
    for path in ("bulletins/", f"bulletins/?q={CANARIES['core']}", "releases/", "receipts/"):
        assert uids_or_records(ncb.get(path)) == []

    # A partner acknowledges; the owner sees which agency did, and no name.
    taken = cbsa.post("receipts/", {"record": uid})
    assert taken.status_code == 201 and taken.json()["acknowledged_at"]
    assert [row["person"] for row in cbsa.get("receipts/").json()["results"]] == ["cbsa.officer"]
    answered = {row["agency"]: row for row in releaser.get(f"receipts/?record={uid}").json()["results"]}
    assert answered["CBSA"]["acknowledged_at"] and answered["TXDPS"]["read_at"] is None
    assert "cbsa.officer" not in releaser.get(f"receipts/?record={uid}").content.decode()

    # Recalled, it is gone at once: a tombstone for those who had it, nothing for anyone else.
    assert len(releaser.get(f"releases/?record={uid}&live=true").json()["results"]) == len(TO)
    recalled = releaser.post("releases/recall/", {"record": uid, "reason": "The laboratory found nothing"})
    assert recalled.status_code == 200 and recalled.json()["agencies"] > 2
    for partner in (cbsa, stx, txdps):
        tombstone = partner.get(page)
        assert tombstone.status_code == 410 and tombstone["Content-Type"] == "application/problem+json"
        assert (
            tombstone.json()["reason"] == "The laboratory found nothing" and tombstone.json()["recalled_at"]
        )
        assert not any(word in tombstone.content.decode() for word in CANARIES.values())
        assert uids(partner.get("bulletins/")) == uids(partner.get(f"bulletins/?q={CANARIES['core']}")) == []
    assert cbsa.post("receipts/", {"record": uid}).status_code == 410
    assert ncb.get(page).content == ghost.content
    assert officer.get(page).status_code == 200
    gone = releaser.get("releases/").json()["results"]
    assert {row["recall_reason"] for row in gone} == {"The laboratory found nothing"}


def uids_or_records(answer):
    return [row.get("uid") or row.get("record") for row in answer.json()["results"]]


def test_an_amendment_reaches_those_it_is_released_to_and_not_before(caller):
    releaser, cbsa = caller("cbp.releaser"), caller("cbsa.officer")
    uid = releaser.post("bulletins/", {**body_of_a_bulletin(), "publish": True}).json()["uid"]
    to_cbsa = {"record": uid, "to": [{"agency": "CBSA"}], "tlp": "TLP:AMBER", **WHY}
    assert releaser.post("releases/", to_cbsa).status_code == 201

    edited = releaser.patch(f"bulletins/{uid}/", {"tear_line": "It is carried in the spare wheel."})
    assert edited.status_code == 200 and edited.json()["state"] == "edited"
    assert edited.json()["values"]["title"].startswith("Fentanyl")
    unsaid = releaser.post(f"bulletins/{uid}/publish/", {})
    assert unsaid.status_code == 400 and "note" in unsaid.json()["errors"]
    assert releaser.post(f"bulletins/{uid}/publish/", {"note": "Where it is"}).json()["version"] == 2
    assert releaser.get(f"bulletins/{uid}/").json()["version"] == 2
    assert cbsa.get(f"bulletins/{uid}/").json()["version"] == 1

    assert releaser.post("releases/", to_cbsa).status_code == 201
    assert (
        cbsa.get(f"bulletins/{uid}/").json()["facts"]["core"]["tear_line"]
        == "It is carried in the spare wheel."
    )


def test_a_seizure_report_and_the_bulletin_that_rests_on_it(caller):
    releaser, stx, cbsa = caller("cbp.releaser"), caller("stx.analyst"), caller("cbsa.officer")
    report = {
        "methods": ["VEH-BODY-QTR"],
        "mode": "passenger_vehicle",
        "substances": [{"drug": "cocaine", "quantity": "20", "unit": "kg"}],
        "publish": True,
    }
    seizure = releaser.post("seizures/", report)
    assert seizure.status_code == 201 and seizure.json()["state"] == "published", seizure.content
    uid = seizure.json()["uid"]
    bulletin = releaser.post(
        "bulletins/", {**body_of_a_bulletin(), "seizures": [uid], "publish": True}
    ).json()["uid"]
    for record, target in ((bulletin, "HIDTA-STX"), (bulletin, "CBSA"), (uid, "HIDTA-STX")):
        given = {"record": record, "to": [{"agency": target}], "tlp": "TLP:AMBER", **WHY}
        assert releaser.post("releases/", given).status_code == 201
    assert stx.get(f"bulletins/{bulletin}/").json()["seizures"] == [uid]
    assert stx.get(f"seizures/{uid}/").json()["facts"]["core"]["substances"][0]["mass_kg"] == "20"
    # What is linked is told of to those alone who may see it too.
    assert cbsa.get(f"bulletins/{bulletin}/").json()["seizures"] == []
    assert cbsa.get(f"seizures/{uid}/").status_code == 404
