"""One's own tokens: made after the password, shown once, listed, revoked, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hub.accounts.models import Token
from hub.accounts.tokens import issue_token
from hub.database.context import engine
from hub.rest.tokens import MOST
from hub.trail.models import TrailRow
from tests.api.conftest import Caller, unhurried  # noqa: F401
from tests.cast import PASSWORD, person

pytestmark = pytest.mark.django_db
GIVEN = {"label": "Case system", "scope": "read", "days": "30"}


@pytest.fixture
def officer():
    """Signed in, and asked for the password once more just now."""
    # Which may be said ten times a minute, by all tests together.
    cache.clear()
    client = Client()
    client.force_login(person("cbp.officer"))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def told(event):
    with engine():
        return list(TrailRow.objects.filter(event=event).values_list("actor", "object_id", "facts"))


def test_one_is_made_shown_once_used_and_revoked(officer):
    made = officer.post("/accounts/tokens/new/", GIVEN)
    key = made.context["key"]
    assert made.status_code == 200 and key in made.content.decode()
    assert made["Cache-Control"].find("no-store") >= 0
    listed = officer.get("/accounts/tokens/").content.decode()
    assert "Case system" in listed and "never used" in listed and key not in listed
    program = Caller(key)
    assert program.get("vocabulary/").status_code == 200 and program.post("bulletins/", {}).status_code == 403
    token = Token.objects.get()
    assert token.last_used_at and token.expires_at - token.created_at == timedelta(days=30)
    assert "last used" in officer.get("/accounts/tokens/").content.decode()
    assert officer.post(f"/accounts/tokens/{token.uid}/revoke/").status_code == 302
    assert program.get("vocabulary/").status_code == 401
    assert "Revoked" in officer.get("/accounts/tokens/").content.decode()
    officer.post(f"/accounts/tokens/{token.uid}/revoke/")
    assert [row[:2] for row in told("token.issue")] == [("cbp.officer", "cbp.officer")]
    assert [row[:2] for row in told("token.revoke")] == [("cbp.officer", "cbp.officer")]
    assert key not in str(told("token.issue") + told("token.revoke"))


def test_a_session_alone_makes_none():
    """Whoever finds an open session cannot make something that outlives it."""
    client = Client()
    client.force_login(person("cbp.officer"))
    for answer in (client.get("/accounts/tokens/new/"), client.post("/accounts/tokens/new/", GIVEN)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not Token.objects.exists()
    asked = client.get("/accounts/reauthenticate/?next=/accounts/tokens/new/")
    assert asked.status_code == 200
    client.post("/accounts/reauthenticate/?next=/accounts/tokens/new/", {"password": PASSWORD})
    assert client.get("/accounts/tokens/new/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"days": ""}, "days"),
        ({"scope": "admin"}, "scope"),
        ({"label": ""}, "label"),
        ({"label": "x" * 61}, "label"),
    ],
)
def test_one_without_an_end_a_purpose_or_a_scope_is_refused(wrong, field, officer):
    refused = officer.post("/accounts/tokens/new/", {**GIVEN, **wrong})
    assert refused.status_code == 400 and field in refused.context["form"].errors
    assert not Token.objects.exists()


def test_nobody_sees_or_revokes_anothers(officer):
    issue_token(person("cbp.admin"), scope="read", days=9, at=timezone.now(), label="Of the admin")
    token = Token.objects.get()
    assert "Of the admin" not in officer.get("/accounts/tokens/").content.decode()
    assert officer.post(f"/accounts/tokens/{token.uid}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_token_opens_no_page_of_tokens():
    key = issue_token(person("cbp.officer"), scope="write", days=9, at=timezone.now())
    answer = Client(headers={"Authorization": f"Token {key}"}).get("/accounts/tokens/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_so_many_work_at_once_and_no_more(officer):
    for _ in range(MOST):
        issue_token(person("cbp.officer"), scope="read", days=9, at=timezone.now())
    assert officer.post("/accounts/tokens/new/", GIVEN).status_code == 400
    Token.objects.filter(pk=Token.objects.first().pk).update(revoked_at=timezone.now())
    assert officer.post("/accounts/tokens/new/", GIVEN).status_code == 200


def test_use_is_noted_to_ten_minutes(officer):
    program = Caller(issue_token(person("cbp.officer"), scope="read", days=9, at=timezone.now()))
    program.get("vocabulary/")
    first = Token.objects.get().last_used_at
    program.get("vocabulary/")
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=11))
    program.get("vocabulary/")
    assert Token.objects.get().last_used_at > first


def test_the_command_lists_and_revokes():
    call_command("token", "cbsa.officer", scope="taxii", days=5, label="OpenCTI", stdout=StringIO())
    said = StringIO()
    call_command("token", "cbsa.officer", "--list", stdout=said)
    token = Token.objects.get()
    assert said.getvalue().split()[:2] == [str(token.uid), "taxii"] and "OpenCTI" in said.getvalue()
    with pytest.raises(CommandError, match="no such token"):
        call_command("token", "cbp.officer", "--revoke", str(token.uid))
    call_command("token", "cbsa.officer", "--revoke", str(token.uid))
    token.refresh_from_db()
    assert token.revoked_at
    assert [row[1] for row in told("token.revoke")] == ["cbsa.officer"]
