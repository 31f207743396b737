"""A release before it happens: who is picked, what is held back, and why it may be refused as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from bulletins.faces.content import WITHHOLDABLE
from bulletins.faces.wording import Reworded, Wording, is_text, label_of, longest, texts_of
from bulletins.markings.models import TLP
from bulletins.markings.rules import marking_refusals
from sharing.releases.grounds import Reach, Roster
from sharing.releases.rules import IDENTIFIERS


@dataclass(frozen=True)
class Pick:
    """One choice on the left of the release page: an agency, a community, or (neither) everybody.

    `wording` are texts by name in place of the author's; None leaves those that stand for the target as they are.
    """

    agency: int | None = None
    community: int | None = None
    withheld: frozenset[str] = frozenset()
    persons: frozenset[int] = frozenset()
    wording: tuple[tuple[str, str], ...] | None = None

    def worded(self, standing: Iterable[Reach], content: dict[str, Any]) -> Wording:
        """The texts it puts in place of what `content` says; without any of its own, those of the live release to
        the same target. What is then no text of the content any more is left out of them."""
        said = texts_of(content)
        if self.wording is not None:
            return tuple(Reworded(field, text, said[field]) for field, text in self.wording if field in said)
        same = [
            reach for reach in standing if (reach.agency, reach.community) == (self.agency, self.community)
        ]
        newest = max(same, key=lambda reach: reach.age, default=None)
        if newest is None:
            return ()
        return tuple(
            Reworded(each.field, each.text if each.instead_of == said[each.field] else "", said[each.field])
            for each in newest.wording
            if each.field in said
        )


@dataclass(frozen=True)
class Plan:
    """`acknowledge_by` or `acknowledge_within`, counted from when it begins: until when recipients are asked to."""

    picks: tuple[Pick, ...]
    tlp: str
    controls: tuple[str, ...] = ()
    rel_to: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()
    need_to_know: str = ""
    right_to_know: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    marking_reason: str = ""
    acknowledge_by: datetime | None = None
    acknowledge_within: timedelta | None = None

    def asked_by(self, begins: datetime) -> datetime | None:
        """Until when those it reaches are asked to acknowledge, where it begins at `begins`; None: they are not."""
        return begins + self.acknowledge_within if self.acknowledge_within else self.acknowledge_by

    def held_back(self) -> list[frozenset[str]]:
        """What each pick holds back."""
        return [pick.withheld | self.withheld for pick in self.picks]

    def reaches(
        self,
        version: int,
        rosters: dict[int, Roster],
        at: datetime,
        *,
        standing: Iterable[Reach] = (),
        content: dict[str, Any] | None = None,
    ) -> tuple[Reach, ...]:
        """The releases this plan would make, with negative ids: they are not in the database.

        `content` is what the version says, `standing` are the live releases.
        """
        return tuple(
            Reach(
                id=-number,
                version=version,
                agency=pick.agency,
                community=pick.community,
                members=rosters[pick.community].members if pick.community in rosters else frozenset(),
                persons=pick.persons,
                withheld=pick.withheld | self.withheld,
                starts_at=at,
                ends_at=self.ends_at,
                need_and_right=bool(self.need_to_know and self.right_to_know),
                wording=pick.worded(standing, content or {}),
                acknowledge_by=self.asked_by(at),
            )
            for number, pick in enumerate(self.picks, start=1)
        )


def plan_refusals(plan: Plan, *, owner_country: str, at: datetime) -> list[str]:
    """Why the plan cannot be carried out at all; empty when it can. Each says what to do."""
    found = marking_refusals(
        tlp=plan.tlp, controls=plan.controls, rel_to=plan.rel_to, owner_country=owner_country
    )
    if not plan.picks:
        found.append(_("Pick at least one agency or community."))
    if plan.tlp == TLP.STRICT and any(pick.agency is None for pick in plan.picks):
        found.append(
            _(
                "TLP:AMBER+STRICT is for agencies named one by one: their own people only. "
                "Take the communities out, or choose TLP:AMBER."
            )
        )
    if plan.tlp == TLP.RED:
        if any(pick.agency is None for pick in plan.picks):
            found.append(_("TLP:RED is for people named: take the communities out."))
        if any(pick.agency is not None and not pick.persons for pick in plan.picks):
            found.append(_("TLP:RED is for people named: name them, or choose another marking."))
    if plan.tlp != TLP.CLEAR and any(pick.agency is None and pick.community is None for pick in plan.picks):
        found.append(_("Only TLP:CLEAR may go to every agency at once."))
    if not plan.need_to_know.strip():
        found.append(_("Say why they need to know: it is recorded with the release (28 CFR 23.20 e)."))
    if not plan.right_to_know.strip():
        found.append(
            _("Say what gives them the right to know: it is recorded with the release (28 CFR 23.20 e).")
        )
    if plan.ends_at and plan.ends_at <= (plan.starts_at or at):
        found.append(_("The end must lie after the start."))
    unknown = {group for pick in plan.picks for group in pick.withheld} | plan.withheld
    if unknown - set(WITHHOLDABLE):
        found.append(_("Only these can be withheld: %(groups)s.") % {"groups": ", ".join(WITHHOLDABLE)})
    return found + wording_refusals(plan.picks)


def asking_refusals(plan: Plan, *, begins: datetime) -> list[str]:
    """Why recipients cannot be asked to acknowledge like that, where the release begins at `begins`."""
    if plan.acknowledge_by and plan.acknowledge_within:
        return [_("Acknowledge within a span or by a time: give one of the two, not both.")]
    asked_by = plan.asked_by(begins)
    if asked_by is None:
        return []
    if asked_by <= begins:
        return [_("The time to acknowledge by must lie after the release begins: choose a later one.")]
    if plan.ends_at and asked_by >= plan.ends_at:
        return [
            _(
                "The time to acknowledge by must lie before the release ends: choose an earlier one, or end later."
            )
        ]
    return []


def wording_refusals(picks: Iterable[Pick]) -> list[str]:
    """Why texts cannot be worded like that."""
    found = []
    for field, text in sorted({each for pick in picks for each in pick.wording or ()}):
        if not is_text(field):
            found.append(_("There is no such text to be worded otherwise: %(field)s.") % {"field": field})
        elif len(text) > longest(field):
            most = {"text": label_of(field), "n": longest(field)}
            found.append(_("%(text)s in other words takes %(n)d characters at most.") % most)
    return found


def naming_refusals(
    withheld: Iterable[frozenset[str]], *, certified: bool, review_at: datetime | None, at: datetime
) -> list[str]:
    """Why a version that names subjects cannot go with its identifiers (28 CFR 23.20 a, c, h); empty when it can.

    `withheld` is what each pick or release holds back: where all hold identifiers back, nothing is asked.
    """
    if all(IDENTIFIERS in groups for groups in withheld):
        return []
    if not certified:
        return [
            _(
                "It names subjects, and so needs a criminal predicate, its category and a certification. "
                "Give them and post it anew, or hold back identifiers from everybody (28 CFR 23.20)."
            )
        ]
    if review_at is not None and review_at <= at:
        return [
            _(
                "Its identifiers are past their review date. Keep them with a reason first, "
                "or hold back identifiers from everybody (28 CFR 23.20 h)."
            )
        ]
    return []
