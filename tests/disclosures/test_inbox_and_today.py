"""What needs the reader: hazards on top, what was recalled, drafts, what waits for release."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from bulletins.flow import publish
from bulletins.records.actions import write_down
from hub.database.context import viewing
from sharing.receipts.models import Receipt
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text

pytestmark = pytest.mark.django_db

PLAIN = {"hazard": False, "safety_note": ""}


def given(*targets, **values):
    record = published_bulletin(**values)
    released(record, *targets)
    send()
    return record


def titles(page, heading):
    """The titles of the section below `heading`."""
    section = re.search(rf"<h2[^>]*>(?:(?!</h2>).)*{heading}.*?</section>", page, re.S)
    return re.findall(r'class="title"[^>]*>([^<]+)<', section[0]) if section else []


def test_the_inbox_puts_hazards_on_top_and_counts_what_is_unread():
    given("CBSA", title="Plain one", **PLAIN)
    given("CBSA", title="Hazard one")
    part = reader("cbsa.officer")
    page = text(part.get("/inbox/"))
    assert titles(page, "Hazards") == ["Hazard one"] and titles(page, "Unread") == ["Plain one"]
    assert "2 unread" in page and '<span class="count">2' in page
    assert "Nothing waits for you" in text(reader("ncb.officer").get("/inbox/"))


def test_what_was_opened_waits_below_until_it_is_acknowledged():
    record = given("CBSA", title="Plain one", **PLAIN)
    part = reader("cbsa.officer")
    part.get(f"/bulletins/{record.ref}/")
    page = text(part.get("/inbox/"))
    assert titles(page, "Read, not yet acknowledged") == ["Plain one"] and "0 unread" in page
    part.post(f"/bulletins/{record.ref}/acknowledge/", {"next": "/inbox/"})
    assert "Nothing waits for you" in text(part.get("/inbox/"))
    assert titles(text(part.get("/inbox/?show=all")), "") == [] and "Plain one" in text(
        part.get("/inbox/?show=all")
    )


def test_a_key_press_is_answered_without_a_page():
    record = given("CBSA", **PLAIN)
    answer = reader("cbsa.officer").post(
        f"/bulletins/{record.ref}/acknowledge/", headers={"X-Requested-With": "fetch"}
    )
    assert answer.status_code == 204
    with viewing(viewer("cbsa.officer")):
        assert Receipt.objects.get().acknowledged_at


def test_the_rest_is_acknowledged_in_one_tap_and_hazards_are_not():
    plain, other = (given("CBSA", title=name, **PLAIN) for name in ("Plain one", "Not on the page"))
    hazard, foreign = given("CBSA", title="Hazard one"), given("HSI", **PLAIN)
    refs = [plain.ref, hazard.ref, foreign.ref, "2222-3333"]
    answer = reader("cbsa.officer").post("/inbox/acknowledge/", {"ref": refs})
    assert answer.status_code == 302 and answer["Location"] == "/inbox/"
    with viewing(viewer("cbsa.officer")):
        assert list(Receipt.objects.values_list("record_id", flat=True)) == [plain.pk]
    assert other.pk != plain.pk


def test_a_recall_is_told_in_the_inbox_and_on_today_without_a_word_of_the_record():
    record = given("CBSA", title=f"Hazard {CANARIES['core']}")
    take_back(record)
    send()
    part = reader("cbsa.officer")
    name = f"Bulletin {record.ref}"
    for path, heading, title in (
        ("/inbox/", "Recalled", name),
        ("/", "Decide", f"{name}: what became of your copies?"),
    ):
        page = text(part.get(path))
        assert titles(page, heading) == [title] and "recalled by CBP" in page
        assert CANARIES["core"] not in page
    assert titles(page, "Recalled") == [], "Today asks once"
    path = f"/bulletins/{record.ref}/recall/answer/"
    found = re.search(r'name="recall" value="([^"]+)"', text(part.get(path)))
    assert found and part.post(path, {"recall": found[1], "kind": "destroyed"}).status_code == 302
    page = text(part.get("/"))
    assert (titles(page, "Decide"), titles(page, "Recalled")) == ([], [name])
    for path in ("/inbox/", "/"):
        assert record.ref not in text(reader("ncb.officer").get(path))


def test_the_inbox_goes_on_page_by_page(monkeypatch):
    monkeypatch.setattr("sharing.deliveries.pages.SIZE", 2)
    for number in range(5):
        given("CBSA", title=f"Number {number}", **PLAIN)
    part, seen, path = reader("cbsa.officer"), [], "/inbox/?show=all"
    for _page in range(4):
        page = text(part.get(path))
        seen += re.findall(r'class="title"[^>]*>(Number \d)<', page)
        onward = re.search(r'href="(\?[^"]+)" rel="next"', page)
        if not onward:
            break
        path = "/inbox/" + onward[1].replace("&amp;", "&")
    assert seen == [f"Number {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("question", ["show=some", "after=1", "x=1"])
def test_an_inbox_that_is_not_there_is_refused(question):
    assert reader("cbsa.officer").get(f"/inbox/?{question}").status_code == 400


def test_today_asks_for_acknowledgement_hazards_first_and_shows_what_is_new():
    given("CBSA", title="Hazard one")
    given("CBSA", title="Plain one", **PLAIN)
    older = published_bulletin(title="Came without an alert")
    released(older, "CBSA")
    page = text(reader("cbsa.officer").get("/"))
    assert titles(page, "Acknowledge") == ["Hazard one", "Plain one"]
    assert titles(page, "New for CBSA") == ["Came without an alert"]
    assert "Release" not in page and titles(page, "Finish") == []


def test_today_shows_releasers_what_went_to_nobody_and_authors_their_drafts():
    published_bulletin(title="Waits for release")
    released(published_bulletin(title="Went out"), "CBSA")
    draft_bulletin(title="Not finished")
    releaser, officer = (text(reader(f"cbp.{role}").get("/")) for role in ("releaser", "officer"))
    assert titles(releaser, "Release</h2>") == ["Waits for release"]
    assert titles(officer, "Release</h2>") == []
    assert titles(officer, "Finish") == ["Not finished"]
    for username in ("cbsa.releaser", "cbp.admin"):
        page = text(reader(username).get("/"))
        assert "Waits for release" not in page and "Not finished" not in page


def test_what_rises_is_counted_over_what_the_reader_may_see():
    year = timezone.localtime().year
    seen = [published_seizure(occurred_on=f"{year}-01-0{day}", methods=["VEH-MECH-BATT"]) for day in (1, 2)]
    published_seizure(occurred_on=f"{year - 1}-01-01", methods=["VEH-MECH-BATT"])
    published_seizure(occurred_on=f"{year}-01-01", methods=["PERS-BODY"])
    released(seen[0], "CBSA")
    own, part = text(reader("cbp.officer").get("/")), text(reader("cbsa.officer").get("/"))
    assert titles(own, "Rising") == ["Battery", "Strapped to body"]
    assert f"2 in {year}" in own and f"1 in {year - 1}" in own
    assert titles(part, "Rising") == ["Battery"] and f"1 in {year}" in part and f"0 in {year - 1}" in part
    assert "Rising" not in text(reader("ncb.officer").get("/"))


def test_where_nothing_rises_this_year_the_full_year_before_is_told():
    year = timezone.localtime().year
    published_seizure(occurred_on=f"{year - 1}-05-01", methods=["VEH-MECH-BATT"])
    page = text(reader("cbp.officer").get("/"))
    assert titles(page, "Rising") == ["Battery"] and f"1 in {year - 1}" in page


def test_an_amended_record_comes_again_and_says_so():
    record = given("CBSA", title="First words", **PLAIN)
    part = reader("cbsa.officer")
    part.post(f"/bulletins/{record.ref}/acknowledge/")
    who, at = viewer("cbp.releaser"), timezone.now()
    with viewing(who):
        write_down(record, {"title": "Other words"}, viewer=who, at=at)
        publish(record, viewer=who, at=at)
    assert "Nothing waits for you" in text(part.get("/inbox/"))
    released(record, "CBSA")
    send()
    page = text(part.get("/inbox/"))
    assert titles(page, "Unread") == ["Other words"] and "Amended" in page
