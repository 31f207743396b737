"""The form of a time zone and quiet hours. What is judged is judged by the action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sharing.subscriptions.hours.actions import Hours
from sharing.subscriptions.hours.rules import zones


class HoursForm(forms.Form):
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    begins = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    ends = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("Over midnight too. Leave both empty for no quiet hours."),
    )

    def __init__(self, *args: Any, hours: Hours, agency_zone: str = "", **kwargs: Any) -> None:
        """`agency_zone` is what a person goes by who chooses none of their own; empty for a desk."""
        kwargs["initial"] = {"zone": hours.zone, "begins": hours.begins, "ends": hours.ends}
        super().__init__(*args, **kwargs)
        names = dict.fromkeys([*([hours.zone] if hours.zone else []), *zones()])
        first = [("", _("As your agency: %(zone)s") % {"zone": agency_zone})] if agency_zone else []
        self.fields["zone"].choices = [*first, *((name, name.replace("_", " ")) for name in sorted(names))]  # type: ignore[attr-defined]
        self.fields["zone"].error_messages["invalid_choice"] = _(
            "“%(value)s” is no time zone: choose one from the list."
        )

    @property
    def hours(self) -> Hours:
        found = self.cleaned_data
        return Hours(found["zone"], found["begins"], found["ends"])
