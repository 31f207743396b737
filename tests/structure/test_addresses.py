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
from sharing.communities.models import Community
from sharing.demo.cast import CAST
from sharing.flow.joining import invite
from tests.api.conftest import unhurried  # noqa: F401
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


def owners(*roles: str, status: int = 200) -> Rule:
    """The owner's people with one of the roles. Who may read it is refused; nobody else finds anything."""

    def rule(username: str) -> int:
        if AGENCY[username] not in ("CBP", "CBSA"):
            return 404
        return status if AGENCY[username] == "CBP" and ROLES[username] & set(roles) else 403

    return door(rule)


def recipients() -> Rule:
    """The recipient's people who draft; the owner amends instead, and nobody else finds anything."""

    def rule(username: str) -> int:
        if AGENCY[username] not in ("CBP", "CBSA"):
            return 404
        return 200 if AGENCY[username] == "CBSA" and ROLES[username] & set(DRAFTERS) else 403

    return door(rule)


def parties(status: int) -> Rule:
    """Of the agreement in the address: its parties and the steward."""
    return lambda username: status if AGENCY[username] in ("CBP", "CBSA") or username == "steward" else 404


def party_admins() -> Rule:
    """Administrators of CBP and CBSA, the parties. Who may read the agreement is refused; others find nothing."""

    def rule(username: str) -> int:
        if AGENCY[username] not in ("CBP", "CBSA") and username != "steward":
            return 404
        return 200 if "admin" in ROLES[username] else 403

    return door(rule)


def holders(*roles: str) -> Rule:
    """Those of the owner and the recipient with one of the roles; their colleagues are refused."""

    def rule(username: str) -> int:
        if AGENCY[username] not in ("CBP", "CBSA"):
            return 404
        return 200 if ROLES[username] & set(roles) else 403

    return door(rule)


def authors(status: int) -> Rule:
    """The owner's people who draft; a colleague who does not is refused; a recipient finds no working copy."""

    def rule(username: str) -> int:
        if AGENCY[username] != "CBP":
            return 404
        return status if ROLES[username] & set(DRAFTERS) else 403

    return door(rule)


# Of South Texas HIDTA, which its centre leads.
MEMBERS = ("CBP", "HSI", "DEA", "HIDTA-STX", "TXDPS")


def members(*, status: int = 200, otherwise: int) -> Rule:
    return door(lambda who: status if AGENCY[who] in MEMBERS or who == "steward" else otherwise)


def leads(*roles: str, steward: int = 403) -> Rule:
    """The lead's people with one of the roles; the other members see it and are refused."""

    def rule(username: str) -> int:
        if username == "steward":
            return steward
        if AGENCY[username] not in MEMBERS:
            return 404
        return 200 if AGENCY[username] == "HIDTA-STX" and ROLES[username] & set(roles) else 403

    return door(rule)


def api(rule: Rule) -> Rule:
    return door(rule, api=True)


def ledger_readers(status: int = 200, *, is_api: bool = False) -> Rule:
    readers = {"auditor", "releaser", "liaison", "admin"}
    return door(lambda who: status if inside(who) and ROLES[who] & readers else 403, api=is_api)


def hours_of(*, desk: bool = False, is_api: bool = False) -> Rule:
    """Everybody of an agency has hours; the desk's are its liaison's and administrator's."""
    return door(
        lambda who: 200 if inside(who) and (not desk or ROLES[who] & {"liaison", "admin"}) else 403,
        api=is_api,
    )


# A bulletin and a seizure report of CBP, released to CBSA; a draft of cbp.officer; a briefing of CBP.
PAGES: dict[str, Rule] = {
    "healthz": everybody(),
    "account_login": lambda username: 200 if username == ANYBODY else 302,
    "account_logout": signed_in(),
    "account_reauthenticate": signed_in(),
    "account_change_password": signed_in(),
    "tokens": signed_in(),
    # First the password once more: tests/accounts/test_tokens.py goes on from there.
    "token_new": signed_in(302),
    "token_revoke": signed_in(405),
    "drawing_thumb": everybody(),
    "theme": everybody(405),
    "today": signed_in(),
    "agencies": signed_in(),
    "agency": signed_in(),
    "agency_belonging": door(lambda who: 200 if who == "cbp.admin" else 403),
    "agency_intake": door(lambda who: 200 if who == "cbp.admin" else 403),
    "trail": with_role("auditor", "inspector"),
    "trail_seals": with_role("inspector"),
    "bulletin_new": with_role(*DRAFTERS),
    "seizure_new": with_role(*DRAFTERS),
    "drafts": with_role(*DRAFTERS),
    "uploads": with_role(*DRAFTERS),
    "upload_template": with_role(*DRAFTERS),
    # One that is nobody's: tests/intake asks of real ones.
    "upload": with_role(*DRAFTERS, status=404),
    "upload_refused": with_role(*DRAFTERS, status=404),
    "bulletins": signed_in(),
    "seizures": signed_in(),
    "search": signed_in(),
    "inbox": signed_in(),
    "inbox_news": signed_in(),
    "inbox_back": signed_in(405),
    "subscriptions": signed_in(),
    **dict.fromkeys(
        ("subscription_new", "subscription_preview"), door(lambda who: 200 if inside(who) else 403)
    ),
    # One that is nobody's: tests/subscriptions asks of real ones.
    "subscription": signed_in(404),
    **{f"subscription_{verb}": signed_in(405) for verb in ("pause", "resume", "remove")},
    # Whoever holds the link; what is none is answered alike.
    "unsubscribe": everybody(),
    "subscription_feeds": signed_in(404),
    **{f"subscription_feeds_{verb}": signed_in(405) for verb in ("make", "revoke")},
    # A token opens them, no session; a link opens its own feed: tests/feeds asks of real ones.
    **dict.fromkeys(("feed_atom", "feed_cap", "feed_alert"), everybody(401)),
    "feed_link": everybody(404),
    "corrections": signed_in(),
    "correction": signed_in(404),
    "correction_take": signed_in(405),
    "correction_answer": signed_in(405),
    "inbox_acknowledge": signed_in(405),
    "notice": signed_in(404),
    "digest": signed_in(404),
    "hours": hours_of(),
    "hours_of_desk": hours_of(desk=True),
    "emergencies": with_role("inspector"),
    "emergency": signed_in(404),
    "reviews": door(lambda who: 200 if AGENCY[who] and ROLES[who] & {"releaser", "admin"} else 403),
    "requests": signed_in(),
    # One that concerns neither the reader's agency nor anybody: tests/requests asks of real ones.
    "request": signed_in(404),
    "request_preview": signed_in(405),
    "agreements": signed_in(),
    "agreement": door(lambda who: 200 if AGENCY[who] in ("CBP", "CBSA") or who == "steward" else 404),
    "agreement_new": with_role("admin"),
    **{f"agreement_{verb}": party_admins() for verb in ("change", "accept", "decline", "suspend", "resume")},
    "communities": signed_in(),
    "community": members(otherwise=404),
    "community_new": with_role("liaison", "admin", "steward"),
    "community_join": with_role("liaison", "admin"),
    "community_edit": leads("admin", steward=200),
    "community_roster": leads("admin"),
    "community_close": leads("admin"),
    "community_remove": leads("admin"),
    "community_invite": leads("liaison", "admin"),
    # The lead stays; of members their administrators go, and the steward is none.
    "community_leave": door(
        lambda who: (
            200 if who == "cbp.admin" else 404 if who == "steward" else 403 if AGENCY[who] in MEMBERS else 404
        )
    ),
    "joining": door(lambda who: 200 if AGENCY[who] in ("HIDTA-STX", "CBSA") else 404),
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
            "_review": owners("releaser", "admin"),
            "_purge": owners("releaser", "admin"),
            "_recall_proof": owners("releaser", "auditor"),
            # Nothing was recalled: there is no paper, and nobody was told.
            "_recall_paper": owners("releaser", "auditor", status=404),
            "_recall_answer": signed_in(404),
            "_correct": recipients(),
            "_marking": owners("releaser"),
            "_carry_over": owners("releaser"),
            "_show_as": owners("releaser"),
            "_ask": holders(*DRAFTERS),
            "_pdf": of("CBP", "CBSA"),
            # These were written here: tests/intake asks of what came in.
            "_origin": signed_in(404),
            "_original": signed_in(404),
            "_origin_acknowledge": signed_in(405),
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
    # One that is not the reader's agency's: tests/deliveries asks of real ones.
    "endpoints": with_role("liaison", "admin"),
    "endpoint_new": with_role("liaison", "admin"),
    "endpoint_new_collection": with_role("liaison", "admin"),
    "endpoint": signed_in(404),
    **{
        f"endpoint_{verb}": signed_in(405)
        for verb in ("move", "rotate", "verify", "test", "end_old_secret", "disable", "remove", "resend")
    },
    "peers": with_role("liaison", "admin"),
    "peer_new": with_role("liaison", "admin"),
    "peer": signed_in(404),
    **{f"peer_{verb}": signed_in(405) for verb in ("pause", "resume", "pull", "refetch", "remove")},
    "deliveries": with_role("liaison", "admin"),
    "deliveries_resend": signed_in(405),
    "delivery_resend": signed_in(405),
    "operations": door(lambda who: 200 if not inside(who) else 403),
    # Vocabulary, nothing of a record.
    "stix_extension": everybody(),
    "stix_schema": everybody(),
    # Without its token there is no such page.
    "metrics": everybody(404),
    "exports": door(lambda who: 200 if inside(who) else 403),
    # A list must be named.
    "export_new": door(lambda who: 400 if inside(who) else 403),
    "export_all": signed_in(405),
    # One that is nobody's: tests/exports asks of real ones.
    "export": door(lambda who: 404 if inside(who) else 403),
    "export_remove": signed_in(405),
    "ledger": ledger_readers(),
    # A form must be named.
    "ledger_export": ledger_readers(400),
    "api-schema": api(everybody()),
    "api-docs": signed_in(),
    "api-bulletins": api(everybody()),
    "api-seizures": api(everybody()),
    **dict.fromkeys(("api-bulletin-bulk", "api-seizure-bulk"), api(everybody(405))),
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
    "api-communities": api(everybody()),
    "api-community": api(members(otherwise=404)),
    "api-community-members": api(members(otherwise=404)),
    "api-community-invite": api(members(status=405, otherwise=404)),
    "api-community-leave": api(members(status=405, otherwise=404)),
    "api-community-join": api(everybody(405)),
    "api-joinings": api(everybody()),
    "api-joining": api(of("HIDTA-STX", "CBSA")),
    "api-joining-confirm": api(of("HIDTA-STX", "CBSA", status=405)),
    "api-joining-decline": api(of("HIDTA-STX", "CBSA", status=405)),
    "api-releases": api(everybody()),
    "api-release-preview": api(everybody(405)),
    "api-recall": api(everybody(405)),
    "api-receipts": api(everybody()),
    "api-deliveries": api(everybody()),
    "api-delivery": api(everybody(404)),
    "api-delivery-resend": api(everybody(404)),
    "api-endpoints": api(with_role("liaison", "admin")),
    "api-endpoint-resend": api(everybody(404)),
    "api-agreements": api(everybody()),
    "api-agreement": api(parties(200)),
    **{f"api-agreement-{verb}": api(parties(405)) for verb in ("accept", "decline", "suspend", "resume")},
    "api-recalls": api(everybody()),
    "api-recall-answers": api(everybody(404)),
    "api-recall-proof": api(everybody(404)),
    "api-corrections": api(everybody()),
    "api-correction": api(everybody(404)),
    "api-correction-take": api(everybody(404)),
    "api-correction-answer": api(everybody(404)),
    "api-briefings": api(everybody()),
    # One that is nobody's: tests/api/test_briefings.py asks of a real one.
    "api-briefing": api(everybody(404)),
    "api-subscriptions": api(everybody()),
    "api-subscription": api(everybody(404)),
    "api-hours": hours_of(is_api=True),
    "api-hours-of-desk": hours_of(desk=True, is_api=True),
    "api-ledger": ledger_readers(is_api=True),
    "api-requests": api(everybody()),
    "api-request": api(everybody(404)),
    "api-request-grant": api(everybody(404)),
    "api-request-refuse": api(everybody(404)),
    "api-request-consent": api(everybody(404)),
    "api-vocabulary": api(everybody()),
    "api-vocabulary-list": api(everybody()),
    # Programs alone, by their tokens: a session opens nothing there.
    **{
        f"taxii{name}": everybody(401)
        for name in (
            "", "-root", "-status", "-collections", "-collection", "-manifest", "-objects", "-object", "-versions"
        )
    },
}  # fmt: skip


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
    lead = viewer("stx.analyst")
    with viewing(lead):
        region = Community.objects.get(code="HIDTA-STX")
        joining = invite(region, "CBSA", viewer=lead, at=timezone.now())
    return {
        "bulletin": bulletin,
        "seizure": seizure,
        "draft": draft_bulletin(),
        "briefing": briefing,
        "joining": joining,
    }


def address(name: str, world) -> str:
    kind = "seizure" if "seizure" in name else "bulletin"
    if name.startswith("briefing"):
        kind = "briefing"
    if name.startswith("draft_"):
        kind = "draft"
    joining = "joining" in name
    values = {
        "<ref:ref>": world[kind].ref,
        "<uuid:uid>": str(world["joining" if joining else kind].uid)
        if joining or name.startswith("api")
        else str(uuid.uuid4()),
        "<uuid:photograph>": str(uuid.uuid4()),
        "<uuid:message>": str(uuid.uuid4()),
        "<str:secret>": "nothing",
        "<str:size>": "thumb",
        "<str:form>": "csv",
        "<str:token>": "nothing",
        **{f"<str:{name}>": str(uuid.uuid4()) for name in ("status", "collection", "object")},
        "<int:number>": "1",
        "<str:agency>": "TXDPS" if name == "community_remove" else "CBSA",
        "<str:codes>": "VEH-BODY-DOOR",
        "<slug:name>": "methods",
        "<slug:code>": "HIDTA-STX" if name.startswith("api-community") else "CBP",
        "<str:code>": {"agreement": "CBP-CBSA", "community": "HIDTA-STX"}.get(name.partition("_")[0], "CBP"),
    }
    route = ADDRESSES[name]
    if name.startswith("api-agreement"):
        values["<slug:code>"] = "CBP-CBSA"
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
