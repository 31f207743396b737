"""All that an agency owns, by its administrator: its own, as far as they may open it, and nobody else's."""

from __future__ import annotations

import io
import zipfile

import orjson
import pytest

from hub.agencies.models import Person
from hub.database.context import engine
from hub.trail.models import TrailRow
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.disclosures.reader import reader, text, with_photographs
from tests.exports.conftest import content, fetched, made
from tests.feeds.test_atom import amended, marked
from tests.retention.test_purge import purged

pytestmark = pytest.mark.django_db


def taken(username: str = "cbp.admin") -> dict[str, bytes]:
    assert reader(username).post("/exports/all/")["Location"] == "/exports/"
    job = made(username)
    assert job.state == "ready"
    with zipfile.ZipFile(io.BytesIO(content(fetched(username, job)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(whole: dict[str, bytes], name: str) -> list:
    return [orjson.loads(line) for line in whole[name].splitlines()]


def test_every_version_photograph_release_and_who_was_given_it():
    bulletin, uids = with_photographs()
    released(bulletin, ("CBSA", "place"))
    reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/")
    amended(bulletin, title="Second")
    whole = taken()
    assert [row["version"] for row in lines(whole, "versions.jsonl")] == [1, 2]
    assert [row["reference"] for row in lines(whole, "records.jsonl")] == [bulletin.ref]
    assert all(f"photographs/{uid}.jpg" in whole for uid in uids.values())
    (release, *_more) = lines(whole, "releases.jsonl")
    assert (release["agency"], release["withheld"]) == ("CBSA", ["place"])
    assert {row["receiving_agency"] for row in lines(whole, "ledger-given.jsonl")} == {"CBSA"}
    said = whole["versions.jsonl"].decode()
    assert all(word in said for word in CANARIES.values())
    assert bulletin.ref in whole["records.csv"].decode() and b'"report"' in whole["records.stix.json"]
    assert whole["README.txt"].decode().startswith("TLP:AMBER")
    with engine():
        assert TrailRow.objects.filter(event="record.export", object_type="export").get().rows == 1


def test_nothing_of_another_agencys_is_in_it():
    published_seizure()
    released(foreign := published_bulletin("cbsa.officer", title="Of another"), "CBP", by="cbsa.releaser")
    whole = taken()
    for name, found in whole.items():
        assert b"Of another" not in found, name
        if not name.startswith("ledger"):
            assert foreign.ref.encode() not in found, name


def test_what_is_closed_to_the_administrator_stays_out_and_display_only_is_ones_own():
    red, draft = published_bulletin(tlp="TLP:RED", title="Red one"), draft_bulletin(title="Somebody's draft")
    shown = published_bulletin(title="For display")
    marked(shown, "TLP:AMBER", controls=("DISPLAY ONLY",))
    whole = taken()
    said = b"".join(whole.values()).decode("utf-8", "replace")
    assert "Red one" not in said and red.ref not in said and draft.ref not in said
    assert "For display" in whole["versions.jsonl"].decode()
    assert b"For display" not in whole["records.csv"] + whole["records.stix.json"]
    assert "closed to who made it" in whole["README.txt"].decode()


def test_it_is_an_administrators_to_ask_for_and_to_fetch():
    published_seizure()
    for username in ("cbp.officer", "cbp.releaser", "cbp.liaison", "steward"):
        assert reader(username).post("/exports/all/").status_code == 403, username
        assert "Take it all out" not in text(reader(username).get("/exports/"))
    assert "Take it all out" in text(reader("cbp.admin").get("/exports/"))
    reader("cbp.admin").post("/exports/all/")
    job = made("cbp.admin")
    Person.objects.filter(username="cbp.admin").update(roles=["officer"])
    assert fetched("cbp.admin", job).status_code == 404
    reader("cbp.admin").post("/exports/all/")
    with engine():
        assert job.__class__.objects.filter(person__username="cbp.admin").count() == 1


def test_who_is_no_administrator_any_more_when_it_is_made_gets_nothing():
    published_seizure()
    reader("cbp.admin").post("/exports/all/")
    Person.objects.filter(username="cbp.admin").update(roles=["officer"])
    assert made("cbp.admin").state == "failed"


def test_a_purge_ends_it():
    bulletin = published_bulletin()
    reader("cbp.admin").post("/exports/all/")
    job = made("cbp.admin")
    purged(bulletin)
    assert fetched("cbp.admin", job).status_code == 404


def test_what_is_closed_to_the_administrator_since_it_was_made_is_not_handed_out():
    bulletin = published_bulletin()
    reader("cbp.admin").post("/exports/all/")
    job = made("cbp.admin")
    assert fetched("cbp.admin", job).status_code == 200
    marked(bulletin, "TLP:RED")
    assert fetched("cbp.admin", job).status_code == 302
    assert fetched("cbp.admin", job).status_code == 404


def test_a_draft_that_is_discarded_since_takes_nothing_from_it():
    published_bulletin()
    draft = draft_bulletin("cbp.officer")
    Person.objects.filter(username="cbp.officer").update(roles=["officer", "admin"])
    reader("cbp.officer").post("/exports/all/")
    job = made("cbp.officer")
    assert reader("cbp.officer").post(f"/bulletins/{draft.ref}/edit/discard/").status_code == 302
    assert fetched("cbp.officer", job).status_code == 200
