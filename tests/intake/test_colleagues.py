"""Of what a colleague sent in and keeps to themselves, whoever sends the same learns nothing and changes nothing."""

from __future__ import annotations

import pytest

from hub.database.context import engine
from sharing.intake.models import Original
from tests.builders import draft_bulletin, published_bulletin
from tests.intake.conftest import LATER, RED, fresh, ident, ours, publishing, records, send, stix

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("marked", [RED, None], ids=["red", "draft"])
def test_what_a_colleague_sent_and_one_may_not_open_is_neither_told_of_nor_written_into(marked):
    sent = stix("report", **({"marked": marked} if marked else {}))
    send(sent)
    (found,) = records()
    again = [
        sent,
        {**sent, "modified": LATER, "name": "Other words"},
        {**sent, "modified": LATER, "revoked": True},
    ]
    answers = [send(each, by="cbp.liaison") for each in again]
    said = {each.failures[0]["message"] for each in answers}
    assert len(said) == 1 and not any(each.successes for each in answers)
    assert found.ref not in said.pop()
    assert fresh(found).title == "Cocaine in a spare wheel" and len(records()) == 1
    with engine():
        assert Original.objects.count() == 1
    # Who may open it goes on with it: a releaser, and its sender.
    assert "Written into" in send(again[1], by="cbp.releaser").successes[0]["message"]
    assert fresh(found).title == "Other words"


def test_a_part_of_what_a_colleague_keeps_to_themselves_is_not_kept_with_it():
    sent = ours("bulletin", marked=RED)
    send(sent)
    note = stix("note", object_refs=[sent["id"]])
    answer = send(note, by="cbp.liaison")
    assert "belongs to was refused" in answer.failures[0]["message"]
    with engine():
        assert Original.objects.count() == 1


def test_what_a_colleague_sent_and_is_published_is_the_agencys():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    assert seizure.ref in send({**sent, "modified": LATER}, by="cbp.liaison").successes[0]["message"]


@pytest.mark.parametrize(
    "of", [draft_bulletin, lambda: published_bulletin(tlp="TLP:RED")], ids=["draft", "red"]
)
def test_the_id_of_a_record_that_one_may_not_open_is_answered_as_one_that_is_none(of):
    hidden = of()
    assert "own record" in send(stix("report", id=f"report--{hidden.uid}")).successes[0]["message"]
    found = [
        send(stix("report", id=each, name="Mine"), by="cbp.liaison")
        for each in (f"report--{hidden.uid}", ident("report"))
    ]
    assert ["Taken in as the draft" in each.successes[0]["message"] for each in found] == [True, True]
