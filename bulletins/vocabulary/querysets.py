"""Questions asked of the vocabulary."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.db.models import Model, QuerySet

T = TypeVar("T", bound=Model)


class TermQuerySet(QuerySet[T]):
    def current(self) -> Self:
        """What pickers offer. Retired terms stay readable on the records that use them."""
        return self.filter(retired_at=None)

    def codes(self) -> frozenset[str]:
        """Every code, retired ones included."""
        return frozenset(self.values_list("code", flat=True))

    def labels(self) -> dict[str, str]:
        """Code to untranslated label, retired terms included."""
        return dict(self.values_list("code", "label"))


class MethodQuerySet(TermQuerySet[Any]):
    def under(self, code: str) -> Self:
        """The method and all below it."""
        return self.filter(path__contains=[code])

    def for_mode(self, mode: str) -> Self:
        """Methods seen with a transport mode."""
        return self.filter(modes__contains=[mode])


class DrugQuerySet(TermQuerySet[Any]):
    def drugs(self) -> Self:
        """Without currency, firearms and the like, which seizures also hold."""
        return self.filter(is_drug=True)
