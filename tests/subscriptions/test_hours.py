"""Time zone and quiet hours: set by whose they are, read by nobody else."""

from __future__ import annotations

from datetime import time

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from hub.agencies.models import Agency, Person
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.subscriptions.hours.actions import Hours, hours_of, set_hours
from sharing.subscriptions.models import QuietHours, Subscription
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.cast import person, viewer
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db

OWN, DESK = "/subscriptions/settings/", "/subscriptions/settings/desk/"
NIGHT = {"begins": "22:00", "ends": "06:00"}


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def stored(username: str, *, desk: bool = False) -> Hours:
    who = viewer(username)
    with viewing(who):
        return hours_of(who, desk=desk)


def test_a_person_sets_their_own_and_pages_and_digests_go_by_it():
    row = subscribed("cbsa.officer", frequency="daily", times=(time(6),))
    answer = signed_in("cbsa.officer").post(OWN, {"zone": "America/Vancouver", **NIGHT})
    assert answer.status_code == 302
    assert stored("cbsa.officer") == Hours("America/Vancouver", time(22), time(6))
    assert viewer("cbsa.officer").time_zone == "America/Vancouver"
    with engine():
        moved = Subscription.objects.get(pk=row.pk)
    assert moved.next_at is not None and moved.since_at == row.since_at and moved.since_n == row.since_n
    from zoneinfo import ZoneInfo

    assert moved.next_at.astimezone(ZoneInfo("America/Vancouver")).time() == time(6)
    page = signed_in("cbsa.officer").get(OWN).content.decode()
    assert 'value="22:00"' in page and "America/Vancouver" in page


def test_left_empty_there_are_none_and_the_zone_is_the_agencys():
    client = signed_in("cbsa.officer")
    client.post(OWN, {"zone": "America/Vancouver", **NIGHT})
    assert client.post(OWN, {"zone": "", "begins": "", "ends": ""}).status_code == 302
    assert stored("cbsa.officer") == Hours("", None, None)
    assert viewer("cbsa.officer").time_zone == Agency.objects.get(code="CBSA").time_zone


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"zone": "Mars/Olympus", **NIGHT}, "is no time zone"),
        ({"zone": "", "begins": "22:00", "ends": ""}, "Give both times"),
        ({"zone": "", "begins": "", "ends": "06:00"}, "Give both times"),
        ({"zone": "", "begins": "06:00", "ends": "06:00"}, "They end when they begin"),
        ({"zone": "", "begins": "25:00", "ends": "06:00"}, "valid time"),
        ({"zone": "../../etc/passwd", **NIGHT}, "is no time zone"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(sent, said):
    answer = signed_in("cbsa.officer").post(OWN, sent)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert stored("cbsa.officer") == Hours(person("cbsa.officer").time_zone)


def test_a_desk_has_a_zone_always():
    answer = signed_in("cbsa.liaison").post(DESK, {"zone": "", **NIGHT})
    assert answer.status_code == 400 and "Choose the desk" in answer.content.decode()
    assert Agency.objects.get(code="CBSA").time_zone


@pytest.mark.parametrize(
    ("username", "status"),
    [("cbsa.liaison", 302), ("cbp.admin", 302), ("cbsa.officer", 403), ("steward", 403)],
)
def test_the_desks_are_its_liaisons_and_administrators(username, status):
    answer = signed_in(username).post(DESK, {"zone": "America/Toronto", **NIGHT})
    assert answer.status_code == status
    if status == 302:
        assert stored(username, desk=True) == Hours("America/Toronto", time(22), time(6))
    assert ("desk" in signed_in(username).get(OWN).content.decode().lower()) is (
        status == 302
    ) or status == 403


def test_a_colleagues_are_seen_and_set_by_nobody_else():
    signed_in("cbsa.officer").post(OWN, {"zone": "", **NIGHT})
    with viewing(viewer("cbsa.officer")):
        assert QuietHours.objects.count() == 1
    for username in ("cbsa.liaison", "cbsa.releaser", "cbp.admin", "steward"):
        with viewing(viewer(username)):
            assert not QuietHours.objects.exists()
            assert QuietHours.objects.update(begins=time(1)) == 0
            assert QuietHours.objects.all().delete()[0] == 0
    signed_in("cbsa.liaison").post(DESK, {"zone": "America/Toronto", "begins": "20:00", "ends": "05:00"})
    assert stored("cbsa.officer").begins == time(22)


def test_nobody_writes_another_agencys(jump):
    with (
        viewing(viewer("cbp.liaison")),
        pytest.raises(Exception, match="row-level security"),
        transaction.atomic(),
    ):
        QuietHours.objects.create(
            agency_id=Agency.objects.get(code="CBSA").pk,
            begins=time(22),
            ends=time(6),
            changed_at=timezone.now(),
        )
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from sharing_quiethours")
        assert cursor.fetchone() == (0,)


def test_quiet_hours_that_never_end_are_refused_by_the_database_too():
    who = viewer("cbsa.officer")
    with viewing(who), pytest.raises(IntegrityError, match="quiet_hours_end"), transaction.atomic():
        QuietHours.objects.create(
            agency_id=who.agency_id,
            person_id=who.person_id,
            begins=time(6),
            ends=time(6),
            changed_at=timezone.now(),
        )


def test_it_is_on_the_trail():
    who = viewer("cbsa.liaison")
    with viewing(who):
        set_hours(Hours("America/Toronto", time(22), time(6)), desk=True, viewer=who, at=timezone.now())
    with engine():
        row = TrailRow.objects.get(event="subscription.hours")
    assert row.actor == "cbsa.liaison" and row.facts == {
        "desk": True,
        "zone": "America/Toronto",
        "quiet": "22:00-06:00",
    }


def test_somebody_moved_does_not_take_an_agencys_quiet_hours_along():
    signed_in("cbsa.officer").post(OWN, {"zone": "", **NIGHT})
    moved = person("cbsa.officer")
    Person.objects.filter(pk=moved.pk).update(agency=Agency.objects.get(code="RCMP"))
    assert stored("cbsa.officer") == Hours(moved.time_zone)


def test_by_rest_it_is_set_as_on_the_page(caller):  # noqa: F811
    row = subscribed("cbsa.officer", frequency="daily", times=(time(6),))
    officer = caller("cbsa.officer")
    sent = {"zone": "America/Vancouver", **NIGHT}
    answer = officer.ask("PUT", "subscriptions/settings/", sent)
    assert (answer.status_code, answer.json()) == (200, sent)
    assert officer.get("subscriptions/settings/").json() == sent
    assert stored("cbsa.officer") == Hours("America/Vancouver", time(22), time(6))
    with engine():
        assert Subscription.objects.get(pk=row.pk).next_at != row.next_at
    none = {"zone": "", "begins": None, "ends": None}
    assert officer.ask("PUT", "subscriptions/settings/", none).json() == none
    assert stored("cbsa.officer") == Hours()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"zone": "Mars/Olympus", **NIGHT}, "zone"),
        ({"zone": "", "begins": "22:00", "ends": None}, "ends"),
        ({"zone": "", "begins": "06:00", "ends": "06:00"}, "ends"),
        ({"zone": "", "begins": "25:00", "ends": "06:00"}, "begins"),
        (NIGHT, "zone"),
    ],
)
def test_by_rest_what_is_wrong_is_said_by_field(caller, sent, name):  # noqa: F811
    answer = caller("cbsa.officer").ask("PUT", "subscriptions/settings/", sent)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [name]
    assert stored("cbsa.officer") == Hours(person("cbsa.officer").time_zone)


def test_by_rest_too_the_desks_are_its_liaisons(caller):  # noqa: F811
    desk, sent = "subscriptions/settings/desk/", {"zone": "America/Toronto", **NIGHT}
    for username in ("cbsa.officer", "steward"):
        for method in ("GET", "PUT"):
            assert caller(username).ask(method, desk, sent).status_code == 403
    assert caller("cbsa.liaison").ask("PUT", desk, sent).json() == sent
    assert stored("cbsa.liaison", desk=True) == Hours("America/Toronto", time(22), time(6))
    assert stored("cbp.liaison", desk=True) != stored("cbsa.liaison", desk=True)
    refused = caller("cbsa.liaison").ask("PUT", desk, {**sent, "zone": ""})
    assert refused.status_code == 400 and "zone" in refused.json()["errors"]
