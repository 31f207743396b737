"""A decision on an agreement as a change of the treaties that the reading rule looks at."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sharing.agreements.models import Agreement
from sharing.audiences.foreseeing import Change
from sharing.audiences.settling import treaties_of


def as_accepted(row: Agreement, by: int, at: datetime) -> Change:
    """The draft is in force, and what it replaces has ended when it begins."""
    old = treaties_of(row.replaces) if row.replaces else []
    ends = max(at, row.valid_from)
    return Change(
        before=tuple(old),
        changed={each.direction: replace(each, valid_to=min(each.valid_to, ends)) for each in old},
        added=tuple(replace(each, accepted=True) for each in treaties_of(row)),
    )


def as_suspended(row: Agreement, by: int, at: datetime) -> Change:
    now = treaties_of(row)
    return Change(tuple(now), {each.direction: replace(each, suspended=True) for each in now})


def as_resumed(row: Agreement, by: int, at: datetime) -> Change:
    """In force again, unless the other side has suspended it too."""
    now = treaties_of(row)
    still = bool([side for side in row.suspended_by if side != by])
    return Change(tuple(now), {each.direction: replace(each, suspended=still) for each in now})
