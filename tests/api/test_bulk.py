"""Many records in one request: all or none, or each for itself, and each refusal by its place."""

from __future__ import annotations

import pytest

from bulletins.models import Bulletin, SeizureReport
from hub.database.context import viewing
from tests.cast import viewer

pytestmark = pytest.mark.django_db

GOOD = {"methods": ["VEH-BODY-QTR"], "mode": "passenger_vehicle", "occurred_on": "2026-11-02"}
POSTED = {**GOOD, "substances": [{"drug": "cocaine", "quantity": "20", "unit": "kg"}], "publish": True}
BAD = {"mode": "broom"}


def written(kind=SeizureReport, username="cbp.officer"):
    with viewing(viewer(username)):
        return kind.objects.count()


def test_all_are_written_and_read_where_the_answer_says(caller):
    officer = caller("cbp.officer")
    answer = officer.post("seizures/bulk/", {"items": [GOOD, POSTED]})
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["written"], told["refused"]) == (2, 0)
    assert [row["version"] for row in told["results"]] == [0, 1]
    for row in told["results"]:
        assert officer.get(row["location"]).json()["uid"] == row["uid"]
    assert officer.post("bulletins/bulk/", {"items": [{"title": "One"}]}).status_code == 201
    assert written() == 2 and written(Bulletin) == 1


def test_one_that_cannot_stand_stops_all_of_them(caller):
    answer = caller("cbp.officer").post("seizures/bulk/", {"items": [GOOD, BAD, 7, {"nothing": 1}]})
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()["errors"]["items"]) == {"1", "2", "3"}
    assert "mode" in answer.json()["errors"]["items"]["1"]
    assert written() == 0


def test_or_each_stands_for_itself(caller):
    items = [GOOD, BAD, {**GOOD, "external_id": "A"}, {**GOOD, "external_id": "A"}]
    answer = caller("cbp.officer").post("seizures/bulk/", {"items": items, "atomic": False})
    assert answer.status_code == 201
    assert [row.get("ref") is not None for row in answer.json()["results"]] == [True, False, True, False]
    assert "external_id" in answer.json()["results"][3]["errors"]
    assert written() == 2


def test_where_none_can_stand_nothing_was_done(caller):
    answer = caller("cbp.officer").post("seizures/bulk/", {"items": [BAD, BAD], "atomic": False})
    assert answer.status_code == 400 and set(answer.json()["errors"]["items"]) == {"0", "1"}


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": {}}, {"items": [GOOD] * 201}, [GOOD], "x"])
def test_a_body_that_is_no_list_of_some_is_refused(body, caller):
    assert caller("cbp.officer").post("seizures/bulk/", body).status_code == 400


def test_who_writes_no_records_writes_none_this_way(caller):
    assert caller("cbp.admin").post("seizures/bulk/", {"items": [GOOD]}).status_code == 403
    assert caller("cbp.officer", "read").post("seizures/bulk/", {"items": [GOOD]}).status_code == 403


def test_two_hundred_go_at_once_and_again_under_their_key_only_once(caller):
    officer = caller("cbp.officer")

    def send():
        headers = {"Idempotency-Key": "night shift"}
        return officer.ask("POST", "seizures/bulk/", {"items": [GOOD] * 200}, headers=headers)

    first, again = send(), send()
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert written() == 200
