"""Who takes part in the bench: 200 agencies, and of how much each is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group

from bulletins.markings.models import TLP
from hub.agencies.models import Agency, AgencyKind, AgencyState, Person
from sharing.agreements.models import Agreement, Direction

AGENCIES = 200
OWNERS = 20
ABROAD = 25
BEHIND_THE_AGREEMENT = 105_000
# Grants a record, the owner's own included.
GRANTS = 8.0
SIZES = {"0.1 %": 0.001, "5 %": 0.05, "60 %": 0.6}


@dataclass(frozen=True)
class Bodies:
    """`shares` is of how many in a thousand records each agency holds a grant; `readers` the three measured."""

    shares: dict[int, float]
    owners: list[int]
    abroad: frozenset[int]
    readers: dict[str, Person]
    agreement: Agreement


def make_agencies(size: int, at: datetime) -> Bodies:
    """Real agencies that stand alone, invented ones to fill up, and one agreement with those abroad."""
    alone = Agency.objects.filter(country="US", parent=None, children=None, state=AgencyState.ACTIVE)
    home = list(alone.exclude(code="CBP").order_by("code"))[: AGENCIES - ABROAD - len(SIZES)]
    named = {name: _agency(f"BENCH-{name.replace(' %', '')}", "US") for name in SIZES}
    abroad = [_agency(f"BENCH-CA-{number}", "CA") for number in range(ABROAD)]
    for number in range(AGENCIES - len(home) - len(named) - len(abroad)):
        home.append(_agency(f"BENCH-US-{number}", "US"))
    owners = [agency.pk for agency in home[-OWNERS:]]
    # However small the bench, the smallest has something to read.
    shares = {named[name].pk: max(share, 8 / size) for name, share in SIZES.items()}
    each_abroad = min(0.06, BEHIND_THE_AGREEMENT / size / ABROAD)
    shares |= {agency.pk: each_abroad for agency in abroad}
    # The others unevenly, the first most: what is left of eight grants a record, without the owner's own.
    weights = {agency.pk: 1 / (rank + 3) ** 0.7 for rank, agency in enumerate(home)}
    left = GRANTS - 1 - sum(shares.values())
    shares |= {pk: min(0.5, left * weight / sum(weights.values())) for pk, weight in weights.items()}
    readers = {name: _person(agency) for name, agency in named.items()}
    return Bodies(
        shares, owners, frozenset(a.pk for a in abroad), readers, _agreement(home[-1], abroad[0], at)
    )


def _agency(code: str, country: str) -> Agency:
    group = Group.objects.create(name=code)
    kind = AgencyKind.FEDERAL if country == "US" else AgencyKind.FOREIGN
    return Agency.objects.create(
        group=group,
        code=code,
        name=f"{code}, invented",
        kind=kind,
        country=country,
        cfr23_accepted_on=date(2020, 1, 1),
    )


def _person(agency: Agency) -> Person:
    return Person.objects.create(
        username=agency.code.lower(), email=f"{agency.pk}@bench.example", agency=agency, roles=["officer"]
    )


def _agreement(home: Agency, abroad: Agency, at: datetime) -> Agreement:
    agreement = Agreement.objects.create(
        code="BENCH",
        name="Between the governments of the bench",
        first=home,
        second=abroad,
        whole_governments=True,
        valid_from=at - timedelta(days=900),
        valid_to=at + timedelta(days=900),
        accepted_at=at - timedelta(days=900),
    )
    Direction.objects.create(
        agreement=agreement,
        giver=home,
        kinds=["bulletin", "seizure"],
        highest_tlp=TLP.AMBER,
        withheld=["place"],
        legal_basis="For the bench",
        permitted_use="For the bench",
    )
    return agreement
