"""Show as: the very page another agency would get, and nothing of it stays."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from bulletins.models import Face, Record
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Entry, Grant, Withdrawal
from sharing.deliveries.models import Delivery
from sharing.disclosures.models import LedgerRow
from sharing.releases.models import Release
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db

FORM = {
    "to": ["CBSA", "community:DHE"],
    "hold-CBSA": ["identifiers", "place"],
    "tlp": "TLP:AMBER",
    "need_to_know": "Fuel tanks on both borders",
    "right_to_know": "Drug enforcement in their own jurisdiction",
}


@pytest.fixture
def releaser() -> Client:
    client = Client()
    client.force_login(person("cbp.releaser"))
    return client


def rows() -> dict[str, int]:
    with engine():
        kept = {
            model.__name__: model.objects.count()
            for model in (Grant, Release, Entry, Withdrawal, Delivery, Face)
        }
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from sharing_ledger l join hub_agency a on a.group_id = l.agency_id"
                " where a.code <> 'CBP'"
            )
            kept["ledger of others"] = cursor.fetchone()[0]
    return kept


def test_the_plan_is_carried_out_looked_at_and_taken_back(releaser):
    bulletin = published_bulletin()
    before = rows()
    answer = releaser.post(f"/bulletins/{bulletin.ref}/as/CBSA/", FORM)
    page = answer.content.decode()
    assert answer.status_code == 200 and "As CBSA would see it" in page
    assert CANARIES["core"] in page and CANARIES["detail"] in page
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] not in page, group
    assert "withheld by CBP" in page
    assert rows() == before
    whole = releaser.post(f"/bulletins/{bulletin.ref}/as/TXDPS/", FORM).content.decode()
    assert all(word in whole for word in CANARIES.values())
    with viewing(viewer("cbsa.officer")):
        assert not Grant.objects.filter(content_object_id=bulletin.pk).exists()


def test_the_marking_tried_is_taken_back_too(releaser):
    bulletin = published_bulletin()
    releaser.post(f"/bulletins/{bulletin.ref}/as/HSI/", {**FORM, "to": ["HSI"], "tlp": "TLP:CLEAR"})
    with engine():
        assert Record.objects.get(pk=bulletin.pk).tlp == "TLP:AMBER"


def test_it_shows_what_stands_now(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/as/"
    assert "CBSA sees nothing" in releaser.get(f"{path}CBSA/").content.decode()
    released(bulletin, ("CBSA", "technique"))
    page = releaser.get(f"{path}CBSA/").content.decode()
    assert "As CBSA sees it" in page and CANARIES["technique"] not in page
    assert CANARIES["place"] in page
    other = Client()
    other.force_login(person("cbsa.officer"))
    theirs = other.get(f"/bulletins/{bulletin.ref}/").content.decode()
    for word in CANARIES.values():
        assert (word in theirs) is (word in page), word


def test_whom_nothing_reaches_it_says_so_and_why(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/as/"
    ncb = releaser.post(f"{path}NCB-OTTAWA/", {**FORM, "to": ["NCB-OTTAWA"]}).content.decode()
    assert "NCB-OTTAWA would see nothing" in ncb and "no live agreement with CBP" in ncb
    unpicked = releaser.post(f"{path}RCMP/", FORM).content.decode()
    assert "nothing that is picked names it" in unpicked
    assert releaser.get(f"{path}NO-SUCH/").status_code == 404
    missing = releaser.post(f"{path}CBSA/", {**FORM, "need_to_know": ""}).content.decode()
    assert "Say why they need to know" in missing


def test_looking_is_on_the_trail_and_for_the_owners_releasers_alone(releaser):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    path = f"/bulletins/{bulletin.ref}/as/CBSA/"
    releaser.get(path)
    with viewing(viewer("inspector")):
        (row,) = TrailRow.objects.filter(event="record.show_as", outcome="ok")
    assert row.object_id == bulletin.ref and row.facts == {"agency_shown": "CBSA", "planned": False}
    for username, status in (
        ("cbp.officer", 403),
        ("hsi.agent", 403),
        ("cbsa.releaser", 403),
        ("ncb.officer", 404),
        ("steward", 404),
    ):
        client = Client()
        client.force_login(person(username))
        assert client.get(path).status_code == status, username
        assert client.post(path, FORM).status_code == status, username


def test_the_owners_own_ledger_keeps_only_its_own_reading(releaser):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    releaser.get(f"/bulletins/{bulletin.ref}/as/CBSA/")
    with viewing(viewer("cbp.releaser")):
        people = set(
            LedgerRow.objects.filter(records__contains=[bulletin.pk]).values_list("person", flat=True)
        )
    assert people == {"cbp.releaser"}
