"""Forms of communities: make one, change one, invite, ask, answer. What is judged is judged by the verbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.agencies.bands import band_of
from hub.agencies.models import Agency, AgencyState
from hub.days import end_of
from sharing.communities.models import Community, CommunityKind
from sharing.communities.rules import CODE_LENGTH

NOW, HISTORY = "now", "history"
HOW = [
    (NOW, _("From now: what is released to it from the day your agency is confirmed")),
    (HISTORY, _("With history: also what was released to it before, as far as each owner's rules allow")),
]
ROSTER = [
    ("listed", _("Its members see who is in it")),
    ("unlisted", _("Only the lead sees who is in it")),
]


def day_field(**values: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **{"label": _("Last day"), "help_text": _("It closes when this day is over"), **values},
    )


class SettingsForm(forms.Form):
    """What may be changed of a community that stands."""

    description = forms.CharField(
        label=_("What it is for"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    last_day = day_field(required=False)

    def __init__(self, *args: Any, community: Community | None = None, **kwargs: Any) -> None:
        self.stands = community.closes_at if community else None
        if community:
            kwargs["initial"] = {
                "description": community.description,
                "last_day": day_of(community.closes_at),
            }
        super().__init__(*args, **kwargs)

    @property
    def closes_at(self) -> datetime | None:
        """The instant the last day is over; an hour set otherwise stays while the day does."""
        day = self.cleaned_data["last_day"]
        if self.stands and day == day_of(self.stands):
            return self.stands
        return end_of(day)


class OperationForm(SettingsForm):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("What its members know it by"))
    roster = forms.ChoiceField(label=_("Members"), choices=ROSTER, widget=forms.RadioSelect, initial="listed")
    field_order = ["name", "description", "last_day", "roster"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].required = True


class CommunityForm(OperationForm):
    """The steward's: any kind, a code and a lead of the steward's choice."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CommunityKind.choices)
    code = forms.CharField(
        label=_("Code"), max_length=CODE_LENGTH, required=False, help_text=_("Left empty, the hub makes one")
    )
    lead = forms.ChoiceField(label=_("Led by"))
    field_order = ["kind", "name", "code", "lead", "description", "last_day", "roster"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].required = False
        self.fields["lead"].choices = agency_choices()  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    agency = forms.ChoiceField(label=_("Agency"))

    def __init__(self, *args: Any, besides: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = agency_choices(besides)  # type: ignore[attr-defined]


class AcceptForm(forms.Form):
    how = forms.ChoiceField(label=_("From when"), choices=HOW, widget=forms.RadioSelect, initial=NOW)
    reason = forms.CharField(
        label=_("Why your agency joins"),
        max_length=300,
        required=False,
        help_text=_("The lead reads it"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @property
    def with_history(self) -> bool:
        return bool(self.cleaned_data["how"] == HISTORY)


class AskForm(AcceptForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LENGTH,
        help_text=_("As its lead gave it to you, for example OP-7K3M-Q2XF"),
    )
    field_order = ["code", "how", "reason"]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The agency is told your reason."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def agency_choices(besides: set[int] | None = None) -> list[Any]:
    """Active agencies in their bands, for a select."""
    rows = Agency.objects.filter(state=AgencyState.ACTIVE).exclude(pk__in=besides or ())
    ordered = sorted(rows, key=lambda agency: (band_of(agency), agency.code))
    bands = [
        (band.label, [(agency.code, f"{agency.code}: {agency.label}") for agency in members])
        for band, members in groupby(ordered, key=band_of)
    ]
    return [("", _("Choose an agency")), *bands]


def day_of(closes_at: datetime | None) -> Any:
    """The last day, in the reader's zone."""
    return timezone.localtime(closes_at - timedelta(microseconds=1)).date() if closes_at else None
