"""The agencies of the data file into their table, each with its auth Group."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import transaction

from hub.agencies.models import Agency

FILE = Path(__file__).parent / "data" / "agencies.csv"


@dataclass(frozen=True)
class AgencyFacts:
    """One line of the file. A placeholder is a body that sources do not name: no seat, no Group."""

    code: str
    name: str
    kind: str
    country: str
    region: str
    placeholder: bool
    time_zone: str
    desk_email: str
    desk_phone: str
    desk_hours: str
    parent: str
    cfr23: bool


@dataclass(frozen=True)
class Counts:
    added: int
    refreshed: int


def read_agencies(file: Path = FILE) -> list[AgencyFacts]:
    """The file's lines in order, placeholders included."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            AgencyFacts(**row | {"placeholder": row["placeholder"] == "1", "cfr23": row["cfr23"] == "1"})
            for row in csv.DictReader(lines)
        ]


def load_agencies(at: datetime, *, file: Path = FILE) -> Counts:
    """Add the agencies that are missing, in one transaction; running it again changes nothing.

    An agency that is there keeps what people look after (desk, time zone, state, parent, acceptance of
    28 CFR Part 23); its name, kind, country and region follow the file.
    """
    facts = [agency for agency in read_agencies(file) if not agency.placeholder]
    with transaction.atomic():
        added = [agency.code for agency in facts if _load(agency, at)]
        for agency in facts:
            if agency.parent and agency.code in added:
                parent = Agency.objects.get(code=agency.parent)
                Agency.objects.filter(code=agency.code).update(parent=parent, parent_confirmed_at=at)
    return Counts(len(added), len(facts) - len(added))


def _load(facts: AgencyFacts, at: datetime) -> bool:
    """Whether the agency was added."""
    listed = {"name": facts.name, "kind": facts.kind, "country": facts.country, "region": facts.region}
    known = Agency.objects.filter(code=facts.code)
    if known.update(**listed):
        return False
    group, _ = Group.objects.get_or_create(name=f"agency:{facts.code}")
    Agency.objects.create(
        group=group,
        code=facts.code,
        **listed,
        time_zone=facts.time_zone,
        desk_email=facts.desk_email,
        desk_phone=facts.desk_phone,
        desk_hours=facts.desk_hours,
        cfr23_accepted_on=at.date() if facts.cfr23 else None,
    )
    return True
