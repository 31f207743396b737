"""Atom: who holds the link reads marking and title, as the recipient is shown them, and is told what is withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from lxml import etree

from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.records.actions import write_down
from hub.agencies.models import Agency, Person
from hub.database.context import engine, viewing
from hub.log import Line
from hub.trail.models import TrailRow
from sharing.agreements.models import Agreement
from sharing.disclosures.models import LedgerRow
from sharing.feeds.models import FeedLink
from sharing.flow import Handling, carry_over, mark
from sharing.flow.agreeing import suspend
from sharing.releases.models import Release
from sharing.subscriptions.actions import pause, remove
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text
from tests.feeds.polling import A, desk_feed, entries, keeps_to_rfc_4287, linked, program
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db


def amended(bulletin, **facts):
    who = viewer("cbp.officer")
    with viewing(who):
        copy = Bulletin.objects.get(pk=bulletin.pk)
        write_down(copy, facts, viewer=who, at=timezone.now())
        publish(copy, viewer=who, at=timezone.now(), note="Corrected")
    who = viewer("cbp.releaser")
    with viewing(who):
        copy = Bulletin.objects.get(pk=bulletin.pk)
        live = list(Release.objects.filter(record=copy, ended_at=None).values_list("pk", flat=True))
        carry_over(copy, live, viewer=who, at=timezone.now())


def marked(bulletin, tlp, **values):
    who = viewer("cbp.releaser")
    with viewing(who):
        mark(bulletin, Handling(tlp, **values), reason="As agreed", viewer=who, at=timezone.now())


def test_it_says_marking_and_title_and_no_word_more():
    bulletin = published_bulletin(title="Hollow tank zebrafinch")
    released(bulletin, "CBSA")
    (entry,) = entries(answer := Client().get(linked(desk_feed("cbsa.liaison"), "cbsa.liaison")))
    assert entry.title.startswith("TLP:AMBER") and entry.title.endswith("Hollow tank zebrafinch")
    assert entry.id == f"urn:uuid:{bulletin.uid}" and entry.link.endswith(f"/bulletins/{bulletin.ref}/")
    said = text(answer)
    assert not [word for group, word in CANARIES.items() if group != "core" and word in said]
    assert "CBP" not in said and "respirator" not in said
    assert answer["Cache-Control"] == "private, no-store" and answer["Referrer-Policy"] == "no-referrer"


def test_the_rules_of_rfc_4287_hold():
    released(published_bulletin(title="Tank & <b>wheel</b> \x07 \U0001f697"), "CBSA")
    released(gone := published_seizure(), "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    Client().get(path)
    take_back(gone)
    answer = Client().get(path)
    assert answer["Content-Type"].startswith("application/atom+xml")
    keeps_to_rfc_4287(answer.content)
    assert len(entries(answer)) == 2


def test_what_is_marked_too_high_is_absent_and_not_told_of():
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    released(published_bulletin(title="Secret strict"), "CBSA", tlp="TLP:AMBER+STRICT")
    released(kept := published_bulletin(title="Secret display"), "CBSA")
    marked(kept, "TLP:AMBER", controls=("DISPLAY ONLY",))
    released(published_bulletin(title="Open", tlp="TLP:GREEN"), "CBSA", tlp="TLP:GREEN")
    assert [entry.title for entry in entries(Client().get(path))] == ["TLP:GREEN Hazard: Open"]


def test_an_outsiders_feed_is_empty_and_tells_no_time():
    feed = desk_feed("ncb.officer")
    released(published_bulletin(), "CBSA")
    answer = program("ncb.officer").get(f"/feeds/{feed.uid}/atom.xml")
    assert entries(answer) == []
    root = etree.fromstring(answer.content)
    assert datetime.fromisoformat(root.find(f"{A}updated").text) <= feed.created_at


def test_a_correction_moves_the_entry_and_a_silent_poll_does_not():
    released(bulletin := published_bulletin(title="First words"), "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    (first,) = entries(Client().get(path))
    (again,) = entries(Client().get(path))
    assert again.updated == first.updated
    amended(bulletin, title="Better words")
    (moved,) = entries(Client().get(path))
    assert moved.id == first.id and moved.title.endswith("Better words") and moved.updated > first.updated
    marked(bulletin, "TLP:GREEN")
    (lower,) = entries(Client().get(path))
    assert lower.title.startswith("TLP:GREEN") and lower.updated > moved.updated


@pytest.mark.parametrize("how", ["recalled", "stricter", "suspended", "display only"])
def test_what_it_gave_and_may_give_no_more_stands_as_withdrawn(how):
    bulletin = published_bulletin(title="Was here")
    released(bulletin, "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    (first,) = entries(Client().get(path))
    if how == "recalled":
        take_back(bulletin)
    elif how == "stricter":
        marked(bulletin, "TLP:AMBER+STRICT")
    elif how == "display only":
        marked(bulletin, "TLP:AMBER", controls=("DISPLAY ONLY",))
    else:
        who = viewer("cbp.admin")
        with viewing(who):
            row = Agreement.objects.get(code="CBP-CBSA")
            suspend(row, reason="Asked to", revision=row.revision, viewer=who, at=timezone.now())
    (stub,) = entries(answer := Client().get(path))
    assert stub.title == "Withdrawn" and stub.id == first.id and stub.updated > first.updated
    assert "Was here" not in text(answer) and "TLP" not in text(answer)
    (same,) = entries(Client().get(path))
    assert same.updated == stub.updated


def test_nothing_is_withdrawn_that_this_feed_did_not_give():
    """Neither what came and went between two pulls, nor what another feed of the same people gave."""
    all_of_it = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    tunnels = subscribed("cbsa.liaison", desk=True, title="Tunnels", kinds=("seizure",))
    path = linked(tunnels, "cbsa.liaison")
    released(bulletin := published_bulletin(), "CBSA")
    released(unseen := published_bulletin(), "CBSA")
    take_back(unseen)
    assert len(entries(Client().get(all_of_it))) == 1
    take_back(bulletin)
    assert [entry.title for entry in entries(Client().get(all_of_it))] == ["Withdrawn"]
    assert entries(Client().get(path)) == []


def test_what_comes_back_is_there_again_later_than_its_stub():
    released(bulletin := published_bulletin(title="Back again"), "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    Client().get(path)
    marked(bulletin, "TLP:AMBER+STRICT")
    (stub,) = entries(Client().get(path))
    marked(bulletin, "TLP:AMBER")
    (entry,) = entries(Client().get(path))
    assert entry.title.endswith("Back again") and entry.updated > stub.updated


def test_a_conditional_pull_is_answered_of_what_was_disclosed_and_gives_nothing():
    released(bulletin := published_bulletin(), "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    first = Client().get(path)

    def given():
        with engine():
            return LedgerRow.objects.filter(channel="atom").count()

    before = given()
    assert before == 1
    again = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-store" and given() == before
    take_back(bulletin)
    changed = Client().get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]


def test_last_modified_hides_no_change_of_its_own_second(jump):
    released(published_bulletin(), "CBSA")
    path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
    assert "Last-Modified" not in Client().get(path)
    as_owner("update sharing_feedentry set changed_at = changed_at - interval '1 hour'")
    settled = Client().get(path)
    asked = {"If-Modified-Since": settled["Last-Modified"]}
    assert Client().get(path, headers=asked).status_code == 304
    released(published_bulletin(), "CBSA")
    assert Client().get(path, headers=asked).status_code == 200


def test_a_pull_is_in_the_ledger_and_on_the_trail_without_the_secret():
    released(bulletin := published_bulletin(), "CBSA")
    path = linked(feed := desk_feed("cbsa.liaison"), "cbsa.liaison")
    Client(headers={"User-Agent": "Reader"}).get(path)
    secret = path.split("/")[2]
    with engine():
        (row,) = LedgerRow.objects.filter(channel="atom")
        assert row.records == [bulletin.pk] and row.agency_id == agency("CBSA").pk and row.person_id is None
        assert FeedLink.objects.get().used_at
        pulls = list(TrailRow.objects.filter(event="feed.pull"))
        (pull,) = pulls
        assert (pull.object_id, pull.method, pull.rows) == (str(feed.uid), "link", 1)
        assert not [row for row in TrailRow.objects.all() if secret in str(row.__dict__)]
        kept = FeedLink.objects.get()
        assert secret not in str(kept.__dict__)


class TestGhosts:
    """Whatever opens nothing answers like a secret that never was."""

    def ghost(self, client=None):
        return same_to_a_stranger((client or Client()).get(f"/feeds/{'x' * 43}/atom.xml"))

    def test_revoked_and_replaced_links(self):
        feed = desk_feed("cbsa.liaison")
        old = linked(feed, "cbsa.liaison")
        assert Client().get(old).status_code == 200
        new = linked(feed, "cbsa.liaison")
        assert same_to_a_stranger(Client().get(old)) == self.ghost() and Client().get(new).status_code == 200
        reader("cbsa.liaison").post(f"/subscriptions/{feed.uid}/feeds/revoke/")
        assert same_to_a_stranger(Client().get(new)) == self.ghost()
        assert self.ghost()[0] == 404

    def test_expired_links(self, jump):
        path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
        jump(timezone.now() + timedelta(days=364))
        assert Client().get(path).status_code == 200
        jump(timezone.now() + timedelta(days=366))
        assert same_to_a_stranger(Client().get(path)) == self.ghost()

    @pytest.mark.parametrize("what", ["deactivated", "moved", "suspended", "lowered"])
    def test_links_of_who_may_make_them_no_more(self, what):
        path = linked(desk_feed("cbsa.liaison"), "cbsa.liaison")
        assert Client().get(path).status_code == 200
        maker = Person.objects.filter(username="cbsa.liaison")
        if what == "deactivated":
            maker.update(is_active=False)
        elif what == "moved":
            maker.update(agency=agency("CBP"))
        elif what == "lowered":
            maker.update(roles=["officer"])
        else:
            Agency.objects.filter(code="CBSA").update(state="suspended")
        assert same_to_a_stranger(Client().get(path)) == self.ghost()

    def test_links_of_a_subscription_that_was_removed(self):
        row = subscribed("cbsa.officer")
        path = linked(row, "cbsa.officer")
        assert Client().get(path).status_code == 200
        who = viewer("cbsa.officer")
        with viewing(who):
            remove(row, viewer=who, at=timezone.now())
        assert same_to_a_stranger(Client().get(path)) == self.ghost()

    def test_a_secret_is_on_no_trail_and_in_no_log_also_of_who_is_signed_in(self, caplog):
        path = linked(feed := desk_feed("cbsa.liaison"), "cbsa.liaison")
        secret = path.split("/")[2]
        reader("cbsa.liaison").post(f"/subscriptions/{feed.uid}/feeds/revoke/")
        signed_in = reader("cbsa.officer")
        for address in (path, path + "/", f"/feeds/{secret}/rss", f"/feeds/{secret}"):
            assert signed_in.get(address).status_code in (404, 301), address
            Client().get(address)
        with engine():
            assert not [row for row in TrailRow.objects.all() if secret in str(row.__dict__)]
            assert TrailRow.objects.filter(event="feed.pull", outcome="refused").count() >= 2
        lines = [Line().format(record) for record in caplog.records]
        assert lines and not [line for line in lines if secret in line]

    def test_a_secret_that_opens_nothing_is_asked_a_few_times_a_minute(self, settings):
        settings.API_STRANGERS_A_MINUTE = 3
        cache.clear()
        found = [Client().get(f"/feeds/{'y' * 43}/atom.xml") for _each in range(4)]
        assert [each.status_code for each in found] == [404, 404, 404, 429] and found[-1]["Retry-After"]


class TestTokens:
    @pytest.mark.parametrize("basic", [False, True])
    def test_a_token_reads_the_feeds_of_its_person_and_their_desk(self, basic):
        released(published_bulletin(), "CBSA")
        own = subscribed("cbsa.officer")
        for feed in (own, desk_feed("cbsa.officer")):
            assert len(entries(program("cbsa.officer", basic=basic).get(f"/feeds/{feed.uid}/atom.xml"))) == 1

    def test_colleagues_others_and_ghosts_are_one_answer(self):
        own = subscribed("cbsa.officer")
        for username in ("cbsa.liaison", "ncb.officer", "steward"):
            client = program(username)
            found = same_to_a_stranger(client.get(f"/feeds/{own.uid}/atom.xml"))
            ghost = same_to_a_stranger(client.get("/feeds/00000000-0000-4000-8000-000000000000/atom.xml"))
            assert found == ghost and found[0] == 404, username

    def test_without_a_token_nobody_is_told_whether_there_is_such_a_feed(self):
        own = subscribed("cbsa.officer")
        for client in (Client(), reader("cbsa.officer"), Client(headers={"Authorization": "Token wrong"})):
            for uid in (own.uid, "00000000-0000-4000-8000-000000000000"):
                for below in ("atom.xml", "cap.xml", f"cap/{own.uid}.xml"):
                    answer = client.get(f"/feeds/{uid}/{below}")
                    assert answer.status_code == 401 and "Basic" in answer["WWW-Authenticate"]

    def test_a_paused_subscription_brings_nothing_new(self):
        released(published_bulletin(title="Before"), "CBSA")
        row, who = desk_feed("cbsa.liaison"), viewer("cbsa.liaison")
        with viewing(who):
            pause(row, viewer=who, at=timezone.now())
        released(published_bulletin(title="After"), "CBSA")
        found = entries(program("cbsa.liaison").get(f"/feeds/{row.uid}/atom.xml"))
        assert [entry.title.split()[-1] for entry in found] == ["Before"]


class TestPage:
    def test_the_secret_is_shown_once(self):
        feed = desk_feed("cbsa.liaison")
        secret = linked(feed, "cbsa.liaison").split("/")[2]
        page = text(reader("cbsa.liaison").get(f"/subscriptions/{feed.uid}/feeds/"))
        assert secret not in page and "cbsa.liaison" in page and "never" in page

    def test_a_desks_link_is_its_liaisons_to_make(self):
        feed = desk_feed("cbsa.officer")
        officer = reader("cbsa.officer")
        assert "Make a link" not in text(officer.get(f"/subscriptions/{feed.uid}/feeds/"))
        for verb in ("make", "revoke"):
            assert officer.post(f"/subscriptions/{feed.uid}/feeds/{verb}/").status_code == 403
        assert "Make a link" in text(reader("cbsa.liaison").get(f"/subscriptions/{feed.uid}/feeds/"))

    def test_another_agencys_and_a_colleagues_are_not_there(self):
        own = subscribed("cbsa.officer")
        for username in ("cbsa.liaison", "cbp.admin", "steward"):
            for client_method, below in (("get", ""), ("post", "make/"), ("post", "revoke/")):
                answer = getattr(reader(username), client_method)(f"/subscriptions/{own.uid}/feeds/{below}")
                assert answer.status_code == 404, (username, below)
