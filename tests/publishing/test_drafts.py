"""Drafts: listed with what they miss, and discarded for good."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.models import Bulletin, Record, SeizureReport
from bulletins.publishing.querysets import draft_lines
from hub.database.context import viewing
from hub.trail.models import TrailRow
from tests.builders import draft_bulletin, published_bulletin, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def lines(username: str):
    who = viewer(username)
    with viewing(who):
        return draft_lines(who)


def test_a_draft_is_listed_with_what_it_misses_and_gone_once_posted(officer):
    bulletin = draft_bulletin(tear_line="", title="", methods=["VEH-BODY-DOOR"])
    (line,) = lines("cbp.officer")
    assert (line.ref, line.kind, line.title) == (bulletin.ref, "bulletin", "Fentanyl in doors")
    assert line.missing == ["tear line missing"] and line.href == f"/bulletins/{bulletin.ref}/edit/"
    assert not lines("cbp.liaison") and not lines("cbsa.releaser")
    assert [line.ref for line in lines("cbp.releaser")] == [bulletin.ref]

    page = officer.client.get("/bulletins/drafts/").content.decode()
    assert "Fentanyl in doors" in page and "tear line missing" in page
    officer.autosave(line.href, tear_line="A sentence")
    assert lines("cbp.officer")[0].missing == []


def test_a_posted_bulletin_is_listed_again_once_its_words_change(officer):
    bulletin = published_bulletin()
    assert not lines("cbp.officer")
    officer.autosave(f"/bulletins/{bulletin.ref}/edit/", title=bulletin.title)
    assert not lines("cbp.officer")
    officer.autosave(f"/bulletins/{bulletin.ref}/edit/", title="Other words")
    (line,) = lines("cbp.officer")
    assert line.amends


def test_the_list_is_a_constant_number_of_queries():
    counts = []
    for _ in range(2):
        draft_bulletin()
        draft_bulletin(methods=["TRK-WALL"])
        who = viewer("cbp.officer")
        with viewing(who), CaptureQueriesContext(connection) as found:
            draft_lines(who)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_draft_is_discarded_with_all_that_belongs_to_it(
    officer, picture, store, django_capture_on_commit_callbacks
):
    bulletin = draft_bulletin()
    sent = officer.client.post(f"/bulletins/{bulletin.ref}/edit/photographs/", {"photograph": picture()})
    assert sent.status_code == 201 and len(list(store.rglob("*-full"))) == 1
    address = f"/bulletins/{bulletin.ref}/edit/discard/"
    assert "deleted for good" in officer.client.get(address).content.decode()
    assert officer.stored(bulletin.ref)

    with django_capture_on_commit_callbacks(execute=True):
        assert officer.client.post(address).url == "/bulletins/drafts/"
    with viewing(viewer("cbp.releaser")):
        assert not Record.objects.filter(ref=bulletin.ref).exists()
        assert not Bulletin.objects.filter(ref=bulletin.ref).exists()
    assert not list(store.rglob("*-full"))
    assert officer.client.get(f"/bulletins/{bulletin.ref}/edit/").status_code == 404
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(
            event="bulletin.discard", object_id=bulletin.ref, outcome="ok"
        ).exists()


def test_what_was_posted_is_not_discarded(officer):
    bulletin = published_bulletin()
    answer = officer.client.post(f"/bulletins/{bulletin.ref}/edit/discard/")
    assert answer.url == f"/bulletins/{bulletin.ref}/"
    assert officer.stored(bulletin.ref)
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(
            event="bulletin.discard", object_id=bulletin.ref, outcome="refused"
        ).exists()


@pytest.mark.parametrize(
    ("username", "status"), [("cbp.releaser", 302), ("cbp.liaison", 404), ("cbsa.releaser", 404)]
)
def test_a_draft_is_discarded_by_its_author_or_a_releaser_of_the_agency(at_the_form, username, status):
    bulletin = draft_bulletin()
    answer = at_the_form(username).client.post(f"/bulletins/{bulletin.ref}/edit/discard/")
    assert answer.status_code == status
    with viewing(viewer("cbp.releaser")):
        assert SeizureReport.objects.count() == 0
        assert Bulletin.objects.filter(pk=bulletin.pk).exists() == (status == 404)


def test_what_was_recalled_is_not_edited(officer):
    from sharing.flow import recall

    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong vehicle", viewer=who, at=timezone.now())
    assert officer.client.get(f"/bulletins/{bulletin.ref}/edit/").url == f"/bulletins/{bulletin.ref}/"
    assert officer.autosave(f"/bulletins/{bulletin.ref}/edit/", title="Still here").status_code == 302
    assert officer.stored(bulletin.ref).title == bulletin.title
