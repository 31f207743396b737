"""A subscription that asks for something else: whoever follows its collection is given what it asks for since."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.audiences.models import Placed, Standing
from sharing.feeds.taxii.collections import EVERYTHING
from sharing.stix.ids import EXTENSION
from sharing.subscriptions.actions import change, pause, remove, resume
from sharing.subscriptions.wishes import wish_of
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.disclosures.reader import take_back
from tests.feeds.conftest import COLLECTIONS, Resuming, numbered
from tests.recalls.conftest import amend, carried
from tests.subscriptions.conftest import subscribed

STEP = timedelta(microseconds=500)
WAYS = [(None, True), (2, True), (3, False), (None, False)]


def asks_for(row, username="cbsa.officer", **wish):
    """The subscription is changed by whoever owns it."""
    who = viewer(username)
    with viewing(who):
        row.refresh_from_db()
        change(row, replace(wish_of(row), **wish), viewer=who, at=timezone.now())


def given(*records, to="CBSA"):
    for each in records:
        released(each, to)
        numbered()
    return {f"report--{each.uid}" for each in records}


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "by_next"), WAYS)
def test_what_is_asked_for_from_now_on_comes_to_whoever_goes_on(program, limit, by_next):
    row = subscribed("cbsa.officer", kinds=("seizure",))
    feed = Resuming(program("cbsa.officer"), row.uid, limit, by_next)
    older = given(published_bulletin(), published_bulletin(), published_bulletin())
    seizures = given(published_seizure(), published_seizure())
    feed.poll()
    assert set(feed.records) == seizures
    asks_for(row, kinds=("bulletin",))
    came = feed.poll()
    assert {each["id"] for each in came if each["type"] == "report"} == older
    assert set(feed.records) == older | seizures
    assert feed.poll() == []


@pytest.mark.django_db
def test_who_was_in_the_midst_of_it_gets_the_rest_of_what_it_asks_for(program):
    row = subscribed("cbsa.officer", kinds=("seizure",))
    partner = program("cbsa.officer")
    bulletins = given(published_bulletin(), published_bulletin())
    seizures = given(*(published_seizure() for _ in range(3)))
    page = partner.objects(row.uid, limit=7).json()
    asks_for(row, kinds=())
    came = page["objects"] + partner.all(row.uid, next=page["next"])
    assert {each["id"] for each in came if each["type"] == "report"} == bulletins | seizures


@pytest.mark.django_db
def test_a_version_is_the_same_in_every_collection_and_the_manifest_says_when_it_came_to_each(program):
    row = subscribed("cbsa.officer", kinds=("seizure",))
    partner = program("cbsa.officer")
    given(published_bulletin(), published_bulletin())
    asks_for(row, kinds=())
    everything, chosen = (
        {each["id"]: each for each in partner.records(collection)} for collection in (EVERYTHING, row.uid)
    )
    assert everything == chosen and len(chosen) == 2
    manifests = [
        partner.get(f"{COLLECTIONS}{each}/manifest/").json()["objects"] for each in (EVERYTHING, row.uid)
    ]
    assert [each["version"] for each in manifests[0]] == [each["version"] for each in manifests[1]]
    dates = [[each["date_added"] for each in manifest] for manifest in manifests]
    assert all(later > earlier for earlier, later in zip(*dates, strict=True))
    assert dates[1] == sorted(set(dates[1]))


@pytest.mark.django_db
def test_what_changes_while_places_are_ahead_of_the_clock_comes_after_them(program):
    """Thousands that are asked for at once have places for seconds to come."""
    row = subscribed("cbsa.officer", kinds=("seizure",))
    first, second, third = (published_bulletin() for _ in range(3))
    given(first, second)
    asks_for(row, kinds=())
    ahead = timezone.now() + timedelta(hours=1)
    with engine():
        for place, each in enumerate(Placed.objects.order_by("at")):
            Placed.objects.filter(pk=each.pk).update(at=ahead + place * STEP)
    feed = Resuming(program("cbsa.officer"), row.uid)
    whole = Resuming(program("cbsa.officer"))
    for each in (feed, whole):
        each.poll()
        assert len(each.records) == 2
    amend(first, narrative="Told otherwise.")
    carried(first, "CBSA")
    released(third, "CBSA")
    numbered()
    take_back(second)
    numbered()
    feed.poll()
    whole.poll()
    assert feed.records == whole.records
    assert set(feed.records) == {f"report--{first.uid}", f"report--{third.uid}"}
    assert feed.held[f"report--{second.uid}"]["revoked"]
    assert feed.records[f"report--{first.uid}"]["extensions"][EXTENSION]["version"] == 2
    asks_for(row, kinds=("seizure",))
    asks_for(row, kinds=())
    assert feed.poll() == []


@pytest.mark.django_db
def test_what_changed_since_it_was_placed_has_its_own_date_again(program):
    row = subscribed("cbsa.officer", kinds=("seizure",))
    feed = Resuming(program("cbsa.officer"), row.uid, limit=3)
    record = published_bulletin()
    given(record)
    asks_for(row, kinds=())
    feed.poll()
    amend(record, narrative="Told otherwise.")
    carried(record, "CBSA")
    numbered()
    assert [each["id"] for each in feed.poll() if each["type"] == "report"] == [f"report--{record.uid}"]
    assert feed.poll() == []


@pytest.mark.django_db
def test_what_stopped_and_began_to_match_by_its_own_change_comes_again(program):
    row = subscribed("cbsa.officer", words="hollow")
    feed = Resuming(program("cbsa.officer"), row.uid)
    record = published_bulletin(narrative="It rang dull.")
    given(record)
    feed.poll()
    assert not feed.records
    for said, held in (("It rang hollow.", 1), ("It rang dull.", 1), ("It rang hollow again.", 1)):
        amend(record, narrative=said)
        carried(record, "CBSA")
        numbered()
        feed.poll()
        assert len(feed.records) == held
    (told,) = feed.records.values()
    assert "hollow again" in told["description"]


@pytest.mark.django_db
def test_pausing_keeps_the_collection_as_it_is(program):
    row, who = subscribed("cbsa.officer"), viewer("cbsa.officer")
    feed = Resuming(program("cbsa.officer"), row.uid)
    first, second = published_bulletin(), published_bulletin()
    with viewing(who):
        pause(row, viewer=who, at=timezone.now())
    given(first)
    feed.poll()
    given(second)
    with viewing(who):
        resume(row, viewer=who, at=timezone.now())
    feed.poll()
    assert set(feed.records) == {f"report--{each.uid}" for each in (first, second)}


@pytest.mark.django_db
def test_a_change_of_how_it_is_told_or_of_its_name_places_nothing(program):
    row = subscribed("cbsa.officer", kinds=("bulletin",))
    given(published_bulletin())
    asks_for(row, title="Another name", frequency="hourly")
    with engine():
        assert not Placed.objects.exists()


@pytest.mark.django_db
def test_what_a_colleague_asks_for_moves_no_date_of_theirs(program):
    """Neither now nor of what is numbered next."""
    row = subscribed("cbsa.liaison", kinds=("seizure",))
    given(published_bulletin(), published_bulletin())
    colleague = program("cbsa.officer")
    before = colleague.objects()
    asks_for(row, "cbsa.liaison", kinds=())
    after = colleague.objects()
    assert (after.content, after.headers["X-TAXII-Date-Added-Last"]) == (
        before.content,
        before.headers["X-TAXII-Date-Added-Last"],
    )
    ahead = timezone.now() + timedelta(hours=1)
    with engine():
        for place, each in enumerate(Placed.objects.order_by("at")):
            Placed.objects.filter(pk=each.pk).update(at=ahead + place * STEP)
    given(published_bulletin())
    with engine():
        latest = Standing.objects.filter(agency_id=agency("CBSA").pk).latest("numbered_at")
    assert latest.numbered_at < timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db
def test_nothing_is_placed_that_is_not_theirs(program):
    """What was withheld from them makes nothing match, and others' records are in no collection of theirs."""
    row = subscribed("cbsa.officer", words="nightjar")
    hidden, partly = published_bulletin(), published_bulletin()
    released(hidden, "RCMP")
    released(partly, ("CBSA", "place"))
    numbered()
    asks_for(row, words="nightjar lane")
    with engine():
        assert not Placed.objects.exists()
    asks_for(row, words="")
    with engine():
        assert [each.standing.record_id for each in Placed.objects.select_related("standing")] == [partly.pk]


@pytest.mark.django_db
def test_a_subscription_that_is_removed_leaves_no_places(program):
    from sharing.subscriptions.actions import remove

    row, who = subscribed("cbsa.officer", kinds=("seizure",)), viewer("cbsa.officer")
    given(published_bulletin())
    asks_for(row, kinds=())
    with viewing(who):
        remove(row, viewer=who, at=timezone.now())
    with engine():
        assert not Placed.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["change", "release"])
def test_a_change_and_a_release_that_overlap_lose_nothing(program, first):
    """Whichever is committed first: what was given, read and asked for in between comes to whoever goes on."""
    row = subscribed("cbsa.officer", kinds=("seizure",))
    older, late, seizure = published_bulletin(), published_bulletin(), published_seizure()
    given(older, seizure)
    feed = Resuming(program("cbsa.officer"), row.uid, limit=3)
    feed.poll()
    begun, go_on = threading.Event(), threading.Event()
    failures = []

    def slow():
        try:
            with transaction.atomic():
                if first == "change":
                    released(late, "CBSA")
                else:
                    asks_for(row, kinds=())
                begun.set()
                assert go_on.wait(timeout=30)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(timeout=30)
    if first == "change":
        asks_for(row, kinds=())
        numbered()
        feed.poll()
    else:
        released(late, "CBSA")
    go_on.set()
    thread.join(timeout=60)
    assert not failures
    feed.poll()
    numbered()
    feed.poll()
    assert set(feed.records) == {f"report--{each.uid}" for each in (older, late, seizure)}


@pytest.mark.django_db(transaction=True)
def test_a_change_waits_for_whoever_is_reading_and_readers_wait_for_a_change(program):
    row = subscribed("cbsa.officer", kinds=("seizure",))
    given(published_bulletin())
    partner, read = program("cbsa.officer"), []

    def poll():
        try:
            read.append(len(partner.records(row.uid)))
        finally:
            connection.close()

    thread = threading.Thread(target=poll)
    with transaction.atomic():
        asks_for(row, kinds=())
        thread.start()
        thread.join(timeout=1)
        assert thread.is_alive() and not read
    thread.join(timeout=60)
    assert read == [1]


@pytest.mark.django_db
def test_what_a_removed_subscription_gave_is_told_of_to_whoever_followed_it(program):
    row = subscribed("cbsa.officer", kinds=("bulletin",))
    collection, feed = row.uid, Resuming(program("cbsa.officer"), row.uid)
    first, second = published_bulletin(), published_bulletin()
    held = given(first, second)
    feed.poll()
    assert set(feed.records) == held
    who = viewer("cbsa.officer")
    with viewing(who):
        remove(row, viewer=who, at=timezone.now())
    given(published_bulletin())
    assert feed.poll() == []
    take_back(first)
    numbered()
    (stub,) = (each for each in feed.poll() if each["type"] == "report")
    assert stub["revoked"] and set(feed.records) == {f"report--{second.uid}"}
    # It was this person's: nobody else finds it, nor one that gave nothing.
    listed = program("cbsa.officer").get(COLLECTIONS).json()["collections"]
    assert str(collection) in {each["id"] for each in listed}
    for other in ("cbsa.liaison", "rcmp.officer"):
        assert str(collection) not in program(other).get(COLLECTIONS).content.decode()
        assert program(other).objects(collection).status_code == 404
    empty = subscribed("cbsa.officer", kinds=("bulletin",))
    with viewing(who):
        remove(empty, viewer=who, at=timezone.now())
    assert program("cbsa.officer").objects(empty.uid).status_code == 404
