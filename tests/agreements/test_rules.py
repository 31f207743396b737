"""The rules of agreements, each with a yes and a no: terms, overlap, narrowing, warnings, what a direction covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sharing.agreements.rules import (
    Scope,
    Stand,
    Standing,
    Terms,
    days_left,
    due_warning,
    narrows,
    overlaps,
    resume_refusal,
    suspend_refusal,
    terms_refusals,
)
from sharing.releases.grounds import Party, Subject, Treaty
from sharing.releases.rules import treaty_refusals

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
US, CA = 1, 2
SCOPE = Scope(frozenset({"bulletin", "seizure"}), "TLP:AMBER", "Treaty", "Customs", keep_days=100)
TERMS = Terms(US, CA, "Memorandum", NOW - DAY, NOW + 100 * DAY, {US: SCOPE, CA: SCOPE})


def narrowed(by: int = US, **values) -> bool:
    new = replace(TERMS, gives={**TERMS.gives, US: replace(SCOPE, **values)})
    return narrows(TERMS, new, by=by)


@pytest.mark.parametrize(
    "values",
    [
        {"kinds": frozenset({"bulletin"})},
        {"highest_tlp": "TLP:GREEN"},
        {"withheld": frozenset({"place"})},
        {"drug_classes": frozenset({"opioid"})},
        {"keep_days": 50},
        {"withheld": frozenset({"place"}), "caveat": "Not for court"},
    ],
)
def test_a_giver_takes_away_from_what_it_gives_without_leave_and_from_nothing_else(values):
    assert narrowed(**values)
    assert not narrowed(by=CA, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"highest_tlp": "TLP:RED"},
        {"keep_days": None},
        {"keep_days": 200},
        {"legal_basis": "Another treaty"},
        {"permitted_use": "Anything"},
        {"withheld": frozenset({"place"}), "highest_tlp": "TLP:RED"},
        {},
    ],
)
def test_what_gives_more_or_otherwise_is_no_narrowing(values):
    assert not narrowed(**values)


def test_less_withheld_more_classes_other_days_or_parties_are_no_narrowing():
    held = replace(TERMS, gives={US: replace(SCOPE, withheld=frozenset({"place"})), CA: SCOPE})
    assert not narrows(held, TERMS, by=US) and narrows(TERMS, held, by=US)
    some = replace(TERMS, gives={US: replace(SCOPE, drug_classes=frozenset({"opioid"})), CA: SCOPE})
    assert not narrows(some, TERMS, by=US) and narrows(TERMS, some, by=US)
    assert not narrows(TERMS, replace(TERMS, valid_to=TERMS.valid_to - DAY), by=US)
    stopped = replace(TERMS, gives={CA: SCOPE})
    assert narrows(TERMS, stopped, by=US) and not narrows(TERMS, stopped, by=CA)
    assert not narrows(stopped, TERMS, by=US)


def test_governments_are_left_out_without_leave_only_by_the_one_who_gives():
    whole = replace(TERMS, gives={US: SCOPE}, whole_governments=True)
    assert narrows(whole, replace(whole, whole_governments=False), by=US)
    both = replace(whole, gives=TERMS.gives)
    assert not narrows(both, replace(both, whole_governments=False), by=US)
    assert not narrows(replace(whole, whole_governments=False), whole, by=US)


def test_two_overlap_in_the_same_direction_at_the_same_time_and_else_not():
    other = Standing("CBP-CBSA", frozenset({US}), NOW, NOW + 10 * DAY, accepted=True)
    assert "CBP-CBSA already covers" in overlaps(TERMS, [other])[0]
    assert "already proposed" in overlaps(TERMS, [replace(other, accepted=False)])[0]
    assert not overlaps(replace(TERMS, gives={CA: SCOPE}), [other])
    after = replace(TERMS, valid_from=other.valid_to, valid_to=other.valid_to + DAY)
    assert not overlaps(after, [other])
    assert overlaps(replace(after, valid_from=other.valid_to - timedelta(seconds=1)), [other])


def refused(terms: Terms, nations=("US", "CA")) -> set[str]:
    return {field for field, said in terms_refusals(terms, by=US, nations=nations, at=NOW)}


def test_terms_that_can_stand_are_not_refused_and_the_others_by_field():
    assert refused(TERMS) == set()
    assert refused(TERMS, ("US", "US")) == {"other"}
    assert refused(replace(TERMS, second=US, gives={US: SCOPE})) == {"other"}
    assert refused(replace(TERMS, valid_to=TERMS.valid_from)) == {"valid_to"}
    assert refused(replace(TERMS, valid_to=NOW)) == {"valid_to"}
    assert refused(replace(TERMS, gives={})) == {"gives"}
    assert refused(replace(TERMS, gives={3: SCOPE})) == {"gives"}
    empty = replace(SCOPE, kinds=frozenset(), legal_basis=" ", permitted_use="", keep_days=0)
    fields = {"kinds", "legal_basis", "permitted_use", "keep_days"}
    assert refused(replace(TERMS, gives={US: empty})) == {f"gives_{name}" for name in fields}
    assert refused(replace(TERMS, gives={CA: empty})) == {f"takes_{name}" for name in fields}


@pytest.mark.parametrize(
    ("left", "warned", "found"),
    [
        (61, [], None),
        (60, [], (60, [60])),
        (59, [60], None),
        (30, [60], (30, [30])),
        (29, [], (30, [60, 30])),
        (7, [60, 30], (7, [7])),
        (3, [60], (7, [30, 7])),
        (3, [60, 30, 7], None),
        (0, [], None),
        (-1, [], None),
    ],
)
def test_a_warning_is_due_once_for_each_number_of_days_also_after_days_without_a_look(left, warned, found):
    assert due_warning(NOW + left * DAY, warned, NOW) == found


def test_days_left_are_whole_and_one_until_the_very_end():
    assert days_left(NOW + 60 * DAY - timedelta(minutes=30), NOW) == 60
    assert days_left(NOW + timedelta(minutes=1), NOW) == 1
    assert days_left(NOW, NOW) == 0


def test_each_side_suspends_and_takes_up_for_itself():
    assert suspend_refusal(Stand.IN_FORCE, [], US) == "" == suspend_refusal(Stand.SUSPENDED, [CA], US)
    assert suspend_refusal(Stand.SUSPENDED, [US], US)
    for over in (Stand.DRAFT, Stand.DECLINED, Stand.REPLACED, Stand.LAPSED):
        assert suspend_refusal(over, [], US)
    assert resume_refusal(Stand.SUSPENDED, [US], US) == ""
    assert "other side" in resume_refusal(Stand.SUSPENDED, [CA], US)
    assert "operators" in resume_refusal(Stand.SUSPENDED, [], US)
    assert resume_refusal(Stand.IN_FORCE, [], US)


@pytest.mark.parametrize(
    ("classes", "covered"),
    [({"opioid"}, True), (set(), True), ({"opioid", "stimulant"}, False), ({""}, False)],
)
def test_substance_classes_keep_out_what_is_outside_them_and_not_what_names_no_substance(classes, covered):
    cbp, cbsa = Party(1, "CBP", "US", "federal"), Party(2, "CBSA", "CA", "foreign")
    treaty = Treaty(
        1, "CBP-CBSA", cbp, cbsa, frozenset({"bulletin"}), frozenset({"opioid"}), "TLP:RED", frozenset(),
        NOW - DAY, NOW + DAY,
    )  # fmt: skip
    subject = Subject(1, "bulletin", cbp, cbp, 1, "TLP:AMBER", drug_classes=frozenset(classes))
    assert (treaty_refusals(treaty, subject, NOW) == []) is covered
