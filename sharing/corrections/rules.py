"""What a proposal must say, which parts it may be of, and what may still become of it."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from bulletins.publishing.rules import may_draft
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from sharing.corrections.models import CorrectionState

LONGEST_SAYS, LONGEST_WHY, LONGEST_ANSWER = 2000, 1000, 1000
SETTLED = {CorrectionState.TAKEN, CorrectionState.ANSWERED}


def may_propose(viewer: Viewer) -> bool:
    """Officers, releasers and liaisons speak for their agency."""
    return may_draft(viewer)


def may_settle(viewer: Viewer) -> bool:
    """Who may amend the record takes or answers what is proposed for it."""
    return may_draft(viewer)


def parts_open(withheld: Collection[str]) -> list[tuple[str, str]]:
    """The parts a reader may correct: all that they are shown. Of what is withheld they have nothing to say."""
    return [(group.value, str(group.label)) for group in FieldGroup if group.value not in withheld]


def proposal_refusals(*, part: str, says: str, why: str, withheld: Collection[str]) -> dict[str, list[str]]:
    """By field, why the proposal cannot stand; empty when it can."""
    found: dict[str, list[str]] = {}
    if part not in dict(parts_open(withheld)):
        found["part"] = [_("Choose the part that is wrong, among those you are shown.")]
    if not says:
        found["says"] = [_("Write what it should say.")]
    if not why:
        found["why"] = [_("Say how you know.")]
    for name, text, most in (("says", says, LONGEST_SAYS), ("why", why, LONGEST_WHY)):
        if len(text) > most:
            found[name] = [_("Say it in %(n)d characters at most.") % {"n": most}]
    return found


def settling_refusal(state: str) -> str:
    """Why it can no longer be taken or answered; empty when it can."""
    if state == CorrectionState.TAKEN:
        return _("It was taken into a version meanwhile: there is nothing left to decide.")
    if state == CorrectionState.ANSWERED:
        return _("Somebody of your agency has answered it meanwhile.")
    return ""


def answer_refusals(words: str) -> dict[str, list[str]]:
    if not words:
        return {"answer": [_("Write your answer: the agency that proposed it is shown it.")]}
    if len(words) > LONGEST_ANSWER:
        return {"answer": [_("Say it in %(n)d characters at most.") % {"n": LONGEST_ANSWER}]}
    return {}
