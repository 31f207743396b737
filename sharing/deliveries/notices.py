"""Notices in words: what an agency is told that is no record given to it. One line for each thing that is told.

The facts of a notice name what it is under `what`; each line says which other facts it needs.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
WORDS: dict[str, Any] = {
    "community.invited": gettext_lazy("%(agency)s invites your agency to %(community)s"),
    "community.asked": gettext_lazy("%(agency)s asks to join %(community)s"),
    "community.withdrawn": gettext_lazy("%(agency)s no longer asks to join %(community)s"),
    "community.declined_by_agency": gettext_lazy("%(agency)s does not join %(community)s"),
    "community.declined": gettext_lazy("The lead of %(community)s did not take your agency in"),
    "community.confirmed": gettext_lazy("Your agency is now a member of %(community)s"),
    "community.confirmed_with_history": gettext_lazy(
        "Your agency is now a member of %(community)s: its history gives %(records)d records of %(owners)d owners"
    ),
    "community.history": gettext_lazy(
        "%(agency)s joined %(community)s with history: %(records)d of your records reached it"
    ),
    "community.history_unlisted": gettext_lazy(
        "An agency joined %(community)s, whose members are not listed, with history: what you released to it"
        " reaches it as the rules allow"
    ),
    "community.left": gettext_lazy("%(agency)s left %(community)s"),
    "community.removed": gettext_lazy("Your agency was taken out of %(community)s: %(reason)s"),
    "community.closed": gettext_lazy("%(community)s is closed: what came only through it is gone"),
    "community.closes": gettext_lazy("%(community)s now closes on %(day)s"),
    "community.listed": gettext_lazy("The members of %(community)s are now listed for each other"),
    "community.unlisted": gettext_lazy("The members of %(community)s are no longer listed: its lead alone sees them"),
    "community.parent_asked": gettext_lazy("%(agency)s names your agency as the one it belongs to"),
    "community.parent_confirmed": gettext_lazy("%(agency)s confirmed that your agency belongs to it"),
    "community.parent_refused": gettext_lazy("%(agency)s does not take your agency as its own"),
    "community.parent_ended": gettext_lazy("Your agency and %(agency)s no longer belong together"),
}


def notice_in_words(kind: AlertKind, facts: dict[str, Any]) -> str:
    """The notice as a sentence; one whose line is gone says its kind alone."""
    line = WORDS.get(str(facts.get("what", "")))
    if line is None:
        return _("%(kind)s: open it to read more") % {"kind": kind.label}
    return str(line) % facts
