"""The form of an agreement, as one of its sides fills it in: what it gives, what it takes."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.markings.models import TLP
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE
from bulletins.vocabulary.terms import terms as vocabulary
from hub.agencies.models import Agency, AgencyState
from sharing.agreements.actions import nation_of, terms_of
from sharing.agreements.models import Agreement
from sharing.agreements.rules import Scope, Terms

SIDES = ("gives", "takes")
KINDS = [
    (Kind.BULLETIN.value, gettext_lazy("Bulletins")),
    (Kind.SEIZURE.value, gettext_lazy("Seizure reports")),
]
FIELDS = (
    "kinds",
    "highest_tlp",
    "withheld",
    "legal_basis",
    "permitted_use",
    "keep_days",
    "caveat",
    "drug_classes",
)


def substance_classes() -> list[str]:
    return sorted({term.drug_class for term in vocabulary().drugs.values() if term.drug_class})


def _day(label: Any, hint: Any) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=hint, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AgreementForm(forms.Form):
    """`row` is what is edited or changed: its parties stay, and a day that is left as it was keeps its instant."""

    other = forms.ChoiceField(label=gettext_lazy("With"), choices=())
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    whole_governments = forms.BooleanField(
        label=gettext_lazy("Between the governments: for every agency of both countries"), required=False
    )
    valid_from = _day(gettext_lazy("From"), gettext_lazy("In force from the first minute of this day"))
    valid_to = _day(gettext_lazy("Until"), gettext_lazy("It lapses as this day begins"))

    def __init__(self, data: Any = None, *, viewer_agency: int, row: Agreement | None = None) -> None:
        self.own = Agency.objects.get(pk=viewer_agency)
        self.row = row
        super().__init__(data, initial=self._initial())
        others = Agency.objects.filter(state=AgencyState.ACTIVE).exclude(pk=viewer_agency).order_by("code")
        # Between two agencies of one country nothing rests on an agreement.
        abroad = [each for each in others if nation_of(each) != nation_of(self.own)]
        if row is not None:
            del self.fields["other"]
        else:
            self.fields["other"].choices = [  # type: ignore[attr-defined]
                ("", _("Choose an agency")),
                *((each.code, f"{each.code}, {each.label}") for each in abroad),
            ]
            self.fields["other"].error_messages["invalid_choice"] = _(
                "Choose one of the list: an agency of another country that is at work in the hub."
            )
        for side in SIDES:
            for name, made in _scope_fields().items():
                self.fields[f"{side}_{name}"] = made

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for side in SIDES:
            filled = any(cleaned.get(f"{side}_{name}") for name in ("legal_basis", "permitted_use", "caveat"))
            if not cleaned.get(f"{side}_kinds") and filled and f"{side}_kinds" not in self.errors:
                self.add_error(
                    f"{side}_kinds",
                    _("Choose what may cross, or leave this direction empty: then nothing does."),
                )
        return cleaned

    def terms(self) -> Terms:
        """What was filled in; ask once it is valid."""
        given = self.cleaned_data
        if self.row is not None:
            first, second = self.row.first_id, self.row.second_id
        else:
            first, second = self.own.pk, Agency.objects.get(code=given["other"]).pk
        other = second if first == self.own.pk else first
        was_from, was_to = (self.row.valid_from, self.row.valid_to) if self.row else (None, None)
        scopes = {self.own.pk: self._scope("gives"), other: self._scope("takes")}
        return Terms(
            first=first,
            second=second,
            name=given["name"],
            valid_from=_instant(given["valid_from"], was_from),
            valid_to=_instant(given["valid_to"], was_to),
            gives={giver: scope for giver, scope in scopes.items() if scope},
            whole_governments=given["whole_governments"],
        )

    def refuse(self, error: Any) -> None:
        """Put an action's refusal at the fields it names."""
        for name, said in (
            error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
        ).items():
            self.add_error(name if name in self.fields else None, said)

    def side(self, side: str) -> list[forms.BoundField]:
        return [self[f"{side}_{name}"] for name in FIELDS]

    def gives(self) -> list[forms.BoundField]:
        return self.side("gives")

    def takes(self) -> list[forms.BoundField]:
        return self.side("takes")

    def _scope(self, side: str) -> Scope | None:
        given = {name: self.cleaned_data[f"{side}_{name}"] for name in FIELDS}
        if not given["kinds"]:
            return None
        return Scope(
            kinds=frozenset(given["kinds"]),
            highest_tlp=given["highest_tlp"],
            legal_basis=given["legal_basis"],
            permitted_use=given["permitted_use"],
            drug_classes=frozenset(given["drug_classes"]),
            withheld=frozenset(given["withheld"]),
            caveat=given["caveat"],
            keep_days=given["keep_days"],
        )

    def _initial(self) -> dict[str, Any]:
        if self.row is None:
            return {
                "valid_from": timezone.localdate(),
                **{f"{side}_highest_tlp": TLP.AMBER for side in SIDES},
            }
        said = terms_of(self.row)
        found: dict[str, Any] = {
            "name": said.name,
            "whole_governments": said.whole_governments,
            "valid_from": timezone.localdate(said.valid_from),
            "valid_to": timezone.localdate(said.valid_to),
            **{f"{side}_highest_tlp": TLP.AMBER for side in SIDES},
        }
        for giver, scope in said.gives.items():
            side = "gives" if giver == self.own.pk else "takes"
            found |= {f"{side}_{name}": _plain(getattr(scope, name)) for name in FIELDS}
        return found


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _instant(day: date, was: datetime | None) -> datetime:
    """The first minute of the day where the reader is; the very instant it was, where the day is left as it was."""
    if was is not None and timezone.localdate(was) == day:
        return was
    return timezone.make_aware(datetime.combine(day, time.min))


def _scope_fields() -> dict[str, forms.Field]:
    boxes = forms.CheckboxSelectMultiple
    return {
        "kinds": forms.MultipleChoiceField(
            label=_("May cross"),
            choices=KINDS,
            widget=boxes,
            required=False,
            help_text=_("Choose none, and nothing crosses in this direction."),
        ),
        "highest_tlp": forms.ChoiceField(label=_("Highest TLP"), choices=TLP.choices, required=False),
        "withheld": forms.MultipleChoiceField(
            label=_("Always withheld"),
            choices=[(group.value, group.label) for group in WITHHOLDABLE],
            widget=boxes,
            required=False,
        ),
        "drug_classes": forms.MultipleChoiceField(
            label=_("Only these substances"),
            choices=[(name, name.capitalize()) for name in substance_classes()],
            widget=boxes,
            required=False,
            help_text=_("None chosen: all. What names no substance crosses either way."),
        ),
        "caveat": forms.CharField(
            label=_("Caveat"),
            max_length=200,
            required=False,
            help_text=_("Words that ride on each record and decide no access"),
        ),
        "legal_basis": forms.CharField(label=_("Legal basis"), max_length=300, required=False),
        "permitted_use": forms.CharField(label=_("Permitted use"), max_length=300, required=False),
        "keep_days": forms.IntegerField(
            label=_("Days it may be kept"),
            min_value=1,
            max_value=36_500,
            required=False,
            help_text=_("Empty: no limit"),
        ),
    }
