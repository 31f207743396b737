"""Read and acknowledged: counted once, told to the owner by agency, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from hub.accounts.viewer import Viewer, desk_of
from hub.agencies.models import Person
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Received
from sharing.deliveries.querysets import inbox_items, unread_count
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.flow import recall
from sharing.receipts.actions import acknowledge, mark_read
from sharing.receipts.models import Receipt
from sharing.receipts.querysets import answers_for
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import send

pytestmark = pytest.mark.django_db

AT = timezone.now() + timedelta(seconds=5)


def shown(who, record):
    found = disclose(who, [record.pk], Channel.PAGE)
    return found[0] if found else None


def reads(username, record, verb=mark_read, at=AT):
    who = viewer(username)
    with viewing(who):
        disclosure = shown(who, record)
        return verb(who, disclosure, at) if disclosure else "nothing to read"


def events(*names):
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        return list(
            TrailRow.objects.filter(event__in=names).order_by("id").values_list("event", "actor", "version")
        )


def answers(username, record):
    with viewing(viewer(username)):
        return {row.code: row for row in answers_for(record.pk)}


@pytest.fixture
def bulletin():
    found = published_bulletin()
    released(found, "CBSA", "DEA")
    return found


def test_reading_and_acknowledging_twice_counts_once(bulletin):
    later = AT + timedelta(hours=1)
    first = reads("cbsa.officer", bulletin)
    assert reads("cbsa.officer", bulletin, at=later) == first
    done = reads("cbsa.officer", bulletin, acknowledge, at=later)
    again = reads("cbsa.officer", bulletin, acknowledge, at=later + timedelta(hours=1))
    assert (again.pk, again.read_at, again.acknowledged_at) == (first.pk, AT, later)
    assert done.pk == first.pk
    assert events("record.read", "record.acknowledge") == [
        ("record.read", "cbsa.officer", 1),
        ("record.acknowledge", "cbsa.officer", 1),
    ]


def test_acknowledging_is_reading_too_and_each_version_is_read_for_itself(bulletin):
    assert reads("cbsa.officer", bulletin, acknowledge).read_at == AT
    who = viewer("cbp.releaser")
    with viewing(who):
        from bulletins.flow import publish

        publish(bulletin, viewer=who, at=timezone.now())
    released(bulletin, "CBSA")
    assert answers("cbp.releaser", bulletin)["CBSA"].read_at is None
    reads("cbsa.officer", bulletin)
    found = answers("cbp.releaser", bulletin)["CBSA"]
    assert (found.version, found.read_at, found.acknowledged_at) == (2, AT, None)


def test_the_owners_own_reading_and_a_desks_are_no_receipts(bulletin):
    assert reads("cbp.officer", bulletin) is None and reads("cbp.releaser", bulletin, acknowledge) is None
    desk = desk_of(agency("CBSA"))
    with viewing(desk):
        assert mark_read(desk, shown(desk, bulletin), AT) is None
    assert reads("dea.agent", bulletin) is not None
    assert events("record.read") == [("record.read", "dea.agent", 1)]


def test_the_owner_sees_which_agencies_answered_and_when_and_no_person(bulletin):
    reads("cbsa.officer", bulletin)
    reads("cbsa.releaser", bulletin, acknowledge, at=AT + timedelta(minutes=3))
    found = answers("cbp.releaser", bulletin)
    assert set(found) == {"CBSA", "DEA"}
    assert found["CBSA"].read_at == AT and found["CBSA"].acknowledged_at == AT + timedelta(minutes=3)
    assert found["DEA"].given_at and found["DEA"].read_at is None
    assert "officer" not in str(found)
    assert (
        answers("cbsa.officer", bulletin)
        == answers("dea.agent", bulletin)
        == answers("ncb.officer", bulletin)
        == {}
    )


def test_the_owner_still_sees_after_a_recall_who_had_read_it(bulletin):
    reads("cbsa.officer", bulletin)
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    found = answers("cbp.releaser", bulletin)
    assert set(found) == {"CBSA"} and found["CBSA"].given_at is None and found["CBSA"].read_at == AT


def test_a_partners_receipts_are_hidden_from_every_other_agency_and_from_the_owner(bulletin):
    reads("cbsa.officer", bulletin)
    for username, seen in (("cbsa.releaser", 1), ("cbp.releaser", 0), ("dea.agent", 0), ("ncb.officer", 0)):
        with viewing(viewer(username)):
            assert Receipt.objects.count() == seen


def test_nobody_can_receipt_what_they_were_not_given(bulletin):
    given, other = viewer("dea.agent"), viewer("ncb.officer")
    assert reads("ncb.officer", bulletin) == "nothing to read"
    for who, refused in ((given, False), (other, True)):
        row = {"record_id": bulletin.pk, "version": 1, "agency_id": who.agency_id, "person_id": who.person_id}
        with viewing(who):
            if refused:
                with pytest.raises(DatabaseError), transaction.atomic():
                    Receipt.objects.create(**row, read_at=AT)
            else:
                assert Receipt.objects.create(**row, read_at=AT)


def test_the_inbox_knows_what_this_person_has_read(bulletin):
    send()
    reads("cbsa.officer", bulletin, acknowledge)
    for username, read, unread in (("cbsa.officer", True, 0), ("cbsa.releaser", False, 1)):
        who = viewer(username)
        with viewing(who):
            item = inbox_items(who)[0]
            assert (bool(item.read_at), bool(item.acknowledged_at), unread_count(who)) == (read, read, unread)
            assert Received.objects.visible_to(who).count() == 1
            assert inbox_items(who).unread().count() == unread


def test_somebody_who_has_left_the_agency_keeps_nothing_of_its_inbox(bulletin):
    send()
    who = viewer("cbsa.officer")
    with viewing(who):
        assert unread_count(who) == 1
    Person.objects.filter(username="cbsa.officer").update(agency=agency("NCB-OTTAWA"))
    moved = viewer("cbsa.officer")
    with viewing(moved):
        assert unread_count(moved) == 0 and not inbox_items(moved).exists()
