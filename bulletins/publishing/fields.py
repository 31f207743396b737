"""Form fields of a record: terms typed by their names, amounts, countries, codes ticked, references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any, TypeVar

import pycountry
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.records.refs import PATTERN
from bulletins.vocabulary.models import Term
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency, AgencyState


@dataclass(frozen=True)
class Choices:
    """What a question may be answered with: names by code, other words for a code, what is still offered."""

    names: dict[str, str]
    words: dict[str, set[str]] = field(default_factory=dict)
    offered: tuple[str, ...] = ()
    hints: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, Iterable[str], bool]]) -> Choices:
        """From (code, name, other words, offered) in the order of the list."""
        names: dict[str, str] = {}
        words: dict[str, set[str]] = {}
        hints: dict[str, str] = {}
        offered = []
        for code, name, others, on in rows:
            names[code] = name
            told = [other for other in others if other]
            hints[code] = ", ".join(told)
            for other in told:
                words.setdefault(other.casefold(), set()).add(code)
            if on:
                offered.append(code)
        return cls(names, words, tuple(offered), hints)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        codes = {code.casefold(): code for code in self.names}
        return codes | {name.casefold(): code for code, name in self.names.items()}

    @property
    def options(self) -> list[tuple[str, str]]:
        """(name, other words) of what is offered, for a <datalist>."""
        return [(self.names[code], self.hints[code]) for code in self.offered]

    def find(self, text: str) -> set[str]:
        """The codes that `text` may mean: by name or code, by another word, or by how the name begins."""
        wanted = " ".join(text.casefold().split())
        if code := self._by_name.get(wanted):
            return {code}
        if codes := self.words.get(wanted):
            return codes
        return {self._by_name[name] for name in self._by_name if name.startswith(wanted)}

    def near(self, text: str) -> list[str]:
        """Names that look like `text`, for "do you mean"."""
        found = get_close_matches(text.casefold(), [*self._by_name, *self.words], n=3, cutoff=0.6)
        codes = [self._by_name.get(name) or next(iter(self.words[name])) for name in found]
        return [self.names[code] for code in dict.fromkeys(codes)]


class Vocabulary:
    """The lists that a form asks for, each made once a request and only when it is needed."""

    @cached_property
    def drugs(self) -> Choices:
        rows = in_order(terms().drugs)
        return Choices.of((row.code, row.label_now(), row.aliases, not row.retired_at) for row in rows)

    @cached_property
    def ports(self) -> Choices:
        rows = ((row, f"{row.label}, {row.state or row.country}") for row in in_order(terms().ports))
        return Choices.of(
            (row.code, name, [row.label, row.port_code], not row.retired_at) for row, name in rows
        )

    @cached_property
    def agencies(self) -> Choices:
        return Choices.of(
            (str(row.pk), f"{row.code}, {row.label}", [row.code, row.label], row.state == AgencyState.ACTIVE)
            for row in Agency.objects.all()
        )

    @cached_property
    def countries(self) -> Choices:
        return Choices.of(_countries())

    @cached_property
    def modes(self) -> list[tuple[str, str]]:
        return [(row.code, row.label_now()) for row in in_order(terms().modes)]

    @cached_property
    def detections(self) -> list[tuple[str, str]]:
        return [(row.code, row.label_now()) for row in in_order(terms().detections)]


T = TypeVar("T", bound=Term)


def in_order(rows: dict[str, T]) -> list[T]:
    return sorted(rows.values(), key=lambda row: (row.position, row.code))


@cache
def _countries() -> tuple[tuple[str, str, tuple[str, ...], bool], ...]:
    """ISO 3166-1, by the names in use."""
    found = []
    for row in pycountry.countries:
        name = getattr(row, "common_name", row.name)
        found.append(
            (row.alpha_2, name, (row.alpha_3, row.name) if name != row.name else (row.alpha_3,), True)
        )
    return tuple(sorted(found, key=lambda row: row[1]))


class Named(forms.CharField):
    """A term answered by its name, typed or taken from a list; cleaned to its code, shown by its name."""

    def __init__(self, choices: Callable[[], Choices], list_id: str, **options: Any) -> None:
        self.among = choices
        super().__init__(max_length=200, required=False, **options)
        self.widget.attrs |= {"list": list_id, "autocomplete": "off"}

    def clean(self, value: Any) -> str:
        return self.code_of(super().clean(value))

    def code_of(self, text: str) -> str:
        found = self.among().find(text) if text else {""}
        if len(found) == 1:
            return found.pop()
        names = sorted(self.among().names[code] for code in found)[:4] or self.among().near(text)
        if names:
            raise ValidationError(
                _("“%(text)s” is not on the list. Do you mean %(names)s?")
                % {"text": text, "names": f" {_('or')} ".join(names)}
            )
        raise ValidationError(_("“%(text)s” is not on the list. Choose one that is.") % {"text": text})

    def prepare_value(self, value: Any) -> Any:
        """A code becomes its name; what was typed stays as typed."""
        return self.among().names.get(str(value), value) if value else ""


class NamedList(Named):
    """Several terms, separated by commas or semicolons; cleaned to a list of codes."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value)
        parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
        return list(dict.fromkeys(self.code_of(part) for part in parts))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return "; ".join(str(self.among().names.get(code, code)) for code in value)
        return value


class Codes(forms.MultipleChoiceField):
    """Codes ticked; one empty value means that none is. Without `choices` the action looks them up."""

    def clean(self, value: Any) -> list[str]:
        return list(dict.fromkeys(super().clean([code for code in value or [] if code])))

    def valid_value(self, value: Any) -> bool:
        return len(value) <= 40 and (not self.choices or super().valid_value(value))


class Amount(forms.DecimalField):
    """A number as people type it: `1,234.5`, `1 234,5` or `0.5`."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"\s", "", value)
            if "." in value or re.fullmatch(r"\d{1,3}(,\d{3})+", value):
                value = value.replace(",", "")
            else:
                value = value.replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value


class Refs(forms.CharField):
    """References of records, separated by anything; cleaned to a list of them."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).upper()
        found = PATTERN.findall(text)
        if rest := re.sub(r"[\s,;]+", "", PATTERN.sub("", text)):
            raise ValidationError(
                _("“%(text)s” is not a reference. One looks like 7K3M-Q2XF.") % {"text": rest[:20]}
            )
        return list(dict.fromkeys(found))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


def name_the_blank(field: forms.Field, words: str) -> None:
    """What an unanswered list says, in place of a row of dashes."""
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(value, label if value else words) for value, label in field.choices]  # type: ignore[misc, union-attr]
