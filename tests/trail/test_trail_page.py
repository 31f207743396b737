"""The trail: who may read which rows, and that nobody takes one away."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from hub.trail.actions import record
from hub.trail.cursor import seal, unseal
from hub.trail.models import TrailRow
from sharing.demo.cast import CAST
from tests.cast import agency, person, viewer
from tests.conftest import owners_connection

pytestmark = pytest.mark.django_db
CAST_NAMES = {member.username for member in CAST}


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def write(username: str, event: str, **facts) -> None:
    who = viewer(username)
    with viewing(who):
        record(event, viewer=who, at=timezone.now(), **facts)


# Who reads the trail: inspectors all of it, an auditor their own agency's.
READERS = {"inspector", "inspector.ca", "cbp.admin"}


def seen_by(username: str) -> set[str]:
    who = viewer(username)
    with viewing(who):
        return set(TrailRow.objects.filter(event__startswith="test.").values_list("event", flat=True))


def test_an_auditor_sees_their_agency_an_inspector_all_and_others_nothing():
    write("cbp.officer", "test.cbp")
    write("cbsa.officer", "test.cbsa")
    write("steward", "test.hub")
    assert seen_by("inspector") == {"test.cbp", "test.cbsa", "test.hub"}
    assert seen_by("cbp.admin") == {"test.cbp"}
    for username in CAST_NAMES:
        if username not in READERS:
            assert seen_by(username) == set(), username


def test_the_page_is_for_auditors_and_inspectors_and_refusing_others_is_kept():
    for username in CAST_NAMES:
        status = signed_in(username).get("/trail/").status_code
        assert status == (200 if username in READERS else 403), username
    with viewing(viewer("inspector")):
        refused = TrailRow.objects.filter(event="trail.read", outcome="refused")
        assert set(refused.values_list("actor", flat=True)) == CAST_NAMES - READERS
    assert Client().get("/trail/").status_code == 302


def test_an_auditors_page_tells_nothing_of_another_agency():
    write("cbp.officer", "test.cbp", object_type="bulletin", object_id="AAAA-2222")
    write("cbsa.officer", "test.cbsa", object_type="bulletin", object_id="BBBB-3333", reason="kestrel")
    own = signed_in("cbp.admin").get("/trail/").content.decode()
    assert "AAAA-2222" in own and "BBBB-3333" not in own and "kestrel" not in own
    whole = signed_in("inspector").get("/trail/").content.decode()
    assert "AAAA-2222" in whole and "BBBB-3333" in whole and "kestrel" in whole
    narrowed = signed_in("cbp.admin").get("/trail/", {"ref": "BBBB-3333"}).content.decode()
    assert "Nothing on the trail fits" in narrowed


def test_reading_the_trail_is_on_the_trail():
    signed_in("cbp.admin").get("/trail/", {"actor": "cbp.officer"})
    with viewing(viewer("inspector")):
        (row,) = TrailRow.objects.filter(event="trail.read", outcome="ok")
    assert row.actor == "cbp.admin" and row.facts == {"filters": {"actor": "cbp.officer"}}


def test_filters_narrow_by_what_who_object_day_and_refusal():
    today = timezone.now().date().isoformat()
    write("cbp.officer", "record.release", object_id="AAAA-2222")
    write("cbp.releaser", "record.recall", object_id="BBBB-3333", outcome="refused")
    client = signed_in("inspector")

    def refs(**asked: str) -> set[str]:
        lines = client.get("/trail/", asked).context["lines"]
        return {line.object_id for line in lines} & {"AAAA-2222", "BBBB-3333"}

    assert refs() == {"AAAA-2222", "BBBB-3333"}
    assert refs(event="record.release") == {"AAAA-2222"}
    assert refs(actor="cbp.releaser") == {"BBBB-3333"}
    assert refs(ref="bbbb-3333") == {"BBBB-3333"}
    assert refs(refused="on") == {"BBBB-3333"}
    assert refs(since=today, until=today) == {"AAAA-2222", "BBBB-3333"}
    assert refs(until="2020-01-01") == refs(since="9999-12-31") == set()
    assert refs(since="0001-01-01", until="9999-12-31") == {"AAAA-2222", "BBBB-3333"}
    # What is asked for goes on the trail, whatever it is.
    for odd in ("\\u0000", "\\\\u0000", "\\ud800"):
        assert refs(actor=odd) == set()
    assert client.get("/trail/", {"since": "never"}).status_code == 400
    assert client.get("/trail/", {"event": "no.such"}).status_code == 400


def test_pages_follow_each_other_without_gap_or_repeat_and_tell_no_number():
    for number in range(120):
        write("cbp.officer", "test.many", reason=f"row {number}")
    client, seen, after = signed_in("cbp.admin"), [], ""
    while True:
        page = client.get("/trail/", {"before": after, "actor": "cbp.officer"})
        seen += [line.reason for line in page.context["lines"]]
        after = page.context["next"]
        if not after:
            break
        assert not after.isdigit()
    assert seen == [f"row {number}" for number in reversed(range(120))]
    assert client.get("/trail/", {"before": "12"}).status_code == 400
    assert unseal(seal(12)) == 12 and unseal("12") is None


def test_the_page_costs_the_same_however_long_the_trail(django_assert_max_num_queries):
    client = signed_in("cbp.admin")
    client.get("/trail/")
    for _number in range(60):
        write("cbp.officer", "test.many")
    with django_assert_max_num_queries(16):
        assert len(client.get("/trail/").context["lines"]) == 50


def test_nobody_writes_for_another_agency():
    who, other = viewer("cbp.officer"), agency("CBSA")
    with pytest.raises(DatabaseError), transaction.atomic(), viewing(who):
        record(
            "test.forged",
            viewer=Viewer(person_id=who.person_id, username="x", agency_id=other.pk, agency_code="CBSA"),
            at=timezone.now(),
        )


@pytest.mark.parametrize("change", ["update hub_trail set reason = 'x'", "delete from hub_trail"])
def test_the_application_cannot_change_the_trail(change):
    write("cbp.officer", "test.kept")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert seen_by("inspector") == {"test.kept"}


@pytest.mark.parametrize("change", ["update hub_trail set reason = 'x'", "delete from hub_trail"])
def test_not_even_its_owner_changes_the_trail(change):
    with owners_connection() as own, own.transaction(force_rollback=True):
        own.execute(
            "insert into hub_trail (at, event, outcome, audience_before, audience_after, facts, actor,"
            " agency, method, user_agent, request_id, object_type, object_id, marking, reason)"
            " values (now(), 'test.owner', 'ok', '{}', '{}', '{}', '', '', '', '', '', '', '', '', '')"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege), own.transaction():
            own.execute(change)
        count = own.execute("select count(*) from hub_trail where event = 'test.owner'").fetchone()
        assert count == (1,)
