"""Where a record came from, and on which terms an agency takes part: shown to its own people, and nobody else."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.intake.models import Voice
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.disclosures.reader import reader, same_to_a_stranger, text
from tests.intake.conftest import LAST, LATER, RED, fresh, ident, ours, publishing, records, send, stix

pytestmark = pytest.mark.django_db


def test_its_owners_people_see_how_it_came_in_and_the_original_to_the_letter():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    path = f"/seizures/{seizure.ref}/"
    for username in ("cbp.officer", "cbp.releaser", "cbp.admin"):
        client = reader(username)
        page = text(client.get(path))
        assert "sent by TAXII" in page and f"{path}origin/" in page
        assert sent["id"] in text(client.get(f"{path}origin/"))
        file = client.get(f"{path}origin/1/")
        assert json.loads(text(file)) == sent and "attachment" in file["Content-Disposition"]
        assert file["Cache-Control"] == "private, no-store"
        assert client.get(f"{path}origin/2/").status_code == 404


def test_a_partner_who_has_it_learns_nothing_of_where_it_came_from():
    publishing("CBP")
    send(ours())
    (seizure,) = records("seizure")
    released(seizure, "DEA")
    client, path = reader("dea.agent"), f"/seizures/{seizure.ref}/"
    page = text(client.get(path))
    assert "Quarter" in page or "cocaine" in page.casefold()
    assert "sent by TAXII" not in page and "origin" not in page
    ghost = reader("dea.agent").get("/seizures/2222-2222/origin/")
    for address in ("origin/", "origin/1/"):
        for method in ("get", "post"):
            answer = getattr(client, method)(f"{path}{address}")
            assert answer.status_code in (404, 405)
    assert same_to_a_stranger(client.get(f"{path}origin/")) == same_to_a_stranger(ghost)


@pytest.mark.parametrize("username", ["cbp.admin", "dea.agent", "steward", "inspector"])
def test_a_draft_and_what_is_red_are_shown_to_their_author_and_releasers_alone(username):
    publishing("CBP")
    send(stix("report"), ours(marked=RED))
    (draft,), (red,) = records(), records("seizure")
    for section, record in (("bulletins", draft), ("seizures", red)):
        path = f"/{section}/{record.ref}/origin/"
        assert reader(username).get(path).status_code == 404
        assert reader("cbp.officer").get(path).status_code == 200
        assert reader("cbp.releaser").get(path).status_code == 200


def test_what_was_written_here_has_no_origin():
    seizure = published_seizure()
    assert reader("cbp.officer").get(f"/seizures/{seizure.ref}/origin/").status_code == 404


def waiting():
    """A draft that was edited by hand, and a newer version beside it."""
    sent = stix("report", description="First words.")
    send(sent)
    (found,) = records()
    who = viewer("cbp.officer")
    with viewing(who):
        copy = type(found).objects.get(pk=found.pk)
        write_down(copy, {"tear_line": "My line.", "narrative": "Mine."}, viewer=who, at=timezone.now())
    send({**sent, "modified": LATER, "description": "Their second words."})
    return found, sent


def test_the_owner_takes_a_newer_version_over_or_leaves_it():
    found, sent = waiting()
    client, path = reader("cbp.officer"), f"/bulletins/{found.ref}/origin/"
    assert f"{found.ref}: a newer version came in" in text(client.get("/"))
    assert "Write it over" in text(client.get(path))
    assert "decide" in text(client.get(f"/bulletins/{found.ref}/edit/"))
    assert client.post(path, {"deed": "take", "number": "2"}).status_code == 302
    after = fresh(found)
    assert (after.narrative, after.tear_line, after.latest) == ("Their second words.", "My line.", 0)
    assert "came in beside" not in text(client.get("/"))
    assert client.post(path, {"deed": "take", "number": "2"}).status_code == 400
    # Written over, it is again as its sender has it: the next version goes in by itself.
    assert "Written into" in send({**sent, "modified": LAST, "description": "Third."}).successes[0]["message"]


def test_left_as_it_is_nothing_changes():
    found, _sent = waiting()
    client, path = reader("cbp.officer"), f"/bulletins/{found.ref}/origin/"
    assert client.post(path, {"deed": "leave", "number": "2"}).status_code == 302
    assert fresh(found).narrative == "Mine." and "came in beside" not in text(client.get("/"))


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 400),
        ({"deed": "take"}, 400),
        ({"deed": "take", "number": "9"}, 400),
        ({"deed": "x", "number": "1"}, 400),
    ],
)
def test_a_form_that_says_nothing_does_nothing(given, status):
    found, _sent = waiting()
    assert reader("cbp.officer").post(f"/bulletins/{found.ref}/origin/", given).status_code == status
    assert fresh(found).narrative == "Mine."


def test_who_may_read_and_not_write_decides_nothing():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    send({**sent, "modified": LATER, "revoked": True})
    path = f"/seizures/{seizure.ref}/origin/"
    assert reader("cbp.admin").get(path).status_code == 200
    assert reader("cbp.admin").post(path, {"deed": "leave", "number": "2"}).status_code == 403


def test_records_that_may_be_the_same_are_named_to_their_owner_alone():
    reference = [{"source_name": "press", "external_id": "12-34"}]
    theirs = published_bulletin("dea.agent", external_id="12-34")
    own = published_bulletin(external_id="12-34")
    hidden = published_bulletin("cbp.releaser", tlp="TLP:RED", external_id="98-76")
    send(stix("report", external_references=reference))
    page = text(reader("cbp.officer").get(f"/bulletins/{records()[-1].ref}/origin/"))
    assert own.ref in page and theirs.ref not in page
    send(stix("report", external_references=[{"source_name": "press", "external_id": "98-76"}]))
    found = records()[-1].ref
    assert hidden.ref not in text(reader("cbp.officer").get(f"/bulletins/{found}/origin/"))
    assert hidden.ref in text(reader("cbp.releaser").get(f"/bulletins/{found}/origin/"))


def test_the_same_day_place_and_drug_may_be_the_same():
    who = {"occurred_on": "2026-02-03", "place": "lane 4", "country": "US"}
    twin, other = published_seizure(**who), published_seizure(**{**who, "place": "Lane 5"})
    send(ours())
    page = text(reader("cbp.officer").get(f"/seizures/{records('seizure')[-1].ref}/origin/"))
    assert twin.ref in page and other.ref not in page


def test_markup_in_an_original_is_text_on_its_page():
    send(stix("report", name="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>"))
    page = text(reader("cbp.officer").get(f"/bulletins/{records()[0].ref}/origin/"))
    assert "<script>alert" not in page and "<img src=x" not in page


def test_terms_are_set_on_the_agencys_own_page():
    admin, other = reader("cbp.admin"), reader("cbsa.liaison")
    page = "/agencies/CBP/intake/"
    assert admin.post(page, {"deed": "publish", "publishes": "yes"}).status_code == 302
    send(ours())
    assert records("seizure")[0].latest == 1
    assert admin.post(page, {"deed": "ask", "principal": "CBSA"}).status_code == 302
    assert "Waits to be confirmed" in text(admin.get(page))
    assert "CBP asks to name CBSA as originator" in text(other.get("/"))
    assert other.post("/agencies/CBSA/intake/", {"deed": "confirm", "other": "CBP"}).status_code == 302
    assert not send(ours(originator="CBSA")).failures
    assert admin.post(page, {"deed": "end", "other": "CBSA"}).status_code == 302
    with engine():
        assert not Voice.objects.exists()
    for bad in (
        {"deed": "ask", "principal": "CBP"},
        {"deed": "ask", "principal": "?"},
        {"deed": "end", "other": "X"},
    ):
        assert admin.post(page, bad).status_code == 400
    assert admin.post(page, {}).status_code == 400


@pytest.mark.parametrize("username", ["cbp.officer", "cbsa.liaison", "steward", "inspector"])
def test_nobody_else_reads_or_sets_an_agencys_terms(username):
    client = reader(username)
    assert client.get("/agencies/CBP/intake/").status_code == 403
    assert client.post("/agencies/CBP/intake/", {"deed": "publish", "publishes": "yes"}).status_code == 403
    assert client.get("/agencies/NONE/intake/").status_code == 404
    send(ours(id=ident("report")))
    assert records("seizure")[0].latest == 0
