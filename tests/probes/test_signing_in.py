"""Signing in tells nobody who has an account, leads nowhere else, and a token opens nothing but what tokens are for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from hub.accounts.tokens import issue_token
from hub.agencies.models import AgencyState
from hub.database.context import viewing
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import PASSWORD, agency, person, viewer
from tests.disclosures.reader import BY_ITSELF, reader, text

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
OWN = ("X-Request-ID", "Content-Length", "Expires", "RateLimit")


@pytest.fixture(autouse=True)
def nobody_has_failed_yet():
    """Failures are counted in the cache, by name and address."""
    cache.clear()
    yield
    cache.clear()


def sign_in(username, password, client=None, **more):
    return (client or Client()).post(LOGIN, {"login": username, "password": password, **more})


def alike(answer, username):
    # The name that was typed stands in its field again, so lengths differ by it.
    headers = {name: value for name, value in answer.items() if name not in OWN}
    page = re.sub(BY_ITSELF[0][0], "", text(answer)).replace(username, "WHO")
    return answer.status_code, headers, page


@pytest.fixture
def retired():
    who = person("rcmp.officer")
    who.is_active = False
    who.save()
    return who


def test_no_answer_tells_whether_there_is_such_a_person(retired):
    """Deactivated and right, known and wrong, unknown: one answer."""
    assert sign_in("cbsa.officer", PASSWORD).status_code == 302
    ghost = alike(sign_in("no.such.person", PASSWORD), "no.such.person")
    assert ghost[0] == 200 and not Client().get("/").wsgi_request.user.is_authenticated
    for username, password in (
        ("cbsa.officer", "wrong"),
        ("rcmp.officer", PASSWORD),
        ("rcmp.officer", "wrong"),
    ):
        assert alike(sign_in(username, password), username) == ghost, username


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(retired, monkeypatch):
    asked = []
    real = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", lambda *args: asked.append(1) or real(*args))
    counts = []
    for username in ("cbsa.officer", "no.such.person", "rcmp.officer"):
        asked.clear()
        sign_in(username, "wrong")
        counts.append(len(asked))
    assert counts[0] and len(set(counts)) == 1


def test_too_many_failures_stop_known_and_unknown_names_alike(settings):
    answers = {}
    for username in ("cbsa.officer", "no.such.person"):
        said = [alike(sign_in(username, "wrong"), username) for _time in range(7)]
        assert said[0] != said[-1]
        answers[username] = said
    assert answers["cbsa.officer"] == answers["no.such.person"]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
def test_signing_in_or_out_leads_to_pages_of_the_hub_only(elsewhere):
    client = Client()
    there = sign_in("cbsa.officer", PASSWORD, client, next="/bulletins/")
    assert there["Location"] == "/bulletins/"
    again = client.get(LOGIN, {"next": elsewhere})
    out = client.post("/accounts/logout/", {"next": elsewhere})
    back = sign_in("cbsa.officer", PASSWORD, client, next=elsewhere)
    themed = client.post("/theme/", {"theme": "dark", "next": elsewhere})
    for answer in (again, out, back, themed):
        assert answer.status_code == 302
        assert "evil" not in answer["Location"] and "alert" not in answer["Location"], answer["Location"]


def test_a_session_set_by_another_is_not_signed_in():
    """Whoever plants a session's key does not share what it becomes."""
    client = Client()
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    assert sign_in("cbsa.officer", PASSWORD, client).status_code == 302
    assert client.cookies["sessionid"].value != before
    other = Client()
    other.cookies["sessionid"] = before
    assert other.get("/bulletins/").status_code == 302


def test_cookies_are_for_the_hub_alone(settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    sign_in("cbsa.officer", PASSWORD, client)
    for name in ("sessionid", "csrftoken"):
        cookie = client.cookies[name]
        assert (
            cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax" and not cookie["domain"]
        )


def token_of(username, scope):
    key = issue_token(person(username), scope=scope, days=1, at=timezone.now())
    return {"Authorization": f"Token {key}"}


def test_a_token_carried_by_anothers_session_opens_no_page():
    """A page asks who is signed in; what it shows and does is the viewer's. With a token both would differ."""
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    path = f"/bulletins/{bulletin.ref}/"
    reading = token_of("cbsa.officer", "read")
    assert Client().get(f"/api/v1/bulletins/{bulletin.uid}/", headers=reading).status_code == 200
    attacker = reader("ncb.officer")
    assert attacker.get(path).status_code == 404
    for headers in (reading, token_of("cbsa.officer", "write"), {"Authorization": "Token hub_wrong"}):
        answer = attacker.get(path, headers=headers)
        assert answer.status_code == 302 and answer["Location"].startswith(LOGIN)
        assert CANARIES["core"] not in text(answer)


def test_a_token_that_only_reads_writes_on_no_page():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    attacker, reading = reader("ncb.officer"), token_of("cbp.releaser", "read")
    answer = attacker.post(f"/bulletins/{bulletin.ref}/recall/", {"reason": "Mine"}, headers=reading)
    assert answer.status_code == 302 and answer["Location"].startswith(LOGIN)
    assert reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/").status_code == 200


def test_a_header_does_not_keep_a_session_alive(settings):
    client = reader("cbsa.officer")
    session = client.session
    session["seen_at"] = session["seen_at"] - settings.SESSION_IDLE_S - 5
    session.save()
    for path in ("/accounts/password/change/", "/bulletins/"):
        answer = client.get(path, headers={"Authorization": "Token hub_wrong"})
        assert answer.status_code == 302 and LOGIN in answer["Location"], path


def test_a_feeds_token_opens_no_page_and_no_photograph_that_is_none():
    """Those that feeds name it fetches: tests/feeds/test_photographs.py."""
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    feeding = token_of("cbsa.officer", "taxii")
    for path in (f"/bulletins/{bulletin.ref}/", f"/bulletins/{bulletin.ref}/versions/1/"):
        assert Client().get(path, headers=feeding).status_code == 302
    assert (
        Client().get(f"/bulletins/{bulletin.ref}/photographs/{bulletin.uid}/", headers=feeding).status_code
        == 404
    )


def left(change):
    """The status of three pages before and after `change` of somebody who is signed in already."""
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    client, path = reader("cbsa.officer"), f"/bulletins/{bulletin.ref}/"
    assert CANARIES["core"] in text(client.get(path)) and CANARIES["core"] in text(client.get("/bulletins/"))
    change()
    pages = [text(client.get(each)) for each in (path, "/bulletins/", "/", "/inbox/", "/search/?q=fentanyl")]
    assert all(CANARIES["core"] not in page and bulletin.ref not in page.replace(path, "") for page in pages)
    return client.get(path).status_code


def change_of(**values):
    who = person("cbsa.officer")
    for name, value in values.items():
        setattr(who, name, value)
    who.save()


def test_an_open_session_of_somebody_deactivated_ends():
    assert left(lambda: change_of(is_active=False)) == 302


def test_an_open_session_of_somebody_moved_shows_nothing_of_the_old_agency():
    assert left(lambda: change_of(agency=agency("NCB-OTTAWA"))) == 404


def test_an_open_session_of_a_suspended_agency_shows_nothing():
    def suspend():
        cbsa = agency("CBSA")
        cbsa.state = AgencyState.SUSPENDED
        cbsa.save()

    assert left(suspend) == 404


def test_a_role_taken_away_counts_on_pages_at_once():
    bulletin = published_bulletin()
    client, path = reader("cbp.releaser"), f"/bulletins/{bulletin.ref}/release/"
    assert client.get(path).status_code == 200
    who = person("cbp.releaser")
    who.roles = ["officer"]
    who.save()
    assert client.get(path).status_code == 403 and client.post(path, {"do": "release"}).status_code == 403


def test_a_token_ends_with_its_last_instant():
    key = issue_token(person("cbsa.officer"), scope="read", days=1, at=timezone.now() - timedelta(days=1))
    assert Client().get("/api/v1/bulletins/", headers={"Authorization": f"Token {key}"}).status_code == 401


def test_failed_sign_ins_are_told_to_no_agencys_auditor():
    sign_in("cbp.officer", "wrong")
    with viewing(viewer("cbp.admin")):
        from hub.trail.models import TrailRow

        assert not TrailRow.objects.filter(event="person.sign_in", outcome="failed").exists()
