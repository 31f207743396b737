"""Sharing on, verb by verb: asked, consented, released, refused, withdrawn; and who learns what of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Found, Record
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Given, Withdrawal
from sharing.deliveries.models import Alert
from sharing.deliveries.querysets import notices as of_desk
from sharing.disclosures.reading import shown_to
from sharing.flow import carry_over, release
from sharing.releases.models import Consent, Release
from sharing.releases.plan import Pick
from sharing.requests.actions import grant, refuse_request, withdraw_consent, withdraw_request
from sharing.requests.models import OnwardRequest, RequestState, Verdict, VerdictState
from sharing.requests.querysets import concerning, requests_of, verdicts_of
from sharing.requests.rules import EVERY_GROUP, Terms
from tests.builders import CANARIES, asked, consented, granted, plan, published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import send

pytestmark = pytest.mark.django_db


def seen(username, record):
    who = viewer(username)
    with viewing(who):
        return shown_to(who, record.kind, record.ref)


def withheld_from(username, record) -> set[str]:
    shown = seen(username, record)
    assert shown is not None
    return {each.group for each in shown.withheld}


def again(request) -> OnwardRequest:
    with engine():
        return OnwardRequest.objects.select_related("answered_by").get(pk=request.pk)


def say(request, code) -> str:
    with engine():
        return Verdict.objects.get(request=request, agency__code=code).state


def nothing_left_to_do() -> bool:
    changes = rebuild_grants(timezone.now())
    return not (changes.granted or changes.changed or changes.withdrawn)


# --- The owner is the originator ---------------------------------------------------------------------------
def test_the_owner_of_its_own_finding_grants_by_a_release(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    assert seen("txdps.trooper", own) is None
    granted(request, "place", by="cbp.releaser")
    assert withheld_from("txdps.trooper", own) == {"place"}
    assert again(request).state == RequestState.GRANTED
    assert nothing_left_to_do()
    with viewing(viewer("cbp.releaser")):
        given = Given.objects.get(record_id=own.pk, agency__code="TXDPS")
        due = Record.objects.values_list("review_due", flat=True).get(pk=own.pk)
    # It names a subject: past its review date identifiers are shown no more, until then nothing changes.
    assert given.until is not None and given.until.date() == due


def test_it_is_granted_whole_in_part_or_as_its_tear_line_alone(own):
    for terms, held in ((Terms(), set()), (Terms(EVERY_GROUP), set(EVERY_GROUP))):
        request = asked(own, "TXDPS", by="stx.analyst")
        who = viewer("cbp.releaser")
        with viewing(who):
            grant(request, terms, viewer=who, at=timezone.now())
        shown = seen("txdps.trooper", own)
        assert {each.group for each in shown.withheld} == held
        assert shown.core["tear_line"]
    for group in EVERY_GROUP:
        assert CANARIES[group] not in str(shown.facts)


def test_only_the_owners_people_grant_what_it_alone_decides(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    for username in ("stx.analyst", "hsi.agent", "txdps.trooper"):
        with pytest.raises(PermissionDenied):
            granted(request, by=username)
    assert seen("txdps.trooper", own) is None
    granted(request, by="cbp.releaser")
    assert seen("txdps.trooper", own)


# --- The originator is another -----------------------------------------------------------------------------
def test_the_originator_consents_first_and_then_the_owner_releases(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    assert (say(request, "HSI"), say(request, "CBP")) == (VerdictState.WAITING, VerdictState.LATER)
    with pytest.raises(ValidationError):
        granted(request, by="cbp.releaser")
    granted(request, "technique", by="hsi.agent")
    assert seen("txdps.trooper", of_hsi) is None
    assert say(request, "CBP") == VerdictState.WAITING and again(request).state == RequestState.WAITING
    granted(request, "place", by="cbp.releaser")
    assert withheld_from("txdps.trooper", of_hsi) == {"technique", "place"}
    assert set(again(request).withheld) == {"technique", "place"}
    assert nothing_left_to_do()


def test_no_release_reaches_a_third_agency_without_the_originators_consent(of_hsi):
    released(of_hsi, "HIDTA-STX", "TXDPS")
    assert seen("stx.analyst", of_hsi) and seen("txdps.trooper", of_hsi) is None


def test_where_the_owner_asked_the_consent_makes_its_release_stand(of_hsi):
    released(of_hsi, "HIDTA-STX", "TXDPS")
    request = asked(of_hsi, "TXDPS", by="cbp.officer")
    assert seen("txdps.trooper", of_hsi) is None
    changes = granted(request, by="hsi.agent")
    assert changes.granted == [(of_hsi.pk, agency("TXDPS").pk)]
    assert seen("txdps.trooper", of_hsi)
    assert again(request).state == RequestState.GRANTED
    with engine():
        assert Alert.objects.filter(record=of_hsi, kind="new").count() == 2


def test_a_consent_is_for_one_version(of_hsi):
    who = viewer("cbp.releaser")
    with viewing(who):
        publish(of_hsi, viewer=who, at=timezone.now(), note="Weighed again")
        of_hsi.refresh_from_db()
        carry_over(
            of_hsi,
            Release.objects.filter(record=of_hsi, ended_at=None).values_list("pk", flat=True),
            viewer=who,
            at=timezone.now(),
        )
    assert seen("stx.analyst", of_hsi) is None
    consented(of_hsi, "HIDTA-STX", by="hsi.agent")
    assert seen("stx.analyst", of_hsi).version == 2


def test_a_consent_ends_to_the_instant(of_hsi, jump):
    end = timezone.now() + timedelta(days=2)
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, by="hsi.agent", until=end)
    granted(request, by="cbp.releaser")
    assert again(request).until == end
    jump(end - timedelta(microseconds=1))
    assert seen("txdps.trooper", of_hsi) and found("txdps.trooper", of_hsi)
    jump(end)
    assert seen("txdps.trooper", of_hsi) is None and not found("txdps.trooper", of_hsi)
    assert seen("stx.analyst", of_hsi)


def found(username, record) -> bool:
    who = viewer(username)
    with viewing(who):
        return Found.objects.visible_to(who).filter(record_id=record.pk).exists()


def test_a_consent_withdrawn_takes_away_what_came_by_it_alone(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, by="hsi.agent")
    granted(request, by="cbp.releaser")
    assert seen("txdps.trooper", of_hsi)
    who = viewer("hsi.agent")
    with viewing(who):
        changes = withdraw_consent(request, viewer=who, at=timezone.now())
    assert changes.withdrawn == [(of_hsi.pk, agency("TXDPS").pk)]
    assert seen("txdps.trooper", of_hsi) is None and seen("stx.analyst", of_hsi)
    reader = viewer("txdps.trooper")
    with viewing(reader):
        (told,) = Withdrawal.objects.visible_to(reader).filter(ref=of_hsi.ref)
        assert (told.kind, told.reason) == ("ended", "")
    assert nothing_left_to_do()
    with viewing(who), pytest.raises(ValidationError):
        withdraw_consent(request, viewer=who, at=timezone.now())


def test_consenting_anew_replaces_what_stood(of_hsi):
    for groups in (("place",), ("technique",)):
        request = asked(of_hsi, "TXDPS", by="stx.analyst")
        granted(request, *groups, by="hsi.agent")
        granted(request, by="cbp.releaser")
        assert withheld_from("txdps.trooper", of_hsi) == set(groups)
    with viewing(viewer("hsi.agent")):
        standing = Consent.objects.filter(record_id=of_hsi.pk, recipient=agency("TXDPS"), withdrawn_at=None)
        assert standing.count() == 1


# --- Refusing and taking back ------------------------------------------------------------------------------
def test_a_refusal_gives_its_reason_to_the_asker_and_ends_the_request(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    who = viewer("hsi.agent")
    with viewing(who):
        with pytest.raises(ValidationError):
            refuse_request(request, "  ", viewer=who, at=timezone.now())
        refuse_request(request, "The case is open", viewer=who, at=timezone.now())
    asker = viewer("stx.analyst")
    with viewing(asker):
        (row,) = [each for each in requests_of(asker) if each.pk == request.pk]
        assert (row.state, row.answer, row.answered_by.code) == ("refused", "The case is open", "HSI")
    assert say(request, "CBP") == VerdictState.CLOSED
    with pytest.raises(ValidationError):
        granted(request, by="hsi.agent")
    assert seen("txdps.trooper", of_hsi) is None


def test_the_asker_takes_a_request_back_and_nobody_answers_it_then(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    who, other = viewer("stx.analyst"), viewer("cbp.releaser")
    with viewing(other), pytest.raises(PermissionDenied):
        withdraw_request(request, viewer=other, at=timezone.now())
    with viewing(who):
        withdraw_request(request, viewer=who, at=timezone.now())
        with pytest.raises(ValidationError):
            withdraw_request(request, viewer=who, at=timezone.now())
    with pytest.raises(ValidationError):
        granted(request, by="cbp.releaser")


# --- What cannot be asked ----------------------------------------------------------------------------------
def test_what_is_asked_in_vain_is_said_clearly_and_nothing_is_written(own):
    suspended = agency("NCB-OTTAWA")
    Agency.objects.filter(pk=suspended.pk).update(state=AgencyState.SUSPENDED)
    said = set()
    for to in ("NOBODY", "NCB-OTTAWA", "HIDTA-STX", "CBP"):
        with pytest.raises(ValidationError) as refused:
            asked(own, to, by="stx.analyst")
        said.add(str(refused.value.message_dict["to"]).replace(to, "X"))
    assert len(said) == 3
    with pytest.raises(ValidationError) as refused:
        asked(own, "TXDPS", by="stx.analyst", need=" ", right="x" * 301)
    assert set(refused.value.message_dict) == {"need_to_know", "right_to_know"}
    with pytest.raises(ValidationError):
        asked(own, "TXDPS", by="cbp.officer")
    with engine():
        assert not OnwardRequest.objects.exists()


def test_what_was_asked_waits_once(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    with pytest.raises(ValidationError):
        asked(own, "TXDPS", by="stx.analyst")
    granted(request, by="cbp.releaser")
    asked(own, "TXDPS", by="stx.analyst")


def test_nobody_is_asked_to_share_on_what_is_for_people_named():
    record = published_bulletin()
    who = viewer("cbp.releaser")

    with viewing(who):
        picked = Pick(agency=agency("HIDTA-STX").pk, persons=frozenset({viewer("stx.analyst").person_id}))
        release([record], plan(picked, tlp="TLP:RED"), viewer=who, at=timezone.now())
    with pytest.raises(ValidationError) as refused:
        asked(record, "TXDPS", by="stx.analyst")
    assert "TLP:RED" in str(refused.value)


def test_the_owner_grants_nothing_that_would_reach_nobody(own):
    request = asked(own, "RCMP", by="stx.analyst")
    with pytest.raises(ValidationError) as refused:
        granted(request, by="cbp.releaser")
    assert "no live agreement with CBP" in str(refused.value)
    assert say(request, "CBP") == VerdictState.WAITING


def test_terms_that_cannot_stand_are_refused(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    with pytest.raises(ValidationError):
        granted(request, by="cbp.releaser", until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ValidationError):
        granted(request, "core", by="cbp.releaser")
    assert seen("txdps.trooper", own) is None


# --- Who learns what ---------------------------------------------------------------------------------------
def test_each_sees_of_requests_what_concerns_it_and_others_nothing(of_hsi):
    released(of_hsi, "HIDTA-STX", "DEA")
    consented(of_hsi, "DEA", by="hsi.agent")
    request = asked(of_hsi, "TXDPS", by="stx.analyst")

    def sees(username):
        who = viewer(username)
        with viewing(who):
            return request.pk in set(concerning(who).values_list("pk", flat=True))

    assert sees("stx.analyst") and sees("hsi.agent") and sees("cbp.releaser")
    # The one it is for, another holder, a stranger, and those above agencies.
    for username in ("txdps.trooper", "dea.agent", "ncb.officer", "steward", "inspector"):
        assert not sees(username), username
    granted(request, by="hsi.agent")
    granted(request, by="cbp.releaser")
    assert seen("txdps.trooper", of_hsi) and not sees("txdps.trooper")


def test_the_asker_reads_no_word_of_those_who_decide(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    with viewing(viewer("stx.analyst")):
        assert not Verdict.objects.exists() and not Consent.objects.exists()
    with viewing(viewer("hsi.agent")):
        assert {row.agency.code for row in Verdict.objects.filter(request=request)} == {"HSI"}
    with viewing(viewer("cbp.releaser")):
        assert {row.agency.code for row in Verdict.objects.filter(request=request)} == {"HSI", "CBP"}


def test_a_request_is_accepted_alike_whether_the_agency_has_it_or_not(own):
    released(own, "TXDPS")
    request = asked(own, "TXDPS", by="stx.analyst")
    other = asked(own, "DEA", by="stx.analyst")
    assert request.state == other.state == RequestState.WAITING
    granted(request, by="cbp.releaser")
    assert seen("txdps.trooper", own)


def test_those_asked_are_told_and_so_is_the_asker(of_hsi):
    def notices(username):
        who = viewer(username)
        with viewing(who):
            return [each.alert.facts["what"] for each in of_desk(who)]

    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    send()
    assert "request.asked" in notices("hsi.agent")
    assert notices("cbp.releaser") == ["request.granted"]  # of its own, earlier
    granted(request, by="hsi.agent")
    granted(request, by="cbp.releaser")
    send()
    assert "request.asked" in notices("cbp.releaser")
    assert notices("stx.analyst") == ["request.granted"]
    assert notices("txdps.trooper") == []


def test_each_deed_is_on_the_trail_of_who_did_it(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, by="hsi.agent")
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(object_id=of_hsi.ref, event__regex="^(request|consent)")
        found = [(row.event, row.actor) for row in rows.order_by("id")][-3:]
    assert found == [
        ("request.ask", "stx.analyst"),
        ("consent.give", "hsi.agent"),
        ("request.grant", "hsi.agent"),
    ]


def test_the_lists_of_asker_and_asked_name_it(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    who = viewer("hsi.agent")
    with viewing(who):
        assert request.pk in {row.request_id for row in verdicts_of(who)}
    owner = viewer("cbp.releaser")
    with viewing(owner):
        assert request.pk not in {row.request_id for row in verdicts_of(owner)}


def on_the_owners_trail():
    with viewing(viewer("cbp.admin")):
        rows = TrailRow.objects.filter(event="record.consent").order_by("id")
        return list(
            rows.values_list("actor", "ip", "user_agent", "credential", "audience_before", "audience_after")
        )


def test_a_consent_that_brings_or_takes_holders_is_on_the_owners_trail(of_hsi):
    (arrived,) = on_the_owners_trail()
    assert arrived == ("", None, "", "", ["CBP"], ["CBP", "HIDTA-STX"])
    who = viewer("hsi.agent")
    with viewing(who):
        request = OnwardRequest.objects.get(record_id=of_hsi.pk)
        withdraw_consent(request, viewer=who, at=timezone.now())
        assert not TrailRow.objects.filter(event="record.consent").exists()
    assert on_the_owners_trail()[1:] == [("", None, "", "", ["CBP", "HIDTA-STX"], ["CBP"])]


def test_a_consent_for_a_member_of_a_hidden_roster_names_it_to_no_owner(owner_sql):
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    try:
        found = published_bulletin(originator=agency("HSI"))
        released(found, "community:HIDTA-STX")
        consented(found, "TXDPS", by="hsi.agent")
        assert seen("txdps.trooper", found) and on_the_owners_trail() == []
    finally:
        owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")
