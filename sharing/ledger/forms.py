"""What narrows the ledger on its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.records.refs import PATTERN
from hub.agencies.models import Agency
from sharing.disclosures.rules import Channel
from sharing.ledger.lines import CHANNELS
from sharing.ledger.querysets import Asked
from sharing.ledger.rules import Side

DAY = forms.DateInput(attrs={"type": "date"})


class LedgerFilters(forms.Form):
    side = forms.ChoiceField(required=False, choices=[(side.value, side.value) for side in Side])
    ref = forms.CharField(label=gettext_lazy("Record"), required=False, max_length=9)
    agency = forms.CharField(
        label=gettext_lazy("Agency"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"list": "ledger-agencies", "autocomplete": "off"}),
    )
    channel = forms.ChoiceField(label=gettext_lazy("How"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DAY)
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=DAY)
    after = forms.CharField(required=False, max_length=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [(channel.value, str(CHANNELS[channel])) for channel in Channel]
        self.fields["channel"].choices = [("", _("Any way")), *ways]  # type: ignore[attr-defined]

    def clean_ref(self) -> str:
        """With or without the dash, in any case."""
        plain = str(self.cleaned_data["ref"]).upper().replace("-", "").replace(" ", "")
        if not plain:
            return ""
        ref = f"{plain[:4]}-{plain[4:]}"
        if not PATTERN.fullmatch(ref):
            raise forms.ValidationError(_("A reference reads like 7K3M-Q2XF."))
        return ref

    def clean_agency(self) -> str:
        """A code of the directory, in any case."""
        typed = str(self.cleaned_data["agency"]).strip()
        if not typed:
            return ""
        found = Agency.objects.filter(code__iexact=typed).values_list("code", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("No agency has this code. Agencies lists them."))
        return found

    @property
    def agencies(self) -> list[str]:
        """Codes to choose from while typing: the directory's, which everybody may read."""
        return list(Agency.objects.order_by("code").values_list("code", flat=True))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("since") and found.get("until") and found["since"] > found["until"]:
            raise forms.ValidationError(_("The first day comes after the last: exchange them."))
        return found

    @property
    def asked_side(self) -> Side:
        return Side(self.cleaned_data["side"] or Side.GIVEN)

    @property
    def asked(self) -> Asked:
        names = ("ref", "agency", "channel", "since", "until")
        return Asked(**{name: self.cleaned_data[name] for name in names})
