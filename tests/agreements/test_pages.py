"""The pages: each decision is said in words and numbers before it is made, and made by whom it falls to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.database.context import viewing
from sharing.agreements.models import Agreement
from sharing.flow.lapsing import warn_of_lapsing
from tests.agreements.conftest import DAY, scope, signed_in, terms
from tests.agreements.test_actions import holds, told, trail
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import same_to_a_stranger

pytestmark = pytest.mark.django_db


def words(answer) -> str:
    """The page's text, in one line."""
    text = re.sub(r"<[^>]*>", "", answer.content.decode().partition("<main")[2])
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'"))


def filled(other: str | None = "CBSA", **values):
    today = timezone.localdate()
    found = {
        "other": other,
        "name": "HSI and CBSA memorandum",
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=300)).isoformat(),
        "gives_kinds": ["bulletin", "seizure"],
        "gives_highest_tlp": "TLP:AMBER",
        "gives_withheld": ["place"],
        "gives_legal_basis": "Treaty of 1984",
        "gives_permitted_use": "Customs enforcement",
        "gives_keep_days": "365",
        "takes_highest_tlp": "TLP:AMBER",
        **values,
    }
    return {name: value for name, value in found.items() if value is not None}


def decided(client, code: str, verb: str, **values):
    page = client.get(f"/agreements/{code}/{verb}/")
    revision = re.search(r'name="revision" value="(\d+)"', page.content.decode())
    assert revision, words(page)
    return client.post(
        f"/agreements/{code}/{verb}/", {"revision": revision[1], "reason": "An audit", **values}, follow=True
    )


def test_an_agreement_goes_from_draft_to_force_and_says_each_time_what_it_does(hsi_admin):
    for _n in range(3):
        released(published_bulletin("hsi.agent"), "CBSA", by="hsi.agent")
    ours, theirs = signed_in("hsi.agent"), signed_in("cbsa.liaison")
    page = ours.post("/agreements/new/", filled(), follow=True)
    assert "What HSI gives CBSA" in words(page) and "exact place and time" in words(page)
    assert "Nothing crosses in this direction" in words(page) and "Draft" in words(page)
    foreseen = words(ours.get("/agreements/CBSA-HSI/accept/"))
    assert "CBSA gains 3 records of HSI's: 3 without exact place and time, 3 without identifiers." in foreseen
    assert "The other side accepts what your agency entered" in foreseen
    assert ours.post("/agreements/CBSA-HSI/accept/", {"revision": 1}).status_code == 400
    page = words(theirs.get("/agreements/CBSA-HSI/accept/"))
    # What it would gain is hidden from it today, and so is how much that is.
    assert (
        "gains" not in page.replace("What CBSA gains is HSI's to see", "") and "What HSI gives CBSA" in page
    )
    page = decided(theirs, "CBSA-HSI", "accept")
    assert "CBSA-HSI is accepted" in words(page) and "In force" in words(page)
    assert told("cbsa.officer") == ["agreement.proposed", "agreement.accepted"]
    assert sorted(outcome for outcome, *_rest in trail("agreement.accept")) == ["ok", "refused"]


def test_a_suspension_says_first_who_loses_how_many_then_does_it(jump):
    mine = [published_bulletin() for _n in range(2)]
    for record in mine:
        released(record, "CBSA", "HSI")
    theirs = published_bulletin("cbsa.officer")
    released(theirs, "CBP", by="cbsa.releaser")
    admin = signed_in("cbp.admin")
    page = words(admin.get("/agreements/CBP-CBSA/suspend/"))
    assert "CBSA loses 2 records of CBP's" in page and "CBP loses 1 record it was given" in page
    assert holds("cbsa.officer", mine[0])
    assert "Say why" in words(decided(admin, "CBP-CBSA", "suspend", reason="  "))
    assert holds("cbsa.officer", mine[0])
    page = words(decided(admin, "CBP-CBSA", "suspend"))
    assert "is suspended: nothing crosses under it" in page and "Suspended by CBP" in page
    assert not holds("cbsa.officer", mine[0]) and not holds("cbp.officer", theirs)
    assert holds("hsi.agent", mine[0])
    page = words(admin.get("/agreements/CBP-CBSA/resume/"))
    assert "CBSA gains 2 records of CBP's: 2 without identifiers, 2 without case details." in page
    assert "CBP gains" not in page.replace("What CBP gains", "")
    other = words(signed_in("cbsa.liaison").get("/agreements/CBP-CBSA/resume/"))
    assert "The other side suspended it" in other and "What will happen" not in other
    decided(admin, "CBP-CBSA", "resume")
    assert holds("cbsa.officer", mine[0]) and holds("cbp.officer", theirs)


def test_what_is_counted_is_ones_own_and_what_one_holds_nothing_of_third_owners(hsi_admin, cbsa):
    """CBP and CBSA look at the same suspension: each is told of its own side alone."""
    hsi_admin.propose(terms())
    cbsa.accept("CBSA-HSI")
    released(published_bulletin("hsi.agent"), "CBSA", by="hsi.agent")
    released(published_bulletin(), "CBSA")
    released(published_bulletin(), "HSI")
    red = published_bulletin(tlp="TLP:RED")
    cbp, canada = (
        words(signed_in(username).get("/agreements/CBP-CBSA/suspend/"))
        for username in ("cbp.admin", "cbsa.liaison")
    )
    assert "CBSA loses 1 record of CBP's" in cbp and "CBP loses" not in cbp
    assert "CBSA loses 1 record it was given" in canada and "CBP loses" not in canada
    assert red.ref not in cbp


def test_no_count_names_a_member_of_a_roster_that_is_hidden(owner_sql):
    cbsa = agency("CBSA").pk
    owner_sql("update sharing_community set roster_visible = false where code = 'DHE'")
    try:
        released(published_bulletin(), "community:DHE")
        page = words(signed_in("cbp.admin").get("/agreements/CBP-CBSA/suspend/"))
        assert "CBSA loses" not in page
        assert "CBSA loses 1 record it was given" in words(
            signed_in("cbsa.liaison").get("/agreements/CBP-CBSA/suspend/")
        )
        released(published_bulletin(), "CBSA")
        page = words(signed_in("cbp.admin").get("/agreements/CBP-CBSA/suspend/"))
        assert "CBSA loses 1 record of CBP's" in page and cbsa
    finally:
        owner_sql("update sharing_community set roster_visible = true where code = 'DHE'")


def test_a_change_says_who_sees_less_and_a_narrowing_is_the_givers_own_to_make(cbp):
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    released(report, "CBSA")
    admin = signed_in("cbp.admin")
    row = cbp.row("CBP-CBSA")
    # Days are those of the reader's time zone.
    shown = admin.get("/agreements/CBP-CBSA/change/").context["form"].initial
    with viewing(viewer("cbp.admin")):
        theirs = row.directions.get(giver=agency("CBSA"))
    body = filled(
        other=None,
        name=row.name,
        revision=row.revision,
        valid_from=shown["valid_from"].isoformat(),
        valid_to=shown["valid_to"].isoformat(),
        gives_kinds=["bulletin"],
        gives_highest_tlp="TLP:GREEN",
        gives_withheld=["case", "place"],
        gives_legal_basis=theirs.legal_basis,
        gives_permitted_use=theirs.permitted_use,
        gives_keep_days=theirs.keep_days,
        takes_kinds=theirs.kinds,
        takes_highest_tlp=theirs.highest_tlp,
        takes_legal_basis=theirs.legal_basis,
        takes_permitted_use=theirs.permitted_use,
        takes_keep_days=theirs.keep_days,
    )
    page = admin.post("/agreements/CBP-CBSA/change/", body, follow=True)
    assert page.redirect_chain[-1][0] == "/agreements/CBP-CBSA-2/" and "Put it into force" in words(page)
    assert "A change is proposed: CBP-CBSA-2" in words(admin.get("/agreements/CBP-CBSA/"))
    foreseen = words(admin.get("/agreements/CBP-CBSA-2/accept/"))
    assert "CBSA loses 1 record of CBP's" in foreseen and "CBSA sees less of 1 record of CBP's" in foreseen
    decided(admin, "CBP-CBSA-2", "accept")
    assert holds("cbsa.officer", bulletin) and not holds("cbsa.officer", report)


def test_a_form_that_was_overtaken_says_so_and_does_nothing(cbsa):
    admin = signed_in("cbp.admin")
    page = admin.get("/agreements/CBP-CBSA/suspend/").content.decode()
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    cbsa.suspend("CBP-CBSA")
    answer = admin.post("/agreements/CBP-CBSA/suspend/", {"revision": revision, "reason": "An audit"})
    assert answer.status_code == 400 and "Somebody changed this agreement meanwhile" in words(answer)
    assert cbsa.row("CBP-CBSA").suspended_by == [agency("CBSA").pk]
    assert sorted(outcome for outcome, *_rest in trail("agreement.suspend")) == ["ok", "refused"]
    for odd in ("", "x", "-1", "9" * 40, "١"):
        answer = admin.post("/agreements/CBP-CBSA/suspend/", {"revision": odd, "reason": "An audit"})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"other": "NOBODY"}, "Choose one of the list: an agency of another country"),
        ({"other": "HSI"}, "Choose one of the list"),
        ({"other": "CBP"}, "Choose one of the list: an agency of another country"),
        ({"valid_to": "2001-01-01"}, "It must end after it begins"),
        ({"valid_from": "2001-01-01", "valid_to": "2002-01-01"}, "That day has passed"),
        ({"valid_to": "tomorrow"}, "Enter a valid date"),
        ({"gives_kinds": [], "gives_legal_basis": "", "gives_permitted_use": ""}, "at least one direction"),
        ({"gives_kinds": []}, "Choose what may cross, or leave this direction empty"),
        ({"gives_legal_basis": ""}, "Name the treaty"),
        ({"gives_keep_days": "0"}, "greater than or equal to 1"),
        ({"gives_withheld": ["core"]}, "core is not one of the available choices"),
        ({"gives_drug_classes": ["sugar"]}, "sugar is not one of the available choices"),
        ({"name": "A\0B"}, "Null characters are not allowed"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_written(values, said, hsi_admin):
    client = signed_in("hsi.agent")
    answer = client.post("/agreements/new/", filled(**values))
    assert answer.status_code == 400 and said in words(answer)
    with viewing(viewer("hsi.agent")):
        assert not Agreement.objects.exists()
    assert client.post("/agreements/new/", filled()).status_code == 302


def test_overlapping_days_are_refused_with_what_to_do():
    client = signed_in("cbp.admin")
    answer = client.post("/agreements/new/", filled())
    assert answer.status_code == 400 and "CBP-CBSA already covers this direction until" in words(answer)
    assert ("refused", "CBP") in {(outcome, code) for outcome, code, _id in trail("agreement.propose")}


def test_others_decide_nothing_and_do_not_find_it():
    for verb in ("change", "accept", "decline", "suspend", "resume"):
        path = f"/agreements/CBP-CBSA/{verb}/"
        for username, status in (
            ("cbp.officer", 403),
            ("steward", 403),
            ("ncb.officer", 404),
            ("inspector", 404),
        ):
            client = signed_in(username)
            assert client.get(path).status_code == status, (username, verb)
            assert client.post(path, {"revision": 1, "reason": "Mine"}).status_code == status
    assert ("refused", "CBP", "CBP-CBSA") in trail("agreement.suspend")
    page = words(signed_in("cbp.officer").get("/agreements/CBP-CBSA/"))
    assert "Suspend it" not in page and "Suspend it" in words(
        signed_in("cbp.admin").get("/agreements/CBP-CBSA/")
    )


def test_an_agreement_of_others_answers_to_the_letter_like_one_that_never_was(hsi_admin):
    hsi_admin.propose(terms())
    client = signed_in("cbp.admin")
    assert signed_in("cbsa.officer").get("/agreements/CBSA-HSI/").status_code == 200
    for verb in ("", "change/", "accept/", "decline/", "suspend/", "resume/"):
        hidden, ghost = (client.get(f"/agreements/{code}/{verb}") for code in ("CBSA-HSI", "CBSA-XXX"))
        assert hidden.status_code == ghost.status_code == 404
        one, other = same_to_a_stranger(hidden), same_to_a_stranger(ghost)
        assert one[2].replace("CBSA-HSI", "CBSA-XXX") == other[2] and one[1] == other[1]
    assert "CBSA-HSI" not in client.get("/agreements/").content.decode()


def test_the_code_of_an_agreement_tells_nothing_of_those_of_others(hsi_admin, cbsa):
    hsi_admin.propose(terms())
    assert cbsa.propose(terms("CBSA", "DEA")).code == "CBSA-DEA"


def test_what_binds_the_recipient_stands_on_the_record_page(hsi_admin, cbsa):
    hsi_admin.propose(terms(gives=scope("technique", caveat="Not for court", keep_days=730), takes=scope()))
    cbsa.accept("CBSA-HSI")
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", "TXDPS", by="hsi.agent")
    page = words(signed_in("cbsa.officer").get(f"/bulletins/{record.ref}/"))
    for said in ("How you may use it", "Not for court", "Customs enforcement", "article 4", "2 years, until"):
        assert said in page
    assert "By HSI, under the CBSA-HSI agreement" in page
    for username in ("txdps.trooper", "hsi.agent"):
        page = words(signed_in(username).get(f"/bulletins/{record.ref}/"))
        assert record.ref in page and "How you may use it" not in page


def test_who_is_covered_by_a_government_is_bound_by_it_and_reads_no_agreement(hsi_admin, cbsa):
    hsi_admin.propose(terms(gives=scope("place"), takes=None, whole_governments=True))
    cbsa.accept("CBSA-HSI")
    record = published_bulletin()
    released(record, "RCMP")
    client = signed_in("rcmp.officer")
    page = words(client.get(f"/bulletins/{record.ref}/"))
    assert "under the CBSA-HSI agreement" in page and "(under the CBSA-HSI agreement)" in page
    assert client.get("/agreements/CBSA-HSI/").status_code == 404
    assert "CBSA-HSI" not in client.get("/agreements/").content.decode()


def test_both_sides_are_told_60_30_and_7_days_ahead_once_each(hsi_admin, cbsa):
    now = timezone.now()
    hsi_admin.propose(terms(valid_to=now + 61 * DAY))
    cbsa.accept("CBSA-HSI")
    assert warn_of_lapsing(at=now) == 0
    days = [now + n * DAY for n in range(1, 61)]
    assert [n for n, at in enumerate(days, start=1) if warn_of_lapsing(at=at)] == [1, 31, 54]
    assert told("cbsa.officer").count("agreement.lapses") == told("hsi.agent").count("agreement.lapses") == 3
    assert warn_of_lapsing(at=days[-1]) == 0 and told("cbp.officer") == []


def test_after_days_without_a_look_the_nearest_warning_is_given_alone(hsi_admin, cbsa):
    now = timezone.now()
    hsi_admin.propose(terms(valid_to=now + 5 * DAY))
    cbsa.accept("CBSA-HSI")
    assert warn_of_lapsing(at=now) == 1 and warn_of_lapsing(at=now) == 0
    send()
    page = words(signed_in("hsi.agent").get("/inbox/"))
    assert "The agreement CBSA-HSI lapses on" in page and "in 5 days" in page


@pytest.mark.parametrize(
    ("username", "sees"), [("cbsa.liaison", True), ("cbsa.officer", False), ("cbp.liaison", False)]
)
def test_today_says_what_waits_and_what_ends_soon_to_those_who_see_to_it(username, sees, hsi_admin, cbsa):
    hsi_admin.propose(terms(valid_to=timezone.now() + 20 * DAY))
    client = signed_in(username)
    assert ("HSI proposes it: accept or decline it" in words(client.get("/"))) is sees
    cbsa.accept("CBSA-HSI")
    assert ("It lapses in 20 days." in words(client.get("/"))) is sees


def test_a_decision_page_costs_the_same_for_few_records_and_for_more():
    released(published_bulletin(), "CBSA")
    client = signed_in("cbp.admin")
    client.get("/agreements/CBP-CBSA/suspend/")
    with CaptureQueriesContext(connection) as few:
        client.get("/agreements/CBP-CBSA/suspend/")
    for _n in range(6):
        released(published_bulletin(), "CBSA")
    with CaptureQueriesContext(connection) as more:
        assert "CBSA loses 7 records" in words(client.get("/agreements/CBP-CBSA/suspend/"))
    assert len(more) == len(few) < 60
