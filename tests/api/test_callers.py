"""Who may call, with what: tokens by scope and life, people as they come and go, sessions and their check."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Token
from hub.agencies.models import AgencyState
from hub.database.context import engine
from hub.rest import pace
from hub.trail.models import TrailRow
from tests.api.conftest import Caller
from tests.builders import published_bulletin, released
from tests.cast import agency, person

pytestmark = pytest.mark.django_db

DRAFT = {"title": "Heroin in a tyre"}


def told_nothing(answer):
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Token"
    assert answer["Content-Type"] == "application/problem+json"
    return True


def test_a_read_token_reads_and_does_not_write(caller):
    bulletin = published_bulletin()
    reader, writer = caller("cbp.releaser", "read"), caller("cbp.releaser", "write")
    assert reader.get("bulletins/").status_code == 200
    for path, body in (
        ("bulletins/", DRAFT),
        ("seizures/", {}),
        (f"bulletins/{bulletin.uid}/publish/", {}),
        ("releases/", {"record": str(bulletin.uid)}),
        ("releases/preview/", {"record": str(bulletin.uid)}),
        ("releases/recall/", {"record": str(bulletin.uid)}),
        ("receipts/", {"record": str(bulletin.uid)}),
    ):
        assert reader.post(path, body).status_code == 403, path
    assert reader.patch(f"bulletins/{bulletin.uid}/", DRAFT).status_code == 403
    assert writer.post("bulletins/", DRAFT).status_code == 201


def test_a_feeds_token_opens_nothing_here(caller):
    assert told_nothing(caller("cbp.officer", "taxii").get("bulletins/"))


@pytest.mark.parametrize(
    "path", ["bulletins/", "agencies/", "releases/", "vocabulary/", "/api/schema/", "nowhere/"]
)
def test_without_a_valid_token_nothing_is_answered(path, stranger):
    assert told_nothing(stranger.get(path))
    assert told_nothing(Caller("hub_no-such-key").get(path))


def test_a_token_ends_when_its_days_are_over_and_when_it_is_revoked(caller):
    assert told_nothing(caller("cbp.officer", at=timedelta(days=-91)).get("bulletins/"))
    one = caller("cbp.officer")
    assert one.get("bulletins/").status_code == 200
    Token.objects.update(revoked_at=timezone.now())
    assert told_nothing(one.get("bulletins/"))


def test_somebody_deactivated_is_nobody(caller):
    one, session = caller("cbp.officer"), signed_in("cbp.officer")
    assert one.get("bulletins/").status_code == session.get("bulletins/").status_code == 200
    who = person("cbp.officer")
    who.is_active = False
    who.save()
    assert told_nothing(one.get("bulletins/")) and told_nothing(session.get("bulletins/"))


def test_nobody_of_a_suspended_agency_is_answered(caller):
    one, session = caller("ncb.officer"), signed_in("ncb.officer")
    assert one.get("bulletins/").status_code == session.get("bulletins/").status_code == 200
    ncb = agency("NCB-OTTAWA")
    ncb.state = AgencyState.SUSPENDED
    ncb.save()
    assert told_nothing(one.get("bulletins/")) and told_nothing(session.get("bulletins/"))
    assert caller("cbp.officer").get("agencies/NCB-OTTAWA/").status_code == 404


def test_somebody_who_moved_reads_what_the_new_agency_has_and_nothing_of_the_old(caller):
    here, there = published_bulletin(), published_bulletin()
    released(here, "CBSA")
    released(there, "RCMP", "HSI")
    one = caller("cbsa.officer")
    assert seen(one) == [str(here.uid)]
    who = person("cbsa.officer")
    who.agency = agency("HSI")
    who.save()
    assert seen(one) == [str(there.uid)]
    assert one.get(f"bulletins/{here.uid}/").status_code == 404


def test_a_lowered_role_counts_at_once(caller):
    bulletin, one = published_bulletin(), caller("cbp.releaser")
    body = {
        "record": str(bulletin.uid),
        "to": [{"agency": "HSI"}],
        "need_to_know": "Why",
        "right_to_know": "Why",
    }
    assert one.post("releases/preview/", body).status_code == 200
    who = person("cbp.releaser")
    who.roles = ["officer"]
    who.save()
    assert one.post("releases/preview/", body).status_code == 403
    assert one.post("releases/", body).status_code == 403


@pytest.mark.parametrize("username", ["steward", "inspector", "cbp.admin"])
def test_those_who_write_no_records_are_refused_in_words_and_on_the_trail(username, caller):
    refused = caller(username).post("bulletins/", DRAFT)
    assert refused.status_code == 403 and refused.json()["detail"]
    with engine():
        row = TrailRow.objects.get(event="bulletin.draft", actor=username)
    assert row.outcome == "refused"


def test_a_session_writes_only_with_its_check():
    session = signed_in("cbp.officer", enforce_csrf_checks=True)
    assert session.get("bulletins/").status_code == 200
    refused = session.post("bulletins/", DRAFT)
    assert refused.status_code == 403 and refused["Content-Type"] == "application/problem+json"
    assert signed_in("cbp.officer").post("bulletins/", DRAFT).status_code == 201


def test_a_bad_token_is_nobody_although_a_session_is_there():
    session = signed_in("cbp.officer")
    answer = session.client.get("/api/v1/bulletins/", headers={"Authorization": "Token hub_wrong"})
    assert told_nothing(answer)


def test_too_many_requests_in_a_minute_wait(caller, stranger, settings, monkeypatch):
    settings.API_REQUESTS_A_MINUTE, settings.API_STRANGERS_A_MINUTE = 2, 1
    clock = SimpleNamespace(time=lambda: 1_000_000_030.0)
    monkeypatch.setattr(pace, "time", clock)
    one = caller("cbp.officer")
    assert [one.get("vocabulary/").status_code for _ in range(3)] == [200, 200, 429]
    waits = one.get("vocabulary/")
    assert waits["Retry-After"] == "50" and waits["Content-Type"] == "application/problem+json"
    assert waits["RateLimit"] == '"minute";r=0;t=50' and waits["RateLimit-Policy"] == '"minute";q=2;w=60'
    # Another token of the same person's has its own.
    other = caller("cbp.officer").get("vocabulary/")
    assert other.status_code == 200 and other["RateLimit"] == '"minute";r=1;t=50'
    assert caller("cbp.releaser").get("vocabulary/").status_code == 200
    assert [stranger.get("vocabulary/").status_code for _ in range(2)] == [401, 429]


def test_the_limit_never_stops_work_when_the_cache_is_away(caller, settings, monkeypatch):
    from redis.exceptions import ConnectionError as Away

    settings.API_REQUESTS_A_MINUTE = 1

    def away(*args, **kwargs):
        raise Away

    monkeypatch.setattr(pace.cache, "add", away)
    assert caller("cbp.officer").get("vocabulary/").status_code == 200


def test_the_command_prints_a_key_that_works_and_writes_the_trail():
    said = StringIO()
    call_command("token", "cbsa.officer", scope="write", days=1, stdout=said)
    key = said.getvalue().strip()
    assert len(said.getvalue().splitlines()) == 1
    assert Caller(key).post("bulletins/", DRAFT).status_code == 201
    assert not Token.objects.filter(digest=key).exists()
    with engine():
        row = TrailRow.objects.get(event="token.issue")
    assert (row.object_id, row.agency, row.facts) == ("cbsa.officer", "CBSA", {"scope": "write", "days": 1})
    assert key not in str(row.__dict__)


def test_a_token_only_reads_unless_told_otherwise():
    said = StringIO()
    call_command("token", "cbsa.officer", stdout=said)
    one = Caller(said.getvalue().strip())
    assert one.get("bulletins/").status_code == 200 and one.post("bulletins/", DRAFT).status_code == 403


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody.at.all"], "no active person"),
        (["retired"], "no active person"),
        (["cbsa.officer", "--days", "0"], "--days"),
        (["cbsa.officer", "--days", "9999"], "--days"),
        (["cbsa.officer", "--scope", "all"], "--scope"),
        (["ncb.officer"], "suspended"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, words):
    who = person("rcmp.officer")
    who.username, who.is_active = "retired", False
    who.save()
    ncb = agency("NCB-OTTAWA")
    ncb.state = AgencyState.SUSPENDED
    ncb.save()
    with pytest.raises(CommandError, match=words):
        call_command("token", *arguments)
    assert not Token.objects.exists()


def signed_in(username, **options):
    found = Caller(None)
    found.client = Client(**options)
    found.client.force_login(person(username))
    return found


def seen(one):
    return [row["uid"] for row in one.get("bulletins/").json()["results"]]
