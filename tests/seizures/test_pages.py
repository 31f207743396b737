"""Seizure reports at the form: the whole record, saved as one types, published, amended."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bulletins.models import SeizureReport, Version
from hub.database.context import viewing
from tests.builders import published_seizure
from tests.cast import viewer
from tests.publishing.author import Author

pytestmark = pytest.mark.django_db

WHOLE = {
    "occurred_on": "2026-03-01",
    "occurred_time": "14:05",
    "port": "Otay Mesa, CA",
    "mode": "commercial_truck",
    "conveyance": "Tractor with a refrigerated trailer",
    "origin_country": "Mexico",
    "methods": ["TRK-WALL"],
    "substances-rows": "2",
    "substances-0-drug": "cocaine",
    "substances-0-quantity": "120.5",
    "substances-0-unit": "lb",
    "substances-0-qualifier": "approx",
    "substances-0-purity_percent": "83",
    "substances-0-lab_state": "confirmed",
    "substances-1-drug": "Currency",
    "substances-1-quantity": "12,500",
    "substances-1-unit": "USD",
    "packages": "48",
    "hazard": "no",
    "detection": ["nii_xray", "canine"],
    "technique": "A dense part showed in the nose of the trailer.",
    "identifiers-rows": "1",
    "identifiers-0-kind": "plate",
    "identifiers-0-value": "CANARY77",
    "case_number": "26-0042",
    "referred_to": "HSI San Diego",
    "people_count": "1",
    "lab_reference": "LAB-7",
    "value_amount": "1,950,000",
    "value_currency": "USD",
    "tlp": "TLP:AMBER",
}


@pytest.fixture
def officer(client) -> Author:
    from tests.cast import person

    client.force_login(person("cbp.officer"), "allauth.account.auth_backends.AuthenticationBackend")
    return Author("cbp.officer", client)


def versions(ref: str) -> list[dict]:
    with viewing(viewer("cbp.releaser")):
        found = Version.objects.filter(record__ref=ref).order_by("number")
        return list(found.values_list("content", flat=True))


def test_the_whole_record_is_saved(officer):
    answer = officer.client.post(officer.open_new("seizures"), WHOLE | {"do": "post"})
    assert answer.status_code == 302, answer.content.decode().partition('id="problems"')[2][:800]
    ref = answer.url.removeprefix("/seizures/").strip("/")
    (content,) = versions(ref)
    cocaine, money = content["core"]["substances"]
    assert (cocaine["quantity"], cocaine["unit"], cocaine["qualifier"]) == ("120.5", "lb", "approx")
    assert Decimal(cocaine["mass_kg"]) == Decimal("54.657881") and cocaine["lab_state"] == "confirmed"
    assert money["quantity"] == "12500" and "mass_kg" not in money
    assert content["place"]["occurred_time"] == "14:05" and content["place"]["place"] == "Otay Mesa"
    assert content["identifiers"]["items"] == [{"kind": "plate", "value": "CANARY77", "note": ""}]
    assert content["technique"]["detection"] == ["nii_xray", "canine"]
    assert content["case"]["referred_to"] == "HSI San Diego" and content["case"]["lab_reference"] == "LAB-7"
    assert officer.stored(ref, SeizureReport).value_amount == Decimal(1_950_000)


def test_the_mass_is_shown_beside_what_was_reported(officer):
    answer = officer.autosave(
        officer.open_new("seizures"),
        **{
            "substances-rows": "1",
            "substances-0-drug": "cocaine",
            "substances-0-quantity": "10",
            "substances-0-unit": "lb",
        },
    )
    assert answer.json()["said"]["substances-0"] == "10 lb (4.5 kg)"
    assert "10 lb (4.5 kg)" in officer.client.get(answer.json()["location"]).content.decode()


def test_it_is_saved_as_one_types_and_missing_parts_are_named(officer):
    first = officer.autosave(officer.open_new("seizures"), conveyance="A van").json()
    officer.autosave(first["autosave"], case_number="26-1")
    record = officer.stored(first["draft"], SeizureReport)
    assert (record.conveyance, record.case_number, record.latest) == ("A van", "26-1", 0)
    answer = officer.client.post(first["action"], {"conveyance": "A van", "do": "post", "tlp": "TLP:AMBER"})
    page = answer.content.decode()
    assert answer.status_code == 400 and 'href="#id_substances"' in page and 'href="#id_methods"' in page


def test_a_value_needs_its_currency_and_the_rest_is_kept(officer):
    answer = officer.autosave(officer.open_new("seizures"), value_amount="1000", conveyance="A van")
    assert answer.status_code == 200
    record = officer.stored(answer.json()["draft"], SeizureReport)
    assert (record.value_amount, record.value_currency, record.conveyance) == (Decimal(1000), "USD", "A van")


def test_an_amendment_leaves_the_first_version_as_it_was(officer):
    report = published_seizure()
    (before,) = versions(report.ref)
    fields = WHOLE | {"change": "Laboratory result", "do": "post"}
    assert officer.client.post(f"/seizures/{report.ref}/edit/", fields).url == f"/seizures/{report.ref}/"
    first, second = versions(report.ref)
    assert first == before and second["core"]["substances"] != before["core"]["substances"]


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("cbp.releaser", 200),
        ("cbp.liaison", 200),
        ("cbp.admin", 403),
        ("cbsa.officer", 404),
        ("steward", 404),
    ],
)
def test_who_may_open_a_report_for_writing(client, username, status):
    from tests.cast import person

    report = published_seizure()
    client.force_login(person(username), "allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/seizures/{report.ref}/edit/").status_code == status


def test_a_report_is_not_a_bulletin(officer):
    report = published_seizure()
    assert officer.client.get(f"/bulletins/{report.ref}/edit/").status_code == 404
    sent = officer.client.post(f"/bulletins/{report.ref}/edit/photographs/", {})
    assert sent.status_code == 404
