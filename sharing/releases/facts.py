"""Loading what the reading rule needs, as the engine: rosters, agreements and consents of all sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef

from bulletins.faces.wording import Reworded, Wording, texts_of
from bulletins.markings.models import Control
from bulletins.markings.rules import RANK
from bulletins.models import Record, Version
from bulletins.records.models import Kind
from bulletins.retention.rules import stops_at
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine
from sharing.agreements.models import Agreement, Direction
from sharing.communities.models import Community, Membership
from sharing.emergencies.models import Emergency, EmergencyState
from sharing.releases.grounds import Allowed, Facts, Opening, Party, Reach, Roster, Said, Subject, Treaty
from sharing.releases.models import Consent, Recall, Release


@dataclass(frozen=True)
class World:
    """Everything decisions about some records need, read at one instant.

    `applied` is when the newest release of a record took effect: a deed that waited for its lock began before that.
    """

    records: dict[int, Record]
    parties: dict[int, Party]
    subjects: dict[int, Subject]
    facts: dict[int, Facts]
    sources: dict[int, list[Record]] = field(default_factory=dict)
    applied: dict[int, datetime] = field(default_factory=dict)

    def reachable(self, record: int) -> set[int]:
        """The agencies any release of the record could reach: named, members, and children of either."""
        facts, named = self.facts[record], set()
        for reach in facts.releases:
            if reach.agency is not None:
                named.add(reach.agency)
            elif reach.community is not None:
                roster = facts.rosters.get(reach.community)
                named |= roster.members if roster else frozenset()
            else:
                named |= self.parties.keys()
        return named | {party.id for party in self.parties.values() if party.parent in named}


def load(ids: Iterable[int], *, whole: bool = False) -> World:
    """Read the world around the records `ids`, past every policy. Only decisions come out of it.

    `whole` reads rosters and agreements also where nothing is released yet: what a preview asks.
    """
    wanted = sorted(set(ids))
    with engine():
        records = {
            record.pk: record for record in Record.objects.filter(pk__in=wanted).select_related("owner")
        }
        releases, consents = defaultdict(list), defaultdict(list)
        versions = list(Version.objects.filter(record_id__in=wanted))
        contents = {(version.record_id, version.number): version.content for version in versions}
        applied: dict[int, datetime] = {}
        for row in Release.objects.filter(record_id__in=wanted, ended_at=None):
            releases[row.record_id].append(reach_of(row, contents.get((row.record_id, row.version), {})))
            if row.applied_at is not None:
                applied[row.record_id] = max(row.applied_at, applied.get(row.record_id, row.applied_at))
        emergencies = _emergencies(wanted)
        # What nobody has been given touches its owner and originator alone.
        shared = bool(releases or emergencies) or whole
        for given in Consent.objects.filter(record_id__in=wanted, withdrawn_at=None) if shared else ():
            consents[given.record_id].append(
                Allowed(
                    given.version,
                    given.originator_id,
                    given.recipient_id,
                    frozenset(given.withheld),
                    given.until,
                )
            )
        sources = _sources(records, versions)
        ends = {
            pk
            for record in (*records.values(), *(each for found in sources.values() for each in found))
            for pk in (record.owner_id, record.originator_id)
            if pk
        }
        agencies = Agency.objects.all() if shared else Agency.objects.filter(pk__in=ends)
        # Rows of what is asked: a model for each of hundreds takes longer than deciding for it.
        parties = {row.pk: party_of(row) for row in agencies.values_list(*PARTY, named=True)}
        to_some = any(reach.community for found in releases.values() for reach in found)
        rosters = _rosters() if to_some or whole else {}
        treaties = treaties_among(parties) if shared else ()
        taken = _taken_back(wanted) if whole or emergencies else set()
        subjects = _subjects(records, versions, sources, parties, taken)
    facts = {
        pk: Facts(tuple(releases[pk]), rosters, treaties, tuple(consents[pk]), tuple(emergencies[pk]))
        for pk in records
    }
    return World(records, parties, subjects, facts, sources, applied)


PARTY = ("pk", "code", "country", "kind", "state", "parent_id", "parent_confirmed_at", "cfr23_accepted_on")


def party_of(agency: Any) -> Party:
    """An Agency, or a row of its columns `PARTY`, as the rule sees it."""
    return Party(
        id=agency.pk,
        code=agency.code,
        country=agency.country,
        kind=agency.kind,
        active=agency.state == AgencyState.ACTIVE,
        parent=agency.parent_id if agency.parent_confirmed_at else None,
        cfr23=agency.cfr23_accepted_on is not None,
    )


def reach_of(row: Release, content: dict[str, Any]) -> Reach:
    """The release as plain data; `content` is what the version says that it was made for."""
    return Reach(
        id=row.pk or 0,
        version=row.version,
        agency=row.agency_id,
        community=row.community_id,
        members=frozenset(row.members),
        persons=frozenset(row.persons),
        withheld=frozenset(row.withheld),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        need_and_right=bool(row.need_to_know and row.right_to_know),
        by=row.released_by_id,
        wording=wording_of(row.wording, content),
        barred=frozenset(row.barred),
        acknowledge_by=row.acknowledge_by,
    )


def contents_of(ids: Iterable[int]) -> dict[tuple[int, int], dict[str, Any]]:
    """(record, version) -> what it says, of the versions that the reader's agency may read."""
    rows = Version.objects.filter(record_id__in=list(ids)).values_list("record_id", "number", "content")
    return {(record, number): content for record, number, content in rows}


def wording_of(given: dict[str, str], content: dict[str, Any]) -> Wording:
    """Texts by name, each with the text of the author's that it stands for."""
    said = texts_of(content) if given else {}
    return tuple(Reworded(field, text, said.get(field, "")) for field, text in sorted(given.items()))


def remarked(world: World, pk: int, *, tlp: str, controls: Iterable[str], rel_to: Iterable[str]) -> Subject:
    """The record's subject as it would be under another marking of its own: what a preview asks."""
    record = world.records[pk]
    own = _Marks(tlp, frozenset(controls), frozenset(rel_to))
    return replace(world.subjects[pk], **_strictest(own, world.sources[record.pk]))


@dataclass(frozen=True)
class _Marks:
    tlp: str
    controls: frozenset[str]
    rel_to: frozenset[str]


def _strictest(own: _Marks, sources: Iterable[Record]) -> dict[str, Any]:
    """The marking of what is derived: the highest TLP, every control, and the countries all of them allow."""
    tlp, controls, rel_to = own.tlp, set(own.controls), set(own.rel_to)
    for source in sources:
        tlp = max(tlp, source.tlp, key=RANK.__getitem__)
        if Control.REL_TO in source.controls:
            countries = set(source.rel_to)
            rel_to = rel_to & countries if Control.REL_TO in controls else countries
        controls |= set(source.controls)
    return {"tlp": tlp, "controls": frozenset(controls), "rel_to": frozenset(rel_to)}


def _sources(records: dict[int, Record], versions: Iterable[Version]) -> dict[int, list[Record]]:
    """Record -> what any of its versions is derived from, where that is not wholly its owner's own word."""
    linked: dict[int, set[int]] = defaultdict(set)
    for version in versions:
        linked[version.record_id] |= set(version.linked)
    rows = _rests_on(linked)
    return {
        pk: [
            rows[source]
            for source in sorted(_at_any_remove(linked, pk))
            if source in rows and {rows[source].owner_id, rows[source].originator_id} != {record.owner_id}
        ]
        for pk, record in records.items()
    }


def _rests_on(linked: dict[int, set[int]]) -> dict[int, Record]:
    """The records named in `linked`, and what they rest on in turn, which is added to it."""
    rows: dict[int, Record] = {}
    wanted = {pk for each in linked.values() for pk in each}
    while wanted:
        found = Record.objects.in_bulk(wanted)
        rows |= found
        # A report rests on nothing.
        further = [pk for pk, row in found.items() if row.kind == Kind.BULLETIN and pk not in linked]
        wanted = set()
        for version in Version.objects.filter(record_id__in=further) if further else ():
            linked[version.record_id] |= set(version.linked)
            wanted |= set(version.linked) - rows.keys()
    return rows


def _at_any_remove(linked: dict[int, set[int]], pk: int) -> set[int]:
    found, fresh = set[int](), set(linked.get(pk, ()))
    while fresh:
        found |= fresh
        fresh = {further for each in fresh for further in linked.get(each, ())} - found
    return found - {pk}


def _subjects(
    records: dict[int, Record],
    versions: Iterable[Version],
    sources: dict[int, list[Record]],
    parties: dict[int, Party],
    taken: set[int],
) -> dict[int, Subject]:
    said: dict[int, dict[int, Said]] = defaultdict(dict)
    for version in versions:
        said[version.record_id][version.number] = _said(version)
    found = {}
    for record in records.values():
        newest = said[record.pk].pop(record.latest, Said(record.latest))
        origins = {pk for source in sources[record.pk] for pk in (source.owner_id, source.originator_id)}
        own = _Marks(record.tlp, frozenset(record.controls), frozenset(record.rel_to))
        found[record.pk] = Subject(
            id=record.pk,
            kind=record.kind,
            owner=parties[record.owner_id],
            originator=parties.get(record.originator_id or 0),
            version=record.latest,
            **_strictest(own, sources[record.pk]),
            drug_classes=newest.drug_classes,
            has_identifiers=newest.has_identifiers,
            certified=newest.certified,
            author=record.poster_id,
            earlier=tuple(said[record.pk].values()),
            sources=tuple(
                parties.get(pk or 0) for pk in sorted(origins - {record.owner_id}, key=lambda pk: pk or 0)
            ),
            embargoed_until=record.embargo_until,
            review_at=stops_at(record.review_due) if record.entered_on else None,
            recalled=record.recalled_at is not None or record.pk in taken,
            ended=record.ended_at is not None,
        )
    return found


def _taken_back(records: list[int]) -> set[int]:
    """Of the records those whose newest version was taken back by itself, and stands released nowhere since."""
    newest = {"record_id": OuterRef("record_id"), "version": OuterRef("version")}
    standing = Release.objects.filter(**newest, ended_at=None)
    rows = Recall.objects.filter(~Exists(standing), record_id__in=records, version=F("record__latest"))
    return set(rows.values_list("record_id", flat=True))


def _said(version: Version) -> Said:
    content, drugs = version.content, terms().drugs
    return Said(
        version=version.number,
        drug_classes=frozenset(
            drugs[row["drug"]].drug_class if row["drug"] in drugs else ""
            for row in content.get("core", {}).get("substances", [])
        ),
        has_identifiers=bool(content.get("identifiers")),
        certified=version.certified,
    )


def _emergencies(records: list[int]) -> dict[int, list[Opening]]:
    found: dict[int, list[Opening]] = defaultdict(list)
    rows = Emergency.objects.filter(
        record_id__in=records,
        state=EmergencyState.CONFIRMED,
        ended_at=None,
        person__is_active=True,
        person__agency_id=F("agency_id"),
    )
    for pk, record, person, agency, until in rows.order_by("until", "id").values_list(
        "pk", "record_id", "person_id", "agency_id", "until"
    ):
        if record is not None and until is not None:
            found[record].append(Opening(pk, person, agency, until))
    return found


def _rosters() -> dict[int, Roster]:
    members: dict[int, set[int]] = defaultdict(set)
    since: dict[int, dict[int, datetime]] = defaultdict(dict)
    confirmed = Membership.objects.filter(left_at=None).exclude(confirmed_at=None)
    for community, agency, joined_at, with_history in confirmed.values_list(
        "community_id", "agency_id", "joined_at", "with_history"
    ):
        members[community].add(agency)
        if not with_history:
            since[community][agency] = joined_at
    return {
        pk: Roster(pk, name, frozenset(members[pk]), closes_at, since[pk], listed)
        for pk, name, closes_at, listed in Community.objects.values_list(
            "pk", "name", "closes_at", "roster_visible"
        )
    }


def treaties_among(parties: dict[int, Party]) -> tuple[Treaty, ...]:
    """Every direction of every accepted agreement, past every policy."""
    found = []
    # A draft is its parties' alone: nothing rests on it, and no reason may name it.
    accepted = Direction.objects.exclude(agreement__accepted_at=None)
    for direction in accepted.select_related("agreement").order_by("id"):
        agreement = direction.agreement
        taker = agreement.second_id if direction.giver_id == agreement.first_id else agreement.first_id
        found.append(treaty_of(direction, agreement, parties[direction.giver_id], parties[taker]))
    return tuple(found)


def treaty_of(direction: Direction, agreement: Agreement, giver: Party, taker: Party) -> Treaty:
    replaced = agreement.replaced_at
    return Treaty(
        id=agreement.pk,
        code=agreement.code,
        giver=giver,
        taker=taker,
        kinds=frozenset(direction.kinds),
        drug_classes=frozenset(direction.drug_classes),
        highest_tlp=direction.highest_tlp,
        withheld=frozenset(direction.withheld),
        valid_from=agreement.valid_from,
        valid_to=min(agreement.valid_to, replaced) if replaced else agreement.valid_to,
        accepted=agreement.accepted_at is not None,
        suspended=agreement.suspended_at is not None,
        whole_governments=agreement.whole_governments,
        direction=direction.pk or 0,
    )
