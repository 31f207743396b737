"""Corrections as lines: those that wait for a decision on Today, and the list of both sides."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.pages.times import as_time
from sharing.corrections.models import CorrectionState
from sharing.corrections.querysets import Proposal, as_proposals, waiting
from sharing.disclosures.presenting import Action, RecordRow

SHOWN = 5


def corrections_to_decide(viewer: Viewer) -> list[RecordRow]:
    return [line_of(each) for each in as_proposals(list(waiting(viewer)[:SHOWN]), viewer)]


def line_of(each: Proposal) -> RecordRow:
    """A line says of which record and part, by whom and how it stands; the words are on its page."""
    who = _("proposed by your agency") if each.own else _("proposed by %(agency)s") % {"agency": each.by}
    done = each.state == CorrectionState.TAKEN_UP
    decide = Action(label=_("Continue") if done else _("Decide"), href=each.path)
    return RecordRow(
        href=each.path,
        title=_("Correction of %(ref)s: %(part)s") % {"ref": each.ref, "part": each.part_label.lower()},
        icon="edit",
        tags=(each.state_label.capitalize(),),
        meta=(who, format_html("{}", as_time(each.proposed_at))),
        action=None if each.own or each.settled else decide,
        key=str(each.uid),
    )
