"""Recalls that wait for the agency's answer, as lines of Today. They stand there until somebody has answered."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.translation import gettext as _

from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.pages.times import as_time
from sharing.disclosures.presenting import Action, RecordRow
from sharing.recalls.querysets import ToldRecall, as_told, unanswered
from sharing.recalls.rules import may_answer

SHOWN = 5


def recalls_to_answer(viewer: Viewer) -> list[RecordRow]:
    if not may_answer(viewer):
        return []
    rows = [_row(each) for each in as_told(list(unanswered(viewer)[:SHOWN]), viewer)]
    # Recalled twice, one page asks for both answers.
    return list({(row.href, row.title): row for row in reversed(rows)}.values())[::-1]


def _row(told: ToldRecall) -> RecordRow:
    what = _("Bulletin") if told.kind == Kind.BULLETIN else _("Seizure report")
    name = f"{what} {told.ref}"
    if told.version is not None:
        name = _("%(title)s, version %(n)d") % {"title": name, "n": told.version}
    return RecordRow(
        href=told.path,
        title=_("%(what)s: what became of your copies?") % {"what": name},
        icon="undo",
        tags=(_("Recalled"),),
        meta=(
            _("recalled by %(owner)s") % {"owner": told.owner},
            format_html("{}", as_time(told.at)),
            _("not answered yet"),
        ),
        action=Action(label=_("Answer"), href=told.path),
        key=f"answer-{told.uid}",
    )
