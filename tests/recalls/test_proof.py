"""The proof: who had which version, when they were told, what they answered, who has not; for the owner alone."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.recalls.proof import proofs_of
from tests.builders import CANARIES, released
from tests.cast import viewer
from tests.disclosures.reader import reader, text
from tests.recalls.conftest import REASON, amend, carried, read, send, taken_back
from tests.recalls.test_answers import say

pytestmark = pytest.mark.django_db
MEMBER = "TXDPS"


def lines(bulletin, username="cbp.releaser", number=0):
    who = viewer(username)
    with viewing(who):
        return {line.code: line for line in proofs_of(bulletin, who)[number].lines}


@pytest.fixture
def proved(bulletin):
    """CBSA read versions 1 and 2 and kept them by law; HSI was never shown it and has not answered."""
    released(bulletin, "CBSA", "HSI")
    read("cbsa.officer", bulletin)
    amend(bulletin)
    carried(bulletin, "CBSA")
    read("cbsa.officer", bulletin)
    taken_back(bulletin)
    send()
    say("cbsa.officer", bulletin, kind="kept", words="Privacy Act, section 6")
    return bulletin


def test_it_says_who_had_which_version_when_told_and_what_they_answered(proved):
    found = lines(proved)
    assert list(found) == ["HSI", "CBSA"]  # who has not answered stands first
    cbsa = found["CBSA"]
    assert [had.version for had in cbsa.had] == [1, 2] and "page" in cbsa.had[0].channels
    assert cbsa.had[0].first_at <= cbsa.had[0].last_at < cbsa.told_at <= cbsa.sent_at
    assert [said.words for said in cbsa.said] == ["Privacy Act, section 6"] and cbsa.answered
    assert not found["HSI"].answered and found["HSI"].told_at and not found["HSI"].said
    page = text(reader("cbp.releaser").get(f"/bulletins/{proved.ref}/recall/proof/"))
    for said in (
        REASON,
        "2 agencies were told",
        "1 has answered",
        "Not answered: HSI",
        "Privacy Act",
        "arrived",
    ):
        assert said in page, said


def test_the_owners_page_leads_to_it_and_auditors_read_it_too(proved):
    assert "/recall/proof/" in read("cbp.releaser", proved)
    assert "/recall/proof/" not in read("cbp.officer", proved)
    assert reader("cbp.admin").get(f"/bulletins/{proved.ref}/recall/proof/").status_code == 200


def test_nobody_else_finds_it(proved):
    for below in ("recall/proof/", "recall/proof/pdf/"):
        assert reader("cbp.officer").get(f"/bulletins/{proved.ref}/{below}").status_code == 403
        for username in ("cbsa.releaser", "hsi.agent", "ncb.officer", "steward", "inspector"):
            client = reader(username)
            real, ghost = (
                client.get(f"/bulletins/{proved.ref}/{below}"),
                client.get(f"/bulletins/2222-2222/{below}"),
            )
            assert real.status_code == ghost.status_code == 404


def test_one_who_holds_it_is_refused_like_anybody_who_is_not_the_owner(bulletin):
    released(bulletin, "HSI")
    assert reader("hsi.agent").get(f"/bulletins/{bulletin.ref}/recall/proof/").status_code == 403
    page = reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/recall/proof/")
    assert page.status_code == 200 and "It was not recalled" in text(page)
    assert reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/recall/proof/pdf/").status_code == 404


def test_the_paper_is_marked_on_each_page_and_holds_no_word_of_the_record(proved):
    answer = reader("cbp.releaser").get(f"/bulletins/{proved.ref}/recall/proof/pdf/")
    assert answer["Content-Type"] == "application/pdf" and "no-store" in answer["Cache-Control"]
    paper = PdfReader(io.BytesIO(answer.content))
    said = "\n".join(" ".join(page.extract_text().split()) for page in paper.pages)
    for page in paper.pages:
        assert page.extract_text().count("TLP:AMBER") >= 2
    for word in (
        proved.ref,
        REASON,
        "CBSA",
        "HSI",
        "Privacy Act, section 6",
        "has not answered",
        "Not answered: HSI",
    ):
        assert word in said, word
    assert not [word for word in CANARIES.values() if word in said + str(paper.metadata)]
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(event="recall.proof", outcome="ok").count() == 1


def test_each_recall_has_its_own(proved):
    released(proved, "CBSA")
    read("cbsa.officer", proved)
    taken_back(proved)
    assert lines(proved)["CBSA"].said == () and not lines(proved)["CBSA"].answered
    assert lines(proved, number=1)["CBSA"].answered
    page = text(reader("cbp.releaser").get(f"/bulletins/{proved.ref}/recall/proof/"))
    assert page.count("?recall=") >= 3
    assert reader("cbp.releaser").get(f"/bulletins/{proved.ref}/recall/proof/?recall=x").status_code == 404


def test_what_was_given_after_the_recall_is_not_in_its_proof(proved):
    released(proved, "DEA")
    read("dea.agent", proved)
    assert "DEA" not in lines(proved)


def test_of_one_version_it_names_those_alone_who_had_that(bulletin):
    released(bulletin, "CBSA", "HSI")
    read("cbsa.officer", bulletin)
    read("hsi.agent", bulletin)
    amend(bulletin)
    carried(bulletin, "CBSA")
    read("cbsa.officer", bulletin)
    taken_back(bulletin, version=2)
    found = lines(bulletin)
    assert list(found) == ["CBSA"] and [had.version for had in found["CBSA"].had] == [2]


def test_it_names_and_counts_no_member_of_a_hidden_roster(hidden_roster, bulletin, caller):
    released(bulletin, "CBSA", "community:HIDTA-STX")
    assert CANARIES["core"] in read("txdps.trooper", bulletin)
    read("cbsa.officer", bulletin)
    preview = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/recall/"))
    assert "CBSA" in preview and MEMBER not in preview
    taken_back(bulletin)
    assert "was recalled" in read("txdps.trooper", bulletin)
    say_as_member(bulletin)
    assert list(lines(bulletin)) == ["CBSA"]
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/recall/proof/"))
    assert "Members of South Texas HIDTA" in page and "1 agency was told" in page
    assert MEMBER not in page and "by order" not in page
    proof = caller("cbp.releaser").get(f"recalls/{uid(bulletin)}/proof/")
    assert (
        proof.status_code == 200 and MEMBER not in proof.content.decode() and "CBSA" in proof.content.decode()
    )
    paper = PdfReader(
        io.BytesIO(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/recall/proof/pdf/").content)
    )
    said = " ".join(paper.pages[0].extract_text().split())
    assert "South Texas HIDTA" in said and MEMBER not in said and "by order" not in said


def test_of_a_member_named_later_it_shows_nothing_from_before(hidden_roster, bulletin):
    released(bulletin, "CBSA", "community:HIDTA-STX")
    read("txdps.trooper", bulletin)
    released(bulletin, MEMBER)
    taken_back(bulletin)
    assert lines(bulletin)[MEMBER].had == ()


def test_an_open_roster_is_named(bulletin):
    released(bulletin, "community:HIDTA-STX")
    read("txdps.trooper", bulletin)
    taken_back(bulletin)
    assert [had.version for had in lines(bulletin)[MEMBER].had] == [1]


def test_programs_read_the_proof_as_its_owner_alone(proved, caller):
    found = caller("cbp.releaser").get(f"recalls/{uid(proved)}/proof/").json()
    rows = {row["agency"]: row for row in found["agencies"]}
    assert rows["CBSA"]["answers"][0]["kind"] == "kept" and rows["HSI"]["answered"] is False
    assert caller("cbp.officer").get(f"recalls/{uid(proved)}/proof/").status_code == 403
    assert caller("cbsa.releaser").get(f"recalls/{uid(proved)}/proof/").status_code == 404


def uid(bulletin):
    who = viewer("cbp.releaser")
    with viewing(who):
        return proofs_of(bulletin, who)[0].uid


def say_as_member(bulletin):
    path = f"/bulletins/{bulletin.ref}/recall/answer/"
    body = {"recall": str(uid(bulletin)), "kind": "kept", "words": "by order of the court"}
    assert reader("txdps.trooper").post(path, body).status_code == 302
