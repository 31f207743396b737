"""Each told agency answers what became of its copies: destroyed, kept by law, or passed on."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hub.agencies.models import Person, Role
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.recalls.models import RecallAnswer
from sharing.recalls.querysets import recalls_of, unanswered
from sharing.releases.models import Recall
from tests.builders import CANARIES, released
from tests.cast import agency, viewer
from tests.disclosures.reader import reader, same_to_a_stranger, text
from tests.recalls.conftest import REASON, read, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def recalled(bulletin):
    released(bulletin, "CBSA", "HSI")
    taken_back(bulletin)
    return bulletin


def uid_of(bulletin, username="cbsa.officer"):
    who = viewer(username)
    with viewing(who):
        return str(recalls_of(who, ref=bulletin.ref, kind="bulletin")[0].uid)


def say(username, bulletin, **fields):
    path = f"/bulletins/{bulletin.ref}/recall/answer/"
    return reader(username).post(path, {"recall": uid_of(bulletin), **fields})


def waiting(username):
    who = viewer(username)
    with viewing(who):
        return unanswered(who).count()


def answers(bulletin):
    with viewing(viewer("cbp.releaser")):
        rows = RecallAnswer.objects.filter(recall__record_id=bulletin.pk).order_by("id")
        return [(row.agency.code, row.kind, row.words) for row in rows.select_related("agency")]


def test_the_tombstone_asks_until_somebody_has_answered(recalled):
    page = read("cbsa.officer", recalled)
    assert "Tell CBP what became of your copies" in page and "CBSA has not answered yet" in page
    assert waiting("cbsa.officer") == 1
    queue = "what became of your copies?"
    assert queue in text(reader("cbsa.officer").get("/")) and queue not in text(
        reader("ncb.officer").get("/")
    )
    assert say("cbsa.officer", recalled, kind="destroyed").status_code == 302
    page = read("cbsa.releaser", recalled)
    assert "has not answered yet" not in page and "Destroyed" in page
    assert queue not in text(reader("cbsa.officer").get("/"))
    assert waiting("cbsa.releaser") == 0 and waiting("hsi.agent") == 1
    assert answers(recalled) == [("CBSA", "destroyed", "")]


def test_an_answer_may_be_changed_and_every_one_is_kept(recalled):
    say("cbsa.officer", recalled, kind="kept", words="Privacy Act, section 6")
    say("cbsa.releaser", recalled, kind="passed", words="The port authority", agencies="rcmp, NYSP")
    who = viewer("cbsa.officer")
    with viewing(who):
        (told,) = recalls_of(who, ref=recalled.ref, kind="bulletin")
    assert told.answer.kind == "passed" and told.answer.passed_to == ("NYSP", "RCMP")
    assert [said.kind for said in told.said] == ["passed", "kept"]
    assert [kind for _code, kind, _words in answers(recalled)] == ["kept", "passed"]
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(event="recall.answer", outcome="ok").order_by("id")
        assert list(rows.values_list("actor", "agency")) == [
            ("cbsa.officer", "CBSA"),
            ("cbsa.releaser", "CBSA"),
        ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Say what became of your copies"),
        ({"kind": "burnt"}, "Say what became of your copies"),
        ({"kind": "kept"}, "Say which law"),
        ({"kind": "passed"}, "Say to whom"),
        ({"kind": "passed", "agencies": "NOBODY"}, "There is no agency NOBODY"),
        ({"kind": "passed", "agencies": "CBSA"}, "Name others"),
        ({"kind": "destroyed", "agencies": "RCMP"}, "only where it was passed on"),
        ({"kind": "kept", "words": "x" * 501}, "500 characters"),
    ],
)
def test_an_answer_that_says_too_little_is_refused_and_nothing_is_written(recalled, fields, said):
    answer = say("cbsa.officer", recalled, **fields)
    assert answer.status_code == 400 and said in text(answer)
    assert answers(recalled) == [] and waiting("cbsa.officer") == 1


def test_only_those_who_were_told_find_the_page(recalled):
    path, ghost = f"/bulletins/{recalled.ref}/recall/answer/", "/bulletins/2222-2222/recall/answer/"
    assert reader("cbsa.officer").get(path).status_code == 200
    for username in ("ncb.officer", "rcmp.officer", "cbp.releaser", "steward", "inspector"):
        client = reader(username)
        for method in ("get", "post"):
            found = getattr(client, method)(path), getattr(client, method)(ghost)
            assert [each.status_code for each in found] == [404, 404], (username, method)
            assert same_to_a_stranger(found[0]) == same_to_a_stranger(found[1])
    assert reader("cbsa.officer").get(f"/seizures/{recalled.ref}/recall/answer/").status_code == 404


def test_whoever_does_not_speak_for_the_agency_is_refused_and_that_is_on_the_trail(recalled):
    Person.objects.filter(username="cbsa.officer").update(roles=[Role.AUDITOR])
    assert "Officers, releasers and liaisons answer" in read("cbsa.officer", recalled)
    assert say("cbsa.officer", recalled, kind="destroyed").status_code == 403
    assert answers(recalled) == []
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(event="recall.answer", outcome="refused").count() == 1


def test_programs_list_answer_and_read_back(recalled, caller):
    partner = caller("cbsa.officer")
    (row,) = partner.get("recalls/?answered=false").json()["results"]
    assert row["ref"] == recalled.ref and row["reason"] == REASON and row["answer"] is None
    assert row["version"] is None and row["record"] == str(recalled.uid)
    path = f"recalls/{row['uid']}/answers/"
    assert partner.post(path, {"kind": "kept"}).status_code == 400
    assert partner.post(path, {"kind": "passed", "passed_to": ["NOBODY"]}).status_code == 400
    made = partner.post(path, {"kind": "passed", "passed_to": ["rcmp"], "words": "By mail"})
    assert made.status_code == 201 and made.json()["passed_to"] == ["RCMP"]
    assert [each["kind"] for each in partner.get(path).json()["results"]] == ["passed"]
    assert partner.get("recalls/?answered=false").json()["results"] == []
    (row,) = partner.get(f"recalls/?record={recalled.uid}").json()["results"]
    assert row["answer"]["words"] == "By mail"
    assert caller("cbsa.officer", "read").post(path, {"kind": "destroyed"}).status_code == 403


def test_a_recall_is_a_ghost_to_whoever_was_not_told(recalled, caller):
    uid, ghost, outsider = uid_of(recalled), uuid4(), caller("ncb.officer")
    assert caller("cbsa.officer").get(f"recalls/{uid}/answers/").status_code == 200
    for below in ("answers/", "proof/"):
        for method in ("GET", "POST", "PATCH", "DELETE"):
            for body in ({}, {"kind": "destroyed"}, b"{"):
                real = outsider.ask(method, f"recalls/{uid}/{below}", body)
                none = outsider.ask(method, f"recalls/{ghost}/{below}", body)
                assert (real.status_code, real.content) == (none.status_code, none.content)
                assert real.status_code == 404
    for path in ("recalls/", f"recalls/?record={recalled.uid}"):
        assert outsider.get(path).json()["results"] == []


def test_a_third_agency_reads_no_answer_of_another_and_hangs_none_on_its_recall(recalled):
    say("cbsa.officer", recalled, kind="kept", words="Privacy Act")
    assert "Privacy Act" in read("cbsa.releaser", recalled)
    assert "Privacy Act" not in read("hsi.agent", recalled)
    with viewing(viewer("hsi.agent")):
        assert RecallAnswer.objects.count() == 0
    with viewing(viewer("cbp.releaser")):
        recall = Recall.objects.get()
    row = {"recall_id": recall.pk, "owner_id": agency("CBP").pk, "kind": "destroyed", "at": recall.at}
    with viewing(viewer("ncb.officer")):
        assert Recall.objects.count() == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            RecallAnswer.objects.create(agency_id=agency("NCB-OTTAWA").pk, **row)
    with viewing(viewer("hsi.agent")):
        with pytest.raises(DatabaseError), transaction.atomic():
            RecallAnswer.objects.create(agency_id=agency("CBSA").pk, **row)
        assert RecallAnswer.objects.create(agency_id=agency("HSI").pk, **row).pk


def test_an_answer_is_neither_changed_nor_taken_away(recalled):
    say("cbsa.officer", recalled, kind="kept", words="Privacy Act")
    for username in ("cbsa.officer", "cbp.releaser"):
        with viewing(viewer(username)):
            for sql in (
                "update sharing_recallanswer set kind = 'destroyed'",
                "delete from sharing_recallanswer",
            ):
                with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(sql)


def test_markup_in_an_answer_is_shown_as_it_was_typed(recalled):
    say("cbsa.officer", recalled, kind="kept", words="<script>alert(1)</script>")
    page = text(reader("cbp.releaser").get(f"/bulletins/{recalled.ref}/recall/proof/"))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page
    assert not [word for word in CANARIES.values() if word in page]
