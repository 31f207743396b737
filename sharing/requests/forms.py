"""The forms of asking and of answering. What is wrong is said by the actions, in their words."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bulletins.vocabulary.lists import WITHHOLDABLE
from hub.agencies.bands import Band, band_of
from hub.agencies.models import Agency, AgencyState
from hub.days import end_of
from sharing.requests.rules import EVERY_GROUP, LONGEST, Terms

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]
WHOLE, PART, TEAR_LINE = "whole", "part", "tear_line"


class AskForm(forms.Form):
    to = forms.ChoiceField(
        label=_("Who should have it"),
        error_messages={
            "required": _("Name the agency."),
            "invalid_choice": _("There is no such agency, or it takes no part at present."),
        },
    )
    need_to_know = forms.CharField(
        label=_("Need to know"),
        max_length=LONGEST,
        help_text=_("Why their work needs it"),
        error_messages={"required": _("Say why they need to know.")},
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}),
    )
    right_to_know = forms.CharField(
        label=_("Right to know"),
        max_length=LONGEST,
        help_text=_("What lets them have it"),
        error_messages={"required": _("Say what gives them the right to know.")},
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}),
    )

    def __init__(self, *args: Any, besides: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("Choose an agency")), *_agencies(besides)]  # type: ignore[attr-defined]


def _agencies(besides: set[int]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every agency that takes part but `besides`, by country and kind."""
    bands: dict[Band, list[tuple[str, str]]] = defaultdict(list)
    for agency in Agency.objects.filter(state=AgencyState.ACTIVE).exclude(pk__in=besides).order_by("code"):
        bands[band_of(agency)].append((agency.code, f"{agency.code}, {agency.label}"))
    return [(band.label, members) for band, members in sorted(bands.items())]


class AnswerForm(forms.Form):
    extent = forms.ChoiceField(
        label=_("What they may have"),
        choices=[
            (WHOLE, _("The whole of it")),
            (PART, _("Without what is ticked")),
            (TEAR_LINE, _("The tear line and core facts alone")),
        ],
        initial=WHOLE,
        required=False,
        widget=forms.RadioSelect,
    )
    withheld = forms.MultipleChoiceField(
        label=_("Hold back"), choices=GROUPS, required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("The last day they have it; without one it has no end"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=_("Reason, if you refuse"),
        required=False,
        max_length=500,
        help_text=_("The asker is shown it"),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 500}),
    )

    def terms(self) -> Terms:
        """What was chosen, as far as it was understood; ticked groups count whatever the extent says."""
        given = self.cleaned_data
        held = frozenset(given.get("withheld") or ())
        if given.get("extent") == TEAR_LINE:
            held = EVERY_GROUP
        return Terms(held, end_of(given.get("until")))
