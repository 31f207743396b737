"""Every address x every member of the cast: one table says what each gets. An address that is not listed fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from hub.database.context import viewing
from sharing.briefings.models import Briefing
from sharing.demo.cast import CAST
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer

ANYBODY = "anybody"
DRAFTERS = ("officer", "releaser", "liaison")
PEOPLE = [ANYBODY, *(member.username for member in CAST)]
AGENCY = {member.username: member.agency for member in CAST}
ROLES = {member.username: set(member.roles) for member in CAST}

Rule = Callable[[str], int]


def inside(username: str) -> bool:
    return AGENCY.get(username) is not None


def everybody(status: int = 200) -> Rule:
    return lambda username: status


def door(rule: Rule, *, api: bool = False) -> Rule:
    """Strangers are sent to sign in, or told to bring a token."""
    return lambda username: (401 if api else 302) if username == ANYBODY else rule(username)


def signed_in(status: int = 200) -> Rule:
    return door(everybody(status))


def of(*codes: str, status: int = 200, otherwise: int = 404) -> Rule:
    return door(lambda username: status if AGENCY[username] in codes else otherwise)


def with_role(*roles: str, status: int = 200, otherwise: int = 403) -> Rule:
    return door(lambda username: status if ROLES[username] & set(roles) else otherwise)


def owners(role: str, *, status: int = 200) -> Rule:
    """The owner's people with the role. Who may read it is refused; nobody else finds anything."""

    def rule(username: str) -> int:
        if AGENCY[username] not in ("CBP", "CBSA"):
            return 404
        return status if AGENCY[username] == "CBP" and role in ROLES[username] else 403

    return door(rule)


def authors(status: int) -> Rule:
    """The owner's people who draft; a colleague who does not is refused; a recipient finds no working copy."""

    def rule(username: str) -> int:
        if AGENCY[username] != "CBP":
            return 404
        return status if ROLES[username] & set(DRAFTERS) else 403

    return door(rule)


def api(rule: Rule) -> Rule:
    return door(rule, api=True)


# A bulletin and a seizure report of CBP, released to CBSA; a draft of cbp.officer; a briefing of CBP.
PAGES: dict[str, Rule] = {
    "healthz": everybody(),
    "account_login": lambda username: 200 if username == ANYBODY else 302,
    "account_logout": signed_in(),
    "account_reauthenticate": signed_in(),
    "account_change_password": signed_in(),
    "drawing_thumb": everybody(),
    "theme": everybody(405),
    "today": signed_in(),
    "agencies": signed_in(),
    "agency": signed_in(),
    "trail": with_role("auditor", "inspector"),
    "bulletin_new": with_role(*DRAFTERS),
    "seizure_new": with_role(*DRAFTERS),
    "drafts": with_role(*DRAFTERS),
    "bulletins": signed_in(),
    "seizures": signed_in(),
    "search": signed_in(),
    "inbox": signed_in(),
    "inbox_acknowledge": signed_in(405),
    "notice": signed_in(404),
    "agreements": signed_in(),
    "agreement": door(lambda who: 200 if AGENCY[who] in ("CBP", "CBSA") or who == "steward" else 404),
    "communities": signed_in(),
    "community": door(
        lambda who: (
            200 if AGENCY[who] in ("CBP", "HSI", "DEA", "HIDTA-STX", "TXDPS") or who == "steward" else 404
        )
    ),
    **{
        f"{kind}{name}": rule
        for kind in ("bulletin", "seizure")
        for name, rule in {
            "": of("CBP", "CBSA"),
            # The current version is the page itself.
            "_version": of("CBP", status=302),
            # Which method it takes is no secret: the same answer before anything is looked up.
            "_acknowledge": signed_in(405),
            "_photograph": signed_in(404),
            "_release": owners("releaser"),
            "_release_preview": signed_in(405),
            "_bulk_release": with_role("releaser"),
            "_bulk_release_preview": signed_in(405),
            "_recall": owners("releaser"),
            "_marking": owners("releaser"),
            "_carry_over": owners("releaser"),
            "_show_as": owners("releaser"),
            "_edit": authors(200),
            # What is published is not discarded: back to its page.
            "_discard": authors(302),
        }.items()
    },
    "draft_photographs": signed_in(405),
    "draft_photograph": signed_in(404),
    "briefings": signed_in(),
    "briefing_new": with_role("liaison"),
    "briefing": door(lambda who: 200 if who in ("cbp.liaison", "cbp.releaser") else 404),
    "briefing_present": door(lambda who: 200 if who in ("cbp.liaison", "cbp.releaser") else 404),
    "briefing_pdf": door(lambda who: 200 if who in ("cbp.liaison", "cbp.releaser") else 404),
    "api-schema": api(everybody()),
    "api-docs": signed_in(),
    "api-bulletins": api(everybody()),
    "api-seizures": api(everybody()),
    "api-bulletin": api(of("CBP", "CBSA")),
    "api-seizure": api(of("CBP", "CBSA")),
    "api-bulletin-publish": api(of("CBP", "CBSA", status=405)),
    "api-seizure-publish": api(of("CBP", "CBSA", status=405)),
    "api-bulletin-marking": api(of("CBP", "CBSA", status=405)),
    "api-seizure-marking": api(of("CBP", "CBSA", status=405)),
    "api-photographs": api(of("CBP", "CBSA", status=405)),
    "api-photograph": api(everybody(404)),
    "api-agencies": api(everybody()),
    "api-agency": api(everybody()),
    "api-releases": api(everybody()),
    "api-release-preview": api(everybody(405)),
    "api-recall": api(everybody(405)),
    "api-receipts": api(everybody()),
    "api-vocabulary": api(everybody()),
    "api-vocabulary-list": api(everybody()),
}


def patterns(resolver, prefix=""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield entry.name, route
        else:
            yield from patterns(entry, route)


ADDRESSES = {name: route for name, route in patterns(get_resolver()) if name}


def test_every_address_is_in_the_table():
    assert set(ADDRESSES) == set(PAGES)


@pytest.fixture
def world(db):
    bulletin, seizure = published_bulletin(), published_seizure()
    released(bulletin, "CBSA")
    released(seizure, "CBSA")
    liaison = viewer("cbp.liaison")
    with viewing(liaison):
        briefing = Briefing.objects.create(
            owner_id=liaison.agency_id,
            title="Monthly",
            month=timezone.now().date().replace(day=1),
            made_by_id=liaison.person_id,
            made_at=timezone.now(),
        )
        briefing.agencies.add(agency("CBSA"))
    return {"bulletin": bulletin, "seizure": seizure, "draft": draft_bulletin(), "briefing": briefing}


def address(name: str, world) -> str:
    kind = "seizure" if "seizure" in name else "bulletin"
    if name.startswith("briefing"):
        kind = "briefing"
    if name.startswith("draft_"):
        kind = "draft"
    values = {
        "<ref:ref>": world[kind].ref,
        "<uuid:uid>": str(world[kind].uid) if name.startswith("api") else str(uuid.uuid4()),
        "<uuid:photograph>": str(uuid.uuid4()),
        "<str:size>": "thumb",
        "<int:number>": "1",
        "<str:agency>": "CBSA",
        "<str:codes>": "VEH-BODY-DOOR",
        "<slug:name>": "methods",
        "<slug:code>": "CBP",
        "<str:code>": {"agreement": "CBP-CBSA", "community": "HIDTA-STX"}.get(name, "CBP"),
    }
    route = ADDRESSES[name]
    for place, value in values.items():
        route = route.replace(place, value)
    assert "<" not in route, route
    return f"/{route}"


@pytest.mark.parametrize("username", PEOPLE)
def test_each_gets_what_the_table_says(username, world):
    client = Client(raise_request_exception=False)
    if username != ANYBODY:
        client.force_login(person(username))
    found = {name: client.get(address(name, world)).status_code for name in sorted(PAGES)}
    wrong = {
        name: (status, PAGES[name](username))
        for name, status in found.items()
        if status != PAGES[name](username)
    }
    assert not wrong, "\n".join(f"{name}: got, expected {pair}" for name, pair in wrong.items())
