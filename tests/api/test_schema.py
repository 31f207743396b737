"""The API describes itself, and what it describes is what it answers."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from sharing.urls_api import urlpatterns
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import person

pytestmark = pytest.mark.django_db

UNDESCRIBED = {"schema/", "docs/", ""}


@pytest.fixture
def schema(caller):
    return caller("cbsa.officer", "read").get("/api/schema/").json()


def address(route):
    return "/api/" + route.replace("<uuid:", "{").replace("<slug:", "{").replace(">", "}")


def test_the_schema_is_valid_openapi(schema):
    validate_schema(schema)
    assert schema["openapi"].startswith("3.1")


def test_every_endpoint_stands_in_the_schema_and_nothing_else(schema):
    routes = {str(pattern.pattern) for pattern in urlpatterns} - UNDESCRIBED
    assert set(schema["paths"]) == {address(route) for route in routes}


def test_every_endpoint_says_what_it_does_and_needs_a_token(schema):
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            assert described["description"], f"{method} {path}"
            assert described["security"] == [{"token": []}]
            assert "401" in described["responses"]


def test_the_schema_says_how_a_token_is_shown(schema):
    shown = schema["components"]["securitySchemes"]["token"]
    assert (shown["in"], shown["name"]) == ("header", "Authorization")


def test_generating_the_schema_warns_of_nothing(caller, capsys):
    caller("cbsa.officer", "read").get("/api/schema/")
    assert "arning" not in capsys.readouterr().err


def test_answers_are_what_the_schema_says(caller, schema):
    report = published_seizure()
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"))
    released(report, "CBSA")
    draft_bulletin()
    releaser, officer, partner = caller("cbp.releaser"), caller("cbp.officer"), caller("cbsa.officer")
    partner.post("receipts/", {"record": str(bulletin.uid)})
    other = published_seizure()
    released(other, "CBSA")
    corrected = partner.post(
        "corrections/", {"record": str(bulletin.uid), "part": "core", "says": "It was flour", "why": "Tested"}
    ).json()
    recalled = releaser.post("releases/recall/", {"record": str(other.uid), "reason": "Wrong"}).json()
    subscribed = partner.post(
        "subscriptions/",
        {"title": "Tanks", "methods": ["VEH-MECH-FUEL"], "frequency": "shift", "times": ["06:00", "18:00"]},
    ).json()
    described = {
        "subscriptions/": partner,
        f"subscriptions/{subscribed['uid']}/": partner,
        "subscriptions/settings/": partner,
        "subscriptions/settings/desk/": caller("cbsa.liaison"),
        f"corrections/{corrected['uid']}/": partner,
        f"recalls/{recalled['uid']}/answers/": partner,
        f"recalls/{recalled['uid']}/proof/": releaser,
        "corrections/": partner,
        "recalls/": partner,
        "bulletins/": partner,
        "bulletins/?state=draft": officer,
        "seizures/": partner,
        f"bulletins/{bulletin.uid}/": partner,
        f"bulletins/{bulletin.uid}/?state=draft": officer,
        f"seizures/{report.uid}/": partner,
        "agencies/": partner,
        "agencies/CBSA/": partner,
        "releases/": releaser,
        "receipts/": partner,
        f"receipts/?record={bulletin.uid}": releaser,
        "ledger/": releaser,
        "ledger/?side=received": caller("cbsa.releaser"),
        "ledger/?side=communities": releaser,
        "vocabulary/": partner,
        "vocabulary/methods/": partner,
        "vocabulary/drugs/": partner,
        "vocabulary/ports/": partner,
    }
    for path, who in described.items():
        answer = who.get(path)
        assert answer.status_code == 200, path
        assert answer.json(), path
        check(schema, path, "get", 200, answer.json(), "application/json")
    problem = partner.get("bulletins/?nothing=1")
    check(schema, "bulletins/", "get", 400, problem.json(), "application/problem+json")


def check(schema, path, method, status, body, media):
    route = next(
        match.route for match in [get_resolver().resolve(f"/api/v1/{path.partition('?')[0]}")] if match.route
    )
    described = schema["paths"][address(route.removeprefix("api/"))][method]["responses"][str(status)]
    shape = described["content"][media]["schema"]
    validator = Draft202012Validator({**shape, "components": schema["components"]})
    found = [f"{path}: {error.json_path} {error.message}" for error in validator.iter_errors(body)]
    assert not found


def test_the_schema_and_its_pages_are_for_people_with_an_account(stranger):
    assert stranger.get("/api/schema/").status_code == 401
    docs = stranger.get("/api/docs/")
    assert docs.status_code == 302 and docs["Location"].startswith("/accounts/login/")


def test_the_docs_hold_no_inline_script_or_style(db):
    client = Client()
    client.force_login(person("cbp.officer"))
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200 and 'id="swagger-ui"' in text
    assert "<style" not in text and "style=" not in text and "<script>" not in text
    script = client.get("/api/docs/?script=")
    assert script.status_code == 200 and script["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()
