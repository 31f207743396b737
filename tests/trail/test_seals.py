"""Seals: what was changed, removed or put in after sealing is found, and named."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime
from io import StringIO

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.database.context import engine, viewing
from hub.database.numbering import number_rows
from hub.trail import chain
from hub.trail.actions import record
from hub.trail.chain import SealedAs, head_after, link, public_half, sign
from hub.trail.models import Seal, TrailNumber, TrailRow
from hub.trail.seals import WATCH, NotSealed, seal_next
from tests.cast import viewer
from tests.conftest import owners_connection
from tests.trail.conftest import findings, looked, sealed, write

committed = pytest.mark.django_db(transaction=True)


def row_ids():
    """Number -> id of the trail's rows."""
    with viewing(WATCH):
        return dict(TrailNumber.objects.exclude(n=None).order_by("n").values_list("n", "trail_id"))


def heads():
    with viewing(WATCH):
        return list(Seal.objects.order_by("number").values_list("head", flat=True))


@pytest.fixture
def whole(transactional_db, key):
    """Six rows under two seals, and one that is not sealed yet."""
    write("one", "two", "three")
    assert sealed(key) == 3
    write("four", "five", "six")
    assert sealed(key) == 3
    write("seven")
    number_rows("hub_trailnumber")
    assert findings() == []
    return row_ids()


def test_an_untouched_trail_has_no_findings_and_says_what_it_rests_on(whole, key):
    verdict = looked(heads=[heads()[0], heads()[1].upper()])
    assert (verdict.seals, verdict.rows, verdict.unsealed, verdict.found) == (2, 6, 1, 0)
    assert verdict.head == heads()[1] and verdict.key == public_half(key)


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'x'",
        "actor = 'somebody.else'",
        "at = at - interval '1 day'",
        "audience_after = '{CBSA}'",
        "outcome = 'refused'",
        "duration_ms = 7",
        "facts = '{\"more\": 1}'",
    ],
)
def test_a_changed_row_is_named(whole, tamper, change):
    tamper(f"update hub_trail set {change} where id = {whole[2]}")
    (line,) = findings()
    assert line.startswith(f"row 2 (id {whole[2]}), seal 1 of ") and line.endswith(": changed")


def test_every_column_of_a_row_is_in_the_chain():
    """A column added later is sealed by itself; one left empty leaves older digests as they are."""
    at = timezone.now()
    plain = {"id": 1, "at": "2026-01-01T00:00:00+00:00", "event": "test.deed", "facts": {}}
    before = link(1, 1, at, plain).digest
    assert link(1, 1, at, {**plain, "added_later": None, "also": "", "and": []}).digest == before
    assert link(1, 1, at, {**plain, "added_later": "said"}).digest != before
    assert link(2, 1, at, plain).digest != before


@pytest.mark.parametrize("with_number", [False, True])
def test_a_removed_row_is_named(whole, tamper, with_number):
    taken = [f"delete from hub_trailnumber where trail_id = {whole[5]}"] if with_number else []
    tamper(f"delete from hub_trail where id = {whole[5]}", *taken)
    (line,) = findings()
    assert line.startswith(f"row 5 (id {whole[5]}), seal 2 of ") and "removed" in line


def test_removing_and_closing_the_gap_is_named(whole, tamper):
    tamper(
        f"delete from hub_trail where id = {whole[2]}",
        f"delete from hub_trailnumber where trail_id = {whole[2]}",
        "update hub_trailnumber set n = -n",
        "update hub_trailnumber set n = case when n < -2 then -n - 1 else -n end",
    )
    found = findings()
    assert f"row 2 (id {whole[2]})" in found[0] and "removed" in found[0] and len(found) >= 2


COPY = """
insert into hub_trail (at, event, outcome, actor_id, actor, agency_id, agency, method, user_agent, request_id,
    object_type, object_id, marking, audience_before, audience_after, reason, facts)
select at, event, outcome, actor_id, actor, agency_id, agency, method, user_agent, request_id, object_type,
    object_id, marking, audience_before, audience_after, 'forged', facts from hub_trail where id = {}
"""


def test_a_row_put_in_without_a_number_is_named(whole, tamper):
    tamper(COPY.format(whole[3]))
    (line,) = findings()
    assert line == f"row id {max(whole.values()) + 1}: inserted past the counting, in no seal"


def test_a_row_put_in_among_the_sealed_is_named(whole, tamper):
    tamper(
        COPY.format(whole[3]),
        "update hub_trailnumber set n = n + 1000 where n > 3",
        f"insert into hub_trailnumber (trail_id, n, numbered_at) values ({max(whole.values()) + 1}, 4, now())",
        "update hub_trailnumber set n = n - 999 where n > 1000",
    )
    found = findings()
    assert found[0].startswith(f"row 4 (id {whole[4]}), seal 2 of ")
    assert found[0].endswith(f"row id {max(whole.values()) + 1} inserted in its place")


def test_a_row_put_in_before_the_first_is_named(whole, tamper):
    tamper(
        COPY.format(whole[3]),
        f"insert into hub_trailnumber (trail_id, n, numbered_at) values ({max(whole.values()) + 1}, 0, now())",
    )
    (line,) = findings()
    assert line == f"row 0 (id {max(whole.values()) + 1}): inserted, below what was sealed"


def test_a_row_removed_before_it_was_sealed_leaves_a_gap_that_is_told(whole, tamper):
    write("eight")
    number_rows("hub_trailnumber")
    tamper("delete from hub_trail where reason = 'seven'", "delete from hub_trailnumber where n = 7")
    assert findings() == ["rows 7 to 7: removed before they were sealed"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update hub_seal set at = at - interval '1 hour' where number = 1",
            "seal 1: its signature does not hold",
        ),
        ("update hub_seal set ids[2] = 999 where number = 1", "seal 1: changed: its head does not follow"),
        ("delete from hub_seal where number = 1", "seal 1: removed, with what was said of rows 1 to 3"),
        (
            "update hub_seal set previous = repeat('0', 64) where number = 2",
            "seal 2: its signature does not hold",
        ),
    ],
)
def test_a_seal_that_was_touched_is_named(whole, tamper, change, said):
    tamper(change)
    assert any(line.startswith(said) for line in findings())


def test_a_trail_sealed_anew_with_the_same_key_is_found_by_a_head_that_somebody_kept(whole, tamper, key):
    """The key's thief makes a chain that fits. Only a head from before shows it."""
    kept = heads()
    tamper(f"update hub_trail set reason = 'rewritten' where id = {whole[2]}", "delete from hub_seal")
    assert sealed(key) == 7
    assert findings() == []
    assert findings(heads=[heads()[0]]) == []
    assert findings(heads=kept) == [
        f"head {head}: no seal has it: the chain was made anew, or its end was taken away"
        for head in sorted(kept)
    ]


def test_an_end_that_was_cut_off_is_found_by_a_head(whole, tamper):
    last = heads()[1]
    tamper(
        "delete from hub_seal where number = 2",
        "delete from hub_trail where id in (select trail_id from hub_trailnumber where n > 3)",
        "delete from hub_trailnumber where n > 3",
    )
    assert findings() == []
    assert len(findings(heads=[last])) == 1


def test_a_seal_of_another_key_is_found(whole, tamper):
    """Somebody who may write seals and has not the key signs with their own."""
    other = Ed25519PrivateKey.generate()
    with viewing(WATCH):
        second = Seal.objects.get(number=2)
    told = SealedAs(2, second.first, second.last, second.previous, second.head, second.at)
    tamper(
        f"update hub_seal set key = '{public_half(other)}', signature = '{sign(told, other)}' where number = 2"
    )
    assert findings() == [f"seal 2: signed with a key that is not known: {public_half(other)}"]
    with viewing(WATCH):
        first = Seal.objects.get(number=1)
    assert findings(keys=[first.key, public_half(other)]) == []
    assert findings(keys=["ab" * 32])[0].startswith("seal 1: signed with a key that is not known")


def test_the_sealer_does_not_go_on_after_a_seal_that_is_not_its_own(whole, tamper):
    other = Ed25519PrivateKey.generate()
    with pytest.raises(NotSealed, match="made with another key"):
        sealed(other)
    tamper("update hub_seal set signature = repeat('0', 128) where number = 2")
    with pytest.raises(NotSealed, match="does not hold"):
        sealed(other, after_another_key=True)
    tamper("delete from hub_seal where number = 2")
    assert sealed(other, after_another_key=True) == 4


def test_the_sealer_does_not_seal_over_a_gap(whole, tamper, key):
    tamper("delete from hub_trail where reason = 'seven'")
    with pytest.raises(NotSealed, match="row 7 is gone"):
        sealed(key)


@committed
def test_a_row_committed_late_is_numbered_and_sealed_later(key):
    """Begun first, committed last: it is neither lost nor put before what was sealed meanwhile."""
    began, end = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def slow():
        try:
            who = viewer("cbsa.officer")
            with viewing(who):
                record("test.late", viewer=who, at=timezone.now())
                began.set()
                assert end.wait(20)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    late = threading.Thread(target=slow)
    late.start()
    assert began.wait(20)
    write("meanwhile")
    assert sealed(key) == 1
    end.set()
    late.join(20)
    assert not failures
    assert sealed(key) == 1
    with viewing(WATCH):
        order = TrailNumber.objects.order_by("n").values_list("n", "trail_id")
        events = dict(TrailRow.objects.values_list("id", "event"))
        assert [events[trail] for _n, trail in order] == ["test.deed", "test.late"]
        assert [trail for _n, trail in order] == sorted(events, reverse=True)
    assert findings() == []


@committed
def test_many_rows_make_several_seals_of_one_chain(key):
    write(*map(str, range(12)))
    number_rows("hub_trailnumber")
    assert [seal_next(key, at=timezone.now(), most=5) for _ in range(4)] == [5, 5, 2, 0]
    with viewing(WATCH):
        seals = list(Seal.objects.order_by("number"))
    assert [(seal.first, seal.last) for seal in seals] == [(1, 5), (6, 10), (11, 12)]
    assert [seal.previous for seal in seals] == [chain.START, seals[0].head, seals[1].head]
    assert findings() == []


@committed
def test_two_sealers_at_once_make_one_chain(key):
    write(*map(str, range(30)))
    number_rows("hub_trailnumber")
    failures: list[BaseException] = []

    def run():
        try:
            while seal_next(key, at=timezone.now(), most=3):
                pass
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and len(heads()) == 10 and findings() == []


def test_the_chain_is_sha256_over_number_id_and_digest():
    """Written out once more by hand: what is sealed today is read the same way in years."""
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    row = {"id": 9, "event": "test.deed", "actor": "Zoë", "reason": ""}
    said = {
        "n": 4, "number": 5, "numbered_at": "2026-01-02T03:04:05.000006+00:00",
        "row": {"id": 9, "event": "test.deed", "actor": "Zoë"},
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).digest()
    made = link(4, 5, at, row)
    assert made.digest == digest
    step = bytes(32) + (4).to_bytes(8, "big") + (9).to_bytes(8, "big") + digest
    assert head_after(chain.START, [made]) == hashlib.sha256(step).hexdigest()


@pytest.mark.parametrize("table", ["hub_trail", "hub_trailnumber", "hub_seal", "hub_headmail"])
def test_not_even_the_owner_empties_the_trail_or_changes_its_seals(whole, table):
    with owners_connection() as own:
        for deed in (f"truncate {table} cascade", f"delete from {table}", f"update {table} set id = id"):
            deed = deed.replace("set id = id", "set head = 'x'") if table == "hub_seal" else deed
            if table == "hub_headmail" and not deed.startswith("truncate"):
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), own.transaction():
                own.execute(deed)
        counted = own.execute("select count(*) from hub_trail").fetchone()
    assert counted == (7,)


@pytest.mark.parametrize(
    "deed",
    [
        "insert into hub_seal select * from hub_seal",
        "update hub_seal set at = now()",
        "delete from hub_seal",
        "truncate hub_seal",
        "truncate hub_trail",
        "update hub_trailnumber set n = 1",
        "delete from hub_trailnumber",
        "insert into hub_headmail (seal_id, person_id, person, at) values (1, 1, '', now())",
    ],
)
def test_the_application_writes_no_seal_and_takes_nothing_away(whole, deed):
    for role in (None, "engine") if not deed.startswith("insert") else (None,):
        with pytest.raises(DatabaseError), viewing(WATCH), transaction.atomic():
            if role:
                with engine(), connection.cursor() as cursor:
                    cursor.execute(deed)
            else:
                with connection.cursor() as cursor:
                    cursor.execute(deed)


def test_seals_are_read_by_inspectors_alone(whole):
    def seen(username):
        with viewing(viewer(username)):
            return Seal.objects.count(), TrailNumber.objects.count()

    assert seen("inspector") == (2, 7)
    assert seen("cbp.admin") == seen("steward") == seen("cbp.officer") == (0, 0)


def run(*arguments):
    said = StringIO()
    try:
        call_command("verify_trail", *arguments, stdout=said)
    except CommandError as error:
        return error.returncode, said.getvalue(), str(error)
    return 0, said.getvalue(), ""


def test_the_command_says_whether_and_what_by_its_exit_and_lines(whole, tamper):
    head = heads()[0]
    status, said, _ = run("--head", head)
    assert status == 0 and "6 rows under 2 seals" in said and f"head {heads()[1]}" in said
    tamper(f"delete from hub_trail where id = {whole[1]}")
    status, said, error = run()
    assert status == 1 and said.splitlines()[0].startswith(f"row 1 (id {whole[1]}), seal 1")
    assert "1 found" in error
    assert run("--head", "nonsense")[0] == 2
    with viewing(WATCH):
        outcomes = (
            TrailRow.objects.filter(event="trail.verify").order_by("id").values_list("outcome", flat=True)
        )
        assert list(outcomes) == ["ok", "failed"]


@committed
def test_the_command_says_that_there_is_no_seal_yet():
    write("one")
    status, said, _ = run()
    assert status == 0 and said.startswith("no seal yet; 1 rows wait")
