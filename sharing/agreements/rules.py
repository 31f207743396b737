"""Judgement on agreements: how one stands, what may be proposed, what only narrows, when an end is near.

Pure: no database and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bulletins.markings.rules import RANK

# Days ahead of its end at which both sides are told.
WARNINGS = (60, 30, 7)
LONGEST_YEARS = 25


class Stand(StrEnum):
    """How an agreement stands at an instant. IN_FORCE alone lets anything cross."""

    DRAFT = "draft"
    DECLINED = "declined"
    NOT_BEGUN = "not_begun"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    LAPSED = "lapsed"


class Dated(Protocol):
    """What `stand` asks of an agreement."""

    valid_from: datetime
    valid_to: datetime
    accepted_at: datetime | None
    declined_at: datetime | None
    suspended_at: datetime | None
    replaced_at: datetime | None


def stand(row: Dated, now: datetime) -> Stand:
    """A suspended agreement stays suspended until it is taken up again, replaced, or has lapsed."""
    if row.declined_at:
        return Stand.DECLINED
    if row.accepted_at is None:
        return Stand.LAPSED if row.valid_to <= now else Stand.DRAFT
    if row.replaced_at and row.replaced_at <= now:
        return Stand.REPLACED
    if row.valid_to <= now:
        return Stand.LAPSED
    if row.suspended_at:
        return Stand.SUSPENDED
    return Stand.NOT_BEGUN if row.valid_from > now else Stand.IN_FORCE


@dataclass(frozen=True)
class Scope:
    """What may cross one way, and how it may be used there. Empty `drug_classes` are all; no `keep_days`, no limit."""

    kinds: frozenset[str]
    highest_tlp: str
    legal_basis: str
    permitted_use: str
    drug_classes: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    caveat: str = ""
    keep_days: int | None = None


@dataclass(frozen=True)
class Terms:
    """All that two parties agree on. `gives` holds a scope for each giver; without one nothing crosses that way."""

    first: int
    second: int
    name: str
    valid_from: datetime
    valid_to: datetime
    gives: Mapping[int, Scope]
    whole_governments: bool = False


@dataclass(frozen=True)
class Standing:
    """Another agreement of the same two, as far as `overlaps` asks."""

    code: str
    givers: frozenset[int]
    valid_from: datetime
    valid_to: datetime
    accepted: bool


Refusals = list[tuple[str, str]]


def terms_refusals(terms: Terms, *, by: int, nations: tuple[str, str], at: datetime) -> Refusals:
    """Why the two cannot agree on this, as (field, what to do); empty when they can.

    Fields of a scope are named as the side that writes sees them: `gives_kinds`, `takes_kinds`.
    """
    found: Refusals = []
    if terms.first == terms.second:
        found.append(("other", _("An agreement is between two agencies: name another than your own.")))
    elif nations[0] == nations[1]:
        found.append(
            (
                "other",
                _(
                    "Both are of one country: nothing crosses a border between them, so no agreement is needed."
                ),
            )
        )
    if not terms.name.strip():
        found.append(("name", _("Give it a name, as both sides call it.")))
    if terms.valid_to <= terms.valid_from:
        found.append(("valid_to", _("It must end after it begins: change one of the two days.")))
    elif terms.valid_to <= at:
        found.append(("valid_to", _("That day has passed: choose one that lies ahead.")))
    elif terms.valid_to > at + timedelta(days=366 * LONGEST_YEARS):
        found.append(
            ("valid_to", _("Let it end within %(n)d years: it can be renewed.") % {"n": LONGEST_YEARS})
        )
    if not terms.gives:
        found.append(("gives", _("Say what crosses in at least one direction.")))
    for giver, scope in terms.gives.items():
        side = "gives" if giver == by else "takes"
        if giver not in (terms.first, terms.second):
            found.append(("gives", _("Only the two parties give.")))
        found += [(f"{side}_{name}", said) for name, said in _scope_refusals(scope)]
    return found


def _scope_refusals(scope: Scope) -> Refusals:
    found: Refusals = []
    if not scope.kinds:
        found.append(("kinds", _("Choose what may cross: bulletins, seizure reports, or both.")))
    if not scope.legal_basis.strip():
        found.append(("legal_basis", _("Name the treaty, law or memorandum it rests on.")))
    if not scope.permitted_use.strip():
        found.append(("permitted_use", _("Say what the recipient may use it for.")))
    if scope.keep_days is not None and scope.keep_days < 1:
        found.append(("keep_days", _("A day at least, or nothing for no limit.")))
    return found


def overlaps(terms: Terms, others: Iterable[Standing]) -> list[str]:
    """Every agreement of the same two that gives in the same direction at the same time, in words.

    Of two that overlap nobody could say under which something crossed. A change is another agreement that
    replaces the first, which the caller leaves out of `others`.
    """
    found = []
    for each in others:
        both = each.givers & terms.gives.keys()
        if both and each.valid_from < terms.valid_to and terms.valid_from < each.valid_to:
            said = (
                _(
                    "%(code)s already covers this direction until %(day)s: propose a change to it, or other days."
                )
                if each.accepted
                else _("%(code)s is already proposed for this direction and time: edit or decline it first.")
            )
            found.append(said % {"code": each.code, "day": day(each.valid_to)})
    return found


def narrows(old: Terms, new: Terms, *, by: int) -> bool:
    """Whether `new` only takes away from what `by` gives: then `by` needs nobody's leave.

    What the other side gives, the days and the parties stay as they were. A giver may withhold more, lower
    the TLP, leave out kinds and classes or stop giving, cover the two agencies alone instead of their
    governments only where it is the sole giver, and change neither basis nor use: the recipient agreed to those.
    """
    same = replace(new, gives=old.gives, whole_governments=old.whole_governments, name=old.name)
    if same != old or new == old:
        return False
    others_give = {giver for giver in old.gives if giver != by}
    if any(new.gives.get(giver) != old.gives[giver] for giver in others_give):
        return False
    if new.whole_governments and not old.whole_governments:
        return False
    if old.whole_governments and not new.whole_governments and others_give:
        return False
    mine, before = new.gives.get(by), old.gives.get(by)
    if mine is None or before is None:
        return mine is None and before is not None
    return _within(mine, before)


def _within(new: Scope, old: Scope) -> bool:
    """Whether `new` lets through no more than `old`, on the same basis for the same use."""
    classes = not old.drug_classes or bool(new.drug_classes and new.drug_classes <= old.drug_classes)
    keep = old.keep_days is None or (new.keep_days is not None and new.keep_days <= old.keep_days)
    return (
        new.kinds <= old.kinds
        and classes
        and RANK[new.highest_tlp] <= RANK[old.highest_tlp]
        and new.withheld >= old.withheld
        and keep
        and (new.legal_basis, new.permitted_use) == (old.legal_basis, old.permitted_use)
    )


def suspend_refusal(row_stand: Stand, suspended_by: Iterable[int], by: int) -> str:
    """Why `by` cannot suspend it now, or nothing. That the other side has does not stand in the way."""
    if by in suspended_by:
        return _("Your agency has suspended it already.")
    if row_stand in (Stand.IN_FORCE, Stand.NOT_BEGUN, Stand.SUSPENDED):
        return ""
    return {
        Stand.DRAFT: _("It is a draft: nothing crosses under it. Decline it instead."),
        Stand.DECLINED: _("It was declined: nothing crosses under it."),
        Stand.REPLACED: _("It has been replaced: suspend the one that replaced it."),
        Stand.LAPSED: _("It has lapsed: nothing crosses under it any more."),
    }[row_stand]


def resume_refusal(row_stand: Stand, suspended_by: Iterable[int], by: int) -> str:
    """Why `by` cannot take it up again, or nothing: who suspended it does, and nobody for them."""
    if row_stand != Stand.SUSPENDED:
        return _("It is not suspended.")
    if by in suspended_by:
        return ""
    if not list(suspended_by):
        return _("The hub's operators suspended it: ask your steward.")
    return _("The other side suspended it, and takes it up again itself: write to its desk.")


def due_warning(valid_to: datetime, warned: Iterable[int], now: datetime) -> tuple[int, list[int]] | None:
    """The warning to give now, and all the days ahead it stands for; None when there is none.

    After days without a look the nearest is given alone, and those before it count as given.
    """
    left = valid_to - now
    if left <= timedelta():
        return None
    reached = [days for days in WARNINGS if left <= timedelta(days=days)]
    if not reached or min(reached) in warned:
        return None
    return min(reached), [days for days in reached if days not in warned]


def days_left(valid_to: datetime, now: datetime) -> int:
    """To the nearest whole day; 1 until the very end, then 0."""
    left = (valid_to - now) / timedelta(days=1)
    return max(1, round(left)) if left > 0 else 0


def day(at: datetime) -> str:
    return date_format(localtime(at), "j M Y")
