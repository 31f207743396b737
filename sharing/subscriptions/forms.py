"""The form of a subscription: what is asked for, by which ways, how often. What is judged, the action judges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP
from bulletins.publishing.fields import Codes, NamedList, Vocabulary, in_order
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState
from sharing.subscriptions.models import PROGRAMS, Channel, Frequency
from sharing.subscriptions.rules import FURTHEST_KM
from sharing.subscriptions.wishes import LISTS, LONGEST_WORDS, Wish, classes

ME, DESK = "me", "desk"
WEEKDAYS = [
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
    (5, _("Saturday")), (6, _("Sunday")),
]  # fmt: skip


class Times(forms.CharField):
    """Times of day, separated by commas: `06:00, 14:00, 22:00`; cleaned to a tuple of them."""

    def clean(self, value: Any) -> Any:
        parts = [part for part in re.split(r"[,;\s]+", super().clean(value)) if part]
        try:
            return tuple(datetime.strptime(part, "%H:%M").time() for part in parts)
        except ValueError:
            raise ValidationError(_now("Write times like 06:00, separated by commas.")) from None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return ", ".join(at.strftime("%H:%M") for at in value)
        return value


class Several(NamedList):
    """Several terms by their names, separated by semicolons: a port's name has a comma in it."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value)
        parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
        return list(dict.fromkeys(self.code_of(part) for part in parts))


def _ticked(label: Any) -> Codes:
    return Codes(label=label, required=False, widget=forms.CheckboxSelectMultiple)


class SubscriptionForm(forms.Form):
    """`words` hold names by code for what is typed by name. Fields of filters are named as a Wish's."""

    title = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("What your inbox says beside what it brings")
    )
    whose = forms.ChoiceField(
        label=_("For"), widget=forms.RadioSelect, choices=[(ME, _("me")), (DESK, _("my agency's desk"))]
    )
    words = forms.CharField(
        label=_("Words"),
        max_length=LONGEST_WORDS,
        required=False,
        help_text=_("As in search: “exact phrase”, or, -without"),
    )
    kinds, methods, drugs, classes = (
        _ticked(_("Kind")), _ticked(_("Where hidden")), _ticked(_("Drug")), _ticked(_("Class of drug")),
    )  # fmt: skip
    modes, regions, owners = _ticked(_("Mode")), _ticked(_("Region")), _ticked(_("Posted by"))
    urgencies, tlps = _ticked(_("Urgency")), _ticked(_("Marking"))
    hazard = forms.BooleanField(label=_("Hazards to officers only"), required=False)
    near_km = forms.IntegerField(
        label=_("Within so many km of them"), required=False, min_value=0, max_value=FURTHEST_KM
    )
    channels = _ticked(_("By"))
    endpoint = forms.ChoiceField(label=_("To which address"), required=False)
    frequency = forms.ChoiceField(label=_("How often"), choices=Frequency.choices)
    times = Times(
        label=_("At"),
        required=False,
        help_text=_("Of a digest, in your own time zone. Shifts: up to six, like 06:00, 14:00, 22:00"),
    )
    weekday = forms.TypedChoiceField(
        label=_("Day of the week"), choices=WEEKDAYS, coerce=int, required=False, initial=0
    )
    day = forms.IntegerField(
        label=_("Day of the month"), required=False, min_value=1, max_value=31, initial=1
    )

    def __init__(
        self,
        *args: Any,
        desk: bool | None,
        endpoints: dict[str, str],
        kept: Wish | None = None,
        filters_only: bool = False,
        **kwargs: Any,
    ) -> None:
        """`desk` says whose it is, None that it may be chosen; `endpoints` are addresses by uid, for a desk's."""
        super().__init__(*args, **kwargs)
        words, known = Vocabulary(), terms()
        self.vocabulary, self.kept = words, kept
        among: dict[str, Any] = {
            "kinds": [(Kind.BULLETIN, _("Bulletins")), (Kind.SEIZURE, _("Seizure reports"))],
            "methods": [(row.code, row.label_now()) for row in in_order(known.methods)],
            "drugs": [(row.code, row.label_now()) for row in in_order(known.drugs)],
            "classes": [(name, name.capitalize()) for name in classes()],
            "modes": words.modes,
            "regions": Region.choices,
            "owners": [(row.code, f"{row.code}: {row.label}") for row in _agencies(kept)],
            "urgencies": Urgency.choices,
            "tlps": [(value, value) for value in TLP.values],
            "channels": [each for each in Channel.choices if desk is not False or each[0] not in PROGRAMS],
        }
        for name, choices in among.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        countries = {
            "countries": _("Where seized"),
            "origins": _("Came from"),
            "destinations": _("On its way to"),
        }
        self.fields["ports"] = Several(lambda: words.ports, "ports", label=_("Ports"))
        for name, label in countries.items():
            self.fields[name] = Several(lambda: words.countries, "countries", label=label)
        chosen = [("", _("every address of your agency")), *endpoints.items()]
        self.fields["endpoint"].choices = chosen  # type: ignore[attr-defined]
        if desk is not None:
            del self.fields["whose"]
        if not endpoints:
            del self.fields["endpoint"]
        if filters_only:
            # What is looked at while it is being filled in: a name and times are not asked for yet.
            for name in ("title", "channels", "frequency", "times", "weekday", "day", "endpoint"):
                self.fields.pop(name, None)
            for field in self.fields.values():
                field.required = False

    @property
    def desk(self) -> bool:
        return self.cleaned_data.get("whose") == DESK

    def wish(self) -> Wish:
        given = self.cleaned_data
        values: dict[str, Any] = {name: tuple(given.get(name) or ()) for name in (*LISTS, "channels")}
        times: tuple[time, ...] = tuple(given.get("times") or ())
        return Wish(
            **values,
            title=given.get("title", ""),
            near_km=given.get("near_km") or 0,
            hazard=given.get("hazard", False),
            words=given.get("words", ""),
            endpoint=given.get("endpoint", ""),
            frequency=given.get("frequency") or Frequency.AT_ONCE.value,
            times=times,
            weekday=given.get("weekday") or 0,
            day=given.get("day") or 1,
        )

    @property
    def picks(self) -> list[Pick]:
        """The lists to tick in, each folded away until it is needed."""
        levels = {code: row.level for code, row in terms().methods.items()}
        found = []
        for name in (
            "methods",
            "drugs",
            "classes",
            "modes",
            "regions",
            "owners",
            "kinds",
            "urgencies",
            "tlps",
        ):
            bound = self[name]
            chosen = [str(value) for value in bound.value() or []]
            choices = [
                Choice(str(value), str(label), str(value) in chosen, levels.get(str(value), 1))
                for value, label in self.fields[name].choices  # type: ignore[attr-defined]
            ]
            found.append(Pick(name, str(bound.label), choices, len(chosen), bound.errors))
        return found


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool
    level: int

    @property
    def words(self) -> str:
        return f"{self.label} {self.value}".lower()


@dataclass(frozen=True)
class Pick:
    """A list of values to tick; long ones are narrowed as one types."""

    name: str
    label: str
    choices: list[Choice]
    chosen: int
    errors: Any

    @property
    def is_long(self) -> bool:
        return len(self.choices) > 12


def _agencies(kept: Wish | None) -> list[Agency]:
    """Active ones; and those that it names already, which may since have been suspended."""
    rows = Agency.objects.filter(state=AgencyState.ACTIVE)
    if kept and kept.owners:
        rows = rows | Agency.objects.filter(code__in=kept.owners)
    return list(rows.order_by("code"))
