"""What may stand behind the question mark: declared, typed, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request

Q = TypeVar("Q", bound=QuerySet[Any])
LIMIT = 50
HIGHEST_LIMIT = 200


class Filters(serializers.Serializer[Any]):
    """The filters of an address. One not declared is refused: ignored, it would answer another question."""

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The values given, by name. Raises ValidationError for unknown, repeated and unreadable ones."""
        filters = cls(data=request.query_params.dict())
        found = {
            name: [_("There is no such filter here.")]
            for name in request.query_params
            if name not in filters.fields
        }
        found |= {
            name: [_("Give this once.")]
            for name in request.query_params
            if len(request.query_params.getlist(name)) > 1
        }
        if found:
            raise serializers.ValidationError(found)
        filters.is_valid(raise_exception=True)
        return dict(filters.validated_data)


class PagedFilters(Filters):
    cursor = serializers.CharField(
        required=False, max_length=400, help_text=gettext_lazy("from `next` or `previous`")
    )
    limit = serializers.IntegerField(
        required=False,
        default=LIMIT,
        min_value=1,
        max_value=HIGHEST_LIMIT,
        help_text=gettext_lazy("how many a page at most; a page may hold fewer"),
    )


class Instant(serializers.DateTimeField):
    """An instant; one without a zone is the caller's own time."""

    def enforce_timezone(self, value: datetime) -> datetime:
        try:
            found: datetime = super().enforce_timezone(value)
            # Kept in UTC, in which the calendar ends earlier, or later, than in the caller's zone.
            found.astimezone(UTC)
        except OverflowError:
            self.fail("overflow")
        return found


class TimedFilters(PagedFilters):
    """Of a list in the order of time: from when, until when, and which end first."""

    since = Instant(required=False, help_text=gettext_lazy("from this instant on"))
    until = Instant(required=False, help_text=gettext_lazy("before this instant"))
    order = serializers.ChoiceField(
        choices=["newest", "oldest"], required=False, help_text=gettext_lazy("which comes first; the newest")
    )


def within(rows: Q, column: str, query: dict[str, Any]) -> Q:
    """The rows whose `column` lies between `since` and `until`."""
    bounds = {"since": f"{column}__gte", "until": f"{column}__lt"}
    return rows.filter(**{bound: query[name] for name, bound in bounds.items() if name in query})
