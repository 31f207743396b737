"""What an emergency opens and what it never does; who may ask and who may confirm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bulletins.markings.models import TLP, Control
from sharing.emergencies.rules import ANSWERED_WITHIN, Inspector, ask_refusals, confirm_refusals
from sharing.releases.grounds import Decision, Opening
from sharing.releases.rules import decide_emergency
from tests.releases.test_rules import CBP, CBSA, DAY, HSI, NOW, RCMP, TXDPS, Party, facts, subject, to, treaty

HOUR = timedelta(hours=1)
TOM = 900


def opened(record=None, party: Party = TXDPS, *, at=NOW, **values) -> Decision:
    return decide_emergency(
        record or subject(), party, Opening(1, TOM, party.id, NOW + HOUR), facts(**values), at
    )


def test_it_opens_the_newest_version_whole_to_one_person_for_its_time():
    found = opened(subject(version=3))
    assert (found.allowed, found.version, found.withheld, found.persons) == (True, 3, frozenset(), {TOM})
    assert found.until == NOW + HOUR
    assert not opened(at=NOW + HOUR).allowed


def test_it_is_for_its_own_agency_alone():
    assert not decide_emergency(subject(), HSI, Opening(1, TOM, TXDPS.id, NOW + HOUR), facts(), NOW).allowed


@pytest.mark.parametrize(
    "closed",
    [
        {"tlp": TLP.RED},
        {"recalled": True},
        {"embargoed_until": NOW + DAY},
        {"version": 0},
        {"controls": frozenset({Control.FED_ONLY})},
    ],
)
def test_some_things_are_never_opened(closed):
    assert opened(subject()).allowed
    assert not opened(subject(**closed)).allowed


def test_a_suspended_agency_is_never_let_in():
    assert opened().allowed
    assert not opened(party=Party(4, "TXDPS", "US", "dhe_state", active=False)).allowed


def test_it_crosses_no_border_without_an_agreement_and_leaves_behind_what_that_withholds():
    assert not opened(party=CBSA).allowed
    found = opened(party=CBSA, treaties=[treaty(CBP, CBSA, "case")])
    assert found.allowed and found.withheld == {"case"}
    assert not opened(party=RCMP, treaties=[treaty()]).allowed
    assert not opened(party=CBSA, treaties=[treaty(suspended=True)]).allowed
    assert not opened(subject(controls=frozenset({Control.NOFORN})), CBSA, treaties=[treaty()]).allowed
    # It ends when the agreement does.
    lapsing = treaty(valid_to=NOW + timedelta(minutes=10))
    assert opened(party=CBSA, treaties=[lapsing]).until == NOW + timedelta(minutes=10)


def test_an_originator_is_told_not_asked_but_its_border_counts():
    assert opened(subject(originator=HSI)).allowed
    assert opened(subject(originator=None)).allowed
    assert not opened(subject(originator=CBSA)).allowed
    assert opened(subject(originator=CBSA), treaties=[treaty(CBSA, TXDPS)]).allowed


def test_identifiers_are_opened_in_danger_unless_nobody_may_be_shown_them():
    plain = Party(40, "TOPD", "US", "tribal", cfr23=False)
    assert opened(subject(), plain).withheld == frozenset()
    assert opened(subject(certified=False), plain).withheld == {"identifiers"}
    assert opened(subject(review_at=NOW), plain).withheld == {"identifiers"}
    soon = opened(subject(review_at=NOW + timedelta(minutes=5)), plain)
    assert soon.withheld == frozenset() and soon.until == NOW + timedelta(minutes=5)


def test_what_a_release_withholds_from_the_agency_is_open():
    withholding = facts(to(TXDPS, "place"))
    found = decide_emergency(subject(), TXDPS, Opening(1, TOM, TXDPS.id, NOW + HOUR), withholding, NOW)
    assert found.allowed and found.withheld == frozenset()


# --- Who may ----------------------------------------------------------------------------------------------
IRIS, IAN, COLLEAGUE, STRAY = Inspector(1, 10), Inspector(2, 20), Inspector(3, 10), Inspector(4, None)
DANGER = "Officers are about to open the tank with bare hands"


def test_asking_needs_an_agency_behind_it_an_exact_reference_and_a_danger():
    assert ask_refusals(by=IRIS, ref="7K3M-Q2XF", danger=DANGER) == {}
    assert "__all__" in ask_refusals(by=STRAY, ref="7K3M-Q2XF", danger=DANGER)
    for ref in ("7K3M", "7K3M-Q2X*", "", "7k3m-q2xf "):
        assert "ref" in ask_refusals(by=IRIS, ref=ref, danger=DANGER), ref
    for danger in ("", "  ", "danger", "x" * 501):
        assert "danger" in ask_refusals(by=IRIS, ref="7K3M-Q2XF", danger=danger), danger


@pytest.mark.parametrize(("by", "may"), [(IAN, True), (IRIS, False), (COLLEAGUE, False), (STRAY, False)])
def test_an_inspector_of_another_agency_confirms(by, may):
    found = confirm_refusals(asked=IRIS, asked_at=NOW, by=by, at=NOW + timedelta(minutes=2))
    assert (found == []) is may


def test_what_nobody_answered_was_not_imminent():
    late = NOW + ANSWERED_WITHIN
    assert confirm_refusals(asked=IRIS, asked_at=NOW, by=IAN, at=late)
    assert not confirm_refusals(asked=IRIS, asked_at=NOW, by=IAN, at=late - timedelta(seconds=1))
