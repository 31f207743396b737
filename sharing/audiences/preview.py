"""What a release would do, before it is done: a row for each agency it concerns, and the unusual in words."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.flow import below_sources, rests_on
from bulletins.markings.rules import Marking
from bulletins.models import Record, Version
from bulletins.records.origins import below_origin
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.bands import Band, band_of
from hub.agencies.models import Agency
from hub.database.context import engine
from sharing.audiences.models import Grant, Withdrawal
from sharing.audiences.naming import Offer, offers
from sharing.audiences.rosters import hidden_rosters, open_releases, rests_openly
from sharing.audiences.unusual import Foreseen, unusual
from sharing.communities.models import Community
from sharing.releases.facts import World, load, remarked
from sharing.releases.grounds import Decision, Reach
from sharing.releases.models import Release
from sharing.releases.plan import Plan, asking_refusals, naming_refusals, plan_refusals
from sharing.releases.rules import decide, lacking_consent

NOT_REACHED, HIDDEN = 8, 9


@dataclass(frozen=True)
class PreviewRow:
    """`outcome` is all, part or no. `withheld` names the kinds that hold something and stay behind; `lacks` those
    whose consent is missing.

    A community whose roster the viewer may not see is one row without `agency`, and counts none of its
    members: a number that moved with the picks would tell who is in it.
    """

    code: str
    name: str
    band: Band
    outcome: str
    withheld: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    first_time: bool = False
    held: bool = False
    agency: int | None = None
    country: str = ""
    count: int = 1
    lacks: tuple[str, ...] = ()

    @property
    def band_label(self) -> str:
        return self.band.label

    @property
    def withheld_words(self) -> str:
        return ", ".join(label.lower() for label in self.withheld)


@dataclass(frozen=True)
class Preview:
    """`begins` is when it takes effect, where that is later. `offers` are texts that may go out in other words."""

    rows: tuple[PreviewRow, ...]
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]
    seal: str = ""
    begins: datetime | None = None
    offers: tuple[Offer, ...] = ()

    @property
    def reached(self) -> int:
        return sum(row.count for row in self.rows if row.outcome != "no")

    @property
    def countries(self) -> int:
        return len({row.country for row in self.rows if row.outcome != "no" and row.country})

    @property
    def hidden(self) -> int:
        """How many communities it goes to whose members are not listed."""
        return sum(1 for row in self.rows if row.agency is None)

    @property
    def possible(self) -> bool:
        return not self.refusals and bool(self.reached or self.hidden)

    def count(self, outcome: str) -> int:
        return sum(row.count for row in self.rows if row.outcome == outcome)

    @property
    def numbers(self) -> dict[str, int]:
        """How many agencies by outcome, and in all."""
        found = {outcome: self.count(outcome) for outcome in ("all", "part", "no")}
        return found | {"agencies": sum(found.values())}

    def target_words(self) -> str:
        """`14 agencies in 3 countries`, as the button and the message after it say."""
        parts = []
        if self.reached:
            agencies = ngettext("%(n)d agency", "%(n)d agencies", self.reached) % {"n": self.reached}
            countries = ngettext("%(n)d country", "%(n)d countries", self.countries) % {"n": self.countries}
            within = _("%(agencies)s in %(countries)s") % {"agencies": agencies, "countries": countries}
            parts.append(within if self.countries else agencies)
        if self.hidden:
            parts.append(ngettext("%(n)d community", "%(n)d communities", self.hidden) % {"n": self.hidden})
        return _(" and ").join(parts)


def preview(
    record: Record, plan: Plan, *, viewer: Viewer, at: datetime, world: World | None = None
) -> Preview:
    """Decide the plan for every agency it concerns, without writing. `record` is the viewer's own agency's.

    Decided as of the plan's start: by the rule that will write the grants, over the releases there will be. `world`
    is what was loaded, whole, for several records at once.
    """
    world = world or load([record.pk], whole=True)
    when = max(at, plan.starts_at or at, record.embargo_until or at)
    content = _content(record)
    planned = _planned(world, record, plan, when, content)
    own = record.owner_id
    fresh = [reach for reach in planned.facts[record.pk].releases if reach.id < 0]
    picked = _reach_of(planned, record.pk, fresh) - {own}
    standing = world.facts[record.pk].releases
    hidden = hidden_rosters((reach.community for reach in (*fresh, *standing)), viewer)
    named = _reach_of(planned, record.pk, [each for each in fresh if each.community not in hidden])
    # Who has it, loses it or gets it back by what the viewer may see alone: that somebody keeps it by a roster that is
    # its lead's would name them.
    openly, openly_then = (_without(each, record.pk, hidden) for each in (world, planned))
    now = _decided(openly, record.pk, openly.reachable(record.pk) - {own}, at)
    held = {pk for pk, found in now.items() if found.allowed}
    then = _decided(openly_then, record.pk, (openly_then.reachable(record.pk) | held) - {own}, when)
    # A release that stands but reaches nobody under a stricter marking reaches again under a looser one.
    changed = {pk: found for pk, found in then.items() if found.allowed != (pk in held)}
    lost = {pk for pk, found in changed.items() if not found.allowed} - picked
    shown = {pk: found for pk, found in changed.items() if pk not in picked}
    shown |= _decided(planned, record.pk, picked & named, when)
    listed = set(shown)
    known = _known_partners(own, listed, viewer)
    rows = [
        replace(row, lacks=_lacks(planned, record.pk, row, when))
        for row in _rows(shown, held, known, content, when)
    ] + [_hidden_row(hidden[reach.community]) for reach in fresh if reach.community in hidden]
    rows.sort(key=lambda row: (row.band, row.code))
    begins = when if when > at else None
    foreseen = Foreseen(
        record, plan, planned, shown, content, tuple(rows), frozenset(lost), begins, plan.asked_by(when)
    )
    refusals = plan_refusals(plan, owner_country=world.parties[own].country, at=at)
    refusals += asking_refusals(plan, begins=when)
    subject = planned.subjects[record.pk]
    if subject.has_identifiers:
        refusals += naming_refusals(
            plan.held_back(), certified=subject.certified, review_at=subject.review_at, at=when
        )
    marking = Marking(plan.tlp, tuple(plan.controls), tuple(plan.rel_to))
    refusals += below_sources(rests_on([record.pk]), marking, viewer)
    refusals += below_origin(record.origin, marking)
    return Preview(
        rows=tuple(rows),
        refusals=tuple(refusals),
        warnings=tuple(unusual(foreseen)),
        seal=_seal(plan, rows, world, record, fresh),
        begins=begins,
        offers=tuple(offers(planned, record.pk, fresh, shown, content)),
    )


def preview_marking(
    record: Record, plan: Plan, embargo_until: datetime | None, *, viewer: Viewer, at: datetime
) -> tuple[PreviewRow, ...]:
    """Who would lose the record, or gain it by releases that stand, under the marking of `plan` and an embargo.

    Decided over what the viewer may see alone: who keeps it by a roster that is its lead's loses it here like others.
    """
    world = load([record.pk], whole=True)
    facts = world.facts[record.pk]
    subject = replace(
        remarked(world, record.pk, tlp=plan.tlp, controls=plan.controls, rel_to=plan.rel_to),
        embargoed_until=embargo_until,
    )
    hidden = hidden_rosters((reach.community for reach in facts.releases), viewer)
    openly = _without(world, record.pk, hidden)
    reached = openly.reachable(record.pk) - {record.owner_id}
    now = _decided(openly, record.pk, reached, at)
    then = _decided(replace(openly, subjects={record.pk: subject}), record.pk, reached, at)
    changed = {pk: found for pk, found in then.items() if found.allowed != now[pk].allowed}
    held = {pk for pk, found in now.items() if found.allowed}
    return tuple(_rows(changed, held, set(changed), _content(record), at))


def _lacks(world: World, pk: int, row: PreviewRow, when: datetime) -> tuple[str, ...]:
    """Whom the owner can ask, where it is their consent that is missing."""
    if row.outcome != "no" or row.agency is None:
        return ()
    lacking = lacking_consent(world.subjects[pk], world.parties[row.agency], world.facts[pk], when)
    return tuple(party.code for party in lacking)


def _planned(
    world: World, record: Record, plan: Plan, when: datetime, content: dict[str, dict[str, Any]]
) -> World:
    """The world as the plan would make it: its marking; its releases, and those standing to other targets."""
    subject = remarked(world, record.pk, tlp=plan.tlp, controls=plan.controls, rel_to=plan.rel_to)
    facts = world.facts[record.pk]
    fresh = plan.reaches(record.latest, facts.rosters, when, standing=facts.releases, content=content)
    replaced = {(reach.agency, reach.community) for reach in fresh}
    standing = [reach for reach in facts.releases if (reach.agency, reach.community) not in replaced]
    releases = (*standing, *fresh)
    return replace(world, subjects={record.pk: subject}, facts={record.pk: replace(facts, releases=releases)})


def _reach_of(world: World, pk: int, releases: Iterable[Reach]) -> set[int]:
    """The agencies that these releases of the record could reach."""
    facts = replace(world.facts[pk], releases=tuple(releases))
    return replace(world, facts={pk: facts}).reachable(pk)


def _without(world: World, pk: int, communities: Collection[int]) -> World:
    """The world without the record's releases to these communities."""
    facts = world.facts[pk]
    kept = tuple(each for each in facts.releases if each.community not in communities)
    return replace(world, facts={pk: replace(facts, releases=kept)})


def _decided(world: World, pk: int, agencies: Iterable[int], at: datetime) -> dict[int, Decision]:
    return {
        agency: decide(world.subjects[pk], world.parties[agency], world.facts[pk], at)
        for agency in sorted(agencies)
        if agency in world.parties
    }


def _known_partners(owner: int, agencies: Iterable[int], viewer: Viewer) -> set[int]:
    """Of `agencies`, those that hold or held something of the owner's, as far as the viewer may know it."""
    wanted = list(agencies)
    releases = list(Release.objects.filter(owner_id=owner).only("pk", "community_id"))
    openly = open_releases(releases, hidden_rosters((each.community_id for each in releases), viewer))
    with engine():
        grants = Grant.objects.filter(group_id__in=wanted, face__owner_id=owner, emergency=None)
        rests: set[tuple[int, int | None]] = set(grants.values_list("group_id", "release_id").distinct())
        held = Withdrawal.objects.filter(agency_id__in=wanted, owner_id=owner)
        rests |= set(held.values_list("agency_id", "basis").distinct())
    return {agency for agency, basis in rests if rests_openly(basis, openly)}


def _content(record: Record) -> dict[str, dict[str, Any]]:
    """What the version that would go says, by field group."""
    version = Version.objects.filter(record=record, number=record.latest).first()
    return version.content if version else {}


def _rows(
    decided: dict[int, Decision],
    held: set[int],
    known: set[int],
    content: dict[str, dict[str, Any]],
    when: datetime,
) -> list[PreviewRow]:
    agencies = Agency.objects.in_bulk(list(decided))
    rows = []
    for pk, found in decided.items():
        agency = agencies[pk]
        groups = [group for group in FieldGroup if group in found.withheld and content.get(group)]
        outcome = "no" if not found.allowed else "part" if groups else "all"
        reasons = found.reasons
        if not found.allowed and found.until:
            reasons += (_("that may change on %(day)s") % {"day": _day(found.until)},)
        rows.append(
            PreviewRow(
                code=agency.code,
                name=agency.label,
                band=band_of(agency) if found.allowed else Band(NOT_REACHED, _("Not reached")),
                outcome=outcome,
                withheld=tuple(str(group.label) for group in groups),
                reasons=reasons,
                first_time=found.allowed and pk not in known,
                held=pk in held,
                agency=pk,
                country=agency.country,
            )
        )
    return rows


def _day(at: datetime) -> str:
    return date_format(localtime(at), "j M Y")


def _hidden_row(community: Community) -> PreviewRow:
    return PreviewRow(
        code=community.code,
        name=community.name,
        band=Band(HIDDEN, _("Communities whose members are not listed")),
        outcome="part",
        reasons=(_("its members are not listed; each gets what the rules allow it"),),
        count=0,
    )


def _seal(plan: Plan, rows: list[PreviewRow], world: World, record: Record, fresh: Iterable[Reach]) -> str:
    """Names what was shown, and what it was shown over, so that exactly this is what a press of the button releases.

    Whatever somebody else released, amended or marked meanwhile makes it another.
    """
    subject = world.subjects[record.pk]
    parts = [
        (subject.version, subject.tlp, sorted(subject.controls), sorted(subject.rel_to)),
        sorted(reach.id for reach in world.facts[record.pk].releases),
        [(reach.agency, reach.community, reach.wording) for reach in fresh if reach.wording],
        sorted(
            (pick.agency or 0, pick.community or 0, sorted(pick.withheld), bool(pick.persons))
            for pick in plan.picks
        ),
        (plan.tlp, sorted(plan.controls), sorted(plan.rel_to), sorted(plan.withheld)),
        (plan.starts_at, plan.ends_at, plan.acknowledge_by, plan.acknowledge_within),
        [(row.code, row.outcome, row.withheld) for row in rows],
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
