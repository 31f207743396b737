"""A release that overlaps a recall, on connections of their own: whoever comes last is right."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants
from sharing.communities.models import Community
from sharing.flow import recall
from sharing.flow.admitting import leave
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.conftest import owners_connection
from tests.recalls.conftest import amend, carried


@pytest.mark.django_db(transaction=True)
def test_a_release_that_overlaps_a_recall_leaves_grants_and_audiences_as_decided():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def run(deed):
        try:
            start.wait(timeout=20)
            for _ in range(6):
                deed()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def give():
        released(bulletin, "CBSA", ("HSI", "place"))

    def take():
        from django.core.exceptions import ValidationError

        who = viewer("cbp.releaser")
        with viewing(who):
            try:
                recall(bulletin, reason="not confirmed", viewer=who, at=timezone.now())
            except ValidationError:
                pass  # nothing to recall at this moment

    threads = [threading.Thread(target=run, args=(deed,)) for deed in (give, take, give)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures
    take()
    with engine():
        holders = _rows("select group_id from sharing_grant where record_id = %s", bulletin.pk)
        audiences = _rows("select audience from bulletins_face where record_id = %s", bulletin.pk)
    own = agency("CBP").pk
    assert holders == [(own,)]
    assert sorted(member for (audience,) in audiences for member in audience) == [own]
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


@pytest.mark.django_db(transaction=True)
def test_a_release_that_overlaps_a_member_leaving_does_not_reach_it():
    """The release was decided by the roster before, and is not committed: leaving waits for it, and takes it along."""
    Person.objects.filter(username="txdps.trooper").update(roles=["admin"])
    lead, member = viewer("stx.analyst"), viewer("txdps.trooper")
    with viewing(lead):
        region = Community.objects.get(code="HIDTA-STX")
    bulletin = published_bulletin()
    decided, gone = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def run(deed):
        try:
            deed()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def give():
        with transaction.atomic():
            released(bulletin, "community:HIDTA-STX", tlp="TLP:GREEN")
            decided.set()
            # It would be over by then, if it did not wait.
            gone.wait(timeout=3)

    def go():
        decided.wait(timeout=60)
        with viewing(member):
            leave(region, viewer=member, at=timezone.now())
        gone.set()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in (give, go)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert not failures
        with engine():
            held = _rows("select count(*) from sharing_grant where group_id = %s", agency("TXDPS").pk)
            others = _rows("select count(*) from sharing_grant where group_id = %s", agency("HSI").pk)
        assert held == [(0,)] and others == [(1,)]
        changes = rebuild_grants(timezone.now())
        assert not (changes.granted or changes.changed or changes.withdrawn)
    finally:
        with owners_connection() as own:
            own.execute(
                "update sharing_membership set left_at = null where agency_id = %s", [agency("TXDPS").pk]
            )
            own.execute("update hub_person set roles = '{officer}' where username = 'txdps.trooper'")


@pytest.mark.django_db
def test_a_deed_that_waited_for_a_release_takes_nothing_of_it_back():
    """Its instant is older than the release it waited for, which has begun all the same."""
    bulletin, before = published_bulletin(), timezone.now()
    released(bulletin, "CBSA")
    released(bulletin, "HSI", at=before)
    assert _held(bulletin.pk, agency("CBSA").pk) == _held(bulletin.pk, agency("HSI").pk) == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_a_release_that_overlaps_the_recall_of_a_version_leaves_nobody_an_older_one():
    """Version 1 went to DHE, version 2 to its member TXDPS by name: taken back, TXDPS never has version 1 again."""
    bulletin = published_bulletin()
    released(bulletin, "community:DHE", "TXDPS")
    amend(bulletin)
    carried(bulletin, "TXDPS")
    failures: list[BaseException] = []
    seen: set[int] = set()
    start, over = threading.Barrier(3), threading.Event()

    def run(deed):
        try:
            start.wait(timeout=20)
            deed()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def give():
        for _ in range(6):
            released(bulletin, "TXDPS", "HSI")

    def take():
        who = viewer("cbp.releaser")
        for _ in range(6):
            with viewing(who):
                try:
                    recall(bulletin, reason="wrong", viewer=who, at=timezone.now(), version=2)
                except ValidationError:
                    pass  # nobody has it at this moment
        over.set()

    def read():
        while not over.is_set():
            seen.update(version for (version,) in _held(bulletin.pk, agency("TXDPS").pk))

    threads = [threading.Thread(target=run, args=(deed,)) for deed in (give, take, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures and seen <= {2}
    take()
    assert _held(bulletin.pk, agency("TXDPS").pk) == [] and _held(bulletin.pk, agency("HSI").pk) == []
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def _held(record, of):
    with engine():
        return _rows(
            "select f.version from sharing_grant g join bulletins_face f on f.id = g.face_id"
            " where g.record_id = %s and g.group_id = %s",
            record,
            of,
        )


def _rows(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
