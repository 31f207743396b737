"""Rows of a form, in any number: substances and identifiers. All rows of one kind are sent together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulletins.publishing.fields import Amount, Named, Vocabulary, name_the_blank
from bulletins.records.models import Identifier, Record, Substance
from bulletins.vocabulary.lists import Unit
from hub.templatetags.hub_tags import mass

MOST_ROWS = 40
NUMBER_LATER = "__n__"  # stands for a row's number in the pattern that a script copies


class Row(forms.Form):
    """One row: left out as blank when none of `telling` was answered; without `needed` it cannot stand."""

    telling: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    said = ""  # what follows from the stored row, shown below it

    @property
    def blank(self) -> bool:
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.telling)

    @property
    def is_pattern(self) -> bool:
        return NUMBER_LATER in str(self.prefix)


class SubstanceRow(Row):
    telling = ("drug", "quantity", "purity_percent")
    needed = ("drug",)
    folded = ("qualifier", "purity_percent", "lab_state")

    def __init__(self, *args: Any, vocabulary: Vocabulary, unit: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["drug"] = Named(
            lambda: vocabulary.drugs, "drugs", label=gettext_lazy("Drug or other thing seized")
        )
        self.fields |= fields_for_model(
            Substance,
            fields=("quantity", "unit", "form", "qualifier", "purity_percent", "lab_state"),
            field_classes={"quantity": Amount, "purity_percent": Amount},
            widgets={
                "quantity": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                "purity_percent": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            },
        )
        self.fields["unit"].choices = [each for each in self.fields["unit"].choices if each[0]]  # type: ignore[attr-defined]
        self.fields["qualifier"].label = _("The amount is")
        for name, words in (
            ("form", _("Not said")),
            ("qualifier", _("as weighed or counted")),
            ("lab_state", _("Not said")),
        ):
            name_the_blank(self.fields[name], words)
        self.initial = {"unit": unit, **(self.initial or {})}

    def clean_drug(self) -> str:
        if code := str(self.cleaned_data["drug"]):
            return code
        raise ValidationError(_("Say what it is."))

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("quantity") is not None and not found.get("unit"):
            if "unit" not in self.errors:
                self.add_error("unit", _("Choose the unit."))
            found["quantity"] = None
        if found.get("quantity") is None:
            found["unit"] = ""
        return found

    @property
    def more_open(self) -> bool:
        return any(self[name].value() or self[name].errors for name in self.folded)


class IdentifierRow(Row):
    telling = ("value", "note")
    needed = ("kind", "value")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields |= fields_for_model(Identifier, fields=("kind", "value", "note"))
        name_the_blank(self.fields["kind"], _("Choose what it is"))
        for name in ("value", "note"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_value(self) -> str:
        return str(self.cleaned_data["value"]).strip()


class Rows:
    """The rows of one kind: as stored, or as typed where `data` has them."""

    def __init__(
        self,
        name: str,
        make: Callable[..., Row],
        *,
        data: QueryDict | None,
        stored: Sequence[dict[str, Any]],
        more: bool = False,
    ) -> None:
        self.name = name
        self.make = make
        self.posted = data is not None and f"{name}-rows" in data
        if data is not None and self.posted:
            every = [make(data, prefix=f"{name}-{number}") for number in self._numbers(data)]
            self.forms = [row for row in every if not row.blank]
        else:
            self.forms = [make(initial=row, prefix=f"{name}-{n}") for n, row in enumerate(stored)]
            for row, facts in zip(self.forms, stored, strict=True):
                row.said = str(facts.get("said", ""))
        self.spares = [] if self.forms and not more else [self._spare()]

    def _numbers(self, data: QueryDict) -> list[int]:
        pattern = re.compile(rf"{self.name}-(\d{{1,4}})-\w+")
        found = {int(match[1]) for key in data if (match := pattern.fullmatch(key))}
        return sorted(found)[: 2 * MOST_ROWS]

    def _spare(self) -> Row:
        used = [int(str(row.prefix).rpartition("-")[2]) for row in self.forms]
        return self.make(prefix=f"{self.name}-{max(used, default=-1) + 1}")

    @property
    def shown(self) -> list[Row]:
        return [*self.forms, *self.spares]

    @property
    def count(self) -> int:
        """One past the highest number in use: what the next row is called."""
        return int(str(self.shown[-1].prefix).rpartition("-")[2]) + 1

    @property
    def pattern(self) -> Row:
        return self.make(prefix=f"{self.name}-{NUMBER_LATER}")

    def errors(self) -> dict[str, list[str]]:
        """By the name of the control."""
        found = {
            row.add_prefix(name): [str(message) for message in messages]
            for row in self.forms
            if row.is_bound
            for name, messages in row.errors.items()
        }
        if len(self.forms) > MOST_ROWS:
            found[f"{self.name}-rows"] = [_("At most %(most)d rows.") % {"most": MOST_ROWS}]
        return found

    def values(self) -> list[dict[str, Any]] | None:
        """What to write, or None where nothing was sent: of each row that says what it is, what is valid."""
        if not self.posted or len(self.forms) > MOST_ROWS:
            return None
        for row in self.forms:
            row.is_valid()
        return [row.cleaned_data for row in self.forms if all(row.cleaned_data.get(n) for n in row.needed)]


def stored_substances(record: Record) -> list[dict[str, Any]]:
    if record.pk is None:
        return []
    return [
        {
            "drug": row.drug_id,
            "quantity": row.quantity,
            "unit": row.unit,
            "form": row.form,
            "qualifier": row.qualifier,
            "purity_percent": row.purity_percent,
            "lab_state": row.lab_state,
            "said": mass(row) if row.mass_kg is not None else "",
        }
        for row in record.substances.all()
    ]


def stored_identifiers(record: Record) -> list[dict[str, Any]]:
    if record.pk is None:
        return []
    return [{"kind": row.kind, "value": row.value, "note": row.note} for row in record.identifiers.all()]


def usual_unit(country: str) -> str:
    """The unit offered first: pounds where the United States weigh, kilograms elsewhere."""
    return Unit.LB.value if country == "US" else Unit.KG.value
