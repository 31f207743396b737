"""The inbox tells its sender what became of each object, and nobody else anything."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.accounts.viewer import viewer_of
from hub.database.context import engine, viewing
from sharing.intake.inbox import KEPT, may_send, status_of
from sharing.intake.models import Envelope, Original
from sharing.intake.tasks import sweep_intake
from tests.cast import person, viewer
from tests.conftest import as_owner
from tests.intake.conftest import ident, send, stix

pytestmark = pytest.mark.django_db


def ask(username, uid):
    who = viewer(username)
    with viewing(who):
        return status_of(who, uid)


def test_a_status_counts_and_names_each_object_with_its_version():
    good, bad = stix("report"), stix("report", surprise=1)
    resource = send(good, bad).resource
    assert resource["status"] == "complete" and resource["request_timestamp"].endswith("Z")
    counts = [resource[f"{name}_count"] for name in ("total", "success", "failure", "pending")]
    assert counts == [2, 1, 1, 0] and resource["pendings"] == []
    assert resource["successes"][0]["id"] == good["id"] and resource["failures"][0]["id"] == bad["id"]
    assert resource["failures"][0]["version"] == bad["modified"]


def test_each_line_of_a_status_has_an_id_and_a_version_whatever_was_sent():
    for line in send(stix("report"), {"type": "report"}, None).resource["failures"]:
        assert line["id"] == "" and line["version"].endswith("Z") and line["message"]


def test_a_status_is_its_senders_alone():
    uid = send(stix("report")).id
    assert ask("cbp.officer", uid).resource["total_count"] == 1
    for username in ("cbp.releaser", "cbp.admin", "dea.agent", "steward", "inspector"):
        assert ask(username, uid) is None, username
    assert ask("cbp.officer", uuid.uuid4()) is None


def test_whoever_moved_to_another_agency_keeps_no_status():
    uid = send(stix("report")).id
    mover = person("cbp.officer")
    mover.agency = person("dea.agent").agency
    moved = viewer_of(mover)
    with viewing(moved):
        assert status_of(moved, uid) is None and not Envelope.objects.exists()


def test_by_tables_alone_another_agency_finds_no_envelope_and_no_original_and_hangs_none_on_a_record():
    send(stix("report"))
    with engine():
        record = Original.objects.get().record_id
    with viewing(viewer("cbp.releaser")):
        assert Original.objects.count() == 1 and not Envelope.objects.exists()
    who = viewer("dea.agent")
    with viewing(who):
        assert not Original.objects.exists() and not Envelope.objects.exists()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "insert into sharing_original (agency_id, scope, stix_id, modified_at, record_id, body, state, way,"
                " sender, notes, taken_at) values (%s, '', %s, now(), %s, '', 'written', 'taxii', '', '[]', now())",
                [who.agency_id, ident("report"), record],
            )


@pytest.mark.parametrize(
    ("username", "scope", "may"),
    [
        ("cbp.officer", "write", True),
        ("cbp.officer", "taxii", True),
        ("cbp.officer", "read", False),
        ("cbp.releaser", "write", True),
        ("cbp.liaison", "write", True),
        ("cbp.admin", "write", False),
        ("steward", "write", False),
        ("inspector", "write", False),
    ],
)
def test_who_drafts_may_send_with_a_token_that_writes(username, scope, may):
    assert may_send(viewer_of(person(username), scope=scope)) is may


def test_a_status_is_kept_for_a_month():
    uid = send(stix("report")).id
    as_owner("update sharing_envelope set requested_at = %s", [timezone.now() - KEPT])
    sweep_intake()
    assert ask("cbp.officer", uid) is None
