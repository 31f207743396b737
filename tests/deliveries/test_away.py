"""While you were away: counted as the reader sees it, each number its own list, and nobody else's to know."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from bulletins.flow import publish
from hub.database.context import viewing
from sharing.deliveries.away import note_visit
from sharing.deliveries.models import Visit
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text

pytestmark = pytest.mark.django_db

PLAIN = {"hazard": False, "safety_note": ""}
DAYS = timedelta(days=1)


def given(title, *targets, **values):
    record = published_bulletin(title=title, **values)
    released(record, *(targets or ("CBSA",)))
    send()
    return record


def was_here(username, ago):
    who = viewer(username)
    with viewing(who):
        note_visit(who, at=timezone.now() - ago)


def summary(page):
    found = re.search(r'aria-labelledby="away".*?</section>', page, re.S)
    return found[0] if found else ""


def links(page):
    """(what it says, where it leads) of every number of the summary."""
    rows = re.findall(r'<a href="([^"]+)">(.*?)</a>', summary(page), re.S)
    return {re.sub(r"<[^>]+>", "", said).strip(): href.replace("&amp;", "&") for href, said in rows}


def titles(page):
    return re.findall(r'class="title"[^>]*>([^<]+)<', page)


@pytest.fixture
def came():
    """What came to CBSA while its officer was away three days, and one thing before."""
    was_here("cbsa.officer", 3 * DAYS)
    given("Hazard one", hazard=True)
    given("Plain one", **PLAIN)
    given("In a door", methods=["VEH-BODY-DOOR"], **PLAIN)
    gone = given("Taken back", **PLAIN)
    take_back(gone)
    changed = given("First words", **PLAIN)
    who = viewer("cbp.releaser")
    with viewing(who):
        publish(changed, viewer=who, at=timezone.now())
    released(changed, "CBSA")
    send()
    return gone


def test_after_days_off_the_inbox_opens_with_what_came_and_each_number_opens_its_list(came):
    part = reader("cbsa.officer")
    page = text(part.get("/inbox/"))
    found = links(page)
    assert {"1 hazard", "1 recalled", "1 amended", "3 new", "CBP 3"} <= set(found)
    assert list(found)[:2] == ["1 hazard", "1 recalled"]
    for said, href in found.items():
        listed = titles(text(part.get(href)))
        assert len(listed) == int(re.search(r"\d+$|^\d+", said)[0]), (said, listed)
    assert titles(text(part.get(found["1 amended"]))) == ["First words"]
    assert titles(text(part.get(found["Body and panels 1"]))) == ["In a door"]
    assert titles(text(part.get(found["1 recalled"]))) == [f"Bulletin {came.ref}"]


def test_it_stands_until_the_reader_says_that_they_have_seen_it(came):
    part = reader("cbsa.officer")
    assert summary(text(part.get("/inbox/"))) and summary(text(part.get("/inbox/")))
    assert part.post("/inbox/back/")["Location"] == "/inbox/"
    assert not summary(text(part.get("/inbox/")))


def test_today_says_so_too(came):
    assert "You were away since" in text(reader("cbsa.officer").get("/"))
    assert "You were away since" not in text(reader("cbsa.releaser").get("/"))


def test_who_was_here_yesterday_was_not_away():
    was_here("cbsa.officer", DAYS)
    given("Plain one", **PLAIN)
    assert not summary(text(reader("cbsa.officer").get("/inbox/")))


def test_nothing_that_the_reader_may_not_see_is_counted(came):
    given(f"For others {CANARIES['core']}", "HSI", hazard=True)
    given("Part of it", ("CBSA", "place", "technique"), hazard=True)
    found = links(text(reader("cbsa.officer").get("/inbox/")))
    assert "2 hazards" in found and "4 new" in found
    was_here("ncb.officer", 3 * DAYS)
    page = text(reader("ncb.officer").get("/inbox/"))
    assert not summary(page), "nothing came to them"
    since = re.search(r"since=(\d+)", found["4 new"])[1]
    for what in ("hazards", "recalled", "amended", "new"):
        page = text(reader("ncb.officer").get(f"/inbox/?came={what}&since={since}"))
        assert titles(page) == [] and CANARIES["core"] not in page


def test_what_was_taken_back_since_is_not_counted_as_new(came):
    first = links(text(reader("cbsa.officer").get("/inbox/")))
    record = given("One more", **PLAIN)
    assert "4 new" in links(text(reader("cbsa.officer").get("/inbox/")))
    take_back(record)
    assert first.keys() == links(text(reader("cbsa.officer").get("/inbox/"))).keys()


def test_when_somebody_looked_is_theirs_alone_and_kept_to_the_hour():
    was_here("cbsa.officer", 3 * DAYS)
    who, at = viewer("cbsa.officer"), timezone.now()
    with viewing(who):
        since = note_visit(who, at=at)
        assert since == Visit.objects.get().away_since and at - since > 2 * DAYS
        note_visit(who, at=at + timedelta(minutes=59))
        assert Visit.objects.get().seen_at == at
    for username in ("cbsa.liaison", "cbsa.releaser", "cbp.admin", "inspector"):
        with viewing(viewer(username)):
            assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "question",
    ["came=some&since=1", "came=new", "since=1", "came=new&since=x", "owner=CBP", "came=new&since=9e99"],
)
def test_a_list_that_is_none_is_refused(question):
    assert reader("cbsa.officer").get(f"/inbox/?{question}").status_code == 400


def test_an_unknown_owner_or_method_is_an_empty_list():
    part = reader("cbsa.officer")
    for more in ("owner=NOBODY", "method=NONE"):
        assert "Nothing of it is here any more" in text(part.get(f"/inbox/?came=new&since=1&{more}"))
