"""Programs mark what is out, and release several records at once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.builders import published_bulletin, published_seizure, released

pytestmark = pytest.mark.django_db
WHY = {"need_to_know": "Fuel tanks", "right_to_know": "Drug enforcement"}


def test_a_raised_marking_takes_it_from_those_it_no_longer_reaches(caller):
    record = published_bulletin()
    released(record, "CBSA", "community:HIDTA-STX")
    path = f"bulletins/{record.uid}/"
    member = caller("stx.analyst")
    assert member.get(path).status_code == caller("cbsa.officer").get(path).status_code == 200
    answer = caller("cbp.releaser").ask("PUT", f"{path}marking/", {"tlp": "TLP:AMBER+STRICT"})
    assert answer.status_code == 200 and "HIDTA-STX" in answer.json()["losing"]
    assert answer.json()["gaining"] == [] and answer.json()["tlp"] == "TLP:AMBER+STRICT"
    assert member.get(path).status_code == 410 and caller("cbsa.officer").get(path).status_code == 200


def test_lowering_asks_why_in_a_problem(caller):
    record = published_seizure()
    released(record, "CBSA")
    releaser, path = caller("cbp.releaser"), f"seizures/{record.uid}/marking/"
    refused = releaser.ask("PUT", path, {"tlp": "TLP:GREEN"})
    assert refused.status_code == 400 and refused["Content-Type"] == "application/problem+json"
    assert "Say why it is marked lower" in refused.content.decode()
    done = releaser.ask("PUT", path, {"tlp": "TLP:GREEN", "reason": "Published by the press"})
    assert done.status_code == 200


def test_what_cannot_stand_is_refused_and_changes_nothing(caller):
    record = published_bulletin()
    releaser, path = caller("cbp.releaser"), f"bulletins/{record.uid}/marking/"
    for body in (
        {},
        {"tlp": "TLP:PINK"},
        {"tlp": "TLP:AMBER", "controls": ["REL TO"]},
        {"tlp": "TLP:AMBER", "embargo_until": "2020-01-01T00:00:00Z"},
    ):
        answer = releaser.ask("PUT", path, body)
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json", body
    assert releaser.get(f"bulletins/{record.uid}/").json()["marking"]["tlp"] == "TLP:AMBER"


def test_only_a_releaser_of_the_owner_marks(caller):
    record = published_bulletin()
    released(record, "CBSA")
    body = {"tlp": "TLP:AMBER+STRICT"}
    status = {"cbp.officer": 403, "cbsa.releaser": 404, "ncb.officer": 404, "steward": 404}
    for username, expected in status.items():
        answer = caller(username).ask("PUT", f"bulletins/{record.uid}/marking/", body)
        assert answer.status_code == expected, username
    # Of the wrong kind it does not exist.
    assert caller("cbp.releaser").ask("PUT", f"seizures/{record.uid}/marking/", body).status_code == 404


def test_several_are_released_at_once_each_under_its_own_marking(caller):
    one, report = published_bulletin(), published_seizure()
    releaser = caller("cbp.releaser")
    body = {
        "records": [str(one.uid), str(report.uid)],
        "to": [{"agency": "HSI", "withheld": ["place"]}],
        **WHY,
    }
    foreseen = releaser.post("releases/preview/", body)
    assert foreseen.status_code == 200
    assert [each["record"] for each in foreseen.json()["records"]] == body["records"]
    assert caller("hsi.agent").get(f"bulletins/{one.uid}/").status_code == 404
    done = releaser.post("releases/", body)
    assert done.status_code == 201 and done.json() == foreseen.json()
    shown = caller("hsi.agent").get(f"bulletins/{one.uid}/").json()
    assert "place" not in shown["facts"]
    assert caller("hsi.agent").get(f"seizures/{report.uid}/").status_code == 200


def test_one_that_is_not_ones_own_makes_all_of_them_a_ghost(caller):
    mine, theirs = published_bulletin(), published_bulletin("cbsa.officer")
    releaser = caller("cbp.releaser")
    body = {"to": [{"agency": "HSI"}], **WHY}
    answers = {
        releaser.post("releases/", {**body, "records": [str(mine.uid), str(other)]}).content
        for other in (theirs.uid, uuid4())
    }
    assert len(answers) == 1 and b"404" in answers.pop()
    for wrong in ([], "x", [1], ["not a uid"], [str(uuid4())] * 51):
        assert releaser.post("releases/", {**body, "records": wrong}).status_code in (400, 404), wrong
    several = {**body, "records": [str(mine.uid)]}
    assert releaser.post("releases/", {**several, "record": str(mine.uid)}).status_code == 400
    assert releaser.post("releases/", {**several, "tlp": "TLP:GREEN"}).status_code == 400
    assert caller("hsi.agent").get(f"bulletins/{mine.uid}/").status_code == 404
    assert releaser.post("releases/", several).status_code == 201
    assert caller("hsi.agent").get(f"bulletins/{mine.uid}/").status_code == 200
