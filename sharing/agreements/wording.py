"""Agreements in words: what crosses in each direction, without what, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.bands import country_name
from hub.agencies.models import Agency
from sharing.agreements.models import Agreement, Direction
from sharing.agreements.rules import WARNINGS, Stand, day, days_left, stand

SOON_DAYS = max(WARNINGS)
KINDS = {Kind.BULLETIN: gettext_lazy("bulletins"), Kind.SEIZURE: gettext_lazy("seizure reports")}


@dataclass(frozen=True)
class State:
    """How an agreement stands: `good` ones let something cross today, `waits` for somebody's decision."""

    label: str
    good: bool
    note: str = ""
    code: str = ""
    waits: bool = False


@dataclass(frozen=True)
class DirectionInWords:
    giver: str
    taker: str
    what: str
    without: str
    caveat: str
    legal_basis: str
    permitted_use: str
    keep: str


@dataclass(frozen=True)
class AgreementInWords:
    code: str
    name: str
    parties: tuple[str, str]
    names: tuple[str, str]
    scope: str
    state: State
    valid_from: datetime
    valid_to: datetime
    directions: tuple[DirectionInWords, ...]
    proposed_by: str = ""
    replaces: str = ""
    revision: int = 1

    @property
    def other(self) -> str:
        """Who decides on a draft: the party that did not enter it."""
        first, second = self.parties
        return second if self.proposed_by == first else first

    @property
    def href(self) -> str:
        return f"/agreements/{self.code}/"

    @property
    def silent(self) -> list[tuple[str, str]]:
        """Directions in which nothing crosses."""
        given = {direction.giver for direction in self.directions}
        first, second = self.parties
        return [pair for pair in ((first, second), (second, first)) if pair[0] not in given]


def in_words(row: Agreement, now: datetime) -> AgreementInWords:
    parties = {row.first_id: row.first, row.second_id: row.second}
    directions = sorted(row.directions.all(), key=lambda each: each.giver_id != row.first_id)
    return AgreementInWords(
        code=row.code,
        name=row.name,
        parties=(row.first.code, row.second.code),
        names=(row.first.name, row.second.name),
        scope=_scope(row),
        state=state_of(row, now),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        directions=tuple(_direction(each, parties) for each in directions),
        proposed_by=row.proposed_by.code if row.proposed_by else "",
        replaces=row.replaces.code if row.replaces else "",
        revision=row.revision,
    )


def state_of(row: Agreement, now: datetime) -> State:
    found = stand(row, now)
    label, note = _stands(row, found, now)
    return State(label, found == Stand.IN_FORCE, note, found.value, found == Stand.DRAFT)


def _stands(row: Agreement, found: Stand, now: datetime) -> tuple[str, str]:
    if found == Stand.DRAFT:
        return _("Draft"), _("Nothing crosses until the other side has accepted it.")
    if found == Stand.DECLINED:
        by = row.declined_by.code if row.declined_by else ""
        return _("Declined"), _("%(by)s: %(reason)s") % {"by": by, "reason": row.decline_reason}
    if found == Stand.SUSPENDED:
        return _("Suspended"), _suspended(row)
    if found == Stand.REPLACED:
        return _("Replaced"), _("Another agreement has taken its place.")
    if found == Stand.LAPSED:
        return _("Lapsed"), _("Nothing crosses any more.")
    if found == Stand.NOT_BEGUN:
        return _("Not begun"), _("Nothing crosses before %(day)s.") % {"day": day(row.valid_from)}
    if row.replaced_at:
        return _("In force"), _("Another agreement takes its place on %(day)s.") % {
            "day": day(row.replaced_at)
        }
    left = days_left(row.valid_to, now)
    if left > SOON_DAYS:
        return _("In force"), ""
    return _("In force"), lapses_in(left)


def lapses_in(left: int) -> str:
    return ngettext("It lapses in %(n)d day.", "It lapses in %(n)d days.", left) % {"n": left}


def _suspended(row: Agreement) -> str:
    parties = {row.first_id: row.first.code, row.second_id: row.second.code} if row.suspended_by else {}
    by = [parties[side] for side in row.suspended_by if side in parties]
    if not by:
        return _("Nothing crosses until it is taken up again.")
    said = _("Suspended by %(by)s: nothing crosses until it is taken up again.") % {"by": listed(by)}
    return f"{said} {row.suspend_reason}".strip()


def _scope(row: Agreement) -> str:
    if not row.whole_governments:
        return _("Between the two agencies and their own bodies")
    return _("Between the governments: every agency of %(first)s and of %(second)s") % {
        "first": country_name(row.first.country) or row.first.code,
        "second": country_name(row.second.country) or row.second.code,
    }


def _direction(row: Direction, parties: dict[int, Agency]) -> DirectionInWords:
    (taker,) = [agency for pk, agency in parties.items() if pk != row.giver_id]
    kinds = [str(KINDS[Kind(kind)]) for kind in row.kinds]
    what = _("%(kinds)s of %(substances)s, up to %(tlp)s") % {
        "kinds": listed(kinds),
        "substances": _substances(row.drug_classes),
        "tlp": row.highest_tlp,
    }
    without = [str(group.label).lower() for group in FieldGroup if group in row.withheld]
    return DirectionInWords(
        giver=parties[row.giver_id].code,
        taker=taker.code,
        what=what[:1].upper() + what[1:],
        without=listed(without),
        caveat=row.caveat,
        legal_basis=row.legal_basis,
        permitted_use=row.permitted_use,
        keep=keep_in_words(row.keep_days),
    )


def _substances(classes: list[str]) -> str:
    """What names no substance has none that the agreement leaves out."""
    if not classes:
        return _("any substance")
    return _("%(classes)s, or naming no substance") % {"classes": listed(classes)}


def keep_in_words(days: int | None) -> str:
    if days is None:
        return _("No limit is set")
    if days % 365 == 0:
        years = days // 365
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
