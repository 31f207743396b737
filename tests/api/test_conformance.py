"""The API held to its own schema with made-up requests; and what one may see asked of by another."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from uuid import uuid4

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.accounts.tokens import issue_token
from tests.api.test_hidden import plain
from tests.api.world import LISTS, names_seen, noun_of, populate
from tests.cast import person

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
CALLERS = (
    "cbp.releaser",
    "cbp.liaison",
    "cbp.admin",
    "cbsa.officer",
    "cbsa.liaison",
    "stx.analyst",
    "steward",
)
# Made-up requests an endpoint, of what its schema takes and of what it does not; more when asked.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "5"))
NOT_SENT = ("content-type", "content-length", "accept-encoding", "authorization")
UNKEPT = ("\0", "a\0b", "\ud800")
CODES = {"/agreements/": "CBP-CBSA", "/communities/": "HIDTA-STX", "/agencies/": "CBSA"}


@pytest.fixture
def api(caller):
    populate(caller)
    schema = caller("cbp.officer", "read").get("/api/schema/").json()
    return schemathesis.openapi.from_dict(schema)


def test_no_request_is_answered_but_as_the_schema_says(api, caller):
    keys = [key_of(username) for username in CALLERS]
    seen_by = [names_seen(caller(username)) for username in CALLERS]
    known = {noun: sorted(set().union(*(each[noun] for each in seen_by))) for noun in LISTS}
    wrong: dict[str, str] = {}
    seen: dict[str, set[int]] = {}
    for result in api.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                hold(operation, mode, keys, known, seen.setdefault(operation.label, set()))
            except (Failure, FailureGroup, AssertionError) as found:
                wrong[f"{operation.label} {mode.name}"] = str(found)
    assert not wrong, "\n\n".join(f"{name}\n{text[:1500]}" for name, text in wrong.items())
    # It is no proof if every request were refused before it was looked at.
    reached = [label for label, codes in seen.items() if codes & {200, 201, 202, 204}]
    assert len(reached) > len(seen) / 2, seen


def key_of(username):
    return f"Token {issue_token(person(username), scope='write', days=1, at=timezone.now())}"


def hold(operation, mode, keys, known, seen):
    made = operation.as_strategy(generation_mode=mode)
    if mode == GenerationMode.POSITIVE:
        made = st.one_of(*operation.get_strategies_from_examples(), made)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=made, key=st.sampled_from(keys), data=st.data())
    def ask(case, key, data):
        pointed(case, known, data)
        body = odd(case, data)
        with transaction.atomic():
            answer = sent(case, key, body)
            if case.method == "POST" and answer.status_code < 300:
                # And again under its key: answered alike, whatever it is that was done.
                case.headers = {**(case.headers or {}), "Idempotency-Key": "the same"}
                first, again = sent(case, key, body), sent(case, key, body)
                assert again.status_code == first.status_code, (case.path, first.status_code, again.content)
            transaction.set_rollback(True)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    ask()


def sent(case, key, body=None):
    """In this process and transaction, so that what an example writes is rolled back; `body` instead of its own."""
    made = case.as_transport_kwargs(base_url="http://testserver")
    known = ("method", "url", "params", "headers", "json", "data", "files", "cookies")
    prepared = requests.Request(**{name: made[name] for name in known if name in made}).prepare()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() not in NOT_SENT}
    headers["Authorization"] = key
    answer = Client(raise_request_exception=False).generic(
        prepared.method,
        prepared.url.removeprefix("http://testserver"),
        body or prepared.body or b"",
        content_type=prepared.headers.get("Content-Type", "application/json"),
        headers=headers,
    )
    told = {name.lower(): [value] for name, value in answer.headers.items()}
    return Response(answer.status_code, told, answer.content, prepared, 0.1, False)


def pointed(case, known, data):
    """Most requests name something that is there: made-up names alone would find nothing but ghosts."""
    if data.draw(st.integers(0, 4)) == 0:
        return
    there = known.get(noun_of(case.path), [])
    if there and "uid" in (case.path_parameters or {}):
        case.path_parameters["uid"] = data.draw(st.sampled_from(there))
    if "code" in (case.path_parameters or {}):
        case.path_parameters["code"] = next(code for part, code in CODES.items() if part in case.path)
    if isinstance(case.body, dict) and "record" in case.body:
        case.body["record"] = data.draw(st.sampled_from(known["bulletins"] + known["seizures"]))


def odd(case, data):
    """Now and then its body with a text in it that no database holds, or that no answer could repeat."""
    if not isinstance(case.body, dict) or data.draw(st.integers(0, 3)):
        return None
    text, body = data.draw(st.sampled_from(UNKEPT)), deepcopy(case.body)
    name, at = data.draw(st.sampled_from([text, *body])), body
    while isinstance(at.get(name), list) and at[name] and isinstance(at[name][0], dict):
        at = at[name][0]
        name = data.draw(st.sampled_from([text, *at]))
    at[name] = [text] if isinstance(at.get(name), list) else text
    return json.dumps(body).encode()


@pytest.mark.parametrize("username", ["ncb.officer", "cbsa.liaison", "steward"])
def test_what_one_sees_is_a_ghost_to_whoever_does_not(username, api, caller):
    """Every uid that the others may list, at every address and by every method that takes one of its noun."""
    asker, ghost = caller(username), str(uuid4())
    own, asked = names_seen(asker), 0
    others = [names_seen(caller(each)) for each in CALLERS if each != username]
    for result in api.get_all_operations():
        operation = result.ok()
        path, noun = operation.path, noun_of(operation.path)
        if "{uid}" not in path:
            continue
        hidden = set().union(*(each[noun] for each in others)) - own[noun]
        body = {} if operation.method in ("post", "put", "patch") else None

        def ask(uid, path=path, method=operation.method, body=body):
            address = path.replace("{uid}", uid).replace("{photograph}", ghost)
            return asker.ask(method.upper(), address, body)

        expected = plain(ask(ghost))
        assert expected[0] == 404, (operation.label, expected)
        for uid in hidden:
            # What was taken back from one's agency is told by its tombstone.
            answer = ask(uid)
            if answer.status_code != 410 or username == "ncb.officer":
                assert plain(answer) == expected, (operation.label, uid)
                asked += 1
    assert asked > 20
