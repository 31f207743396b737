"""Notices in words: what an agency is told that is no record given to it. One line for each thing that is told.

The facts of a notice name what it is under `what`; each line says which other facts it needs.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

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
    "agreement.proposed": _lazy("%(by)s proposes the agreement %(code)s: accept or decline it"),
    "agreement.change": _lazy("%(by)s proposes %(code)s in place of %(replaces)s: accept or decline it"),
    "agreement.accepted": _lazy("%(by)s has put the agreement %(code)s into force, from %(day)s"),
    "agreement.declined": _lazy("%(by)s has declined the agreement %(code)s: %(reason)s"),
    "agreement.suspended": _lazy(
        "%(by)s has suspended the agreement %(code)s, nothing crosses under it: %(reason)s"
    ),
    "agreement.resumed": _lazy("%(by)s has taken the agreement %(code)s up again: it is in force"),
    "agreement.half_resumed": _lazy(
        "%(by)s has taken back its suspension of %(code)s; the other side's still stands"
    ),
    "agreement.lapses": _lazy("The agreement %(code)s lapses on %(day)s, in %(n)s days: renew it in time"),
}


def notice_in_words(kind: AlertKind, facts: dict[str, Any]) -> str:
    """The notice as a sentence; one whose line is gone says its kind alone."""
    line = WORDS.get(str(facts.get("what", "")))
    if line is None:
        return _("%(kind)s: open it to read more") % {"kind": kind.label}
    return str(line) % facts
