"""The reading rule, written once: who may have a record, without which parts, until when, and why.

Pure: no database and no clock. Along the audience axis releases add up; on every other axis they only narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext_noop as _

from bulletins.faces.wording import Reworded, Wording, without
from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import RANK
from sharing.releases.grounds import Allowed, Decision, Facts, Opening, Party, Reach, Reason, Subject, Treaty

IDENTIFIERS = "identifiers"
CORE = "core"


def decide(subject: Subject, recipient: Party, facts: Facts, now: datetime) -> Decision:
    """Whether `recipient` may have `subject`, without what, until when, on what basis, and every reason."""
    found = _at(subject, recipient, facts, now)
    later = sorted({instant for instant in _instants(subject, recipient, facts) if instant > now})
    until = next(
        (instant for instant in later if _at(subject, recipient, facts, instant).effect != found.effect), None
    )
    return replace(found, until=until) if until else found


def _at(subject: Subject, recipient: Party, facts: Facts, now: datetime) -> Decision:
    """The decision at one instant; when it ends is not asked here."""
    if not recipient.active:
        return Decision(False, why=(Reason(_("the agency is suspended")),))
    if subject.ended:
        return Decision(False, why=(_ended(),))
    if recipient.id == subject.owner.id:
        return _own(subject, [reach for reach in facts.releases if _is_live(reach, now)])
    live = [reach for reach in facts.reaching(recipient) if _is_live(reach, now)]
    if subject.embargoed_until is not None and now < subject.embargoed_until:
        return Decision(False, why=(Reason(_("it is under embargo")),))
    reached = [(reach, via) for reach in live if (via := _via(subject.tlp, recipient, reach, facts, now))]
    # Closed by default.
    if not reached:
        return Decision(False, why=_unreached(subject.tlp, recipient, live, facts))
    # A release that names people reaches them alone, whatever the marking has become since.
    whole = [(reach, via) for reach, via in reached if not reach.persons]
    people = frozenset[int]() if whole else frozenset().union(*(reach.persons for reach, via in reached))
    reached = whole or reached
    # The newest version that may go: an amendment without the originator's consent takes nothing back.
    versions = sorted({reach.version for reach, via in reached}, reverse=True)
    found = [_narrow(subject.as_of(version), recipient, reached, facts, now) for version in versions]
    best = next((each for each in found if each.allowed), found[0])
    return replace(best, persons=people) if best.allowed and people else best


def _own(subject: Subject, live: list[Reach]) -> Decision:
    """The owner's agency reads its own. RED is for its author, its releasers and people named, there too.

    A draft is not decided here: it has no version.
    """
    if subject.tlp != TLP.RED:
        return Decision(
            True, version=subject.version, why=(Reason(_("its own")),), communities=_communities(live)
        )
    named = frozenset().union(*(reach.persons for reach in live if reach.agency == subject.owner.id))
    people = named | {who for who in (subject.author, *(reach.by for reach in live)) if who is not None}
    if not people:
        return Decision(False, why=(_red(),))
    return Decision(True, version=subject.version, persons=people, why=(Reason(_("named")),))


def _narrow(
    subject: Subject, recipient: Party, reached: list[tuple[Reach, Reason]], facts: Facts, now: datetime
) -> Decision:
    """What narrows a record that releases carry to the recipient: controls, consent, agreement, 28 CFR 23.

    Every release that reaches the recipient withholds, whichever version it was made for.
    """
    refusals = control_refusals(subject, recipient)
    consents = []
    for origin in _thirds(subject, recipient):
        given = [each for each in facts.consents if _consents(each, origin, subject, recipient, now)]
        consents += given
        if not given:
            refusals.append(_third_agency(origin))
    treaties, missing = _treaties(subject, recipient, facts, now)
    refusals += missing
    if refusals:
        return Decision(False, why=tuple(dict.fromkeys(refusals)))

    vias = [via for reach, via in reached]
    # Named is reason enough.
    reasons = [Reason(_("named"))] if Reason(_("named")) in vias else vias
    withheld = frozenset[str]().union(*(reach.withheld for reach, via in reached))
    if withheld:
        reasons.append(Reason(_("withheld by the release")))
    for treaty in treaties:
        reasons.append(Reason.of(_("%(code)s agreement"), code=treaty.code))
        withheld |= treaty.withheld
    for each in consents:
        withheld |= each.withheld
    why = identifier_refusal(subject, recipient, all(reach.need_and_right for reach, via in reached), now)
    if subject.has_identifiers and IDENTIFIERS not in withheld and why:
        withheld |= {IDENTIFIERS}
        reasons.append(why)
    return Decision(
        True,
        version=subject.version,
        withheld=withheld - {CORE},
        release=min((reach for reach, via in reached), key=lambda reach: _openness(reach, facts)).id,
        agreement=treaties[0].id if treaties else None,
        directions=tuple(dict.fromkeys(treaty.direction for treaty in treaties)),
        why=tuple(dict.fromkeys(reasons)),
        wording=_wording((reach for reach, via in reached), withheld - {CORE}),
        acknowledge_by=_asked(subject.version, (reach for reach, via in reached)),
        communities=_communities(reach for reach, via in reached),
    )


def _communities(reached: Iterable[Reach]) -> tuple[int, ...]:
    return tuple(sorted({reach.community for reach in reached if reach.community is not None}))


def _asked(version: int, reached: Iterable[Reach]) -> datetime | None:
    """Until when the recipient is to acknowledge the version: the first of what the releases that give it ask."""
    asked = (reach.acknowledge_by for reach in reached if reach.version == version)
    return min((instant for instant in asked if instant), default=None)


def _openness(reach: Reach, facts: Facts) -> tuple[bool, bool, int]:
    """Which of several releases it is said to rest on: the one its owner may best be told of.

    A release to a roster that is its lead's alone is named only where nothing else reaches the recipient, so that the
    ledger may leave out all that rests on one.
    """
    roster = facts.rosters.get(reach.community or 0)
    return reach.community is not None, roster is not None and not roster.listed, reach.id


def _wording(reached: Iterable[Reach], withheld: frozenset[str]) -> Wording:
    """The texts in place of the author's: a reworded text wins over the original, the newest wording over older ones.

    Whichever version a wording was made for, it counts: on one that says something else the text is left out.
    """
    newest: dict[str, Reworded] = {}
    for reach in sorted(reached, key=lambda reach: reach.age):
        newest |= {each.field: each for each in reach.wording}
    return without(newest.values(), withheld)


def _is_live(reach: Reach, now: datetime) -> bool:
    started = reach.starts_at is None or reach.starts_at <= now
    return started and (reach.ends_at is None or reach.ends_at > now)


def decide_emergency(
    subject: Subject, recipient: Party, opening: Opening, facts: Facts, now: datetime
) -> Decision:
    """Whether an emergency opens `subject` to its one person of `recipient`, without what, and until when."""
    found = _opened(subject, recipient, opening, facts, now)
    instants = {opening.until, *_instants(subject, recipient, facts)}
    later = sorted(instant for instant in instants if instant > now)
    until = next(
        (
            instant
            for instant in later
            if _opened(subject, recipient, opening, facts, instant).effect != found.effect
        ),
        None,
    )
    return replace(found, until=until)


def _opened(subject: Subject, recipient: Party, opening: Opening, facts: Facts, now: datetime) -> Decision:
    """At one instant. No release and no consent is asked for: owner and originator are told instead.

    Of the newest version everything is open but what the border's agreement withholds, and identifiers nobody may be
    shown. That the recipient has not accepted 28 CFR 23 procedures is no bar in imminent danger (28 CFR 23.20 f).
    """
    if opening.until <= now or recipient.id != opening.agency:
        return Decision(False, why=(Reason(_("the emergency is over")),))
    if refusals := emergency_refusals(subject, recipient, facts, now):
        return Decision(False, why=tuple(refusals))
    treaties, _missing = _treaties(subject, recipient, facts, now)
    withheld = frozenset[str]().union(*(treaty.withheld for treaty in treaties))
    if subject.has_identifiers and unkept(subject, now):
        withheld |= {IDENTIFIERS}
    return Decision(
        True,
        version=subject.version,
        withheld=withheld - {CORE},
        agreement=treaties[0].id if treaties else None,
        directions=tuple(dict.fromkeys(treaty.direction for treaty in treaties)),
        persons=frozenset({opening.person}),
        why=(Reason(_("opened in an emergency")),),
    )


def emergency_refusals(subject: Subject, recipient: Party, facts: Facts, now: datetime) -> list[Reason]:
    """Every reason why not even an emergency opens the record to somebody of `recipient`; empty when it may."""
    found = []
    if not recipient.active:
        found.append(Reason(_("the agency is suspended")))
    if not subject.version:
        found.append(Reason(_("it was never published")))
    if subject.recalled:
        found.append(Reason(_("it was recalled")))
    if subject.ended:
        found.append(_ended())
    if subject.embargoed_until is not None and now < subject.embargoed_until:
        found.append(Reason(_("it is under embargo")))
    if subject.tlp == TLP.RED:
        found.append(Reason(_("TLP:RED is never opened")))
    found += control_refusals(subject, recipient)
    # Never across a border without an agreement.
    _used, missing = _treaties(subject, recipient, facts, now)
    return found + missing


def _via(tlp: str, recipient: Party, reach: Reach, facts: Facts, now: datetime) -> Reason | None:
    """How a release reaches the recipient; None when it does not.

    TLP says what recipients may pass on, and so whom a release may name (TLP 2.0, FIRST 2022).
    """
    if recipient.id in reach.barred:
        return None
    if reach.agency is not None:
        return _via_agency(tlp, recipient, reach)
    # RED names people, AMBER+STRICT agencies one by one: what names neither reaches nobody.
    if RANK[tlp] >= RANK[TLP.STRICT]:
        return None
    # CLEAR: every active agency.
    if reach.community is None:
        return Reason(_("released to all")) if tlp == TLP.CLEAR else None
    roster = facts.rosters.get(reach.community)
    if roster is None or (roster.closes_at and roster.closes_at <= now):
        return None
    # AMBER: members as of the release who still are; GREEN, CLEAR: the community itself, later members too. Who joined
    # from a day on has what began since; who joined with history, what began before as well.
    members = roster.members & reach.members if tlp == TLP.AMBER else roster.members
    if recipient.id in members and roster.takes(recipient.id, reach.starts_at):
        return Reason.of(_("member of %(community)s"), community=roster.name)
    if recipient.parent in members and roster.takes(recipient.parent, reach.starts_at):
        return Reason.of(_("client of a member of %(community)s"), community=roster.name)
    return None


def _via_agency(tlp: str, recipient: Party, reach: Reach) -> Reason | None:
    if reach.agency == recipient.id:
        # RED: the people, by name.
        return Reason(_("named")) if reach.persons or tlp != TLP.RED else None
    # AMBER and below: an agency's confirmed children are its clients.
    clients = not reach.persons and RANK[tlp] < RANK[TLP.STRICT]
    return Reason(_("client of the agency named")) if clients and recipient.parent == reach.agency else None


def _unreached(tlp: str, recipient: Party, live: list[Reach], facts: Facts) -> tuple[Reason, ...]:
    if tlp == TLP.RED:
        return (_red(),)
    if tlp == TLP.STRICT and any(
        (roster := facts.rosters.get(reach.community or 0)) and recipient.id in roster.members
        for reach in live
    ):
        return (Reason(_("TLP:AMBER+STRICT goes to agencies named one by one, never to a community")),)
    return (Reason(_("no release reaches it")),)


def _ended() -> Reason:
    return Reason(_("the hub it came from shares it no more"))


def _red() -> Reason:
    return Reason(_("TLP:RED reaches only people named, and none here is"))


def control_refusals(subject: Subject, recipient: Party) -> list[Reason]:
    """Dissemination controls narrow by country and kind (CUI)."""
    found = []
    if Control.NOFORN in subject.controls and recipient.country != "US":
        found.append(Reason(_("marked NOFORN")))
    if Control.FED_ONLY in subject.controls and not recipient.is_us_federal:
        found.append(Reason(_("marked FED ONLY")))
    if Control.REL_TO in subject.controls and recipient.country not in subject.rel_to:
        found.append(Reason(_("not among the countries it is REL TO")))
    return found


def identifier_refusal(
    subject: Subject, recipient: Party, need_and_right: bool, now: datetime
) -> Reason | None:
    """Why identifiers stay behind, or nothing (28 CFR 23.20 a, c, e, f, h)."""
    if why := unkept(subject, now):
        return why
    if not recipient.cfr23:
        return Reason(_("identifiers: 28 CFR 23 procedures not yet accepted"))
    if not need_and_right:
        return Reason(_("identifiers: need and right to know not recorded"))
    return None


def unkept(subject: Subject, now: datetime) -> Reason | None:
    """Why nobody may be shown its identifiers, or nothing: uncertified, or past the day they were to be reviewed."""
    if not subject.certified:
        return Reason(_("identifiers: no predicate, category and certification (28 CFR 23)"))
    if subject.review_at is not None and subject.review_at <= now:
        return Reason(_("identifiers: past their review date (28 CFR 23)"))
    return None


def lacking_consent(subject: Subject, recipient: Party, facts: Facts, now: datetime) -> list[Party]:
    """Those with a seat who would have to consent to the newest version for the recipient, and have not."""
    return [
        origin
        for origin in _thirds(subject, recipient)
        if origin is not None
        and not any(_consents(each, origin, subject, recipient, now) for each in facts.consents)
    ]


def _thirds(subject: Subject, recipient: Party) -> list[Party | None]:
    """Those it rests on who are neither its owner nor the recipient: each has to consent."""
    parties = (subject.owner.id, recipient.id)
    return [origin for origin in subject.origins() if origin is None or origin.id not in parties]


def _consents(each: Allowed, origin: Party | None, subject: Subject, recipient: Party, now: datetime) -> bool:
    live = each.until is None or each.until > now
    theirs = origin is not None and each.originator == origin.id
    return theirs and each.recipient == recipient.id and each.version == subject.version and live


def _third_agency(origin: Party | None) -> Reason:
    if origin is None:
        return Reason(_("the originator has no seat in the hub to consent"))
    return Reason.of(_("%(agency)s has not consented to this recipient"), agency=origin.code)


def _givers(subject: Subject, recipient: Party) -> list[Party]:
    """Owner and originators, as far as they are of another country than the recipient."""
    both = {party.id: party for party in (subject.owner, *subject.origins()) if party is not None}
    return [giver for giver in both.values() if giver.nation != recipient.nation]


def _treaties(
    subject: Subject, recipient: Party, facts: Facts, now: datetime
) -> tuple[list[Treaty], list[Reason]]:
    """The agreements under which it crosses, one for each giver of another country, or what is missing.

    Originator and owner each need one in that direction; an international body is a country of its own.
    """
    used, missing = [], []
    for giver in _givers(subject, recipient):
        between = [treaty for treaty in facts.treaties if _joins(treaty, giver, recipient)]
        covering = [treaty for treaty in between if not treaty_refusals(treaty, subject, now)]
        if covering:
            used.append(min(covering, key=lambda treaty: (len(treaty.withheld), treaty.id)))
        elif between:
            # Of several that do not cover it, the one that comes nearest says why.
            nearest: list[Reason] = min(
                (treaty_refusals(treaty, subject, now) for treaty in between), key=len
            )
            missing += nearest
        else:
            missing.append(Reason.of(_("no live agreement with %(agency)s"), agency=giver.code))
    return used, missing


def _joins(treaty: Treaty, giver: Party, recipient: Party) -> bool:
    """Whether the direction runs from `giver` to `recipient`: themselves, parents or governments."""
    return gives(treaty, giver) and takes(treaty, recipient)


def gives(treaty: Treaty, party: Party) -> bool:
    """Whether the party stands on the giving side: the giver itself, its child, or of its government."""
    return _on_side(treaty, treaty.giver, party)


def takes(treaty: Treaty, party: Party) -> bool:
    return _on_side(treaty, treaty.taker, party)


def _on_side(treaty: Treaty, side: Party, party: Party) -> bool:
    return side.id in (party.id, party.parent) or (treaty.whole_governments and side.nation == party.nation)


def treaty_refusals(treaty: Treaty, subject: Subject, now: datetime) -> list[Reason]:
    """Why this direction does not cover the record now; empty when it does.

    Substance classes narrow by substance: a record with one outside them, or one the vocabulary does not know,
    does not cross. A record that names no substance (a way of hiding, whatever was in it) has none outside.
    """
    found = []
    if not treaty.accepted or now < treaty.valid_from:
        found.append(Reason.of(_("%(code)s agreement is not yet in force"), code=treaty.code))
    if now >= treaty.valid_to:
        found.append(Reason.of(_("%(code)s agreement has lapsed"), code=treaty.code))
    if treaty.suspended:
        found.append(Reason.of(_("%(code)s agreement is suspended"), code=treaty.code))
    if subject.kind not in treaty.kinds:
        found.append(Reason.of(_("%(code)s agreement does not cover this kind of record"), code=treaty.code))
    if treaty.drug_classes and not subject.drug_classes <= treaty.drug_classes:
        found.append(Reason.of(_("%(code)s agreement does not cover these substances"), code=treaty.code))
    if RANK[subject.tlp] > RANK[treaty.highest_tlp]:
        found.append(
            Reason.of(
                _("%(code)s agreement covers up to %(most)s; this is %(tlp)s"),
                code=treaty.code,
                most=treaty.highest_tlp,
                tlp=subject.tlp,
            )
        )
    return found


def _instants(subject: Subject, recipient: Party, facts: Facts) -> Iterator[datetime]:
    """Every instant at which something begins or ends that a decision for the recipient may rest on."""
    named: list[datetime | None] = [subject.embargoed_until, subject.review_at]
    own = recipient.id == subject.owner.id
    for reach in facts.releases if own else facts.reaching(recipient):
        named += [reach.starts_at, reach.ends_at]
        if reach.community in facts.rosters:
            named.append(facts.rosters[reach.community].closes_at)
    for giver in _givers(subject, recipient):
        for treaty in facts.treaties:
            if _joins(treaty, giver, recipient):
                named += [treaty.valid_from, treaty.valid_to]
    named += [each.until for each in facts.consents if each.recipient == recipient.id]
    return (instant for instant in named if instant is not None)
