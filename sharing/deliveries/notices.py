"""Notices in words: what an agency is told that is no record given to it. One line for each thing that is told.

The facts of a notice name what it is under `what`; each line says which other facts it needs.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sharing.deliveries.models import AlertKind

ICONS = {
    AlertKind.CORRECTION: "edit",
    AlertKind.REQUEST: "help",
    AlertKind.AGREEMENT: "verified",
    AlertKind.COMMUNITY: "group_add",
    AlertKind.EMERGENCY: "warning",
    AlertKind.REVIEW: "history",
}

# facts["what"] -> the sentence, with the other facts by name.
WORDS: dict[str, Any] = {}


def notice_in_words(kind: AlertKind, facts: dict[str, Any]) -> str:
    """The notice as a sentence; one whose line is gone says its kind alone."""
    line = WORDS.get(str(facts.get("what", "")))
    if line is None:
        return _("%(kind)s: open it to read more") % {"kind": kind.label}
    return str(line) % facts
