"""A source is marked while something comes to rest on it, on connections of their own: whoever is later is bound."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.publishing.actions import Entry, save, take_up
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Grant
from sharing.flow import Handling, mark
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import agency, viewer

AUTHOR = "hsi.agent"


def rest(bulletin, source, then=lambda: None):
    """HSI's bulletin is amended and rests on the source; `then` runs before the commit."""
    who = viewer(AUTHOR)
    with viewing(who):
        copy = take_up(Bulletin, bulletin.ref, viewer=who)
        assert not save(copy, Entry(seizures=[source.ref]), viewer=who, at=timezone.now())
        publish(copy, viewer=who, at=timezone.now(), note="Rests on a report")
        then()


def raise_marking(source, then=lambda: None):
    who = viewer("cbp.releaser")
    with viewing(who):
        source.refresh_from_db()
        mark(source, Handling("TLP:AMBER+STRICT"), reason="", viewer=who, at=timezone.now())
        then()


def overlapping(first, second):
    """Run `first`, and `second` from when the first is done but not committed; return what failed."""
    done, over = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def pause():
        done.set()
        # It would be over by then, if it did not wait.
        over.wait(timeout=2)

    def run(deed):
        try:
            deed()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def later():
        assert done.wait(timeout=60)
        second()
        over.set()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in (lambda: first(pause), later)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return failures


def holders(record):
    with engine():
        rows = Grant.objects.filter(content_object=record).exclude(group_id=record.owner_id)
        return set(rows.values_list("group_id", flat=True))


@pytest.fixture
def pair(transactional_db):
    """CBP's report, which HSI has, and HSI's bulletin, which the South Texas HIDTA has."""
    source, bulletin = published_seizure(), published_bulletin(AUTHOR)
    released(source, "HSI")
    released(bulletin, "community:HIDTA-STX", by=AUTHOR)
    assert agency("CBP").pk in holders(bulletin)
    return source, bulletin


def settled():
    changes = rebuild_grants(timezone.now())
    return not (changes.granted or changes.changed or changes.withdrawn)


@pytest.mark.django_db(transaction=True)
def test_what_comes_to_rest_on_a_source_just_before_it_is_marked_is_narrowed_with_it(pair):
    source, bulletin = pair
    assert not overlapping(lambda then: rest(bulletin, source, then), lambda: raise_marking(source))
    assert holders(bulletin) == set() and settled()


@pytest.mark.django_db(transaction=True)
def test_what_would_rest_on_a_source_that_is_being_marked_is_refused_by_the_new_marking(pair):
    source, bulletin = pair
    (failure,) = overlapping(lambda then: raise_marking(source, then), lambda: rest(bulletin, source))
    assert isinstance(failure, ValidationError) and source.ref in str(failure)
    assert agency("CBP").pk in holders(bulletin) and settled()


@pytest.mark.django_db(transaction=True)
def test_markings_and_amendments_of_a_chain_at_once_end_as_decided(pair):
    """Three records, each resting on the one before, all marked and amended at once: nobody waits for ever."""
    source, bulletin = pair
    third = published_bulletin("dea.agent")
    released(third, "community:HIDTA-STX", by="dea.agent")
    released(bulletin, "DEA", by=AUTHOR)
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def link(record, to, by):
        who = viewer(by)
        with viewing(who):
            copy = take_up(Bulletin, record.ref, viewer=who)
            save(copy, Entry(seizures=[to.ref]), viewer=who, at=timezone.now())
            publish(copy, viewer=who, at=timezone.now(), note="Amended")

    def remark(number):
        who = viewer("cbp.releaser")
        with viewing(who):
            source.refresh_from_db()
            tlp = "TLP:AMBER" if number % 2 else "TLP:AMBER+STRICT"
            mark(source, Handling(tlp), reason="Tried", viewer=who, at=timezone.now())

    def run(deed):
        try:
            start.wait(timeout=20)
            for number in range(4):
                try:
                    deed(number)
                except ValidationError:
                    pass  # marked lower than its source at this moment
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    deeds = [remark, lambda n: link(bulletin, source, AUTHOR), lambda n: link(third, bulletin, "dea.agent")]
    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures and not any(thread.is_alive() for thread in threads)
    assert settled()
