"""The communities of the data files into their tables."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from django.db import transaction

from hub.agencies.models import Agency
from sharing.communities.models import Community, Membership

DATA = Path(__file__).parent / "data"


def load_communities(at: datetime, *, folder: Path = DATA) -> int:
    """Add communities and memberships that are missing, confirmed as of `at`; return how many members were added.

    A community that is there keeps its lead and its members: those are looked after by people.
    """
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    added = []
    with transaction.atomic():
        fresh = {}
        for row in _rows(folder / "communities.csv"):
            community, made = Community.objects.get_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "kind": row["kind"],
                    "lead": agencies[row["lead"]],
                    "description": row["description"],
                },
            )
            if made:
                fresh[row["code"]] = community
        for row in _rows(folder / "members.csv"):
            if row["community"] in fresh:
                added.append(
                    Membership(
                        community=fresh[row["community"]],
                        agency=agencies[row["agency"]],
                        joined_at=at,
                        confirmed_at=at,
                        with_history=True,
                    )
                )
        Membership.objects.bulk_create(added)
    return len(added)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
