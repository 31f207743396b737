"""The form of a record, bulletin or seizure report, sent whole or a few fields at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.markings.models import TLP, TLP_MEANS, Control
from bulletins.publishing.fields import Amount, Codes, Named, NamedList, Refs, Vocabulary, name_the_blank
from bulletins.publishing.models import Bulletin, PhotographGroup
from bulletins.records.models import Record
from bulletins.retention.models import Sensitivity
from bulletins.retention.rules import latest_review
from bulletins.seizures.models import SeizureReport
from bulletins.vocabulary.models import Mode, Port
from hub.agencies.models import Agency

# What decides who may have a record changes where it is released, never while words are being edited.
SETTLED = ("tlp", "controls", "rel_to", "originator", "originator_text")
CUI_CATEGORIES = (
    ("LEI", gettext_lazy("LEI: general law enforcement")),
    ("INV", gettext_lazy("INV: investigation")),
    ("INF", gettext_lazy("INF: informant")),
)
PLAIN = (
    *("safety_note", "conveyance", "destination", "packages", "packages_qualifier", "occurred_on"),
    *("occurred_time", "occurred_period", "place", "state", "concealment", "narrative", "technique"),
    *("case_number", "referred_to", "investigators", "prosecution", "people_count", "external_id"),
    *("predicate", "predicate_category", "sensitivity", "control_official", "review_due"),
    *("caveat", "reliability", "credibility"),
    "originator_text",
)
PLAIN_BULLETIN = ("title", "tear_line", "urgency")
PLAIN_SEIZURE = (
    *("value_amount", "value_currency", "value_usd", "value_qualifier"),
    *("lab_reference", "reported_on", "note"),
)
WIDGETS: dict[str, type[forms.Widget] | forms.Widget] = {
    "occurred_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    "occurred_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    "reported_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    "review_due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    "tear_line": forms.Textarea(attrs={"rows": 4}),
    "safety_note": forms.Textarea(attrs={"rows": 3}),
    "narrative": forms.Textarea(attrs={"rows": 8}),
    "technique": forms.Textarea(attrs={"rows": 3}),
    "prosecution": forms.Textarea(attrs={"rows": 3}),
    "predicate": forms.Textarea(attrs={"rows": 3}),
    "note": forms.Textarea(attrs={"rows": 2}),
    "value_amount": forms.TextInput(attrs={"inputmode": "decimal"}),
    "value_usd": forms.TextInput(attrs={"inputmode": "decimal"}),
}


class RecordForm(forms.Form):
    """All that an author may say of a record but its rows. Nothing is required: publishing asks for that.

    With `partial` only what was sent is read; a field that was not sent is left as it is.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: str,
        initial: dict[str, Any],
        vocabulary: Vocabulary,
        settled: bool,
        entered: bool = False,
        partial: bool = False,
    ) -> None:
        super().__init__(data, initial=initial)
        self.vocabulary = vocabulary
        self.is_bulletin = kind == "bulletin"
        self._add_fields()
        if settled:
            for name in SETTLED:
                del self.fields[name]
        if entered:  # its review page moves the day
            del self.fields["review_due"]
        if partial and data is not None:
            for name in [name for name in self.fields if name not in data]:
                del self.fields[name]

    def _add_fields(self) -> None:
        model: type[Record] = Bulletin
        own: tuple[str, ...] = PLAIN_BULLETIN
        if not self.is_bulletin:
            model, own = SeizureReport, PLAIN_SEIZURE
        amounts = {"value_amount": Amount, "value_usd": Amount}
        self.fields |= fields_for_model(model, fields=PLAIN + own, widgets=WIDGETS, field_classes=amounts)
        for field in self.fields.values():
            field.required = False
        words = self.vocabulary
        self.fields |= {
            "methods": Codes(label=_("Where was it hidden?"), required=False),
            "hazard": forms.ChoiceField(
                label=_("Any hazard to officers?"),
                choices=[("no", _("No")), ("yes", _("Yes"))],
                required=False,
            ),
            "mode": forms.ChoiceField(
                label=_("How it travelled"), choices=[("", _("Not said")), *words.modes], required=False
            ),
            "detection": Codes(
                label=_("How it was found"),
                choices=words.detections,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
            "port": Named(lambda: words.ports, "ports", label=_("Port")),
            "country": Named(lambda: words.countries, "countries", label=_("Country")),
            "origin_country": Named(lambda: words.countries, "countries", label=_("Country of origin")),
            "transit_countries": NamedList(
                lambda: words.countries,
                "countries",
                label=_("Came through"),
                help_text=_("Countries, separated by commas."),
            ),
            "originator": Named(
                lambda: words.agencies,
                "agencies",
                label=_("Found by"),
                help_text=_("The agency whose finding it is. It has a say in where this may go."),
            ),
            "source_url": forms.URLField(
                label=_("Source"), max_length=500, required=False, assume_scheme="https"
            ),
            "certify": forms.BooleanField(label=CERTIFICATION, required=False),
        } | self._marking_fields()
        if self.is_bulletin:
            self.fields["seizures"] = Refs(
                label=_("What it rests on"),
                help_text=_(
                    "References of seizure reports or bulletins, your agency's or given to it, separated by commas. "
                    "It then goes no further than they may, and is marked as strictly."
                ),
                required=False,
            )
        self._name_fields()

    def _marking_fields(self) -> dict[str, forms.Field]:
        kept = [(code, code) for code in self.initial.get("cui_categories") or []]
        known = dict(kept) | {code: str(label) for code, label in CUI_CATEGORIES}
        return {
            "tlp": forms.ChoiceField(
                label=_("Traffic light"),
                choices=[(level.value, f"{level.value}. {TLP_MEANS[level]}") for level in TLP],
                widget=forms.RadioSelect,
            ),
            "controls": Codes(
                label=_("Dissemination controls"),
                choices=Control.choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
            "rel_to": NamedList(
                lambda: self.vocabulary.countries,
                "countries",
                label=_("REL TO: releasable to"),
                help_text=_("Countries, separated by commas."),
            ),
            "cui_categories": Codes(
                label=_("CUI categories"),
                choices=list(known.items()),
                required=False,
                widget=forms.CheckboxSelectMultiple,
            ),
        }

    def _name_fields(self) -> None:
        """Labels and hints where the column's own name would not tell the person enough."""
        said = {
            "concealment": (_("How it was hidden, in a line"), ""),
            "narrative": (_("What happened"), _("Above the tear line: a release may leave it out.")),
            "place": (_("Exact place"), ""),
            "occurred_time": (_("Time, local"), ""),
            "occurred_period": (_("Month or year, if the day is not known"), _("As 2026-03 or 2026.")),
            "packages_qualifier": (_("That number is"), ""),
            "value_qualifier": (_("That value is"), ""),
            "external_id": (_("Your own reference"), ""),
            "originator_text": (_("Or a body without a seat in the hub"), ""),
            "caveat": (_("Caveat"), _("For readers. It does not decide who may have this.")),
            "predicate": (
                _("Criminal predicate"),
                _("Why these identifiers may be kept at all (28 CFR 23.20)."),
            ),
            "sensitivity": (_("Sensitivity of the identifiers"), ""),
            "control_official": (_("Control official"), _("Who in your agency answers for them.")),
            "review_due": (_("Review by"), _("Left empty, five years from the day they are posted.")),
            "title": (_("Title"), _("Left empty, it is made of the drug and the place.")),
            "safety_note": (_("What is the hazard, and what to do?"), ""),
        }
        for name, (label, hint) in said.items():
            if name in self.fields:
                self.fields[name].label = label
                self.fields[name].help_text = hint
        counted = ("packages_qualifier", "value_qualifier")
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField) and not isinstance(field, Codes):
                name_the_blank(field, _("exact, or not known") if name in counted else _("Not said"))
            if isinstance(field.widget, forms.TextInput | forms.Textarea):
                field.widget.attrs.setdefault("autocomplete", "off")

    def clean_hazard(self) -> bool:
        return str(self.cleaned_data["hazard"]) == "yes"

    def clean_occurred_on(self) -> Any:
        day = self.cleaned_data["occurred_on"]
        # Where the day begins first it is already tomorrow.
        if day and day > timezone.now().date() + timedelta(days=1):
            raise ValidationError(_("This day has not come yet."))
        return day

    def clean_sensitivity(self) -> str:
        # A record always has one: where none is sent the one it has stays.
        return str(
            self.cleaned_data["sensitivity"] or self.initial.get("sensitivity") or Sensitivity.CONFIDENTIAL
        )

    def clean_review_due(self) -> Any:
        day = self.cleaned_data["review_due"]
        if day and day <= timezone.now().date():
            raise ValidationError(_("Give a day to come."))
        if day and day > latest_review(timezone.now().date()):
            raise ValidationError(_("Identifiers are kept five years at most before somebody reviews them."))
        return day

    def clean_occurred_period(self) -> str:
        text = str(self.cleaned_data["occurred_period"]).strip()
        if text and not re.fullmatch(r"[12]\d{3}(-(0[1-9]|1[0-2]))?", text, re.ASCII):
            raise ValidationError(_("Write the month as 2026-03 or the year as 2026."))
        return text

    def clean_value_currency(self) -> str:
        code = str(self.cleaned_data["value_currency"]).strip().upper()
        if code and not re.fullmatch(r"[A-Z]{3}", code):
            raise ValidationError(_("Write the currency as three letters, such as USD or CAD."))
        return code

    def clean_source_url(self) -> str:
        url = str(self.cleaned_data["source_url"])
        if url and not url.lower().startswith(("https://", "http://")):
            raise ValidationError(_("A web address starts with https://."))
        return url

    def values(self) -> dict[str, Any]:
        """What may be written: valid, and of the record itself. Terms become rows that columns point to."""
        rows = {"mode": Mode, "port": Port, "originator": Agency}
        apart = ("certify", "seizures")
        found = {name: value for name, value in self.cleaned_data.items() if name not in apart}
        for name, model in rows.items():
            if name in found:
                found[name] = model(pk=found[name]) if found[name] else None
        return found

    def messages(self) -> dict[str, list[str]]:
        return {name: [str(message) for message in messages] for name, messages in self.errors.items()}


CERTIFICATION = gettext_lazy(
    "I certify that the identifiers were obtained lawfully, that they rest on the predicate given and bear on it, "
    "and that nothing here tells of political, religious or social views or associations unless these are part of "
    "the crime (28 CFR 23.20 b, c, d). Without this the record is not released with its identifiers."
)


def initial_of(record: Record, *, linked: Iterable[str]) -> dict[str, Any]:
    """The working copy as the form shows it: plain values, no rows of the database."""
    own = PLAIN_BULLETIN if isinstance(record, Bulletin) else PLAIN_SEIZURE
    codes = ("methods", "detection", "country", "origin_country", "transit_countries")
    marks = ("tlp", "controls", "rel_to", "cui_categories")
    found = {name: getattr(record, name) for name in (*PLAIN, *own, *codes, *marks, "source_url")}
    return found | {
        "hazard": "yes" if record.hazard else "no",
        "mode": record.mode_id or "",
        "port": record.port_id or "",
        "originator": str(record.originator_id or ""),
        "certify": record.certified_at is not None,
        "seizures": list(linked),
    }


class PhotographForm(forms.Form):
    """A photograph's words, as controls inside the record's form: they are saved with it."""

    caption = forms.CharField(label=gettext_lazy("Caption"), max_length=200, required=False)
    shows_how = forms.BooleanField(label=gettext_lazy("X-ray, or shows how it was found"), required=False)

    def __init__(self, data: QueryDict | None, *, uid: str, initial: dict[str, Any]) -> None:
        super().__init__(data, prefix=f"photograph-{uid}", initial=initial)
        self.fields["caption"].widget.attrs |= {"placeholder": _("Caption"), "autocomplete": "off"}

    @property
    def group(self) -> str:
        told = self.cleaned_data.get("shows_how")
        return PhotographGroup.TECHNIQUE.value if told else PhotographGroup.DETAIL.value
