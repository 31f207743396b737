"""Loading what the reading rule needs, as the engine: rosters, agreements and consents of all sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bulletins.models import Record, Version
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine
from sharing.agreements.models import Agreement, Direction
from sharing.communities.models import Community, Membership
from sharing.releases.grounds import Allowed, Facts, Party, Reach, Roster, Said, Subject, Treaty
from sharing.releases.models import Consent, Release


@dataclass(frozen=True)
class World:
    """Everything decisions about some records need, read at one instant."""

    records: dict[int, Record]
    parties: dict[int, Party]
    subjects: dict[int, Subject]
    facts: dict[int, Facts]

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
        for row in Release.objects.filter(record_id__in=wanted, ended_at=None):
            releases[row.record_id].append(reach_of(row))
        # What nobody has been given touches its owner and originator alone.
        shared = bool(releases) or whole
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
        ends = {pk for record in records.values() for pk in (record.owner_id, record.originator_id) if pk}
        agencies = Agency.objects.all() if shared else Agency.objects.filter(pk__in=ends)
        parties = {agency.pk: party_of(agency) for agency in agencies}
        rosters = _rosters() if shared else {}
        treaties = _treaties(parties) if shared else ()
        subjects = _subjects(records, parties)
    facts = {pk: Facts(tuple(releases[pk]), rosters, treaties, tuple(consents[pk])) for pk in records}
    return World(records, parties, subjects, facts)


def party_of(agency: Agency) -> Party:
    return Party(
        id=agency.pk,
        code=agency.code,
        country=agency.country,
        kind=agency.kind,
        active=agency.state == AgencyState.ACTIVE,
        parent=agency.parent_id if agency.parent_confirmed_at else None,
        cfr23=agency.cfr23_accepted_on is not None,
    )


def reach_of(row: Release) -> Reach:
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
        barred=frozenset(row.barred),
    )


def remarked(subject: Subject, *, tlp: str, controls: Iterable[str], rel_to: Iterable[str]) -> Subject:
    """The subject as it would be under another marking: what a preview asks."""
    return replace(subject, tlp=tlp, controls=frozenset(controls), rel_to=frozenset(rel_to))


def _subjects(records: dict[int, Record], parties: dict[int, Party]) -> dict[int, Subject]:
    said: dict[int, dict[int, Said]] = defaultdict(dict)
    for version in Version.objects.filter(record_id__in=list(records)):
        said[version.record_id][version.number] = _said(version)
    found = {}
    for record in records.values():
        newest = said[record.pk].pop(record.latest, Said(record.latest))
        found[record.pk] = Subject(
            id=record.pk,
            kind=record.kind,
            owner=parties[record.owner_id],
            originator=parties.get(record.originator_id or 0),
            version=record.latest,
            tlp=record.tlp,
            controls=frozenset(record.controls),
            rel_to=frozenset(record.rel_to),
            drug_classes=newest.drug_classes,
            has_identifiers=newest.has_identifiers,
            certified=newest.certified,
            author=record.poster_id,
            earlier=tuple(said[record.pk].values()),
        )
    return found


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


def _rosters() -> dict[int, Roster]:
    members = defaultdict(set)
    confirmed = Membership.objects.filter(left_at=None).exclude(confirmed_at=None)
    for community, agency in confirmed.values_list("community_id", "agency_id"):
        members[community].add(agency)
    return {
        pk: Roster(pk, name, frozenset(members[pk]), closes_at)
        for pk, name, closes_at in Community.objects.values_list("pk", "name", "closes_at")
    }


def _treaties(parties: dict[int, Party]) -> tuple[Treaty, ...]:
    found = []
    for direction in Direction.objects.select_related("agreement").order_by("id"):
        agreement = direction.agreement
        taker = agreement.second_id if direction.giver_id == agreement.first_id else agreement.first_id
        found.append(treaty_of(direction, agreement, parties[direction.giver_id], parties[taker]))
    return tuple(found)


def treaty_of(direction: Direction, agreement: Agreement, giver: Party, taker: Party) -> Treaty:
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
        valid_to=agreement.valid_to,
        accepted=agreement.accepted_at is not None,
        suspended=agreement.suspended_at is not None,
        whole_governments=agreement.whole_governments,
    )
