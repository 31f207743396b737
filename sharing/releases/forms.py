"""The release form: from what was picked and typed to a plan. What is wrong is said, nothing is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pycountry
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bulletins.markings.models import TLP, TLP_MEANS, Control
from bulletins.vocabulary.lists import WITHHOLDABLE
from hub.agencies.models import Person
from hub.days import InstantField, end_of
from sharing.releases.plan import Pick, Plan
from sharing.releases.targets import Target, Targets

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]
# Stands for people named in a preview: who they are is looked up only when it is released.
SOMEBODY = 0
# Hours in which recipients may be asked to acknowledge, as the form offers them.
WITHIN_H = (1, 2, 4, 8, 12, 24, 48, 72, 168)


class MarkingForm(forms.Form):
    """A marking that decides access. What has no meaning is refused here; whether it can stand, its rules say."""

    tlp = forms.ChoiceField(label=_("Marking"), choices=TLP.choices)
    controls = forms.MultipleChoiceField(
        label=_("Dissemination controls"),
        choices=Control.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    rel_to = forms.CharField(
        label=_("Releasable to"),
        required=False,
        max_length=300,
        help_text=_("Countries for REL TO, by name or code: US, CA"),
    )

    def clean_rel_to(self) -> list[str]:
        """Two-letter codes, from codes or names in any case."""
        named = [part.strip() for part in re.split(r"[,;/\n]+", self.cleaned_data["rel_to"]) if part.strip()]
        found, unknown = [], []
        for name in named:
            try:
                found.append(str(pycountry.countries.lookup(name).alpha_2))
            except LookupError:
                unknown.append(name)
        if unknown:
            raise forms.ValidationError(
                _("Not a country: %(names)s. Write names or codes, separated by commas.")
                % {"names": ", ".join(unknown)}
            )
        return list(dict.fromkeys(found))


class HandlingForm(MarkingForm):
    """Marking and embargo of what is published."""

    embargo_until = InstantField(
        label=_("Embargo until"),
        required=False,
        help_text=_("Before then nobody outside your agency has it, whatever is released"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=300,
        help_text=_("Asked for when it is marked lower; it goes on the trail"),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )


class ReleaseForm(MarkingForm):
    """Only what has no meaning is refused here; whether the plan can stand, its own rules say."""

    marking_reason = forms.CharField(
        label=_("Why it is marked lower"),
        required=False,
        max_length=300,
        help_text=_("Only where others were given it under a stricter marking"),
        widget=forms.TextInput(attrs={"maxlength": 300}),
    )
    withheld = forms.MultipleChoiceField(
        label=_("Hold back from all"), choices=GROUPS, required=False, widget=forms.CheckboxSelectMultiple
    )
    need_to_know = forms.CharField(
        label=_("Need to know"),
        required=False,
        max_length=300,
        help_text=_("Why their work needs it"),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )
    right_to_know = forms.CharField(
        label=_("Right to know"),
        required=False,
        max_length=300,
        help_text=_("What lets them have it"),
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )
    starts_at = InstantField(
        label=_("Not before"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    ends_on = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("The last day they have it"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    acknowledge_within = forms.ChoiceField(
        label=_("Ask each agency to acknowledge within"), choices=(), required=False
    )
    acknowledge_by = InstantField(
        label=_("or by"),
        required=False,
        help_text=_("Who has not by then is told to its desk and administrators, and to you"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def __init__(self, *args: Any, targets: Targets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spans = [(str(hours), _span(hours)) for hours in WITHIN_H]
        self.fields["acknowledge_within"].choices = [("", gettext("Not asked")), *spans]  # type: ignore[attr-defined]
        self.targets = {target.key: target for target in targets}
        self.people: dict[str, frozenset[int]] = {}

    def chosen(self) -> list[str]:
        """The keys picked, in the order of the form, known or not."""
        return list(dict.fromkeys(self._list("to")))

    def held_back(self, key: str) -> list[str]:
        return self._list(f"hold-{key}")

    def names(self, key: str) -> str:
        return " ".join(self._list(f"people-{key}"))

    def wording(self, key: str) -> tuple[tuple[str, str], ...] | None:
        return other_words_in(self.data, key)

    def need_given(self) -> bool:
        return bool(str(self.cleaned_data.get("need_to_know") or "").strip())

    def _list(self, name: str) -> list[str]:
        if isinstance(self.data, MultiValueDict):
            return list(self.data.getlist(name))
        return []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(key not in self.targets for key in self.chosen()):
            self.add_error(
                None,
                _("There is no such agency or community, or not for your agency. Pick from the list."),
            )
        groups = {group for group, label in GROUPS}
        if any(group not in groups for key in self.chosen() for group in self.held_back(key)):
            self.add_error(None, _("What is to be held back was not understood. Tick it in the list."))
        return cleaned

    def look_up_people(self) -> bool:
        """Resolve the people named at TLP:RED to active people of their agency; False where one is not found.

        Whoever is not found is refused in the same words, whether there is such a person elsewhere or not.
        """
        wrong = []
        for key in self.chosen():
            target, names = self.targets.get(key), _split(self.names(key))
            if target is None or target.agency is None or not names:
                continue
            known = dict(
                Person.objects.filter(
                    agency_id=target.agency, is_active=True, username__in=names
                ).values_list("username", "pk")
            )
            self.people[key] = frozenset(known.values())
            wrong += [f"{name} ({target.code})" for name in names if name not in known]
        if wrong:
            self.add_error(
                None,
                _("No such person there, or not known to you: %(names)s.") % {"names": ", ".join(wrong)},
            )
        return not wrong

    def plan(self) -> Plan:
        """The plan as it stands; fields that were not understood are left out of it."""
        given = self.cleaned_data
        picks = [
            self._pick(self.targets[key], given.get("tlp", ""))
            for key in self.chosen()
            if key in self.targets
        ]
        return Plan(
            picks=tuple(picks),
            tlp=given.get("tlp") or TLP.RED,
            controls=tuple(given.get("controls") or ()),
            rel_to=tuple(given.get("rel_to") or ()),
            withheld=frozenset(given.get("withheld") or ()),
            need_to_know=given.get("need_to_know") or "",
            right_to_know=given.get("right_to_know") or "",
            starts_at=given.get("starts_at"),
            ends_at=end_of(given.get("ends_on")),
            marking_reason=given.get("marking_reason") or "",
            acknowledge_by=given.get("acknowledge_by"),
            acknowledge_within=timedelta(hours=int(given.get("acknowledge_within") or 0)) or None,
        )

    def _pick(self, target: Target, tlp: str) -> Pick:
        known = {group for group, label in GROUPS}
        named: frozenset[int] = frozenset()
        if tlp == TLP.RED and target.agency and _split(self.names(target.key)):
            named = self.people.get(target.key) or frozenset({SOMEBODY})
        return Pick(
            agency=target.agency,
            community=target.community,
            withheld=frozenset(self.held_back(target.key)) & known,
            persons=named,
            wording=self.wording(target.key),
        )


def other_words_in(data: Any, key: str) -> tuple[tuple[str, str], ...] | None:
    """The texts in other words for the target `key`, an empty one where it is to be left out.

    None where none were asked for on the page: then those that stand for the target stay.
    """
    written, dropped = f"word-{key}-", f"drop-{key}-"
    given = data if isinstance(data, MultiValueDict) else {}
    texts = {
        name.removeprefix(written): str(given[name]).replace("\0", "").replace("\r\n", "\n").strip()
        for name in given
        if name.startswith(written)
    }
    if not texts:
        return None
    left_out = {name.removeprefix(dropped) for name in given if name.startswith(dropped)}
    return tuple(
        (field, "" if field in left_out else text)
        for field, text in sorted(texts.items())
        if text or field in left_out
    )


class BulkForm(ReleaseForm):
    """The same for several records at once: each keeps the marking it has."""

    tlp = None  # type: ignore[assignment]
    controls = None  # type: ignore[assignment]
    rel_to = None  # type: ignore[assignment]
    marking_reason = None  # type: ignore[assignment]

    def refs(self) -> list[str]:
        """The references chosen, each once, in the order of the form."""
        return list(dict.fromkeys(self._list("ref")))


def _split(names: str) -> list[str]:
    return list(dict.fromkeys(re.split(r"[\s,;]+", names.strip()))) if names.strip() else []


def _span(hours: int) -> str:
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


def tlp_meaning(tlp: str) -> str:
    return str(TLP_MEANS[TLP(tlp)]) if tlp in TLP.values else ""
