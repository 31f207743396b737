"""What an answer to a recall must say, and who gives it for their agency."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from bulletins.publishing.rules import may_draft
from hub.accounts.viewer import Viewer
from sharing.recalls.models import AnswerKind

LONGEST = 500


def may_answer(viewer: Viewer) -> bool:
    """Officers, releasers and liaisons speak for their agency."""
    return may_draft(viewer)


def nothing_to_recall(version: int | None) -> str:
    """Why there is nothing to take back."""
    if version is None:
        return _("It is not released to anyone: there is nothing to recall.")
    return _("Nobody has version %(n)d, and whoever had it was told.") % {"n": version}


def answer_refusals(*, kind: str, words: str, passed_to: Collection[int], own: int) -> dict[str, list[str]]:
    """By field, why the answer cannot stand; empty when it can."""
    found: dict[str, list[str]] = {}
    if kind not in AnswerKind.values:
        found["kind"] = [_("Say what became of your copies: destroyed, kept by law, or passed on.")]
    if kind == AnswerKind.KEPT and not words:
        found["words"] = [_("Say which law or order makes you keep it.")]
    if kind == AnswerKind.PASSED and not words and not passed_to:
        found["words"] = [_("Say to whom you passed it on.")]
    if passed_to and kind != AnswerKind.PASSED:
        found["passed_to"] = [_("Agencies are named only where it was passed on.")]
    if own in passed_to:
        found["passed_to"] = [_("Name others: your own agency had it from the owner.")]
    if len(words) > LONGEST:
        found["words"] = [_("Say it in %(n)d characters at most.") % {"n": LONGEST}]
    return found
