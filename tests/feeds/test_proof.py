"""That something was given stands in the ledger where it was, and nowhere else: the owner's proof of who had what."""

from __future__ import annotations

import pytest

from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.disclosures.models import LedgerRow
from sharing.feeds.models import FeedEntry
from sharing.feeds.taxii.collections import EVERYTHING
from sharing.feeds.taxii.models import Fed
from sharing.subscriptions.models import Subscription
from tests.api.conftest import caller  # noqa: F401
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.feeds import polling
from tests.feeds.conftest import COLLECTIONS, MEDIA, numbered

pytestmark = pytest.mark.django_db

# What is asked of one object, or of the collection's, that gives nothing of it: method, path, Accept, status.
GIVES_NOTHING = [
    ("get", "{id}/", "application/json", 406),
    ("get", "{id}/?nothing=1", MEDIA, 400),
    ("get", "{id}/?match[version]=2020-01-01T00:00:00Z", MEDIA, 200),
    ("get", "{id}/?match[spec_version]=2.0", MEDIA, 200),
    ("get", "{id}/?added_after=2099-01-01T00:00:00Z", MEDIA, 200),
    ("head", "{id}/", MEDIA, 200),
    ("delete", "{id}/", MEDIA, 403),
    ("post", "{id}/", MEDIA, 405),
    ("get", "{id}/versions/", MEDIA, 200),
    ("get", "{id}/versions/", "text/html", 406),
    ("get", "", "application/json", 406),
    ("get", "?nothing=1", MEDIA, 400),
    ("get", "?match[type]=incident", MEDIA, 200),
    ("head", "", MEDIA, 200),
]


@pytest.fixture
def id_():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    return f"report--{bulletin.uid}"


def collections():
    """Of all that the desk may read, and of what one of its subscriptions asks for."""
    with viewing(viewer("cbsa.officer")) as who:
        desk = Subscription.objects.visible_to(who).get(person_id=None, title="Everything given to us")
    return EVERYTHING, desk.uid


def written():
    """How many rows say that something was given: of the ledger, and of what a collection is to go on telling of."""
    with engine():
        return LedgerRow.objects.filter(channel="taxii").count(), Fed.objects.count()


@pytest.mark.parametrize(("method", "path", "accept", "status"), GIVES_NOTHING)
def test_what_gives_nothing_leaves_no_row_that_says_so(method, path, accept, status, program, id_):
    partner = program("cbsa.officer", Accept=accept)
    for collection in collections():
        place = f"{COLLECTIONS}{collection}/objects/{path.format(id=id_)}"
        answer = getattr(partner.client, method)(place)
        assert answer.status_code == status and b"zebrafinch" not in answer.content
        assert written() == (0, 0), place


def test_what_was_given_stands_in_the_ledger_once(program, id_):
    everything, desk = collections()
    partner = program("cbsa.officer")
    assert partner.object(id_, everything).json()["objects"][0]["id"] == id_
    assert written() == (1, 0)
    assert partner.object(id_, desk).json()["objects"][0]["id"] == id_
    assert written() == (2, 1)
    assert partner.object(id_, desk, **{"match[version]": "all"}).json()["objects"]
    assert written() == (3, 1)


def test_what_was_refused_stays_on_the_trail(program, id_):
    place = f"{COLLECTIONS}{EVERYTHING}/objects/{id_}/"
    assert program("cbsa.officer").client.delete(place).status_code == 403
    with viewing(viewer("inspector")):
        assert TrailRow.objects.filter(event="request.refused", object_id__startswith=place[:60]).exists()


def test_a_head_of_a_feed_or_of_the_api_gives_nothing(caller, id_):  # noqa: F811
    feed = polling.desk_feed("cbsa.officer")
    api = caller("cbsa.officer")
    atom, uid = f"/feeds/{feed.uid}/atom.xml", id_.partition("--")[2]

    def rows():
        with engine():
            return LedgerRow.objects.count(), FeedEntry.objects.count()

    for client, path in (
        (polling.program("cbsa.officer"), atom),
        (api.client, "/api/v1/bulletins/"),
        (api.client, f"/api/v1/bulletins/{uid}/"),
    ):
        head = client.head(path)
        assert (head.status_code, head.content, rows()) == (200, b"", (0, 0)), path
    whole = polling.program("cbsa.officer").get(atom)
    assert whole.status_code == 200 and rows() == (1, 1)
    assert api.get(f"bulletins/{uid}/").status_code == 200 and rows() == (2, 1)
