"""`fields=`: which parts of a record an answer is to have. Chosen among what is disclosed, and noted in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from bulletins.faces.content import GROUPS, KEYS

LONGEST = 1_200
# What travels with every part: which record it is, what binds whoever has it, and that something is not there.
ALWAYS = ("uid", "version", "marking", "terms", "withheld")
BESIDE = (
    "ref", "kind", "url", "owner", "originator", "issued_at", "visible_since", "acknowledge_by", "agreement", "labels",
    "seizures",
)  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """`beside` are names beside the facts; of a group the keys asked for, or None for all of it."""

    beside: frozenset[str]
    groups: dict[str, frozenset[str] | None]

    @classmethod
    def read(cls, text: str) -> Fields:
        """Raises ValidationError for a name that no record has."""
        beside: set[str] = set()
        groups: dict[str, frozenset[str] | None] = {}
        for name in dict.fromkeys(each.strip() for each in text.split(",")):
            group, _dot, key = name.partition(".")
            if name in (*ALWAYS, *BESIDE):
                beside.add(name)
            elif name == "facts":
                groups |= dict.fromkeys(GROUPS)
            elif name in GROUPS:
                groups[name] = None
            elif group in GROUPS and key in KEYS[group]:
                known = groups.get(group, frozenset())
                groups[group] = None if known is None else known | {key}
            else:
                raise serializers.ValidationError(_("A record has no %(name)s.") % {"name": name or '""'})
        return cls(frozenset(beside), groups)

    @property
    def read_of(self) -> frozenset[str]:
        """The groups that something of is given. Whose finding it is stands in the core."""
        return frozenset(self.groups) | ({"core"} if "originator" in self.beside else set())

    def of(self, shown: dict[str, Any]) -> dict[str, Any]:
        """The parts of a record's JSON that were asked for."""
        found = {name: value for name, value in shown.items() if name in ALWAYS or name in self.beside}
        if self.groups:
            found["facts"] = {
                group: facts if keys is None else {key: facts[key] for key in facts if key in keys}
                for group, facts in shown["facts"].items()
                if (keys := self.groups.get(group, frozenset())) is None or keys
            }
        return found


class FieldsField(serializers.CharField):
    """Parts by name, commas between."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            help_text=gettext_lazy(
                "parts of a record, commas between: its own names (`ref,issued_at`), field groups (`core,place`), keys "
                "of groups (`core.title`); uid, version, marking, terms and withheld are always there"
            ),
        )

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if len(text) > LONGEST:
            raise serializers.ValidationError(_("Name no part twice."))
        return Fields.read(text)
