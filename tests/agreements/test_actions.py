"""Proposing, accepting, changing, suspending: who may, what it does to what has crossed, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.agreements.actions import terms_of
from sharing.agreements.models import Agreement, Direction
from sharing.audiences import settling
from sharing.audiences.models import Grant, Received, Withdrawal
from sharing.deliveries.models import Alert, Delivery
from sharing.flow import agreeing, release
from sharing.flow.lapsing import begin_due, settle_left
from sharing.releases.models import Consent
from sharing.tasks import compare_grants
from tests.agreements.conftest import DAY, Side, scope, terms
from tests.builders import pick, plan, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer

pytestmark = pytest.mark.django_db


def holds(username: str, record) -> bool:
    who = viewer(username)
    with viewing(who):
        return Received.objects.visible_to(who).filter(record_id=record.pk).exists()


def withheld(username: str, record) -> set[str]:
    who = viewer(username)
    with viewing(who):
        (found,) = (
            Received.objects.visible_to(who).filter(record_id=record.pk).values_list("withheld", flat=True)
        )
    return set(found)


def trail(event: str) -> list[tuple[str, str, str]]:
    with engine(), connection.cursor() as cursor:
        cursor.execute(
            "select outcome, agency, object_id from hub_trail where event = %s order by id", [event]
        )
        return list(cursor.fetchall())


def told(code: str) -> list[str]:
    with viewing(viewer(code)):
        rows = Delivery.objects.filter(channel="inbox", alert__kind="agreement").order_by("id")
        return [row.alert.facts["what"] for row in rows.select_related("alert")]


def settled_by_the_rule() -> None:
    assert compare_grants() == 0


def test_what_was_released_arrives_when_the_other_side_accepts_and_not_before(hsi_admin, cbsa):
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", "HSI", by="hsi.agent")
    assert not holds("cbsa.officer", record)
    draft = hsi_admin.propose(terms(gives=scope("place"), takes=scope()))
    assert draft.code == "CBSA-HSI" and not holds("cbsa.officer", record)
    with pytest.raises(ValidationError, match="other side accepts"):
        hsi_admin.accept("CBSA-HSI")
    assert not holds("cbsa.officer", record)
    cbsa.accept("CBSA-HSI")
    assert holds("cbsa.officer", record) and withheld("cbsa.officer", record) == {"place", "identifiers"}
    assert told("cbsa.officer") == ["agreement.proposed", "agreement.accepted"]
    assert told("hsi.agent") == ["agreement.accepted"]
    assert trail("agreement.propose") == [("ok", "HSI", "CBSA-HSI")]
    assert trail("agreement.accept") == [("ok", "CBSA", "CBSA-HSI")]
    settled_by_the_rule()


def test_it_lets_through_one_way_what_it_says_of_that_way(hsi_admin, cbsa):
    mine, theirs = published_bulletin("hsi.agent"), published_bulletin("cbsa.officer")
    hsi_admin.propose(terms(gives=scope(), takes=None))
    cbsa.accept("CBSA-HSI")
    released(mine, "CBSA", by="hsi.agent")
    released(theirs, "HSI", by="cbsa.releaser")
    assert holds("cbsa.officer", mine) and not holds("hsi.agent", theirs)


def test_only_an_administrator_of_a_party_writes(hsi_admin, cbp, cbsa):
    hsi_admin.propose(terms())
    for username in ("cbsa.officer", "cbsa.releaser"):
        with pytest.raises(PermissionDenied):
            Side(username).accept("CBSA-HSI")
    with pytest.raises(Agreement.DoesNotExist):
        cbp.accept("CBSA-HSI")
    with pytest.raises(PermissionDenied):
        cbp.propose(terms("HSI", "CBSA"))
    cbsa.accept("CBSA-HSI")


@pytest.mark.parametrize("side", ["cbp.admin", "cbsa.liaison"])
def test_either_side_suspends_at_once_and_takes_up_again_what_it_suspended(side, cbp, cbsa):
    record = published_bulletin()
    released(record, ("CBSA", "place"), "HSI")
    assert holds("cbsa.officer", record)
    one, other = (cbp, cbsa) if side == "cbp.admin" else (cbsa, cbp)
    one.suspend("CBP-CBSA")
    assert not holds("cbsa.officer", record) and holds("hsi.agent", record)
    with viewing(viewer("cbsa.officer")):
        assert Withdrawal.objects.get(ref=record.ref).kind == "ended"
    with pytest.raises(ValidationError, match="other side suspended it"):
        other.resume("CBP-CBSA")
    with pytest.raises(ValidationError, match="already"):
        one.suspend("CBP-CBSA")
    assert not holds("cbsa.officer", record)
    one.resume("CBP-CBSA")
    assert holds("cbsa.officer", record)
    assert told("cbsa.officer") == told("cbp.officer") == ["agreement.suspended", "agreement.resumed"]
    settled_by_the_rule()


def test_of_two_suspensions_each_side_takes_back_its_own(cbp, cbsa):
    record = published_bulletin()
    released(record, "CBSA")
    cbp.suspend("CBP-CBSA")
    cbsa.suspend("CBP-CBSA")
    cbp.resume("CBP-CBSA")
    assert not holds("cbsa.officer", record)
    cbsa.resume("CBP-CBSA")
    assert holds("cbsa.officer", record)


def test_who_had_a_record_is_not_alerted_again_and_who_gets_one_is(cbp, cbsa):
    had, fresh = published_bulletin(), published_bulletin()
    released(had, "CBSA")
    cbp.suspend("CBP-CBSA")
    released(fresh, "CBSA")
    cbp.resume("CBP-CBSA")
    assert holds("cbsa.officer", had) and holds("cbsa.officer", fresh)
    with engine():
        new = Alert.objects.filter(kind="new", deliveries__agency__code="CBSA", deliveries__channel="inbox")
        assert sorted(new.values_list("ref", flat=True)) == sorted([had.ref, fresh.ref])


def test_suspending_says_why_and_without_a_reason_nothing_happens(cbp):
    record = published_bulletin()
    released(record, "CBSA")
    with pytest.raises(ValidationError, match="Say why"):
        cbp.suspend("CBP-CBSA", reason="  ")
    assert holds("cbsa.officer", record) and cbp.row("CBP-CBSA").suspended_at is None


def by_two_agreements(hsi_admin, cbsa):
    """A record of CBP's that is HSI's finding: CBSA holds it under an agreement of each."""
    hsi_admin.propose(terms(gives=scope("technique"), takes=scope()))
    cbsa.accept("CBSA-HSI")
    record = published_bulletin(originator=agency("HSI"))
    with viewing(viewer("hsi.agent")):
        Consent.objects.create(
            record_id=record.pk,
            version=1,
            originator=agency("HSI"),
            recipient=agency("CBSA"),
            given_at=timezone.now(),
        )
    released(record, "CBSA")
    return record


@pytest.mark.parametrize("at_once", [500, 0])
@pytest.mark.parametrize("code", ["CBP-CBSA", "CBSA-HSI"])
def test_what_crossed_under_two_agreements_ends_with_either(code, at_once, hsi_admin, cbsa, monkeypatch):
    record = by_two_agreements(hsi_admin, cbsa)
    assert holds("cbsa.officer", record)
    assert withheld("cbsa.officer", record) >= {"case", "technique"}
    with engine():
        grant = Grant.objects.get(content_object=record, group_id=agency("CBSA").pk)
        codes = Direction.objects.filter(pk__in=grant.directions).values_list("agreement__code", flat=True)
        assert sorted(codes) == ["CBP-CBSA", "CBSA-HSI"]
    in_batches(monkeypatch, at_once)
    cbsa.suspend(code)
    assert not holds("cbsa.officer", record)
    cbsa.resume(code)
    settle_all()
    assert holds("cbsa.officer", record)
    settled_by_the_rule()


def in_batches(monkeypatch, most: int) -> None:
    monkeypatch.setattr(settling, "AT_ONCE", most)
    monkeypatch.setattr(agreeing, "AT_ONCE", most)


def settle_all() -> None:
    settling.AT_ONCE = 500
    while settle_left(at=timezone.now()):
        pass


def test_behind_many_grants_a_suspension_denies_at_commit_and_the_task_gives_back_what_crosses_otherwise(
    cbp, cbsa, hsi_admin, monkeypatch
):
    """A second agreement, between the governments, covers what both sides' agencies release."""
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA")
    released(report, "CBSA")
    less = scope("case", "place", kinds=frozenset({"seizure"}))
    whole = terms(gives=less, takes=None, whole_governments=True)
    hsi_admin.propose(whole)
    cbsa.accept("CBSA-HSI")
    in_batches(monkeypatch, 0)
    cbp.suspend("CBP-CBSA")
    assert not holds("cbsa.officer", bulletin) and not holds("cbsa.officer", report)
    settle_all()
    assert not holds("cbsa.officer", bulletin) and holds("cbsa.officer", report)
    assert withheld("cbsa.officer", report) >= {"place"}
    settled_by_the_rule()


def test_a_release_while_it_is_suspended_waits_and_arrives_when_it_is_taken_up(cbp):
    cbp.suspend("CBP-CBSA")
    record = published_bulletin()
    released(record, "CBSA", "HSI")
    assert not holds("cbsa.officer", record) and holds("hsi.agent", record)
    cbp.resume("CBP-CBSA")
    assert holds("cbsa.officer", record)


def test_an_accepted_agreement_is_changed_by_another_that_takes_its_place(cbp, cbsa):
    record = published_bulletin()
    released(record, "CBSA")
    before = terms_of(cbp.row("CBP-CBSA"))
    wider = replace(
        before, gives={pk: replace(each, withheld=frozenset()) for pk, each in before.gives.items()}
    )
    draft = cbp.change("CBP-CBSA", wider)
    assert draft.code == "CBP-CBSA-2" and terms_of(cbp.row("CBP-CBSA")) == before
    assert "case" in withheld("cbsa.officer", record)
    with pytest.raises(ValidationError, match="other side accepts"):
        cbp.accept("CBP-CBSA-2")
    with pytest.raises(ValidationError, match="CBP-CBSA-2 already proposes a change"):
        cbsa.change("CBP-CBSA", wider)
    cbsa.accept("CBP-CBSA-2")
    assert "case" not in withheld("cbsa.officer", record)
    with pytest.raises(ValidationError, match="replaced"):
        cbp.suspend("CBP-CBSA")
    settled_by_the_rule()


@pytest.mark.parametrize("at_once", [500, 0])
def test_a_giver_narrows_what_it_gives_at_once_and_alone(at_once, cbp, cbsa, monkeypatch):
    bulletin, report, clear = published_bulletin(), published_seizure(), published_bulletin()
    for record in (bulletin, report):
        released(record, "CBSA")
    released(clear, "CBSA", tlp="TLP:GREEN")
    in_batches(monkeypatch, at_once)
    before = terms_of(cbp.row("CBP-CBSA"))
    own = agency("CBP").pk
    mine = replace(
        before.gives[own],
        kinds=frozenset({"bulletin"}),
        highest_tlp="TLP:GREEN",
        withheld=frozenset({"case", "place"}),
    )
    cbp.change("CBP-CBSA", replace(before, gives={**before.gives, own: mine}))
    cbp.accept("CBP-CBSA-2")
    assert not holds("cbsa.officer", bulletin) and not holds("cbsa.officer", report)
    if holds("cbsa.officer", clear):
        assert "place" in withheld("cbsa.officer", clear)
    settle_all()
    assert holds("cbsa.officer", clear) and "place" in withheld("cbsa.officer", clear)
    settled_by_the_rule()


def test_a_change_that_begins_later_changes_nothing_until_then(cbp, cbsa, jump):
    record = published_bulletin()
    released(record, "CBSA")
    before = terms_of(cbp.row("CBP-CBSA"))
    soon = timezone.now() + DAY
    cbp.change(
        "CBP-CBSA",
        replace(
            before,
            valid_from=soon,
            gives={pk: replace(each, withheld=frozenset({"place"})) for pk, each in before.gives.items()},
        ),
    )
    cbsa.accept("CBP-CBSA-2")
    assert "case" in withheld("cbsa.officer", record)
    jump(soon)
    assert not holds("cbsa.officer", record)
    assert begin_due(at=soon) == 1 and begin_due(at=soon) == 0
    assert withheld("cbsa.officer", record) >= {"place"} and "case" not in withheld("cbsa.officer", record)


def test_what_waits_for_an_agreement_that_begins_later_arrives_when_it_does(hsi_admin, cbsa, jump):
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", by="hsi.agent")
    soon = timezone.now() + DAY
    hsi_admin.propose(terms(valid_from=soon))
    cbsa.accept("CBSA-HSI")
    assert begin_due(at=timezone.now()) == 0 and not holds("cbsa.officer", record)
    jump(soon + timedelta(seconds=1))
    assert begin_due(at=soon + timedelta(seconds=1)) == 1 and holds("cbsa.officer", record)


def test_a_lapse_denies_in_that_instant_without_any_task(hsi_admin, cbsa, jump):
    end = timezone.now() + 3 * DAY
    hsi_admin.propose(terms(valid_to=end))
    cbsa.accept("CBSA-HSI")
    record = published_bulletin("hsi.agent")
    released(record, "CBSA", by="hsi.agent")
    jump(end - timedelta(milliseconds=1))
    assert holds("cbsa.officer", record)
    jump(end)
    assert not holds("cbsa.officer", record)


def test_a_draft_is_declined_by_the_other_side_or_taken_back_by_its_own(hsi_admin, cbsa):
    hsi_admin.propose(terms())
    cbsa.decline("CBSA-HSI", reason="Ask again in spring")
    assert told("hsi.agent") == ["agreement.declined"]
    assert trail("agreement.decline") == [("ok", "CBSA", "CBSA-HSI")]
    with pytest.raises(ValidationError, match="declined"):
        cbsa.accept("CBSA-HSI")
    assert hsi_admin.propose(terms()).code == "CBSA-HSI-2"
    hsi_admin.decline("CBSA-HSI-2", reason="Wrong days")
    with pytest.raises(ValidationError, match="declined"):
        cbsa.accept("CBSA-HSI-2")


def test_a_stale_form_writes_nothing(hsi_admin, cbsa):
    hsi_admin.propose(terms(gives=scope("place"), takes=scope()))
    looked_at = cbsa.row("CBSA-HSI").revision
    hsi_admin.change("CBSA-HSI", terms(gives=scope(), takes=scope()))
    with pytest.raises(ValidationError, match="changed this agreement meanwhile"):
        cbsa.accept("CBSA-HSI", revision=looked_at)
    assert cbsa.row("CBSA-HSI").accepted_at is None
    cbsa.accept("CBSA-HSI")
    revision = cbsa.row("CBSA-HSI").revision
    hsi_admin.suspend("CBSA-HSI")
    with pytest.raises(ValidationError, match="meanwhile"):
        cbsa.suspend("CBSA-HSI", revision=revision)


def test_two_agreements_of_the_same_two_do_not_overlap_in_one_direction(cbp, cbsa):
    with pytest.raises(ValidationError, match="CBP-CBSA already covers this direction until"):
        cbp.propose(terms("CBP", "CBSA"))
    until = cbp.row("CBP-CBSA").valid_to
    after = cbp.propose(terms("CBP", "CBSA", valid_from=until, valid_to=until + 100 * DAY))
    assert after.code == "CBP-CBSA-2"
    with pytest.raises(ValidationError, match="CBP-CBSA-2 is already proposed"):
        cbsa.propose(terms("CBSA", "CBP", valid_from=until + DAY, valid_to=until + 9 * DAY))


def test_the_other_direction_may_have_an_agreement_of_its_own(hsi_admin, cbsa):
    hsi_admin.propose(terms(gives=scope(), takes=None))
    cbsa.accept("CBSA-HSI")
    hsi_admin.propose(terms(gives=None, takes=scope()))
    cbsa.accept("CBSA-HSI-2")
    theirs = published_bulletin("cbsa.officer")
    released(theirs, "HSI", by="cbsa.releaser")
    assert holds("hsi.agent", theirs)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"valid_to": timezone.now() - 2 * DAY}, "valid_to"),
        ({"valid_from": timezone.now() + 9 * DAY, "valid_to": timezone.now() + 3 * DAY}, "valid_to"),
        ({"valid_to": timezone.now() + 40 * 365 * DAY}, "valid_to"),
        ({"gives": {}}, "gives"),
        ({"name": "  "}, "name"),
    ],
)
def test_terms_that_cannot_stand_are_refused_by_field(values, field, hsi_admin):
    with pytest.raises(ValidationError) as refused:
        hsi_admin.propose(replace(terms(), **values))
    assert field in refused.value.message_dict
    with viewing(viewer("hsi.agent")):
        assert not Agreement.objects.exists()
    assert hsi_admin.propose(terms()).pk


@pytest.mark.parametrize(("first", "second"), [("HSI", "HSI"), ("HSI", "CBP")])
def test_neither_with_oneself_nor_within_one_country(first, second, hsi_admin):
    with pytest.raises(ValidationError) as refused:
        hsi_admin.propose(terms(first, second))
    assert "other" in refused.value.message_dict


@pytest.mark.parametrize(
    "sql",
    [
        "update sharing_agreement set valid_to = valid_to + interval '1 day' where code = 'CBP-CBSA'",
        "update sharing_agreement set code = 'X' where code = 'CBP-CBSA'",
        "insert into sharing_direction (agreement_id, giver_id, kinds, drug_classes, highest_tlp, withheld, caveat,"
        " legal_basis, permitted_use) select id, first_id, '{bulletin}', '{}', 'TLP:RED', '{}', '', 'x', 'x'"
        " from sharing_agreement where code = 'CBP-CBSA'",
        "update sharing_agreement set suspended_at = null, suspended_by = '{1}' where code = 'CBP-CBSA'",
        "delete from sharing_agreement",
        "delete from sharing_unsettled",
    ],
)
def test_the_database_keeps_what_was_accepted(sql):
    with viewing(viewer("cbp.admin")):
        with connection.cursor() as cursor:
            cursor.execute("update sharing_agreement set suspend_reason = '' where code = 'CBP-CBSA'")
            assert cursor.rowcount == 1
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_directions_of_what_was_accepted_are_neither_changed_nor_removed_by_the_application():
    with viewing(viewer("cbp.admin")), connection.cursor() as cursor:
        for sql in ("update sharing_direction set highest_tlp = 'TLP:RED'", "delete from sharing_direction"):
            cursor.execute(sql)
            assert cursor.rowcount == 0


def test_a_draft_of_others_is_in_nobody_elses_reasons(hsi_admin, cbsa):
    from sharing.audiences.preview import preview

    hsi_admin.propose(terms(whole_governments=True))
    record = published_seizure()
    who = viewer("cbp.releaser")
    with viewing(who):
        foreseen = preview(record, plan(pick("RCMP")), viewer=who, at=timezone.now())
        release([record], plan(pick("RCMP")), viewer=who, at=timezone.now())
    (row,) = foreseen.rows
    assert "no live agreement with CBP" in row.reasons and "CBSA-HSI" not in str(row.reasons)
    cbsa.accept("CBSA-HSI")
    assert holds("rcmp.officer", record) and person("rcmp.officer")


def test_one_side_alone_neither_accepts_its_draft_nor_lifts_the_others_suspension_by_sql(
    hsi_admin, cbp, cbsa
):
    """Whatever an action forgets: the table asks whose say it is."""
    draft = hsi_admin.propose(terms("HSI", "CBSA"))
    cbsa.suspend("CBP-CBSA")

    def write(username, sql, code):
        with viewing(viewer(username)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"update sharing_agreement set {sql} where code = %s", [code])
            return cursor.rowcount

    for username, sql, code in (
        (hsi_admin.username, "accepted_at = now()", draft.code),
        (cbp.username, "suspended_by = '{}', suspended_at = null", "CBP-CBSA"),
    ):
        with pytest.raises(DatabaseError, match="the other side"):
            write(username, sql, code)
    assert write(cbsa.username, "accepted_at = now()", draft.code) == 1
    assert write(cbsa.username, "suspended_by = '{}', suspended_at = null", "CBP-CBSA") == 1
