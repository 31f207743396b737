"""ETags of one record: made of what is shown and of nothing else, good for whoever was given them."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark, recall
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def asked(who, path, tag, method="GET", body=None):
    name = "If-None-Match" if method in ("GET", "HEAD") else "If-Match"
    return who.ask(method, path, body, headers={name: tag})


def ledger(username):
    with viewing(viewer(username)):
        return LedgerRow.objects.count()


def test_what_one_has_is_not_given_again_and_leaves_no_row_in_the_ledger(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    partner, path = caller("cbsa.officer"), f"bulletins/{bulletin.uid}/"
    first = partner.get(path)
    tag, rows = first["ETag"], ledger("cbsa.officer")
    assert tag.startswith('"') and rows == 1
    for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        same = asked(partner, path, given)
        assert same.status_code == 304 and same.content == b"" and same["ETag"] == tag
        assert same["Cache-Control"] == "private, no-store"
    assert asked(partner, path, tag, "HEAD").status_code == 304
    assert ledger("cbsa.officer") == rows
    assert asked(partner, path, '"other"').status_code == 200
    assert ledger("cbsa.officer") == rows + 1


def test_the_tag_follows_version_marking_and_what_is_shown(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    partner, officer, path = caller("cbsa.officer"), caller("cbp.officer"), f"bulletins/{bulletin.uid}/"
    tags = [partner.get(path)["ETag"]]
    who = viewer("cbp.releaser")
    with viewing(who):
        mark(bulletin, Handling("TLP:AMBER", (), (), None), reason="", viewer=who, at=timezone.now())
    tags.append(partner.get(path)["ETag"])
    released(bulletin, ("CBSA", "place"))
    assert asked(partner, path, tags[-1]).status_code == 200
    # An amendment that the partner is not given changes nothing for it.
    tag = partner.get(path)["ETag"]
    assert (
        officer.patch(path, {"narrative": "New words", "publish": True, "publish_note": "Words"}).status_code
        == 200
    )
    assert asked(partner, path, tag).status_code == 304


def test_a_withheld_part_does_not_move_the_tag(caller):
    kept, other = (
        published_bulletin(place=place, external_id=f"A-{place}") for place in ("Lane 7", "Another lane")
    )
    for each in (kept, other):
        released(each, ("CBSA", "place", "identifiers", "case"))
    partner = caller("cbsa.officer")
    shown = [partner.get(f"bulletins/{each.uid}/") for each in (kept, other)]
    # Two tags of two records differ; the same record's tag does not tell what is behind it.
    assert shown[0]["ETag"] != shown[1]["ETag"]
    path, tag = f"bulletins/{kept.uid}/", shown[0]["ETag"]
    assert asked(partner, path, tag).status_code == 304


def test_a_tag_is_its_readers_alone(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "TXDPS")
    path = f"bulletins/{bulletin.uid}/"
    tag = caller("cbsa.officer").get(path)["ETag"]
    for other in ("txdps.trooper", "cbsa.liaison", "cbp.officer"):
        assert asked(caller(other), path, tag).status_code == 200
    assert asked(caller("dea.agent"), path, tag).status_code == 404
    assert asked(caller("dea.agent"), path, "*").status_code == 404


def test_after_a_recall_the_tag_opens_nothing(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    partner, path = caller("cbsa.officer"), f"bulletins/{bulletin.uid}/"
    tag, who = partner.get(path)["ETag"], viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    assert asked(partner, path, tag).status_code == 410


@pytest.mark.parametrize("kind", ["bulletins", "seizures"])
def test_a_working_copy_is_not_written_over_what_somebody_wrote_since(kind, caller):
    record = draft_bulletin() if kind == "bulletins" else published_seizure()
    officer, releaser, path = caller("cbp.officer"), caller("cbp.releaser"), f"{kind}/{record.uid}/"
    tag = officer.get(f"{path}?state=draft")["ETag"]
    written = asked(officer, path, tag, "PATCH", {"case_number": "1"})
    assert written.status_code == 200 and written["ETag"] != tag
    assert written["Content-Location"] == f"/api/v1/{path}?state=draft"
    late = asked(releaser, path, tag, "PATCH", {"case_number": "2"})
    assert late.status_code == 412 and late["Content-Type"] == "application/problem+json"
    assert asked(officer, path, tag, "PATCH", {"case_number": "2"}).status_code == 412
    fresh = asked(officer, path, f"W/{written['ETag']}", "PATCH", {"case_number": "3"})
    assert fresh.status_code == 200
    assert asked(officer, path, "*", "PATCH", {"case_number": "4"}).status_code == 200
    assert officer.patch(path, {"case_number": "5"}).status_code == 200
    assert officer.get(f"{path}?state=draft").json()["values"]["case_number"] == "5"
    publish = f"{path}publish/"
    assert asked(officer, publish, tag, "POST", {}).status_code == 412


def test_who_may_not_see_it_is_told_nothing_by_a_precondition(caller):
    draft, asker = draft_bulletin(), caller("ncb.officer")
    for tag in ("*", '"other"'):
        assert asked(asker, f"bulletins/{draft.uid}/", tag, "PATCH", {}).status_code == 404


def test_a_subscription_is_not_changed_over_what_was_changed_since(caller):
    officer = caller("cbp.officer")
    made = officer.post("subscriptions/", {"title": "Tanks"})
    path = made["Content-Location"]
    assert officer.get(path)["ETag"] == made["ETag"]
    assert asked(officer, path, made["ETag"], "PATCH", {"title": "Doors"}).status_code == 200
    assert asked(officer, path, made["ETag"], "PATCH", {"title": "Tyres"}).status_code == 412
    assert asked(officer, path, made["ETag"], "DELETE").status_code == 412
    assert asked(officer, path, officer.get(path)["ETag"], "DELETE").status_code == 204


def test_a_compressed_answers_tag_is_still_good(caller):
    bulletin = published_bulletin()
    officer, path = caller("cbp.officer"), f"bulletins/{bulletin.uid}/?state=draft"
    packed = officer.ask("GET", path, headers={"Accept-Encoding": "gzip"})
    assert packed["ETag"].startswith("W/") and json.loads(gzip.decompress(packed.content))
    assert asked(officer, path, packed["ETag"]).status_code == 304
    assert asked(officer, f"bulletins/{bulletin.uid}/", packed["ETag"], "PATCH", {}).status_code == 200


def test_a_marking_is_put_on_what_was_read_and_on_nothing_else(caller):
    """As an edit: two who mark at once do not undo each other, and a reason lost on the way marks nothing."""
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    releaser, path = caller("cbp.releaser"), f"bulletins/{bulletin.uid}/"
    read = releaser.get(f"{path}?state=draft")["ETag"]
    body = {"tlp": "TLP:AMBER+STRICT"}
    for wrong in ('"other"', caller("cbp.officer").get(f"{path}?state=draft")["ETag"]):
        refused = asked(releaser, f"{path}marking/", wrong, "PUT", body)
        assert refused.status_code == 412 and refused["Content-Type"] == "application/problem+json"
    assert releaser.get(path).json()["marking"]["tlp"] == "TLP:AMBER"
    done = asked(releaser, f"{path}marking/", read, "PUT", body)
    assert done.status_code == 200 and done["ETag"] == releaser.get(f"{path}?state=draft")["ETag"] != read
    assert asked(releaser, f"{path}marking/", read, "PUT", {"tlp": "TLP:RED"}).status_code == 412
    # What was set of an embargo is seen as well.
    until = (timezone.now() + timedelta(days=1)).isoformat()
    kept = asked(releaser, f"{path}marking/", done["ETag"], "PUT", {**body, "embargo_until": until})
    assert kept.status_code == 200
    assert asked(releaser, f"{path}marking/", done["ETag"], "PUT", body).status_code == 412
    assert asked(releaser, f"{path}marking/", kept["ETag"], "PUT", body).status_code == 200
    # Without it, as before; and whoever may not mark learns nothing by a tag.
    assert releaser.ask("PUT", f"{path}marking/", body).status_code == 200
    for username, status in (("cbp.officer", 403), ("cbsa.releaser", 404)):
        assert asked(caller(username), f"{path}marking/", '"other"', "PUT", body).status_code == status
