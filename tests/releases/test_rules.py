"""The reading rule: each row of its table with a yes and a no, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulletins.markings.models import TLP
from bulletins.markings.rules import RANK
from bulletins.vocabulary.lists import FieldGroup
from sharing.releases.grounds import (
    Allowed,
    Decision,
    Facts,
    Party,
    Reach,
    Reason,
    Roster,
    Said,
    Subject,
    Treaty,
)
from sharing.releases.rules import decide

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

CBP = Party(1, "CBP", "US", "federal", cfr23=True)
HSI = Party(2, "HSI", "US", "federal", cfr23=True)
AMO = Party(3, "CBP-AMO", "US", "federal", parent=2, cfr23=True)
TXDPS = Party(4, "TXDPS", "US", "dhe_state", cfr23=True)
TOPD = Party(5, "TOPD", "US", "tribal")
CBSA = Party(6, "CBSA", "CA", "foreign", cfr23=True)
RCMP = Party(7, "RCMP", "CA", "foreign")
NCB = Party(8, "NCB-OTTAWA", "CA", "international")
INTERPOL = Party(9, "INTERPOL", "", "international")
EVERYBODY = (CBP, HSI, AMO, TXDPS, TOPD, CBSA, RCMP, NCB, INTERPOL)

REGION = 100
AUTHOR, RELEASER, CLAIRE = 501, 502, 503


def subject(tlp: str = TLP.AMBER, **values) -> Subject:
    defaults = {
        "id": 1,
        "kind": "bulletin",
        "owner": CBP,
        "originator": CBP,
        "version": 1,
        "drug_classes": frozenset({"opioid"}),
        "has_identifiers": True,
        "certified": True,
        "author": AUTHOR,
    }
    return Subject(tlp=str(tlp), **{**defaults, **values})


def to(party: Party, *withheld: str, number: int = 1, version: int = 1, **values) -> Reach:
    return Reach(number, version, agency=party.id, withheld=frozenset(withheld), by=RELEASER, **values)


def to_region(
    *withheld: str, members=(HSI, TXDPS, CBSA), number: int = 2, version: int = 1, **values
) -> Reach:
    return Reach(
        number,
        version,
        community=REGION,
        members=frozenset(party.id for party in members),
        withheld=frozenset(withheld),
        by=RELEASER,
        **values,
    )


def to_all(**values) -> Reach:
    return Reach(3, 1, by=RELEASER, **values)


def region(*members: Party, closes_at: datetime | None = None) -> dict[int, Roster]:
    chosen = members or (HSI, TXDPS, CBSA)
    return {REGION: Roster(REGION, "South Texas", frozenset(party.id for party in chosen), closes_at)}


def treaty(giver: Party = CBP, taker: Party = CBSA, *withheld: str, number: int = 1, **values) -> Treaty:
    defaults = {
        "kinds": frozenset({"bulletin", "seizure"}),
        "drug_classes": frozenset(),
        "highest_tlp": TLP.RED,
        "valid_from": NOW - 30 * DAY,
        "valid_to": NOW + 365 * DAY,
    }
    return Treaty(number, "CBP-CBSA", giver, taker, withheld=frozenset(withheld), **{**defaults, **values})


def facts(*releases: Reach, treaties=(), rosters=None, consents=()) -> Facts:
    return Facts(releases, region() if rosters is None else rosters, tuple(treaties), tuple(consents))


def allowed(record: Subject, party: Party, *releases: Reach, at: datetime = NOW, **values) -> bool:
    return decide(record, party, facts(*releases, **values), at).allowed


# --- The table, row by row --------------------------------------------------------------------------------
def test_the_owner_reads_its_own_and_another_does_not():
    assert allowed(subject(), CBP)
    assert not allowed(subject(), HSI)


def test_without_a_live_release_nobody_else_reads_it():
    assert allowed(subject(), HSI, to(HSI))
    assert not allowed(subject(), TXDPS, to(HSI))
    assert not allowed(subject(), HSI)
    assert not allowed(subject(), HSI, to(HSI, ends_at=NOW))
    assert not allowed(subject(), HSI, to(HSI, starts_at=NOW + DAY))


@pytest.mark.parametrize(
    ("tlp", "named", "client", "community", "everybody"),
    [
        (TLP.CLEAR, True, True, True, True),
        (TLP.GREEN, True, True, True, False),
        (TLP.AMBER, True, True, True, False),
        (TLP.STRICT, True, False, False, False),
        (TLP.RED, False, False, False, False),
    ],
)
def test_tlp_says_whom_a_release_may_name(tlp, named, client, community, everybody):
    record = subject(tlp)
    assert allowed(record, HSI, to(HSI)) is named
    assert allowed(record, AMO, to(HSI)) is client
    assert allowed(record, TXDPS, to_region()) is community
    assert allowed(record, AMO, to_region()) is community  # a member's client
    assert allowed(record, TOPD, to_all()) is everybody


def test_red_reaches_the_people_named_and_inside_the_owner_its_author_and_releasers():
    record = subject(TLP.RED)
    named = to(CBSA, persons=frozenset({CLAIRE}))
    found = decide(record, CBSA, facts(named, treaties=[treaty()]), NOW)
    assert found.allowed and found.persons == {CLAIRE}
    assert not decide(record, RCMP, facts(named, treaties=[treaty()]), NOW).allowed
    assert decide(record, CBP, facts(), NOW).persons == {AUTHOR}
    assert decide(record, CBP, facts(named), NOW).persons == {AUTHOR, RELEASER}
    colleague = to(CBP, persons=frozenset({504}), number=9)
    assert decide(record, CBP, facts(named, colleague), NOW).persons == {AUTHOR, RELEASER, 504}
    assert not decide(replace(record, author=None), CBP, facts(), NOW).allowed


def test_people_named_at_red_stay_the_only_ones_when_the_marking_is_lowered():
    named = to(HSI, persons=frozenset({CLAIRE}))
    lowered = decide(subject(TLP.AMBER), HSI, facts(named), NOW)
    assert lowered.persons == {CLAIRE}
    assert not allowed(subject(TLP.AMBER), AMO, named)  # nor does it reach the agency's clients
    assert decide(subject(TLP.AMBER), HSI, facts(named, to(HSI, number=4)), NOW).persons == frozenset()


def test_amber_takes_the_members_as_of_the_release_and_green_those_who_came_later_too():
    release, rosters = to_region(members=(HSI,)), region(HSI, TOPD)
    assert allowed(subject(TLP.AMBER), HSI, release, rosters=rosters)
    assert not allowed(subject(TLP.AMBER), TOPD, release, rosters=rosters)
    assert allowed(subject(TLP.GREEN), TOPD, release, rosters=rosters)
    assert not allowed(subject(TLP.GREEN), HSI, release, rosters=region(TOPD))  # who has left


def test_a_community_that_has_closed_reaches_nobody():
    assert allowed(subject(), HSI, to_region(), rosters=region(closes_at=NOW + DAY))
    assert not allowed(subject(), HSI, to_region(), rosters=region(closes_at=NOW))


@pytest.mark.parametrize(
    ("controls", "rel_to", "hsi", "txdps", "cbsa", "interpol"),
    [
        ((), (), True, True, True, True),
        (("NOFORN",), (), True, True, False, False),
        (("FED ONLY",), (), True, False, False, False),
        (("REL TO",), ("US", "CA"), True, True, True, False),
        (("REL TO",), ("US",), True, True, False, False),
        (("DISPLAY ONLY",), (), True, True, True, True),
    ],
)
def test_controls_narrow_by_country_and_kind(controls, rel_to, hsi, txdps, cbsa, interpol):
    record = subject(controls=frozenset(controls), rel_to=frozenset(rel_to))
    treaties = [treaty(), treaty(CBP, INTERPOL, number=2)]
    for party, expected in ((HSI, hsi), (TXDPS, txdps), (CBSA, cbsa), (INTERPOL, interpol)):
        assert allowed(record, party, to(party), treaties=treaties) is expected, party.code


def test_an_originator_other_than_the_owner_consents_for_this_recipient_and_version():
    record = subject(originator=HSI)
    consent = Allowed(1, HSI.id, TXDPS.id, frozenset({"detail"}), NOW + DAY)
    assert not allowed(record, TXDPS, to(TXDPS))
    found = decide(record, TXDPS, facts(to(TXDPS), consents=[consent]), NOW)
    assert found.allowed and found.withheld == {"detail"} and found.until == NOW + DAY
    assert not allowed(record, TXDPS, to(TXDPS), consents=[replace(consent, recipient=TOPD.id)])
    assert not allowed(record, TXDPS, to(TXDPS), consents=[replace(consent, version=2)])
    assert not allowed(record, TXDPS, to(TXDPS), consents=[replace(consent, originator=CBP.id)])
    assert not allowed(record, TXDPS, to(TXDPS), consents=[replace(consent, until=NOW)])
    assert allowed(record, HSI, to(HSI))  # the originator itself needs no consent of its own
    assert not allowed(subject(originator=None), TXDPS, to(TXDPS))


def test_an_amendment_without_consent_leaves_the_version_that_has_it():
    record = subject(originator=HSI, version=2, earlier=(Said(1, frozenset({"opioid"})),))
    both = (to(TXDPS), to_region(number=2, version=2))
    found = decide(record, TXDPS, facts(*both, consents=[Allowed(1, HSI.id, TXDPS.id)]), NOW)
    assert found.allowed and found.version == 1
    newer = decide(
        record,
        TXDPS,
        facts(*both, consents=[Allowed(1, HSI.id, TXDPS.id), Allowed(2, HSI.id, TXDPS.id)]),
        NOW,
    )
    assert newer.version == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"valid_to": NOW},
        {"valid_from": NOW + DAY},
        {"accepted": False},
        {"suspended": True},
        {"kinds": frozenset({"seizure"})},
        {"drug_classes": frozenset({"cocaine"})},
        {"highest_tlp": TLP.GREEN},
        {"giver": CBSA, "taker": CBP},
    ],
)
def test_across_a_border_a_live_agreement_in_that_direction_covers_kind_substance_and_tlp(broken):
    good = treaty(drug_classes=frozenset({"opioid", "cocaine"}))
    assert allowed(subject(), CBSA, to(CBSA), treaties=[good])
    assert not allowed(subject(), CBSA, to(CBSA), treaties=[replace(good, **broken)])
    assert not allowed(subject(), CBSA, to(CBSA))
    assert allowed(subject(), HSI, to(HSI))  # of one country none is asked for


def test_an_agreement_of_governments_covers_their_agencies_and_an_international_body_is_its_own_country():
    plain, whole = treaty(), treaty(whole_governments=True)
    assert not allowed(subject(), RCMP, to(RCMP), treaties=[plain])
    assert allowed(subject(), RCMP, to(RCMP), treaties=[whole])
    assert not allowed(subject(), NCB, to(NCB), treaties=[whole])
    assert allowed(subject(), NCB, to(NCB), treaties=[treaty(CBP, NCB)])


def test_an_agreement_that_owner_and_originator_cross_under_binds_once():
    record, consent = subject(originator=HSI), [Allowed(1, HSI.id, CBSA.id)]
    whole = treaty(whole_governments=True, direction=7)
    found = decide(record, CBSA, facts(to(CBSA), treaties=[whole], consents=consent), NOW)
    assert found.allowed and found.directions == (7,)


def test_a_foreign_originator_needs_an_agreement_of_its_own_towards_the_recipient():
    record = subject(originator=CBSA)
    consent = [Allowed(1, CBSA.id, HSI.id)]
    assert not allowed(record, HSI, to(HSI), consents=consent)
    assert allowed(record, HSI, to(HSI), consents=consent, treaties=[treaty(CBSA, HSI)])


def test_identifiers_need_procedures_certification_and_need_and_right_to_know():
    def withheld(record: Subject, party: Party, release: Reach) -> bool:
        found = decide(record, party, facts(release), NOW)
        assert found.allowed
        return "identifiers" in found.withheld

    assert not withheld(subject(), TXDPS, to(TXDPS))
    assert withheld(subject(), TOPD, to(TOPD))
    assert withheld(subject(certified=False), TXDPS, to(TXDPS))
    assert withheld(subject(), TXDPS, to(TXDPS, need_and_right=False))
    assert not withheld(subject(has_identifiers=False), TOPD, to(TOPD))


def test_an_older_version_is_judged_by_what_it_said_itself():
    earlier = Said(1, frozenset({"cocaine"}), has_identifiers=True, certified=False)
    record = subject(version=2, earlier=(earlier,))
    only_opioids = [treaty(drug_classes=frozenset({"opioid"}))]
    assert "identifiers" in decide(record, TXDPS, facts(to(TXDPS, version=1)), NOW).withheld
    assert "identifiers" not in decide(record, TXDPS, facts(to(TXDPS, version=2)), NOW).withheld
    assert not allowed(record, CBSA, to(CBSA, version=1), treaties=only_opioids)
    assert allowed(record, CBSA, to(CBSA, version=2), treaties=only_opioids)


def test_what_any_release_or_the_agreement_withholds_is_withheld():
    release, agreement = to(CBSA, "place", "identifiers"), treaty(CBP, CBSA, "case")
    assert decide(subject(), CBSA, facts(release, treaties=[agreement]), NOW).withheld == {
        "place",
        "identifiers",
        "case",
    }
    # As a member of a community that gets all of it, too.
    both = facts(release, to_region(), treaties=[agreement])
    assert decide(subject(), CBSA, both, NOW).withheld == {"place", "identifiers", "case"}
    assert decide(subject(), TXDPS, both, NOW).withheld == frozenset()
    # And when the community alone has been given the newer version.
    newer = facts(release, to_region(version=2), treaties=[agreement])
    found = decide(subject(version=2), CBSA, newer, NOW)
    assert found.version == 2 and {"place", "identifiers"} <= found.withheld


def test_the_core_is_never_withheld():
    assert decide(subject(), HSI, facts(to(HSI, "core", "place")), NOW).withheld == {"place"}


def test_a_suspended_agency_reads_nothing():
    assert allowed(subject(), HSI, to(HSI))
    assert not allowed(subject(), replace(HSI, active=False), to(HSI))
    assert not allowed(subject(), replace(CBP, active=False))


def test_a_decision_ends_when_the_first_thing_it_rests_on_ends():
    release = to(CBSA, ends_at=NOW + 3 * DAY)
    agreement = treaty(valid_to=NOW + 2 * DAY)
    assert decide(subject(), CBSA, facts(release, treaties=[agreement]), NOW).until == NOW + 2 * DAY
    spare = replace(agreement, id=2, valid_to=NOW + 9 * DAY)
    ends = decide(
        subject(), CBSA, facts(release, treaties=[replace(agreement, valid_to=NOW + 9 * DAY), spare]), NOW
    )
    assert ends.until == NOW + 3 * DAY
    assert decide(subject(), CBSA, facts(release, treaties=[spare]), NOW + 4 * DAY).until is None
    assert decide(
        subject(), CBSA, facts(replace(release, starts_at=NOW + DAY), treaties=[spare]), NOW
    ) == Decision(False, until=NOW + DAY, why=(Reason("no release reaches it"),))


# --- What holds whatever the facts ------------------------------------------------------------------------
GROUPS = [group.value for group in FieldGroup if group != FieldGroup.CORE]
instants = st.none() | st.integers(-5, 5).map(lambda days: NOW + days * DAY)
withholding = st.frozensets(st.sampled_from(GROUPS), max_size=2)
versions = st.integers(1, 3)
parties = st.sampled_from(EVERYBODY)


@st.composite
def reaches(draw) -> Reach:
    kind = draw(st.sampled_from(["agency", "agency", "community", "all"]))
    starts_at, ends_at = draw(instants), draw(instants)
    if starts_at and ends_at and ends_at <= starts_at:
        ends_at = None
    return Reach(
        id=draw(st.integers(1, 50)),
        version=draw(versions),
        agency=draw(parties).id if kind == "agency" else None,
        community=REGION if kind == "community" else None,
        members=draw(st.frozensets(parties.map(lambda party: party.id)))
        if kind == "community"
        else frozenset(),
        persons=draw(st.frozensets(st.integers(500, 503), max_size=2)) if kind == "agency" else frozenset(),
        withheld=draw(withholding),
        starts_at=starts_at,
        ends_at=ends_at,
        need_and_right=draw(st.booleans()),
        by=draw(st.sampled_from([None, RELEASER])),
    )


@st.composite
def treaties(draw) -> Treaty:
    giver = draw(parties)
    taker = draw(parties.filter(lambda party: party != giver))
    begins = draw(st.integers(-5, 5))
    return Treaty(
        id=draw(st.integers(1, 50)),
        code="T",
        giver=giver,
        taker=taker,
        kinds=draw(st.sampled_from([frozenset({"bulletin"}), frozenset({"bulletin", "seizure"})])),
        drug_classes=draw(st.sampled_from([frozenset(), frozenset({"opioid"}), frozenset({"cocaine"})])),
        highest_tlp=draw(st.sampled_from(TLP.values)),
        withheld=draw(withholding),
        valid_from=NOW + begins * DAY,
        valid_to=NOW + (begins + draw(st.integers(1, 6))) * DAY,
        accepted=draw(st.sampled_from([True, True, True, False])),
        suspended=draw(st.sampled_from([False, False, False, True])),
        whole_governments=draw(st.booleans()),
    )


consents = st.builds(
    Allowed,
    version=versions,
    recipient=parties.map(lambda party: party.id),
    withheld=withholding,
    until=instants,
)


@st.composite
def worlds(draw) -> Facts:
    members = draw(st.frozensets(parties.map(lambda party: party.id)))
    return Facts(
        releases=tuple(draw(st.lists(reaches(), max_size=4))),
        rosters={REGION: Roster(REGION, "South Texas", members, draw(instants))},
        treaties=tuple(draw(st.lists(treaties(), max_size=4))),
        consents=tuple(draw(st.lists(consents, max_size=4))),
    )


@st.composite
def subjects(draw) -> Subject:
    controls = draw(st.sampled_from([(), (), ("NOFORN",), ("FED ONLY",), ("REL TO",)]))
    return subject(
        draw(st.sampled_from(TLP.values)),
        version=3,
        originator=draw(st.sampled_from([CBP, CBP, HSI, CBSA, None])),
        controls=frozenset(controls),
        rel_to=frozenset({"US", "CA"}) if controls == ("REL TO",) else frozenset(),
        drug_classes=draw(st.frozensets(st.sampled_from(["opioid", "cocaine"]), max_size=2)),
        has_identifiers=draw(st.booleans()),
        certified=draw(st.booleans()),
        author=draw(st.sampled_from([None, AUTHOR])),
        earlier=tuple(
            Said(number, frozenset({"opioid"}), draw(st.booleans()), draw(st.booleans())) for number in (1, 2)
        ),
    )


def reach(found: Decision) -> set[int] | None:
    """Whom of the agency a decision reaches: nobody, some people, or (None) all."""
    if not found.allowed:
        return set()
    return set(found.persons) or None


def within(fewer: set[int] | None, more: set[int] | None) -> bool:
    return more is None or (fewer is not None and fewer <= more)


many = settings(max_examples=80, deadline=None, database=None)


@many
@given(subjects(), parties, worlds(), reaches())
def test_another_release_never_takes_the_record_from_anyone(record, party, world, extra):
    before = decide(record, party, world, NOW)
    after = decide(record, party, replace(world, releases=(*world.releases, extra)), NOW)
    assert within(reach(before), reach(after))


@many
@given(subjects(), parties, worlds(), withholding, st.data())
def test_withholding_more_never_shows_more(record, party, world, more, data):
    if not world.releases:
        return
    index = data.draw(st.integers(0, len(world.releases) - 1))
    changed = list(world.releases)
    changed[index] = replace(changed[index], withheld=changed[index].withheld | more)
    before = decide(record, party, world, NOW)
    after = decide(record, party, replace(world, releases=tuple(changed)), NOW)
    assert reach(after) == reach(before)
    assert before.withheld <= after.withheld


@many
@given(subjects(), parties, worlds(), st.sampled_from(["NOFORN", "FED ONLY", "REL TO"]))
def test_a_control_more_never_reaches_more(record, party, world, control):
    narrowed = replace(record, controls=record.controls | {control})
    before, after = decide(record, party, world, NOW), decide(narrowed, party, world, NOW)
    assert within(reach(after), reach(before))
    if after.allowed:
        assert after.withheld == before.withheld


@many
@given(subjects(), parties, worlds(), st.sampled_from(TLP.values))
def test_a_stricter_marking_never_reaches_more(record, party, world, tlp):
    low, high = sorted((record.tlp, tlp), key=RANK.__getitem__)
    loose = decide(replace(record, tlp=low), party, world, NOW)
    strict = decide(replace(record, tlp=high), party, world, NOW)
    assert within(reach(strict), reach(loose))


@many
@given(subjects(), parties, worlds())
def test_without_releases_only_the_owner_reads(record, party, world):
    found = decide(record, party, replace(world, releases=()), NOW)
    assert found.allowed is (party == CBP and (record.tlp != TLP.RED or record.author is not None))


@many
@given(subjects(), parties, worlds())
def test_until_is_the_first_instant_at_which_the_decision_changes(record, party, world):
    found = decide(record, party, world, NOW)
    tick = timedelta(microseconds=1)
    if found.until is None:
        later = [NOW + days * DAY for days in range(12)]
        assert all(decide(record, party, world, at).effect == found.effect for at in later)
        return
    assert found.until > NOW
    assert decide(record, party, world, found.until - tick).effect == found.effect
    assert decide(record, party, world, found.until).effect != found.effect
    days = (found.until - NOW).days
    assert all(decide(record, party, world, NOW + day * DAY).effect == found.effect for day in range(days))


@many
@given(subjects(), parties, worlds())
def test_every_decision_says_why(record, party, world):
    assert decide(record, party, world, NOW).reasons


# --- Embargo, history, derived records -------------------------------------------------------------------------
def test_under_embargo_nobody_but_the_owner_has_it_until_its_end():
    record = subject(embargoed_until=NOW + DAY)
    assert allowed(record, CBP, to(HSI))
    assert not allowed(record, HSI, to(HSI))
    assert decide(record, HSI, facts(to(HSI)), NOW).until == NOW + DAY
    assert allowed(record, HSI, to(HSI), at=NOW + DAY)


def joined(party: Party, at: datetime) -> dict[int, Roster]:
    everyone = region(HSI, TXDPS, AMO)[REGION]
    return {REGION: replace(everyone, since={party.id: at})}


@pytest.mark.parametrize("tlp", [TLP.GREEN, TLP.CLEAR, TLP.AMBER])
def test_who_joins_from_now_has_what_began_since_and_who_joins_with_history_what_was_before(tlp):
    before = to_region(members=(HSI, TXDPS), starts_at=NOW - DAY)
    since = to_region(members=(HSI, TXDPS), starts_at=NOW)
    late = joined(TXDPS, NOW)
    assert not allowed(subject(tlp), TXDPS, before, rosters=late)
    assert allowed(subject(tlp), TXDPS, since, rosters=late)
    assert allowed(subject(tlp), TXDPS, before, rosters=joined(HSI, NOW))


def test_history_extends_no_need_to_know():
    """AMBER goes to those who were members then: somebody who joins with history was not."""
    before = to_region(members=(HSI,), starts_at=NOW - DAY)
    assert allowed(subject(TLP.GREEN), TXDPS, before)
    assert not allowed(subject(TLP.AMBER), TXDPS, before)


def test_a_client_has_what_its_parent_joined_with():
    before = to_region(members=(HSI,), starts_at=NOW - DAY)
    assert allowed(subject(), AMO, before, rosters=region(HSI))
    assert not allowed(subject(), AMO, before, rosters=joined(HSI, NOW))


def test_what_is_derived_needs_the_consent_of_each_origin():
    derived = subject(sources=(HSI, TXDPS))
    hsi, txdps = Allowed(1, HSI.id, TOPD.id), Allowed(1, TXDPS.id, TOPD.id)
    assert not allowed(derived, TOPD, to(TOPD))
    assert not allowed(derived, TOPD, to(TOPD), consents=(hsi,))
    assert allowed(derived, TOPD, to(TOPD), consents=(hsi, txdps))
    # To an origin itself only the others' consent is asked.
    assert allowed(derived, HSI, to(HSI), consents=(Allowed(1, TXDPS.id, HSI.id),))


def test_what_is_derived_from_a_body_without_a_seat_goes_to_nobody():
    assert not allowed(subject(sources=(None,)), HSI, to(HSI))
    assert allowed(subject(), HSI, to(HSI))


def test_what_is_derived_crosses_under_the_agreements_of_every_origin():
    derived = subject(sources=(HSI,), has_identifiers=False)
    consent = (Allowed(1, HSI.id, CBSA.id),)
    ours, theirs = treaty(), treaty(HSI, CBSA, number=2)
    assert not allowed(derived, CBSA, to(CBSA), consents=consent, treaties=(ours,))
    assert allowed(derived, CBSA, to(CBSA), consents=consent, treaties=(ours, theirs))
