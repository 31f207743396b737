"""From an empty form to a published bulletin, and to its next version."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bulletins.models import Bulletin, Version
from hub.database.context import viewing
from hub.trail.models import TrailRow
from tests.builders import draft_bulletin, published_bulletin, published_seizure
from tests.cast import agency, person, viewer
from tests.publishing.author import WHOLE

pytestmark = pytest.mark.django_db


def versions(ref: str) -> list[dict]:
    with viewing(viewer("cbp.releaser")):
        return list(
            Version.objects.filter(record__ref=ref).order_by("number").values_list("content", flat=True)
        )


def test_looking_at_the_empty_form_writes_nothing(officer):
    officer.open_new()
    with viewing(viewer("cbp.releaser")):
        assert not Bulletin.objects.exists()


def test_a_bulletin_is_posted_without_a_script(officer):
    answer = officer.client.post(officer.open_new(), WHOLE | {"do": "post"})
    assert answer.status_code == 302
    ref = answer.url.strip("/").removeprefix("bulletins/")
    (content,) = versions(ref)
    assert content["core"]["title"] == "Methamphetamine in doors and tailgate"
    assert content["core"]["originator"] == "CBP"
    (row,) = content["core"]["substances"]
    assert (row["quantity"], row["unit"], Decimal(row["mass_kg"])) == ("235.37", "lb", Decimal("106.762036"))


def test_the_first_save_makes_the_draft_and_says_where_it_lives(officer):
    answer = officer.autosave(officer.open_new(), tear_line="Half a sent")
    told = answer.json()
    assert told["location"] == told["autosave"] == f"/bulletins/{told['draft']}/edit/"
    page = officer.client.get(told["location"])
    assert "Half a sent" in page.content.decode()


def test_the_same_form_sent_twice_makes_one_draft(officer):
    address = officer.open_new()
    first = officer.autosave(address, tear_line="Once").json()["draft"]
    assert officer.autosave(address, tear_line="Twice").json()["draft"] == first
    answer = officer.client.post(address, WHOLE | {"do": "post"})
    assert answer.url == officer.client.post(address, WHOLE | {"do": "post"}).url == f"/bulletins/{first}/"
    assert len(versions(first)) == 1


def test_nobody_else_can_use_the_address_of_a_form(officer, at_the_form):
    address = officer.open_new()
    mine = officer.autosave(address, tear_line="Mine").json()["draft"]
    theirs = at_the_form("cbp.releaser").autosave(address, tear_line="Theirs").json()["draft"]
    assert theirs != mine and officer.stored(mine).tear_line == "Mine"


def test_each_field_is_saved_as_it_comes(officer):
    row = {"substances-0-drug": "meth", "substances-0-quantity": "1,5", "substances-0-unit": "kg"}
    ref = officer.draft(**{"substances-rows": "1"} | row)
    address = f"/bulletins/{ref}/edit/"
    for fields in (
        {"methods": ["VEH-BODY-DOOR", "VEH-INT-SEAT"]},
        {"port": "Otay Mesa"},
        {"hazard": "yes"},
        {"transit_countries": "Mexico, GT"},
        {"detection": ["canine", "nii_xray"]},
        {"originator": "DEA"},
        {"occurred_on": "2026-03-01"},
    ):
        officer.autosave(address, **fields)
    record = officer.stored(ref)
    (substance,) = record.substances.all()
    assert (substance.drug_id, substance.quantity) == ("methamphetamine", Decimal("1.5"))
    assert record.methods == ["VEH-BODY-DOOR", "VEH-INT-SEAT"]
    assert record.hazard and record.transit_countries == ["MX", "GT"]
    assert record.detection == ["canine", "nii_xray"]
    assert record.originator_id == agency("DEA").pk
    assert record.occurred_on.isoformat() == "2026-03-01"
    assert officer.autosave(address, methods="").status_code == 200
    assert officer.stored(ref).methods == []


def test_what_is_right_is_kept_and_what_is_not_is_named(officer):
    ref = officer.draft(tear_line="First")
    answer = officer.autosave(
        f"/bulletins/{ref}/edit/",
        **{
            "tear_line": "Second",
            "occurred_on": "the day before yesterday",
            "port": "Atlantis",
            "methods": ["VEH-BODY-DOOR", "NOT-A-CODE"],
            "substances-rows": "2",
            "substances-0-drug": "Cocaine",
            "substances-0-quantity": "20",
            "substances-0-unit": "kg",
            "substances-1-drug": "Heroin",
            "substances-1-quantity": "a handful",
            "substances-1-unit": "kg",
            "substances-2-quantity": "7",
            "substances-2-unit": "kg",
        },
    )
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {
        *("occurred_on", "port", "methods"),
        *("substances-1-quantity", "substances-2-drug"),
    }
    record = officer.stored(ref)
    assert record.tear_line == "Second"
    kept = [(row.drug_id, row.quantity) for row in record.substances.all()]
    assert kept == [("cocaine", Decimal(20)), ("heroin", None)]


def test_a_first_save_that_is_partly_wrong_still_makes_the_draft(officer):
    answer = officer.autosave(officer.open_new(), tear_line="Kept", occurred_on="soon")
    assert answer.status_code == 400 and answer.json()["draft"]
    assert officer.stored(answer.json()["draft"]).tear_line == "Kept"


def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(officer):
    fields = WHOLE | {"tear_line": "", "methods": [], "narrative": "It rang hollow.", "do": "post"}
    answer = officer.client.post(officer.open_new(), fields)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#id_tear_line"' in page and 'href="#id_methods"' in page
    assert "It rang hollow." in page and "235.37" in page
    with viewing(viewer("cbp.releaser")):
        record = Bulletin.objects.get()
    assert record.latest == 0 and record.narrative == "It rang hollow."


def test_a_hazard_needs_its_note_and_without_one_the_note_is_not_posted(officer):
    address = officer.open_new()
    answer = officer.client.post(address, WHOLE | {"hazard": "yes", "do": "post"})
    assert answer.status_code == 400 and 'href="#id_safety_note"' in answer.content.decode()
    answer = officer.client.post(address, WHOLE | {"hazard": "no", "safety_note": "Glass", "do": "post"})
    (content,) = versions(answer.url.split("/")[2])
    assert "safety_note" not in content["core"]


def test_what_came_with_a_port_goes_with_it(officer):
    ref = officer.draft(port="Otay Mesa, CA")
    record = officer.stored(ref)
    assert (record.place, record.state, record.region) == ("Otay Mesa", "CA", "southwest")
    officer.autosave(f"/bulletins/{ref}/edit/", port="Port of Montreal")
    record = officer.stored(ref)
    assert (record.place, record.country, record.region) == ("Port of Montreal", "CA", "canada")
    assert round(record.latitude) == 46


def test_a_word_that_means_two_drugs_is_asked_about(officer):
    answer = officer.autosave(officer.open_new(), **{"substances-rows": "1", "substances-0-drug": "M30"})
    (message,) = answer.json()["errors"]["substances-0-drug"]
    assert "Fentanyl" in message and "Oxycodone" in message


def test_script_in_a_title_is_text(officer):
    ref = officer.draft(title="<script>alert(1)</script>", tear_line='"><img src=x onerror=alert(1)>')
    page = officer.client.get(f"/bulletins/{ref}/edit/").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "<img src=x" not in page
    listed = officer.client.get("/bulletins/drafts/").content.decode()
    assert "<script>alert" not in listed and "&lt;script&gt;alert(1)" in listed


def test_an_amendment_leaves_the_first_version_as_it_was(officer):
    bulletin = published_bulletin(title="As first told")
    (before,) = versions(bulletin.ref)
    address = f"/bulletins/{bulletin.ref}/edit/"
    assert officer.autosave(address, title="As told later", change="Corrected the amount").status_code == 200
    assert versions(bulletin.ref) == [before]

    page = officer.client.get(address).content.decode()
    assert "Corrected the amount" in page and "Post version 2" in page
    fields = WHOLE | {"title": "As told later", "do": "post"}
    assert 'href="#id_change"' in officer.client.post(address, fields).content.decode()
    answer = officer.client.post(address, fields | {"change": "Corrected the amount"})
    assert answer.url == f"/bulletins/{bulletin.ref}/"
    first, second = versions(bulletin.ref)
    assert first == before and second["core"]["title"] == "As told later"
    with viewing(viewer("cbp.releaser")):
        assert Version.objects.get(record=bulletin, number=2).note == "Corrected the amount"


def test_what_decides_who_may_have_it_is_not_changed_by_editing(officer):
    bulletin = published_bulletin(tlp="TLP:AMBER+STRICT", controls=["NOFORN"])
    page = officer.client.get(f"/bulletins/{bulletin.ref}/edit/").content.decode()
    assert 'name="tlp"' not in page and 'name="originator"' not in page
    officer.autosave(f"/bulletins/{bulletin.ref}/edit/", tlp="TLP:CLEAR", controls="", originator="DEA")
    record = officer.stored(bulletin.ref)
    assert (record.tlp, record.controls, record.originator_id) == (
        "TLP:AMBER+STRICT",
        ["NOFORN"],
        agency("CBP").pk,
    )


def test_identifiers_are_certified_by_whoever_ticks_it(officer):
    ref = officer.draft(
        **{
            "identifiers-rows": "1",
            "identifiers-0-kind": "plate",
            "identifiers-0-value": "7ABC123",
            "predicate": "Found in possession",
            "predicate_category": "trafficking",
            "certify": "on",
        }
    )
    record = officer.stored(ref)
    assert record.certified_by_id == person("cbp.officer").pk
    assert [row.value for row in record.identifiers.all()] == ["7ABC123"]
    officer.autosave(f"/bulletins/{ref}/edit/", certify="")
    assert officer.stored(ref).certified_at is None


def test_only_reports_of_the_own_agency_can_be_linked(officer):
    own, other = published_seizure(), published_seizure("cbsa.officer")
    answer = officer.autosave(officer.open_new(), seizures=f"{own.ref}, {other.ref}, 2222-2222")
    (message,) = answer.json()["errors"]["seizures"]
    assert other.ref in message and "2222-2222" in message and own.ref not in message
    ref = answer.json()["draft"]
    with viewing(viewer("cbp.officer")):
        assert [link.source_id for link in Bulletin.objects.get(ref=ref).links.all()] == [own.pk]


def test_an_own_reference_stands_once(officer):
    draft_bulletin(external_id="26-114")
    answer = officer.autosave(officer.open_new(), external_id="26-114", title="Kept")
    assert set(answer.json()["errors"]) == {"external_id"}
    assert officer.stored(answer.json()["draft"]).title == "Kept"


@pytest.mark.parametrize("username", ["cbp.admin", "steward", "inspector"])
def test_whoever_may_not_write_is_refused_and_the_trail_says_so(at_the_form, username):
    author = at_the_form(username)
    assert author.client.get("/bulletins/new/").status_code == 403
    assert author.client.post("/bulletins/new/", WHOLE).status_code == 403
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(event="bulletin.draft", outcome="refused", actor=username).exists()


def test_the_working_copy_is_there_for_those_who_may_open_it_and_for_nobody_else(at_the_form):
    draft, posted = draft_bulletin(), published_bulletin()
    red = published_bulletin(tlp="TLP:RED")
    expected = {
        "cbp.officer": (200, 200, 200),
        "cbp.releaser": (200, 200, 200),
        "cbp.liaison": (404, 200, 404),
        "cbp.admin": (404, 403, 404),
        "hsi.agent": (404, 404, 404),
        "cbsa.officer": (404, 404, 404),
        "ncb.officer": (404, 404, 404),
        "steward": (404, 404, 404),
    }
    for username, statuses in expected.items():
        client = at_the_form(username).client
        found = tuple(client.get(f"/bulletins/{row.ref}/edit/").status_code for row in (draft, posted, red))
        assert found == statuses, username
        assert client.get("/bulletins/2222-2222/edit/").status_code == 404
        if statuses[0] == 404:
            assert client.post(f"/bulletins/{draft.ref}/edit/", {"title": "Mine now"}).status_code == 404
    with viewing(viewer("cbp.releaser")):
        assert Bulletin.objects.get(pk=draft.pk).title == draft.title


def test_whoever_is_not_signed_in_is_asked_to(client):
    for address in ("/bulletins/new/", "/bulletins/drafts/", "/seizures/new/", "/bulletins/2222-2222/edit/"):
        answer = client.get(address)
        assert answer.status_code == 302 and answer.url.startswith("/accounts/login/")


def test_the_number_of_queries_does_not_grow_with_rows(officer):
    ref = officer.draft(tear_line="A sentence")
    address = f"/bulletins/{ref}/edit/"

    def rows(n: int) -> dict:
        found = {"substances-rows": str(n), "identifiers-rows": str(n)}
        for i in range(n):
            found |= {f"substances-{i}-drug": "Cocaine", f"identifiers-{i}-value": f"Plate {i}"}
            found |= {f"identifiers-{i}-kind": "plate"}
        return found

    counts = []
    for n in (2, 30):
        with CaptureQueriesContext(connection) as saving:
            officer.autosave(address, **rows(n))
        with CaptureQueriesContext(connection) as looking:
            officer.client.get(address)
        counts.append((len(saving), len(looking)))
    assert counts[0] == counts[1]
    assert counts[0] <= (50, 35)
