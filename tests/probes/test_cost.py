"""Time: what is hidden takes the statements that a ghost takes, and as many, wherever it is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.records.refs import new_ref
from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.briefings.models import Briefing
from sharing.communities.models import Community
from sharing.corrections.models import Correction
from sharing.flow.breakglass import ask as ask_to_open
from sharing.flow.joining import invite
from sharing.releases.models import Recall
from tests.api.conftest import unhurried  # noqa: F401
from tests.builders import asked, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import person, viewer
from tests.corrections.conftest import proposed
from tests.disclosures.reader import take_back
from tests.structure.test_states import OF_A_RECORD, address, clients, in_state

pytestmark = pytest.mark.django_db

# What stands in a statement and tells one from another: texts, numbers, the names of savepoints.
WORDS = r"'(?:[^']|'')*'|\bs\d+_x\d+\b|\b\d+(\.\d+)?\b"
WHY = {"need_to_know": "Why", "right_to_know": "Why"}
Ask = Callable[[], Any]


def cost(ask: Ask) -> tuple[int, list[str]]:
    """The status of an answer, and the statements it took without what stands in them."""
    with CaptureQueriesContext(connection) as found:
        answer = ask()
        status = answer.status_code
    return status, [re.sub(WORDS, "?", query["sql"]) for query in found]


def same(name: object, ghost: Ask, *hidden: Ask) -> tuple[int, list[str]]:
    expected = cost(ghost)
    for place, each in enumerate(hidden):
        found = cost(each)
        if found != expected:  # one of them may have read what is kept from then on: look again at both
            expected, found = cost(ghost), cost(each)
        assert found[0] == expected[0], (name, place, found[0], expected[0])
        told = [pair for pair in zip(found[1], expected[1], strict=False) if pair[0] != pair[1]]
        assert found == expected, (name, place, len(found[1]), len(expected[1]), told[:1])
    return expected


def pages_of(username: str) -> Client:
    found = Client(raise_request_exception=False)
    found.force_login(person(username))
    return found


def program_of(username: str) -> Client:
    key = issue_token(person(username), scope="write", days=1, at=timezone.now())
    return Client(headers={"Authorization": f"Token {key}"}, raise_request_exception=False)


@pytest.fixture
def hidden() -> list[Any]:
    """CBP's, in each state: CBSA has, or had, all but the first two."""
    given = published_bulletin()
    released(given, ("CBSA", "place"))
    gone = [in_state(state, "bulletin") for state in ("recalled", "purged")]
    return [draft_bulletin(), published_bulletin(), given, *gone]


@pytest.mark.parametrize("username", ["ncb.officer", "dea.agent", "inspector"])
def test_no_address_of_a_record_takes_other_statements_for_a_hidden_one(hidden, username):
    pages, program = clients(username)
    report = published_seizure()
    released(report, "CBSA")
    for name in OF_A_RECORD:
        client = program if name.startswith("api") else pages
        # Of a releaser every state is asked, of the others what was released.
        records = [report] if "seizure" in name else hidden if username == "dea.agent" else hidden[2:3]
        for method in ("get", "post"):
            ask = getattr(client, method)
            paths = [address(name, each.ref, str(each.uid)) for each in records]
            none = address(name, new_ref(), str(uuid4()))
            same(
                (name, method),
                lambda ask=ask, none=none: ask(none, {}),
                *(lambda ask=ask, path=path: ask(path, {}) for path in paths),
            )
    # The measure does tell: who has it takes more.
    partner = pages_of("cbsa.officer")
    page, none = f"/bulletins/{hidden[2].ref}/", f"/bulletins/{new_ref()}/"
    assert cost(lambda: partner.get(page))[0] == 200
    assert cost(lambda: partner.get(page))[1] != cost(lambda: partner.get(none))[1]


BODIES = (
    ("requests/", {"to": "RCMP", **WHY}),
    ("corrections/", {"part": "core", "says": "x", "why": "x"}),
    ("receipts/", {}),
    ("releases/", {"to": [{"agency": "HSI"}], "tlp": "TLP:AMBER", **WHY}),
    ("releases/preview/", {"to": [{"agency": "HSI"}], **WHY}),
    ("releases/recall/", {"reason": "Because", "version": 1}),
)
LISTS = ("releases/", "receipts/", "recalls/", "corrections/", "ledger/", "ledger/?side=received")


@pytest.mark.parametrize("username", ["dea.agent", "ncb.officer"])
def test_naming_a_hidden_record_to_a_program_takes_what_naming_a_ghost_does(hidden, username):
    program = program_of(username)

    def posting(path: str, body: dict[str, Any], uid: Any) -> Ask:
        return lambda: program.post(
            f"/api/v1/{path}", {"record": str(uid), **body}, content_type="application/json"
        )

    def listing(path: str, uid: Any) -> Ask:
        return lambda: program.get(f"/api/v1/{path}{'&' if '?' in path else '?'}record={uid}")

    for path, body in BODIES:
        status, _ = same(path, posting(path, body, uuid4()), *(posting(path, body, x.uid) for x in hidden))
        assert status == 404
    for path in LISTS:
        same(path, listing(path, uuid4()), *(listing(path, each.uid) for each in hidden))


def test_asking_pages_by_reference_takes_what_asking_for_a_ghost_does(hidden):
    """The ledger's filter and its exports, the search, the selection to release, the sources of a bulletin."""
    releaser, auditor = pages_of("dea.agent"), pages_of("cbsa.liaison")
    asking = {
        "ledger": lambda ref: releaser.get(f"/ledger/?ref={ref}"),
        "ledger received": lambda ref: releaser.get(f"/ledger/?side=received&ref={ref}"),
        **{
            f"ledger {form}": lambda ref, form=form: releaser.get(f"/ledger/export/?as={form}&ref={ref}")
            for form in ("csv", "json", "pdf")
        },
        "search": lambda ref: releaser.get(f"/search/?q={ref}"),
        "several": lambda ref: releaser.post(
            "/bulletins/release/", {"to": ["HSI"], "ref": [ref], "do": "release", "seal": "x", **WHY}
        ),
        "several, looked at": lambda ref: releaser.post(
            "/bulletins/release/preview/", {"to": ["HSI"], "ref": [ref], **WHY}
        ),
        "acknowledging": lambda ref: releaser.post("/inbox/acknowledge/", {"ref": [ref]}),
    }
    for name, ask in asking.items():
        same(name, lambda ask=ask: ask(new_ref()), *(lambda ask=ask, x=x: ask(x.ref) for x in hidden))
    # Whoever was given it does find it by the same doors.
    partner = pages_of("cbsa.officer")
    given = hidden[2]
    assert partner.get(f"/bulletins/{given.ref}/").status_code == 200
    assert auditor.get(f"/ledger/?side=received&ref={given.ref}").status_code == 200
    assert partner.get(f"/search/?q={given.ref}").status_code in (200, 302)


def of_others() -> Iterator[tuple[str, str, str, str]]:
    """(name, address with {}, what is real, what is none) of each thing between CBP, CBSA and South Texas HIDTA."""
    none = str(uuid4())
    at = timezone.now()
    bulletin, gone = published_bulletin(), published_bulletin()
    released(bulletin, ("CBSA", "technique"), "HSI")
    released(gone, "CBSA")
    assert proposed(bulletin).status_code == 302
    with viewing(viewer("cbsa.officer")):
        correction = str(Correction.objects.get(record_id=bulletin.pk).uid)
    request = str(asked(bulletin, "RCMP", by="cbsa.officer").uid)
    assert pages_of("cbsa.officer").get(f"/bulletins/{gone.ref}/").status_code == 200
    take_back(gone)
    with viewing(viewer("cbp.releaser")):
        recall = str(Recall.objects.get(record_id=gone.pk).uid)
    lead, liaison, inspector = viewer("stx.analyst"), viewer("cbp.liaison"), viewer("inspector")
    with viewing(lead):
        joining = invite(Community.objects.get(code="HIDTA-STX"), "CBSA", viewer=lead, at=at)
    with viewing(liaison):
        briefing = Briefing.objects.create(
            owner_id=liaison.agency_id,
            title="Monthly",
            month=at.date().replace(day=1),
            made_by_id=liaison.person_id,
            made_at=at,
        )
    with viewing(inspector):
        emergency = ask_to_open(
            ref=bulletin.ref, username="txdps.trooper", danger="A second tank", viewer=inspector, at=at
        )
    for below in ("", "take/", "answer/"):
        yield "correction", f"/corrections/{{}}/{below}", correction, none
        yield "correction", f"/api/v1/corrections/{{}}/{below}", correction, none
    for below in ("", "preview/"):
        yield "request", f"/requests/{{}}/{below}", request, none
    for below in ("", "grant/", "refuse/", "consent/"):
        yield "request", f"/api/v1/requests/{{}}/{below}", request, none
    for below in ("answers/", "proof/"):
        yield "recall", f"/api/v1/recalls/{{}}/{below}", recall, none
    yield "joining", "/communities/joining/{}/", str(joining.uid), none
    for below in ("", "confirm/", "decline/"):
        yield "joining", f"/api/v1/communities/joinings/{{}}/{below}", str(joining.uid), none
    for below in ("", "briefing.pdf", "present/"):
        yield "briefing", f"/briefings/{{}}/{below}", briefing.ref, new_ref()
    for below in ("", "accept/", "suspend/"):
        yield "agreement", f"/agreements/{{}}/{below}", "CBP-CBSA", "CBP-NONE"
        yield "agreement", f"/api/v1/agreements/{{}}/{below}", "CBP-CBSA", "CBP-NONE"
    for below in ("", "edit/", "roster/", "close/", "invite/", "leave/", "remove/TXDPS/"):
        yield "community", f"/communities/{{}}/{below}", "HIDTA-STX", "HIDTA-NONE"
    for below in ("", "members/", "invite/", "leave/"):
        yield "community", f"/api/v1/communities/{{}}/{below}", "HIDTA-STX", "HIDTA-NONE"
    yield "emergency", "/emergencies/{}/", str(emergency.uid), none


def test_what_passes_between_others_takes_what_a_ghost_does():
    """Also for the agency that one of them asked to share on with."""
    pages, program = pages_of("rcmp.officer"), program_of("rcmp.officer")
    for name, path, real, none in of_others():
        client = program if path.startswith("/api") else pages
        for method in ("get", "post"):
            ask = getattr(client, method)
            same(
                (name, path, method),
                lambda ask=ask, path=path, none=none: ask(path.format(none), {}),
                lambda ask=ask, path=path, real=real: ask(path.format(real), {}),
            )
