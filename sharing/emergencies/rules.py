"""Who may ask for an emergency and who may confirm it. What may be opened at all is the reading rule's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bulletins.records.refs import PATTERN

# What nobody confirmed by then was not imminent.
ANSWERED_WITHIN = timedelta(hours=12)
SHORTEST_DANGER, LONGEST_DANGER = 10, 500


@dataclass(frozen=True)
class Inspector:
    """An inspector as the rule sees them: who, and the agency that lent them."""

    person: int
    seconded_from: int | None


def ask_refusals(*, by: Inspector, ref: str, danger: str) -> dict[str, list[str]]:
    """By field, why it cannot be asked; empty when it can. Whether there is such a record is not looked at."""
    found: dict[str, list[str]] = {}
    if by.seconded_from is None:
        found["__all__"] = [_("You are seconded from no agency: ask the steward to enter yours.")]
    if not PATTERN.fullmatch(ref):
        found["ref"] = [_("Give the exact reference, such as 7K3M-Q2XF.")]
    said = re.sub(r"\s+", " ", danger).strip()
    if len(said) < SHORTEST_DANGER:
        found["danger"] = [_("Name the imminent danger: to whom, from what.")]
    elif len(said) > LONGEST_DANGER:
        found["danger"] = [_("Say it in %(n)d characters at most.") % {"n": LONGEST_DANGER}]
    return found


def confirm_refusals(*, asked: Inspector, asked_at: datetime, by: Inspector, at: datetime) -> list[str]:
    """Why this inspector cannot confirm what the other asked; empty when they can."""
    found = []
    if by.person == asked.person:
        found.append(_("You asked for it yourself: another inspector, of another agency, confirms it."))
    elif by.seconded_from is None:
        found.append(_("You are seconded from no agency: ask the steward to enter yours."))
    elif by.seconded_from == asked.seconded_from:
        found.append(
            _("You are of the same agency as who asked: an inspector of another agency confirms it.")
        )
    if at >= asked_at + ANSWERED_WITHIN:
        found.append(_("It was asked too long ago to be imminent. Ask anew if the danger is still there."))
    return found
