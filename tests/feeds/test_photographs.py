"""Photographs come along by their address: who may have one fetches it with a feed's token, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from bulletins.models import Record
from hub.accounts.models import Token
from hub.database.context import engine, viewing
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark
from tests.builders import released
from tests.cast import viewer
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, with_photographs
from tests.feeds.conftest import Program, numbered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


def references(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["external_references"] if each["source_name"] == "photograph"]


def path_of(reference: dict[str, Any]) -> str:
    return re.sub(r"^https?://[^/]+", "", reference["url"])


def answered(asker: Program, path: str) -> tuple[int, dict[str, str], str]:
    """What could tell two answers apart, but for the address that was asked for."""
    status, headers, body = same_to_a_stranger(asker.get(path))
    return status, headers, re.sub(r"photographs(/|%2F)[0-9A-Za-z-]+", "photographs/UID", body)


def shared(*withheld: str) -> tuple[Any, dict[str, str]]:
    """A bulletin of CBP's with two photographs, released to CBSA; their paths by group."""
    record, uids = with_photographs()
    released(record, ("CBSA", *withheld))
    numbered()
    return record, {group: f"/bulletins/{record.ref}/photographs/{uid}/" for group, uid in uids.items()}


def test_a_report_names_each_photograph_that_is_shown(program: Callable[..., Program]) -> None:
    _record, paths = shared()
    (report,) = program("cbsa.officer").records()
    whole, xray = references(report)
    assert [path_of(each) for each in (whole, xray)] == [paths["detail"], paths["technique"]]
    assert whole["description"] == "Picture of detail"
    assert xray["description"] == "Picture of technique, how it was found"
    assert whole["hashes"] == {"SHA-256": "0" * 64} and whole["external_id"] in whole["url"]


def test_a_feeds_token_fetches_what_its_feed_names_and_it_is_in_the_ledger(
    program: Callable[..., Program],
) -> None:
    record, paths = shared()
    partner = program("cbsa.officer")
    for path in paths.values():
        answer = partner.get(path)
        assert answer.status_code == 200 and b"".join(answer.streaming_content) == b"\xff\xd8 whole"
        assert answer["Cache-Control"] == "private, no-store" and answer["Content-Type"] == "image/jpeg"
    with engine():
        rows = LedgerRow.objects.filter(channel="taxii").order_by("-id")[:2]
        assert [(row.agency.code, row.records) for row in rows] == [("CBSA", [record.pk])] * 2
    pair = base64.b64encode(f"cbsa.officer:{partner.key}".encode()).decode()
    assert Client().get(paths["detail"], headers={"Authorization": f"Basic {pair}"}).status_code == 200
    wrong = base64.b64encode(f"cbp.officer:{partner.key}".encode()).decode()
    assert Client().get(paths["detail"], headers={"Authorization": f"Basic {wrong}"}).status_code == 401
    # And is for nothing else below the record.
    for method, path in [
        ("post", paths["detail"]),
        ("get", f"/bulletins/{record.ref}/"),
        ("get", "/bulletins/"),
    ]:
        assert getattr(partner.client, method)(path).status_code in (302, 405), path
    told = partner.client.get(f"/api/v1/bulletins/{record.uid}/", headers={"Accept": "application/json"})
    assert told.status_code == 401


def test_one_of_a_withheld_group_is_neither_named_nor_fetched(program: Callable[..., Program]) -> None:
    _record, paths = shared("technique")
    partner = program("cbsa.officer")
    (report,) = partner.records()
    assert [path_of(each) for each in references(report)] == [paths["detail"]]
    assert paths["technique"].split("/")[-2] not in json.dumps(report)
    assert partner.get(paths["detail"]).status_code == 200
    ghost = re.sub(r"photographs/[^/]+", f"photographs/{uuid4()}", paths["technique"])
    assert answered(partner, paths["technique"]) == answered(partner, ghost)
    assert partner.get(ghost).status_code == 404


def test_whoever_was_not_given_it_finds_a_ghost(program: Callable[..., Program]) -> None:
    record, paths = shared()
    ghost = paths["detail"].replace(record.ref, "2222-2222")
    for username in ("ncb.officer", "rcmp.officer", "steward", "inspector"):
        other = program(username)
        answer = other.get(paths["detail"])
        assert answer.status_code == 404, username
        assert answered(other, paths["detail"]) == answered(other, ghost), username
    assert program("cbsa.officer").get(paths["detail"]).status_code == 200


def test_it_is_gone_with_a_recall_and_with_a_marking_no_machine_carries(
    program: Callable[..., Program],
) -> None:
    partner = program("cbsa.officer")
    for act in (take_back, display_only, red):
        record, paths = shared()
        assert partner.get(paths["detail"]).status_code == 200
        act(record)
        numbered()
        assert partner.get(paths["detail"]).status_code == 404, act.__name__
        assert paths["detail"] not in partner.objects().content.decode(), act.__name__


def display_only(record: Any) -> None:
    _mark(record, Handling("TLP:AMBER", controls=("DISPLAY ONLY",)))


def red(record: Any) -> None:
    _mark(record, Handling("TLP:RED"))


def _mark(record: Any, handling: Handling) -> None:
    with viewing(who := viewer("cbp.releaser")):
        found = Record.objects.get(pk=record.pk)
        mark(found, handling, reason="Closer", viewer=who, at=timezone.now())


def test_a_token_that_is_over_or_none_opens_none_and_says_so_alike(program: Callable[..., Program]) -> None:
    record, paths = shared()
    partner = program("cbsa.officer")
    assert partner.get(paths["detail"]).status_code == 200
    Token.objects.update(
        created_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(days=1)
    )
    ghost = paths["detail"].replace(record.ref, "2222-2222")
    over, none = partner.get(paths["detail"]), partner.get(ghost)
    assert over.status_code == 401 and "Token" in over["WWW-Authenticate"]
    assert same_to_a_stranger(over) == same_to_a_stranger(none)
    # People sign in; a session does not stand in for a token that is none.
    assert Client().get(paths["detail"]).status_code == 302
    session = reader("cbsa.officer")
    assert session.get(paths["detail"]).status_code == 200
    assert session.get(paths["detail"], headers={"Authorization": "Token hub_none"}).status_code == 401


def test_a_program_that_asks_too_often_is_told_to_wait(
    program: Callable[..., Program], settings: Any
) -> None:
    _record, paths = shared()
    partner = program("cbsa.officer")
    settings.API_REQUESTS_A_MINUTE = 2
    answers = [partner.get(paths["detail"]) for _ in range(6)]
    assert {answer.status_code for answer in answers} <= {200, 429} and answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


def test_what_is_named_is_the_digest_of_what_is_fetched(
    program: Callable[..., Program], tmp_path: Any
) -> None:
    from io import BytesIO

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    from bulletins.flow import publish
    from bulletins.publishing.photographs.actions import add_photograph
    from tests.builders import draft_bulletin

    file = BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, "JPEG")
    with viewing(who := viewer("cbp.officer")):
        record = draft_bulletin()
        sent = SimpleUploadedFile("a.jpg", file.getvalue())
        add_photograph(record, sent, viewer=who, at=timezone.now(), caption="A tank")
        publish(record, viewer=who, at=timezone.now())
    released(record, "CBSA")
    numbered()
    partner = program("cbsa.officer")
    (report,) = partner.records()
    (named,) = references(report)
    fetched = b"".join(partner.get(path_of(named)).streaming_content)
    assert hashlib.sha256(fetched).hexdigest() == named["hashes"]["SHA-256"]
