"""The inbox of an open page: what is new comes once, nothing else is disclosed, and waiting is no use of the hub."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind, Visit
from sharing.deliveries.querysets import unread_count
from sharing.deliveries.watching import COUNTED, NAME, look
from sharing.disclosures.models import LedgerRow
from sharing.receipts.models import Receipt
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text
from tests.receipts.conftest import acknowledged, asking

pytestmark = pytest.mark.django_db

PLAIN = {"hazard": False, "safety_note": ""}
NEWS = "/inbox/news/"


def given(title="Plain one", *targets, **values):
    record = published_bulletin(title=title, **{**PLAIN, **values})
    released(record, *(targets or ("CBSA",)))
    send()
    return record


class Open:
    """A page of the inbox that stays open, as news.js keeps it."""

    def __init__(self, username: str, *, show: str = "") -> None:
        self.client = reader(username)
        self.show = show
        page = self.client.get(f"/inbox/{'?show=all' if show else ''}")
        self.have, self.tag = page.context["sight"].names, ""

    def ask(self):
        headers = {"If-None-Match": self.tag} if self.tag else {}
        asked = {"have": self.have, **({"show": self.show} if self.show else {})}
        answer = self.client.get(NEWS, asked, headers=headers)
        if answer.status_code == 304:
            return None
        said = answer.json()
        self.have, self.tag = said["have"], answer["ETag"]
        return said


def ledger(username: str) -> int:
    who = viewer(username)
    with viewing(who):
        return LedgerRow.objects.filter(person_id=who.person_id).count()


def test_a_row_that_is_new_comes_once_and_alone_is_disclosed():
    given("Was there")
    page = Open("cbsa.officer")
    assert page.ask()["groups"] == {}
    before = ledger("cbsa.officer")
    assert page.ask() is None and ledger("cbsa.officer") == before
    record = given("Has just come")
    said = page.ask()
    assert "Has just come" in said["groups"]["unread"] and "Was there" not in said["groups"]["unread"]
    assert (said["count"], said["unread"], said["announce"]) == (2, "2 unread", "1 new message")
    assert ledger("cbsa.officer") == before + 1
    who = viewer("cbsa.officer")
    with viewing(who):
        assert LedgerRow.objects.order_by("-id")[0].records == [record.pk]
    for _again in range(3):
        assert page.ask() is None
    assert ledger("cbsa.officer") == before + 1


def test_hazards_recalls_amendments_and_what_is_asked_for_come_to_their_own_groups():
    page = Open("cbsa.officer")
    hazard, gone = given("Hazard one", hazard=True, safety_note="Mind it"), given("Taken back")
    take_back(gone)
    due = published_bulletin(title="Due one", **PLAIN)
    asking(due, "CBSA")
    send()
    said = page.ask()
    assert set(said["groups"]) == {"hazards", "recalled", "due"}
    assert "Hazard one" in said["groups"]["hazards"] and gone.ref in said["groups"]["recalled"]
    assert "Acknowledge by" in said["groups"]["due"] and "Taken back" not in str(said)
    assert said["announce"] == "3 new messages, 1 hazard"
    assert said["states"] == {hazard.ref: "u", gone.ref: "r", due.ref: "u"}


def test_a_notice_comes_too():
    page = Open("cbsa.officer")
    who = viewer("cbp.admin")
    with viewing(who):
        queue_notice(
            AlertKind.AGREEMENT, [agency("CBSA").pk], at=timezone.now(), path="/agreements/CBP-CBSA/"
        )
    send()
    said = page.ask()
    assert "Agreement" in said["groups"]["notices"] and said["count"] == 1
    assert page.ask() is None


def test_what_is_read_acknowledged_or_taken_back_elsewhere_is_told_without_a_row():
    one, two, three = given("One"), given("Two"), given("Three")
    page = Open("cbsa.officer")
    page.ask()
    page.client.get(f"/bulletins/{one.ref}/")
    acknowledged("cbsa.officer", two)
    before = ledger("cbsa.officer")
    said = page.ask()
    assert said["groups"] == {} and said["states"] == {one.ref: "r", two.ref: "a", three.ref: "u"}
    assert said["whole"] and ledger("cbsa.officer") == before
    take_back(three)
    assert three.ref not in page.ask()["states"]


def test_everything_shows_what_was_acknowledged_before_it_was_seen():
    page, waits = Open("cbsa.officer", show="all"), Open("cbsa.officer")
    record = given("Quickly done")
    acknowledged("cbsa.officer", record)
    assert "Quickly done" in page.ask()["groups"]["all"]
    assert waits.ask()["groups"] == {}


def test_others_learn_nothing_by_asking():
    outsider, mine = Open("ncb.officer"), Open("cbsa.officer")
    first = outsider.ask()
    given(f"Secret {CANARIES['core']}", "CBSA")
    # Not even with the names of somebody else's rows.
    named = mine.ask()["have"]
    assert outsider.ask() is None
    outsider.have = named
    answer = outsider.client.get(NEWS, {"have": named})
    assert answer.json() == first
    # Nor is the tag of one person's inbox another's.
    assert outsider.client.get(NEWS, headers={"If-None-Match": mine.tag}).status_code == 200


def test_a_page_is_marked_as_highly_as_what_has_come():
    page = Open("cbsa.officer")
    assert page.ask()["marking"] == []
    record = published_bulletin(**PLAIN)
    released(record, "CBSA", tlp="TLP:GREEN")
    send()
    said = page.ask()
    assert "TLP:GREEN" in said["marking"][0] and said["rank"] == 1
    given("Stricter")
    assert "TLP:AMBER" in page.ask()["marking"][1]


def test_it_is_kept_by_no_cache_and_asks_little_of_the_database(django_assert_max_num_queries):
    for number in range(3):
        given(f"Number {number}")
    page = Open("cbsa.officer")
    page.ask()
    answer = page.client.get(NEWS, {"have": page.have}, headers={"If-None-Match": page.tag})
    assert answer.status_code == 304 and answer.content == b"" and answer["ETag"] == page.tag
    assert answer["Cache-Control"] == "private, no-store"
    # Session, person, whose eyes; then the three of `look`.
    with django_assert_max_num_queries(12):
        assert page.ask() is None


@pytest.mark.parametrize("question", ["have=xyz", "have=12345", "show=some", "x=1", f"have={'g' * NAME}"])
def test_a_question_that_is_none_is_refused(question):
    assert reader("cbsa.officer").get(f"{NEWS}?{question}").status_code == 400


def test_other_pages_are_told_the_number_alone():
    given("Plain one")
    client = reader("cbsa.officer")
    said = client.get(NEWS)
    assert set(said.json()) == {"count", "badge", "unread"} and said.json()["count"] == 1
    before = ledger("cbsa.officer")
    assert client.get(NEWS, headers={"If-None-Match": said["ETag"]}).status_code == 304
    assert ledger("cbsa.officer") == before
    assert reader("steward").get(NEWS).json()["count"] == 0


def test_the_number_is_the_badges():
    given("One"), given("Two")
    who = viewer("cbsa.officer")
    with viewing(who):
        assert look(who).unread == unread_count(who) == 2
        assert len(look(who).items) < COUNTED


def test_asking_keeps_no_session_alive_and_is_no_visit(client):
    client.force_login(person("cbsa.officer"))
    long_ago = int(time.time()) - 1700
    session = client.session
    session["seen_at"], session["began_at"] = long_ago, long_ago
    session.save()
    assert client.get(NEWS).status_code == 200
    assert client.session["seen_at"] == long_ago
    with viewing(viewer("cbsa.officer")):
        assert not Visit.objects.exists()
    assert client.get("/bulletins/").status_code == 200
    assert client.session["seen_at"] > long_ago
    session = client.session
    session["seen_at"] = int(time.time()) - 1801
    session.save()
    assert client.get(NEWS).status_code == 302, "and whoever came back too late is signed out by it"


def test_a_suspended_agencys_open_page_is_told_nothing():
    given("Plain one")
    page = Open("cbsa.officer")
    from tests.conftest import as_owner

    as_owner("update hub_agency set state = 'suspended' where code = 'CBSA'")
    said = page.client.get(NEWS, {"have": ""}).json()
    assert said["count"] == 0 and said["groups"] == {} and said["states"] == {}


def test_acknowledging_from_a_row_that_came_works_like_any_other():
    page = Open("cbsa.officer")
    record = given("Has just come")
    row = page.ask()["groups"]["unread"]
    assert f'action="/bulletins/{record.ref}/acknowledge/"' in row
    page.client.post(f"/bulletins/{record.ref}/acknowledge/", headers={"X-Requested-With": "fetch"})
    with viewing(viewer("cbsa.officer")):
        assert Receipt.objects.get().acknowledged_at
    assert "Nothing waits for you" in text(page.client.get("/inbox/"))


def test_a_delivery_that_is_sent_late_is_not_lost():
    """Rows are compared by name: one that was written first and sent last still comes."""
    page = Open("cbsa.officer")
    first = published_bulletin(title="Written first", **PLAIN)
    released(first, "CBSA", at=timezone.now() + timedelta(minutes=1))
    given("Written second")
    assert "Written second" in page.ask()["groups"]["unread"]
    send(at=timezone.now() + timedelta(minutes=2))
    said = page.ask()
    assert "Written first" in said["groups"]["unread"] and "Written second" not in said["groups"]["unread"]
