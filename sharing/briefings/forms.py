"""The form of a new briefing: a title, a month, and who attends."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from sharing.briefings.rules import MONTH, default_title
from sharing.releases.targets import Target


class BriefingForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    month = forms.CharField(
        label=_("Month"),
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-11", "pattern": MONTH}),
    )

    def __init__(self, data: Any = None, *, targets: list[Target], this_month: date) -> None:
        super().__init__(data, initial={"title": title_for(this_month), "month": f"{this_month:%Y-%m}"})
        self.targets = {target.key: target for target in targets}
        self.this_month = this_month

    def chosen(self) -> list[str]:
        """The keys picked, known or not."""
        if not isinstance(self.data, MultiValueDict):
            return []
        return list(dict.fromkeys(self.data.getlist("to")))

    def clean_month(self) -> date:
        written = self.cleaned_data["month"].strip()
        if not re.fullmatch(MONTH, written):
            raise forms.ValidationError(_("Write year and month, as 2026-11."))
        month = date.fromisoformat(f"{written}-01")
        if month > self.this_month:
            raise forms.ValidationError(_("That month has not begun. A briefing looks back."))
        return month

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        keys = self.chosen()
        if not keys:
            self.add_error(None, _("Pick at least one agency or community that attends."))
        elif any(key not in self.targets for key in keys):
            self.add_error(
                None, _("There is no such agency or community, or not for your agency. Pick from the list.")
            )
        title = " ".join(str(cleaned.get("title") or "").split())
        # The month was changed and the title proposed for another was left as it stood.
        if cleaned.get("month") and title in ("", title_for(self.this_month)):
            title = title_for(cleaned["month"])
        cleaned["title"] = title
        return cleaned

    @property
    def agencies(self) -> list[int]:
        return [pk for key in self.chosen() if (pk := self.targets[key].agency)]

    @property
    def communities(self) -> list[int]:
        return [pk for key in self.chosen() if (pk := self.targets[key].community)]


def title_for(month: date) -> str:
    return default_title(date_format(month, "F Y"))
