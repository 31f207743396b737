"""Notices in words: what an agency is told that is no record given to it. One line for each thing that is told.

The facts of a notice name what it is under `what`; each line says which other facts it needs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from hub.pages.times import zone_name
from sharing.deliveries.models import AlertKind

ICONS = {
    AlertKind.CORRECTION: "edit",
    AlertKind.REQUEST: "help",
    AlertKind.AGREEMENT: "verified",
    AlertKind.COMMUNITY: "group_add",
    AlertKind.EMERGENCY: "warning",
    AlertKind.REVIEW: "history",
    AlertKind.ACTION: "schedule",
    AlertKind.DIGEST: "list",
    AlertKind.EXPORT: "file_download",
    AlertKind.HUB: "public",
}

# Facts that are instants, as ISO text.
INSTANTS = {"due", "ends"}

# facts["what"] -> the sentence, with the other facts by name.
WORDS: dict[str, Any] = {
    "review.due.90": _lazy("What your agency keeps of named subjects is to be reviewed within 90 days"),
    "review.due.30": _lazy("What your agency keeps of named subjects is to be reviewed within 30 days"),
    "review.due.0": _lazy(
        "What your agency keeps of named subjects is past its review date: partners are shown no identifiers of it"
    ),
    "emergency.opened": _lazy(
        "In an emergency, inspectors of %(inspectors)s opened %(ref)s to one person of %(agency)s until %(until)s: "
        "%(danger)s"
    ),
    "emergency.yours": _lazy("In an emergency %(ref)s is open to you alone, until %(until)s"),
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
    "intake.voice_asked": _lazy("%(agency)s asks to name your agency as the originator of what it sends in"),
    "intake.voice_confirmed": _lazy(
        "Your agency may now name %(agency)s as the originator of what it sends in"
    ),
    "intake.voice_ended": _lazy(
        "Between %(agency)s and your agency: neither names the other as originator of what it sends in any more"
    ),
    "hub.first": _lazy(
        "Fetched from %(hub)s for the first time: %(n)d records, of them hazards to officers: %(hazards)d"
    ),
    "hub.asks": _lazy("%(hub)s asks your agency to acknowledge %(ref)s by %(due)s"),
    "hub.overdue": _lazy(
        "Nobody of your agency has acknowledged %(ref)s, which %(hub)s asked for by %(due)s"
    ),
    "hub.ended": _lazy("%(hub)s no longer shares %(ref)s with your agency"),
    "community.invited": _lazy("%(agency)s invites your agency to %(community)s"),
    "community.asked": _lazy("%(agency)s asks to join %(community)s"),
    "community.withdrawn": _lazy("%(agency)s no longer asks to join %(community)s"),
    "community.declined_by_agency": _lazy("%(agency)s does not join %(community)s"),
    "community.declined": _lazy("The lead of %(community)s did not take your agency in"),
    "community.confirmed": _lazy("Your agency is now a member of %(community)s"),
    "community.confirmed_with_history": _lazy(
        "Your agency is now a member of %(community)s: new by its history are %(records)d records of %(owners)d owners"
    ),
    "community.history": _lazy(
        "%(agency)s joined %(community)s with history: %(records)d of your records reached it"
    ),
    "community.history_unlisted": _lazy(
        "An agency joined %(community)s, whose members are not listed, with history: what you released to it"
        " reaches it as the rules allow"
    ),
    "community.left": _lazy("%(agency)s left %(community)s"),
    "community.removed": _lazy("Your agency was taken out of %(community)s: %(reason)s"),
    "community.closed": _lazy("%(community)s is closed: what came only through it is gone"),
    "community.closes": _lazy("%(community)s now closes on %(day)s"),
    "community.listed": _lazy("The members of %(community)s are now listed for each other"),
    "community.unlisted": _lazy(
        "The members of %(community)s are no longer listed: its lead alone sees them"
    ),
    "community.parent_asked": _lazy("%(agency)s names your agency as the one it belongs to"),
    "community.parent_confirmed": _lazy("%(agency)s confirmed that your agency belongs to it"),
    "community.parent_refused": _lazy("%(agency)s does not take your agency as its own"),
    "community.client": _lazy(
        "%(agency)s now belongs to %(parent)s: %(records)d of your records reached it as its client"
    ),
    "community.parent_ended": _lazy("Your agency and %(agency)s no longer belong together"),
    "correction.proposed": _lazy("A correction is proposed for %(ref)s"),
    "correction.proposed_red": _lazy("A correction is proposed for a record of your agency"),
    "correction.answered": _lazy("%(owner)s has answered your correction of %(ref)s"),
    "correction.taken": _lazy("%(owner)s has taken your correction of %(ref)s"),
    "correction.made": _lazy(
        "%(owner)s has corrected %(ref)s since version %(n)d, which you have. Ask its desk before you rely on it"
    ),
    "acknowledge.reminder": _lazy("%(owner)s asks your agency to acknowledge %(ref)s by %(due)s"),
    "acknowledge.escalation": _lazy(
        "Nobody of your agency has acknowledged %(ref)s, which %(owner)s asked for by %(due)s"
    ),
    "acknowledge.reminder.person": _lazy("%(owner)s asks you to acknowledge %(ref)s by %(due)s"),
    "acknowledge.escalation.person": _lazy(
        "You have not acknowledged %(ref)s, which %(owner)s asked for by %(due)s"
    ),
    "digest": _lazy("%(title)s"),
    "export.ready": _lazy("The file that you asked for is ready: fetch it before %(ends)s"),
    "export.failed": _lazy("The file that you asked for could not be made: ask for it again"),
    "request.asked": _lazy("%(asker)s asks that %(recipient)s may have %(ref)s"),
    "request.granted": _lazy("Granted: %(recipient)s may have %(ref)s"),
    "request.refused": _lazy("Refused: %(recipient)s does not get %(ref)s by your request"),
    "consent.withdrawn": _lazy("A consent was withdrawn: %(ref)s no longer goes to %(recipient)s by it"),
}


def notice_in_words(kind: AlertKind, facts: dict[str, Any]) -> str:
    """The notice as a sentence; one whose line is gone says its kind alone."""
    line = WORDS.get(str(facts.get("what", "")))
    if line is None:
        return _("%(kind)s: open it to read more") % {"kind": kind.label}
    return str(line) % {name: _said(fact) if name in INSTANTS else fact for name, fact in facts.items()}


def _said(fact: Any) -> str:
    """An instant in the reader's zone, which is named. It is kept as ISO text."""
    at = localtime(datetime.fromisoformat(str(fact)))
    return f"{date_format(at, 'j M Y, H:i')} {zone_name(at)}"
