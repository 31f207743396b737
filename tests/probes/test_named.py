"""What forms and bodies name: communities, agencies and people one may not know are named like ghosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from sharing.communities.models import Community
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.briefings.conftest import this_month
from tests.builders import published_bulletin, released
from tests.cast import agency, person, viewer
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db
WHY = {"need_to_know": "Why", "right_to_know": "Why"}


def unseen(username: str) -> str:
    """The code of a community that this person's agency may not know."""
    with viewing(viewer(username)):
        seen = set(Community.objects.values_list("code", flat=True))
    with engine():
        return next(
            code
            for code in Community.objects.order_by("code").values_list("code", flat=True)
            if code not in seen
        )


def said(answer: Any, *names: str) -> tuple[int, str]:
    page = text(answer)
    for name in sorted(names, key=len, reverse=True):
        page = page.replace(name, "NAME").replace(name.lower(), "NAME")
    return answer.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"|<time .*?</time>', "", page)


def on_pages(client: Client, ref: str) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """(name, what naming a target there answers) of each form that takes one."""
    base = f"/bulletins/{ref}/release/"
    yield "release", lambda key: client.post(base, {"to": [key], "tlp": "TLP:AMBER", "do": "release", **WHY})
    yield "preview", lambda key: client.post(f"{base}preview/", {"to": [key], "tlp": "TLP:AMBER", **WHY})
    yield (
        "several",
        lambda key: client.post("/bulletins/release/preview/", {"to": [key], "ref": [ref], **WHY}),
    )
    yield (
        "hold back",
        lambda key: client.post(f"{base}preview/", {"to": ["HSI"], f"hold-{key}": ["place"], **WHY}),
    )


def test_a_community_one_may_not_know_is_named_on_forms_like_a_ghost():
    record, code = published_bulletin(), unseen("cbp.releaser")
    client = reader("cbp.releaser")
    for name, naming in on_pages(client, record.ref):
        asked = (f"community:{code}", "community:NO-SUCH")
        real, none = (said(naming(key), key) for key in asked)
        assert real == none, name
        known = said(naming("community:DHE"), "community:DHE")
        assert name == "hold back" or known != none, name
    liaison = reader("cbp.liaison")
    found = [
        said(liaison.post("/briefings/new/", {"title": "A", "month": this_month(), "to": [key]}), key)
        for key in (f"community:{code}", "community:NO-SUCH", "community:DHE")
    ]
    assert found[0] == found[1] and found[0][0] != 302 and found[2][0] == 302


def test_a_suspended_agency_is_picked_on_forms_like_a_ghost():
    record = published_bulletin()
    client = reader("cbp.releaser")
    before = {name: said(naming("NCB-OTTAWA"), "NCB-OTTAWA") for name, naming in on_pages(client, record.ref)}
    Agency.objects.filter(code="NCB-OTTAWA").update(state=AgencyState.SUSPENDED)
    for name, naming in on_pages(client, record.ref):
        real, none = said(naming("NCB-OTTAWA"), "NCB-OTTAWA"), said(naming("NO-SUCH-ONE"), "NO-SUCH-ONE")
        assert real == none, name
        assert name == "hold back" or before[name] != real, name


def test_an_administrator_reaches_no_account_and_no_agency_but_their_own(caller):  # noqa: F811
    """There is no form for roles or second factors; of what is there, nothing is another agency's to change."""
    admin, program = reader("cbsa.liaison"), caller("cbsa.liaison")
    before = list(person("cbp.officer").roles)
    forged = {"username": "cbp.officer", "roles": ["admin", "steward"], "is_superuser": "1", "agency": "CBSA"}
    for path in ("/agencies/CBP/", "/agencies/CBSA/", "/accounts/password/change/", "/api/v1/agencies/CBP/"):
        client = program.client if path.startswith("/api") else admin
        assert client.post(path, forged).status_code in (200, 403, 404, 405), path
    assert admin.post("/agencies/CBP/belonging/", {"parent": "CBSA"}).status_code == 403
    people = text(admin.get("/agencies/CBSA/"))
    assert "cbsa.officer" in people and "cbp.officer" not in text(admin.get("/agencies/CBP/"))
    after = person("cbp.officer")
    assert list(after.roles) == before and after.agency.code == "CBP" and not after.is_superuser
    assert "steward" not in person("cbsa.liaison").roles and agency("CBP").parent_id is None


def test_an_auditor_asking_the_trail_for_a_hidden_record_is_shown_what_a_ghost_shows():
    record = published_bulletin()
    released(record, "HSI")
    auditor = reader("cbp.admin")
    assert record.ref in text(auditor.get(f"/trail/?ref={record.ref}")).replace(f'value="{record.ref}"', "")
    other = person("cbsa.liaison")
    other.roles = [*other.roles, "auditor"]
    other.save()
    theirs = reader("cbsa.liaison")
    real, none = (said(theirs.get(f"/trail/?ref={ref}"), ref) for ref in (record.ref, "2222-3333"))
    assert real == none and real[0] == 200
