"""A recipient proposes a correction; the owner takes it into the next version, or answers; nobody else hears of it."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.agencies.models import Person, Role
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.corrections.actions import propose
from sharing.corrections.models import Correction
from sharing.corrections.querysets import corrections_for
from sharing.disclosures.reading import shown_to
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.corrections.conftest import SAYS, WHY, only, proposed
from tests.deliveries.conftest import send
from tests.disclosures.reader import BY_ITSELF, reader, same_to_a_stranger, text
from tests.recalls.conftest import amend, carried, read, taken_back

pytestmark = pytest.mark.django_db
OUTSIDERS = ("ncb.officer", "hsi.agent", "rcmp.officer", "steward", "inspector")


def page(username, correction, below=""):
    return reader(username).get(f"/corrections/{correction.uid}/{below}")


def decide(username, correction, deed, **fields):
    return reader(username).post(f"/corrections/{correction.uid}/{deed}/", fields)


def notices(username):
    send()
    return text(reader(username).get("/inbox/"))


def events(event):
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(event=event).order_by("id")
        return list(rows.values_list("actor", "outcome", "object_id"))


def test_the_owner_is_shown_what_is_proposed_and_by_which_agency_not_by_whom(shared):
    assert "Propose a correction" in read("cbsa.officer", shared)
    assert proposed(shared).status_code == 302
    correction = only(shared)
    assert "A correction is proposed for " + shared.ref in notices("cbp.officer")
    assert correction.uid.hex and f"/corrections/{correction.uid}/" in text(reader("cbp.officer").get("/"))
    for username in ("cbp.officer", "cbp.releaser"):
        shown = text(page(username, correction))
        assert SAYS in shown and WHY in shown and "Proposed by CBSA" in shown and "TLP:AMBER" in shown
        assert "cbsa.officer" not in shown and "Caron" not in shown
        assert "proposed by CBSA" in read(username, shared)
    assert events("correction.propose") == [("cbsa.officer", "ok", shared.ref)]


def test_nobody_but_the_two_sides_hears_of_it(shared):
    proposed(shared)
    correction = only(shared)
    assert SAYS in text(page("cbsa.releaser", correction)) and SAYS in text(page("cbp.releaser", correction))
    ghost = f"/corrections/{shared.uid}/"
    for username in OUTSIDERS:
        client = reader(username)
        for below in ("", "take/", "answer/"):
            for method in ("get", "post"):
                real = getattr(client, method)(f"/corrections/{correction.uid}/{below}")
                none = getattr(client, method)(ghost + below)
                assert real.status_code in (404, 405)
                assert real.status_code == none.status_code
                said = text(real).replace(str(correction.uid), str(shared.uid))
                assert re.sub(BY_ITSELF[0][0], "", said) == re.sub(BY_ITSELF[0][0], "", text(none))
        for path in (
            "/",
            "/inbox/",
            "/corrections/",
            "/corrections/?side=proposed",
            f"/bulletins/{shared.ref}/",
        ):
            said = text(client.get(path))
            assert SAYS not in said and str(correction.uid) not in said and "proposed by" not in said
        assert "correction is proposed" not in notices(username)


def test_taken_it_opens_the_working_copy_and_publishing_takes_it(shared):
    proposed(shared)
    correction = only(shared)
    answer = decide("cbp.officer", correction, "take")
    assert answer.status_code == 302 and answer["Location"] == f"/bulletins/{shared.ref}/edit/"
    assert only(shared).state == "taken_up"
    assert "has not decided yet" in text(page("cbsa.officer", correction))
    amend(shared, place="Lane 9")
    found = only(shared)
    assert (found.state, found.in_version) == ("taken", 2)
    assert f"CBP has taken your correction of {shared.ref}" in notices("cbsa.officer")
    assert "took it into version 2" in text(page("cbp.officer", correction))
    assert [actor for actor, _outcome, _ref in events("correction.take")] == ["cbp.officer"]
    # Version 2 is not CBSA's yet: that it was taken is the owner's answer, the version is not told.
    told = text(page("cbsa.officer", correction))
    assert "CBP took it" in told and "version 2" not in told and "Lane 9" not in read("cbsa.officer", shared)
    carried(shared, "CBSA")
    assert "took it into version 2" in text(page("cbsa.officer", correction))


def test_what_was_not_taken_up_is_not_taken_by_publishing(shared):
    proposed(shared)
    amend(shared, place="Lane 9")
    assert only(shared).state == "open"


def test_answered_in_words_the_proposers_agency_reads_them(shared):
    proposed(shared)
    correction = only(shared)
    assert decide("cbp.officer", correction, "answer", answer=" ").status_code == 400
    assert decide("cbp.officer", correction, "answer", answer="x" * 1001).status_code == 400
    assert only(shared).state == "open"
    assert (
        decide("cbp.officer", correction, "answer", answer="The camera shows lane seven").status_code == 302
    )
    assert f"CBP has answered your correction of {shared.ref}" in notices("cbsa.officer")
    shown = text(page("cbsa.releaser", correction))
    assert "The camera shows lane seven" in shown and "cbp.officer" not in shown
    assert "lane seven" not in read("hsi.agent", shared)
    assert [row[0] for row in events("correction.answer")] == ["cbp.officer"]


def test_whoever_comes_second_is_told_so_and_changes_nothing(shared):
    proposed(shared)
    correction = only(shared)
    decide("cbp.officer", correction, "answer", answer="No")
    for deed, fields in (("take", {}), ("answer", {"answer": "Yes"})):
        late = decide("cbp.releaser", correction, deed, **fields)
        assert late.status_code == 400 and "has answered it meanwhile" in text(late)
    assert (only(shared).state, only(shared).answer) == ("answered", "No")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"part": ""}, "Choose the part"),
        ({"part": "technique"}, "Choose the part"),
        ({"part": "nonsense"}, "Choose the part"),
        ({"says": " "}, "what it should say"),
        ({"why": ""}, "Say how you know"),
        ({"says": "x" * 2001}, "2000 characters"),
    ],
)
def test_a_proposal_that_cannot_stand_is_refused_and_nothing_is_written(shared, fields, said):
    answer = proposed(shared, **fields)
    assert answer.status_code == 400 and said in text(answer)
    with viewing(viewer("cbsa.officer")):
        assert not Correction.objects.exists()


def test_a_part_that_is_withheld_is_not_offered(shared):
    form = text(reader("cbsa.officer").get(f"/bulletins/{shared.ref}/correct/"))
    assert 'value="place"' in form and 'value="technique"' not in form
    assert 'value="technique"' in text(reader("hsi.agent").get(f"/bulletins/{shared.ref}/correct/"))


def test_only_whoever_has_it_finds_the_form(shared):
    path, ghost = f"/bulletins/{shared.ref}/correct/", "/bulletins/2222-2222/correct/"
    assert reader("cbsa.officer").get(path).status_code == 200
    for username in ("ncb.officer", "rcmp.officer", "steward"):
        client = reader(username)
        for method in ("get", "post"):
            real, none = getattr(client, method)(path), getattr(client, method)(ghost)
            assert real.status_code == 404 and same_to_a_stranger(real) == same_to_a_stranger(none)
    assert reader("cbp.officer").get(path).status_code == 403
    assert reader("cbsa.officer").get(f"/seizures/{shared.ref}/correct/").status_code == 404


def test_whoever_does_not_speak_for_the_agency_is_refused_on_either_side(shared):
    Person.objects.filter(username="cbsa.liaison").update(roles=[Role.AUDITOR])
    assert "Propose a correction" not in read("cbsa.liaison", shared)
    assert proposed(shared, "cbsa.liaison").status_code == 403
    proposed(shared)
    correction = only(shared)
    assert page("cbp.admin", correction).status_code == 404
    assert decide("cbsa.officer", correction, "take").status_code == 403
    assert decide("cbsa.officer", correction, "answer", answer="Yes").status_code == 403
    assert only(shared).state == "open"
    assert [row[:2] for row in events("correction.propose")] == [
        ("cbsa.liaison", "refused"),
        ("cbsa.officer", "ok"),
    ]


def test_once_the_record_is_taken_back_the_proposer_finds_the_answer_alone(shared):
    proposed(shared)
    correction = only(shared)
    decide("cbp.officer", correction, "answer", answer="We recall it")
    taken_back(shared)
    shown = text(page("cbsa.officer", correction))
    assert "We recall it" in shown and SAYS not in shown and WHY not in shown
    assert SAYS in text(page("cbp.officer", correction))


def test_of_a_seizure_report_it_works_alike():
    report = published_seizure()
    released(report, "CBSA")
    body = {"part": "core", "says": "It was twelve kilograms", "why": "Weighed again"}
    assert reader("cbsa.officer").post(f"/seizures/{report.ref}/correct/", body).status_code == 302
    assert "Weighed again" in text(page("cbp.officer", only(report)))


def test_at_red_it_is_for_the_person_and_those_who_work_on_the_record(shared):
    from django.utils import timezone

    from sharing.flow import release
    from sharing.releases.plan import Pick
    from tests.builders import plan
    from tests.cast import person

    secret = published_bulletin("cbp.releaser", title=f"Red {CANARIES['core']}")
    Person.objects.create(
        username="hsi.second", agency_id=person("hsi.agent").agency_id, roles=[Role.OFFICER]
    )
    who = viewer("cbp.releaser")
    with viewing(who):
        named = Pick(agency=person("hsi.agent").agency_id, persons=frozenset({person("hsi.agent").pk}))
        release([secret], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
    assert proposed(secret, "hsi.agent").status_code == 302
    correction = only(secret)
    assert SAYS in text(page("cbp.releaser", correction)) and SAYS in text(page("hsi.agent", correction))
    assert page("cbp.officer", correction).status_code == page("hsi.second", correction).status_code == 404
    assert secret.ref not in notices("cbp.officer")
    decide("cbp.releaser", correction, "answer", answer="No")
    assert secret.ref in notices("hsi.agent") and secret.ref not in notices("hsi.second")


def test_a_member_of_a_hidden_roster_is_not_named_to_the_owner(hidden_roster, caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    assert proposed(bulletin, "txdps.trooper").status_code == 302
    correction = only(bulletin)
    shown = text(page("cbp.releaser", correction))
    assert SAYS in shown and "a member of a community that is not listed" in shown and "TXDPS" not in shown
    row = caller("cbp.releaser").get(f"corrections/{correction.uid}/")
    assert row.status_code == 200 and "TXDPS" not in row.content.decode()
    assert "TXDPS" in text(page("txdps.trooper", correction))


def test_programs_propose_list_take_and_answer(shared, caller):
    partner, owner = caller("cbsa.officer"), caller("cbp.officer")
    body = {"record": str(shared.uid), "part": "place", "says": SAYS, "why": WHY}
    assert partner.post("corrections/", {**body, "part": "technique"}).status_code == 400
    assert partner.post("corrections/", {**body, "part": "nowhere"}).status_code == 400
    made = partner.post("corrections/", body)
    assert made.status_code == 201 and made.json()["by"] == "CBSA" and made.json()["state"] == "open"
    assert owner.post("corrections/", body).status_code == 403
    path = f"corrections/{made.json()['uid']}/"
    (row,) = owner.get("corrections/?side=asked&state=open").json()["results"]
    assert row["says"] == SAYS and row["by"] == "CBSA" and "cbsa.officer" not in str(row)
    assert owner.get("corrections/?side=proposed").json()["results"] == []
    assert len(owner.get(f"corrections/?record={shared.uid}").json()["results"]) == 1
    assert partner.post(f"{path}take/", {}).status_code == 403
    assert owner.post(f"{path}take/", {}).json()["state"] == "taken_up"
    assert owner.post(f"{path}answer/", {"answer": ""}).status_code == 400
    assert owner.post(f"{path}answer/", {"answer": "It was seven"}).json()["state"] == "answered"
    assert partner.get(path).json()["answer"] == "It was seven"
    assert owner.post(f"{path}take/", {}).status_code == 400


def test_to_other_programs_it_is_a_ghost(shared, caller):
    partner, outsider, third = caller("cbsa.officer"), caller("ncb.officer"), caller("hsi.agent")
    body = {"record": str(shared.uid), "part": "place", "says": SAYS, "why": WHY}
    made = partner.post("corrections/", body).json()
    ghost = str(shared.uid)
    assert outsider.post("corrections/", body).status_code == 404
    for asker in (outsider, third):
        for below in ("", "take/", "answer/"):
            for method in ("GET", "POST", "PATCH", "DELETE"):
                real = asker.ask(method, f"corrections/{made['uid']}/{below}", {"answer": "x"})
                none = asker.ask(method, f"corrections/{ghost}/{below}", {"answer": "x"})
                assert (real.status_code, real.content) == (none.status_code, none.content)
                assert real.status_code == 404
        assert asker.get("corrections/").json()["results"] == []
        assert asker.get(f"corrections/?record={shared.uid}").json()["results"] == []


def test_past_every_line_of_our_own_the_database_keeps_the_sides_apart(shared):
    proposed(shared)
    row = {
        "record_id": shared.pk,
        "kind": "bulletin",
        "ref": shared.ref,
        "owner_id": agency("CBP").pk,
        "version": 1,
    }
    row |= {"part": "core", "says": "x", "why": "x", "proposed_at": only(shared).proposed_at}
    for username, code in (("ncb.officer", "NCB-OTTAWA"), ("hsi.agent", "CBSA"), ("cbp.officer", "CBP")):
        with viewing(viewer(username)), pytest.raises(DatabaseError), transaction.atomic():
            Correction.objects.create(agency_id=agency(code).pk, **row)
    with viewing(who := viewer("hsi.agent")):
        assert not Correction.objects.exists() and not corrections_for(who).exists()
        assert Correction.objects.create(agency_id=agency("HSI").pk, **row).pk
    with viewing(viewer("cbp.officer")), pytest.raises(DatabaseError), transaction.atomic():
        Correction.objects.update(says="changed")
    with viewing(viewer("cbsa.officer")), connection.cursor() as cursor:
        cursor.execute("update sharing_correction set state = 'answered', answer = 'ours'")
        assert cursor.rowcount == 0


def test_one_that_waited_for_a_recall_is_not_written(shared):
    """Written after a purge it would stay, and say what was destroyed."""
    who = viewer("cbsa.officer")
    with viewing(who):
        shown = shown_to(who, shared.kind, shared.ref)
    taken_back(shared)
    with viewing(who), pytest.raises(ValidationError, match="taken back"):
        propose(shown, part="place", says=SAYS, why=WHY, viewer=who, at=timezone.now())
    with viewing(viewer("cbp.releaser")):
        assert not Correction.objects.filter(record_id=shared.pk).exists()
