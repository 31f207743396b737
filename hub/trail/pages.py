"""The trail as a page: an auditor reads their agency's, an inspector all. Reading it is on the trail too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role
from hub.trail.actions import denied, record
from hub.trail.cursor import seal, unseal
from hub.trail.models import Outcome, TrailRow
from hub.trail.querysets import may_read_trail, trail_rows
from hub.trail.sealed import newest_seal
from hub.trail.words import EVENTS, event_in_words

SIZE = 50


class TrailFilters(forms.Form):
    event = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    actor = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=150)
    ref = forms.CharField(label=gettext_lazy("Record or object"), required=False, max_length=60)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    refused = forms.BooleanField(label=gettext_lazy("Only what was refused"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((name, str(words)) for name, words in EVENTS.items()), key=lambda pair: pair[1])
        self.fields["event"].choices = [("", _("Anything")), *named]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class TrailLine:
    """A row in words. `about` are the smaller facts, label and value."""

    at: datetime
    who: str
    agency: str
    event: str
    words: str
    object_type: str
    object_id: str
    outcome: str
    reason: str
    about: tuple[tuple[str, str], ...]

    @property
    def refused(self) -> bool:
        return self.outcome != Outcome.OK


@login_required
@never_cache
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty at a time."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    now = timezone.now()
    if not may_read_trail(viewer):
        raise denied(
            "trail.read",
            viewer,
            "neither auditor nor inspector",
            said=_("The trail is read by auditors and inspectors."),
        )
    filters = TrailFilters(request.GET)
    sealed = request.GET.get("before", "")
    before = unseal(sealed) if sealed else None
    whole = viewer.can(Role.INSPECTOR)
    context: dict[str, Any] = {
        "filters": filters,
        "whole": whole,
        "seal": newest_seal(viewer) if whole else None,
    }
    if not filters.is_valid() or (sealed and before is None):
        return render(request, "hub/trail.html", context | {"refused": True}, status=400)
    asked = {name: value for name, value in filters.cleaned_data.items() if value}
    rows = list(trail_rows(viewer, **asked, before=before)[: SIZE + 1])
    shown = rows[:SIZE]
    said = {name: str(value) for name, value in asked.items()}
    record("trail.read", viewer=viewer, at=now, rows=len(shown), filters=said)
    return render(
        request,
        "hub/trail.html",
        context
        | {
            "lines": [_line(row) for row in shown],
            "narrowed": bool(asked),
            "first": before is None,
            "next": seal(shown[-1].pk) if len(rows) > SIZE else "",
        },
    )


def _line(row: TrailRow) -> TrailLine:
    facts = ", ".join(f"{name}: {value}" for name, value in row.facts.items())
    about = (
        (_("Version"), str(row.version) if row.version else ""),
        (_("Marking"), row.marking),
        (_("Rows"), "" if row.rows is None else str(row.rows)),
        (_("Bytes"), "" if row.bytes_out is None else str(row.bytes_out)),
        (_("Who had it before"), ", ".join(row.audience_before)),
        (_("Who has it since"), ", ".join(row.audience_after)),
        (_("Facts"), facts),
        (_("By"), " ".join(part for part in (row.method, row.credential) if part)),
        (_("Address"), row.ip or ""),
        (_("Program"), row.user_agent),
        (_("Request"), row.request_id),
        (_("Took"), "" if row.duration_ms is None else _("%(n)d ms") % {"n": row.duration_ms}),
    )
    return TrailLine(
        at=row.at,
        who=row.actor or _("the hub"),
        agency=row.agency,
        event=row.event,
        words=event_in_words(row.event),
        object_type=row.object_type,
        object_id=row.object_id,
        outcome=row.outcome,
        reason=row.reason,
        about=tuple((label, value) for label, value in about if value),
    )
