"""The reading rule, written once: who may have a record, without which parts, until when, and why.

Pure: no database and no clock. Along the audience axis releases add up; on every other axis they only narrow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import RANK

IDENTIFIERS = "identifiers"


@dataclass(frozen=True)
class Party:
    """An agency as the rule sees it. `country` is empty for a world body."""

    id: int
    code: str
    country: str
    kind: str
    active: bool = True
    parent: int | None = None
    cfr23: bool = False

    @property
    def nation(self) -> str:
        """What 'of one country' compares: an international body is its own."""
        return f"body:{self.code}" if self.kind == "international" or not self.country else self.country

    @property
    def is_us_federal(self) -> bool:
        return self.country == "US" and self.kind == "federal"


@dataclass(frozen=True)
class Subject:
    """The record version to be decided on. `originator` is None where it has no seat in the hub."""

    id: int
    kind: str
    owner: Party
    originator: Party | None
    version: int
    tlp: str
    controls: frozenset[str] = frozenset()
    rel_to: frozenset[str] = frozenset()
    drug_classes: frozenset[str] = frozenset()
    has_identifiers: bool = False
    certified: bool = False


@dataclass(frozen=True)
class Reach:
    """A release: to `agency`, to `community`, or to everybody. `members` are the community's as of the release."""

    id: int
    version: int
    agency: int | None = None
    community: int | None = None
    members: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()
    withheld: frozenset[str] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    need_and_right: bool = True


@dataclass(frozen=True)
class Roster:
    """A community's confirmed members now, each with the instant from which records count for it."""

    id: int
    name: str
    members: frozenset[int]
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Treaty:
    """One direction of an agreement: from `giver` to `taker`, or between their whole governments."""

    id: int
    code: str
    giver: Party
    taker: Party
    kinds: frozenset[str]
    drug_classes: frozenset[str]
    highest_tlp: str
    withheld: frozenset[str]
    valid_from: datetime
    valid_to: datetime
    accepted: bool = True
    suspended: bool = False
    whole_governments: bool = False


@dataclass(frozen=True)
class Allowed:
    """An originator's consent to one recipient for one version."""

    version: int
    recipient: int
    withheld: frozenset[str] = frozenset()
    until: datetime | None = None


@dataclass(frozen=True)
class Facts:
    releases: tuple[Reach, ...] = ()
    rosters: dict[int, Roster] = field(default_factory=dict)
    treaties: tuple[Treaty, ...] = ()
    consents: tuple[Allowed, ...] = ()


@dataclass(frozen=True)
class Decision:
    """`until` is the first instant at which the decision would change in any way; `persons` is empty for a whole agency."""

    allowed: bool
    version: int = 0
    withheld: frozenset[str] = frozenset()
    until: datetime | None = None
    release: int | None = None
    agreement: int | None = None
    persons: frozenset[int] = frozenset()
    reasons: tuple[str, ...] = ()


def decide(subject: Subject, recipient: Party, facts: Facts, now: datetime) -> Decision:
    """Whether `recipient` may have `subject`, without what, until when, on what basis, and every reason."""
    if not recipient.active:
        return Decision(False, reasons=(_("the agency is suspended"),))
    # The owner reads its own. (A draft is not decided here: it has no version. RED names people, below.)
    if recipient.id == subject.owner.id and subject.tlp != TLP.RED:
        return Decision(True, version=subject.version, reasons=(_("its own"),))
    live = [reach for reach in facts.releases if _is_live(reach, now)]
    if subject.tlp == TLP.RED:
        return _decide_red(subject, recipient, live, facts, now)
    reached = [(reach, via) for reach in live if (via := _via(subject.tlp, recipient, reach, facts, now))]
    # Closed by default.
    if not reached:
        return Decision(False, reasons=_unreached(subject.tlp, recipient, live, facts))
    return _narrow(subject, recipient, reached, facts, now)


def _decide_red(
    subject: Subject, recipient: Party, live: list[Reach], facts: Facts, now: datetime
) -> Decision:
    """RED is for the people named, inside the owner's agency too."""
    named = [reach for reach in live if reach.agency == recipient.id and reach.persons]
    if not named:
        return Decision(False, reasons=(_("TLP:RED reaches only people named, and none here is"),))
    people = frozenset().union(*(reach.persons for reach in named))
    if recipient.id == subject.owner.id:
        return Decision(
            True, version=subject.version, persons=people, release=named[0].id, reasons=(_("named"),)
        )
    found = _narrow(subject, recipient, [(reach, _("named")) for reach in named], facts, now)
    return Decision(**{**found.__dict__, "persons": people if found.allowed else frozenset()})


def _narrow(
    subject: Subject, recipient: Party, reached: list[tuple[Reach, str]], facts: Facts, now: datetime
) -> Decision:
    """What narrows a record that a release carries to the recipient: controls, consent, agreement, 28 CFR 23."""
    newest = max(reach.version for reach, via in reached)
    carried = [(reach, via) for reach, via in reached if reach.version == newest]
    refusals = control_refusals(subject, recipient)
    consents = [each for each in facts.consents if _consents(each, subject, recipient, newest, now)]
    third = subject.originator is None or subject.originator.id not in (subject.owner.id, recipient.id)
    if third and not consents:
        refusals.append(_third_agency(subject))
    treaties, missing = _treaties(subject, recipient, facts, now)
    refusals += missing
    if refusals:
        return Decision(False, reasons=tuple(refusals))

    reasons = [via for reach, via in carried]
    withheld = set().union(*(reach.withheld for reach, via in carried))
    if withheld:
        reasons.append(_("withheld by the release"))
    for treaty in treaties:
        reasons.append(_("%(code)s agreement") % {"code": treaty.code})
        withheld |= treaty.withheld
    for each in consents if third else []:
        withheld |= each.withheld
    why = identifier_refusal(subject, recipient, all(reach.need_and_right for reach, via in carried))
    if subject.has_identifiers and IDENTIFIERS not in withheld and why:
        withheld.add(IDENTIFIERS)
        reasons.append(why)
    return Decision(
        True,
        version=newest,
        withheld=frozenset(withheld - {"core"}),
        until=_first_change(subject.tlp, recipient, reached, treaties, consents if third else [], facts, now),
        release=min(reach.id for reach, via in carried),
        agreement=treaties[0].id if treaties else None,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _is_live(reach: Reach, now: datetime) -> bool:
    started = reach.starts_at is None or reach.starts_at <= now
    return started and (reach.ends_at is None or reach.ends_at > now)


def _via(tlp: str, recipient: Party, reach: Reach, facts: Facts, now: datetime) -> str:
    """How a release reaches the recipient, in words; empty when it does not.

    TLP says what recipients may pass on, and so whom a release may name (TLP 2.0, FIRST 2022).
    """
    # CLEAR: every active agency.
    if reach.agency is None and reach.community is None:
        return _("released to all") if tlp == TLP.CLEAR else ""
    if reach.agency is not None:
        if reach.agency == recipient.id:
            return _("named")
        # AMBER and below: an agency's confirmed children are its clients.
        if recipient.parent == reach.agency and tlp != TLP.STRICT:
            return _("client of the agency named")
        return ""
    # AMBER+STRICT: agencies named one by one, so a community reaches nobody.
    roster = facts.rosters.get(reach.community or 0)
    if tlp == TLP.STRICT or roster is None or (roster.closes_at and roster.closes_at <= now):
        return ""
    # AMBER: the members as of the release who still are; GREEN and CLEAR: the community itself, later members too.
    members = roster.members & reach.members if tlp == TLP.AMBER else roster.members
    if recipient.id in members:
        return roster.name
    if recipient.parent in members:
        return _("client of a member of %(community)s") % {"community": roster.name}
    return ""


def _unreached(tlp: str, recipient: Party, live: list[Reach], facts: Facts) -> tuple[str, ...]:
    if tlp == TLP.STRICT and any(
        (roster := facts.rosters.get(reach.community or 0)) and recipient.id in roster.members
        for reach in live
    ):
        return (_("TLP:AMBER+STRICT goes to agencies named one by one, never to a community"),)
    return (_("no release reaches it"),)


def control_refusals(subject: Subject, recipient: Party) -> list[str]:
    """Dissemination controls narrow by country and kind (CUI)."""
    found = []
    if Control.NOFORN in subject.controls and recipient.country != "US":
        found.append(_("marked NOFORN"))
    if Control.FED_ONLY in subject.controls and not recipient.is_us_federal:
        found.append(_("marked FED ONLY"))
    if Control.REL_TO in subject.controls and recipient.country not in subject.rel_to:
        found.append(_("not among the countries it is REL TO"))
    return found


def identifier_refusal(subject: Subject, recipient: Party, need_and_right: bool) -> str:
    """Why identifiers stay behind, or nothing (28 CFR 23.20 a, c, e, f)."""
    if not subject.certified:
        return _("identifiers: no predicate, category and certification (28 CFR 23)")
    if not recipient.cfr23:
        return _("identifiers: 28 CFR 23 procedures not yet accepted")
    if not need_and_right:
        return _("identifiers: need and right to know not recorded")
    return ""


def _consents(each: Allowed, subject: Subject, recipient: Party, version: int, now: datetime) -> bool:
    live = each.until is None or each.until > now
    return each.recipient == recipient.id and each.version == version and live


def _third_agency(subject: Subject) -> str:
    if subject.originator is None:
        return _("the originator has no seat in the hub to consent")
    return _("%(agency)s has not consented to this recipient") % {"agency": subject.originator.code}


def _treaties(
    subject: Subject, recipient: Party, facts: Facts, now: datetime
) -> tuple[list[Treaty], list[str]]:
    """The agreements under which it crosses, one for each giver of another country, or what is missing.

    Originator and owner each need one in that direction; an international body is a country of its own.
    """
    givers = {subject.owner.id: subject.owner}
    if subject.originator is not None:
        givers[subject.originator.id] = subject.originator
    used, missing = [], []
    for giver in givers.values():
        if giver.nation == recipient.nation:
            continue
        between = [treaty for treaty in facts.treaties if _joins(treaty, giver, recipient)]
        covering = [treaty for treaty in between if not treaty_refusals(treaty, subject, now)]
        if covering:
            used.append(min(covering, key=lambda treaty: (len(treaty.withheld), treaty.id)))
        elif between:
            missing += treaty_refusals(between[0], subject, now)
        else:
            missing.append(_("no live agreement with %(agency)s") % {"agency": giver.code})
    return used, missing


def _joins(treaty: Treaty, giver: Party, recipient: Party) -> bool:
    """Whether the direction runs from `giver` to `recipient`, themselves, their parents or their governments."""
    gives = treaty.giver.id in (giver.id, giver.parent)
    takes = treaty.taker.id in (recipient.id, recipient.parent)
    if treaty.whole_governments:
        gives = gives or treaty.giver.nation == giver.nation
        takes = takes or treaty.taker.nation == recipient.nation
    return gives and takes


def treaty_refusals(treaty: Treaty, subject: Subject, now: datetime) -> list[str]:
    """Why this direction does not cover the record now; empty when it does."""
    code = {"code": treaty.code}
    found = []
    if not treaty.accepted or now < treaty.valid_from:
        found.append(_("%(code)s agreement is not yet in force") % code)
    if now >= treaty.valid_to:
        found.append(_("%(code)s agreement has lapsed") % code)
    if treaty.suspended:
        found.append(_("%(code)s agreement is suspended") % code)
    if subject.kind not in treaty.kinds:
        found.append(_("%(code)s agreement does not cover this kind of record") % code)
    if treaty.drug_classes and not subject.drug_classes <= treaty.drug_classes:
        found.append(_("%(code)s agreement does not cover these substances") % code)
    if RANK[subject.tlp] > RANK[treaty.highest_tlp]:
        found.append(
            _("%(code)s agreement covers up to %(most)s; this is %(tlp)s")
            % {**code, "most": treaty.highest_tlp, "tlp": subject.tlp}
        )
    return found


def _first_change(
    tlp: str,
    recipient: Party,
    reached: list[tuple[Reach, str]],
    treaties: list[Treaty],
    consents: Iterable[Allowed],
    facts: Facts,
    now: datetime,
) -> datetime | None:
    """The first instant after `now` at which anything this decision rests on ends, or another release joins it."""
    changes: list[datetime | None] = [reach.ends_at for reach, via in reached]
    changes += [
        facts.rosters[reach.community].closes_at for reach, via in reached if reach.community in facts.rosters
    ]
    changes += [treaty.valid_to for treaty in treaties]
    changes += [each.until for each in consents]
    changes += [
        reach.starts_at
        for reach in facts.releases
        if reach.starts_at and reach.starts_at > now and _via(tlp, recipient, reach, facts, reach.starts_at)
    ]
    return min((change for change in changes if change is not None and change > now), default=None)
