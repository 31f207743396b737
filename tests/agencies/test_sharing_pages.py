"""Agreements, communities, the directory: each reader finds their own; what is others' does not exist."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sharing.agreements.models import Agreement
from sharing.agreements.wording import state_of
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("cbp.officer", 200),
        ("cbsa.liaison", 200),
        ("steward", 200),
        ("hsi.agent", 404),
        ("ncb.officer", 404),
        ("inspector", 404),
    ],
)
def test_an_agreement_is_for_its_parties_and_the_steward(username, status):
    client = signed_in(username)
    listed = "CBP-CBSA" in client.get("/agreements/").content.decode()
    assert listed is (status == 200)
    found, ghost = client.get("/agreements/CBP-CBSA/"), client.get("/agreements/NO-SUCH/")
    assert found.status_code == status and ghost.status_code == 404


def test_an_agreement_says_in_words_what_crosses_each_way():
    page = signed_in("cbp.officer").get("/agreements/CBP-CBSA/").content.decode()
    assert "What CBP gives CBSA" in page and "What CBSA gives CBP" in page
    assert "Bulletins and seizure reports of any substance, up to TLP:AMBER+STRICT" in page
    assert "case details" in page and "5 years" in page and "In force" in page
    assert "Customs mutual assistance agreement" in page


def test_an_agreement_that_lets_nothing_cross_says_why():
    row = Agreement(
        valid_from=timezone.now() - timedelta(days=10),
        valid_to=timezone.now() + timedelta(days=10),
    )
    now = timezone.now()
    assert not state_of(row, now).good  # not accepted
    row.accepted_at = now
    assert state_of(row, now).good and "10 days" in state_of(row, now - timedelta(seconds=1)).note
    row.suspended_at = now
    assert not state_of(row, now).good
    row.suspended_at = None
    assert not state_of(row, row.valid_to).good
    assert not state_of(row, row.valid_from - timedelta(seconds=1)).good


@pytest.mark.parametrize(
    ("username", "code", "status"),
    [
        ("txdps.trooper", "DHE", 200),
        ("cbsa.officer", "DHE", 200),
        ("cbsa.officer", "HIDTA-STX", 404),
        ("stx.analyst", "HIDTA-STX", 200),
        ("rcmp.officer", "DHE", 404),
        ("steward", "HIDTA-STX", 200),
        ("inspector", "DHE", 404),
        ("cbp.officer", "NO-SUCH", 404),
    ],
)
def test_a_community_is_for_its_members_its_lead_and_the_steward(username, code, status):
    client = signed_in(username)
    assert client.get(f"/communities/{code}/").status_code == status
    assert (f"/communities/{code}/" in client.get("/communities/").content.decode()) is (status == 200)


def test_a_hidden_roster_is_its_leads_alone(owner_sql):
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    try:
        lead = signed_in("stx.analyst").get("/communities/HIDTA-STX/").content.decode()
        member = signed_in("txdps.trooper").get("/communities/HIDTA-STX/").content.decode()
        assert "/agencies/CBP/" in lead and "Its members are not listed" not in lead
        assert "Its members are not listed" in member and "/agencies/CBP/" not in member
    finally:
        owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


def test_the_directory_lists_active_agencies_and_narrows_without_a_script(owner_sql):
    client = signed_in("ncb.officer")
    page = client.get("/agencies/").content.decode()
    assert "/agencies/CBSA/" in page and "South Texas HIDTA (centre)" in page
    # Several regions stand as people write them, not as the file separates them.
    assert "GA, NC, SC" in page and "GA;NC;SC" not in page
    assert "GA, NC, SC" in client.get("/agencies/HIDTA-ATLC/").content.decode()
    narrowed = client.get("/agencies/", {"q": "canada"}).content.decode()
    assert "/agencies/CBSA/" in narrowed and "/agencies/TXDPS/" not in narrowed
    assert "No agency is called that" in client.get("/agencies/", {"q": "atlantis"}).content.decode()
    owner_sql("update hub_agency set state = 'suspended' where code = 'UNODC'")
    try:
        assert "/agencies/UNODC/" not in client.get("/agencies/").content.decode()
        assert client.get("/agencies/UNODC/").status_code == 404
    finally:
        owner_sql("update hub_agency set state = 'active' where code = 'UNODC'")
    assert client.get("/agencies/UNODC/").status_code == 200
    assert client.get("/agencies/NO-SUCH/").status_code == 404


@pytest.mark.parametrize(
    ("username", "sees"),
    [("cbp.admin", True), ("cbp.officer", False), ("cbsa.liaison", False), ("steward", False)],
)
def test_people_are_listed_for_their_own_agencys_administrator_alone(username, sees):
    page = signed_in(username).get("/agencies/CBP/").content.decode()
    assert ("cbp.releaser" in page) is sees
    assert "desk@cbp.example" in page


def test_a_foreign_administrator_sees_their_own_people():
    page = signed_in("cbsa.liaison").get("/agencies/CBSA/").content.decode()
    assert "cbsa.officer" in page and viewer("cbsa.liaison").can("admin")


@pytest.mark.parametrize("path", ["/agreements/", "/communities/", "/agencies/", "/agencies/CBP/"])
def test_nothing_is_shown_to_whom_is_not_signed_in(path):
    answer = Client().get(path)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/communities/", "/agencies/", "/agreements/"])
def test_these_lists_cost_a_constant_number_of_queries(path, django_assert_max_num_queries):
    client = signed_in("cbp.officer")
    with django_assert_max_num_queries(20):
        client.get(path)
