"""The field's lists as JSON: every code that records, filters and bodies use, with its label."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port, Term
from hub.rest.filters import PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView


class ListShape(serializers.Serializer[Any]):
    """One list of the vocabulary."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.URLField()


class TermShape(serializers.Serializer[Any]):
    """A term of any list; beside code, label and whether it is retired, what its list says of it."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    retired = serializers.BooleanField(help_text="no longer offered; old records keep it")
    parent = serializers.CharField(required=False, help_text="methods: the method above, or empty")  # type: ignore[assignment]
    level = serializers.IntegerField(required=False, help_text="methods: 1 for the top")
    path = serializers.ListField(child=serializers.CharField(), required=False)
    modes = serializers.ListField(child=serializers.CharField(), required=False)
    definition = serializers.CharField(required=False)
    aliases = serializers.ListField(child=serializers.CharField(), required=False)
    drug_class = serializers.CharField(required=False)
    dea_code = serializers.CharField(required=False, help_text="the DEA's number; compare 21 CFR 1308")
    is_drug = serializers.BooleanField(required=False)
    presumptive_test_caution = serializers.CharField(required=False)
    country = serializers.CharField(required=False, help_text="ports")
    state = serializers.CharField(required=False)
    kind = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    latitude = serializers.CharField(required=False, help_text="approximate")
    longitude = serializers.CharField(required=False, help_text="approximate")


LISTS: dict[str, tuple[type[Term], tuple[str, ...]]] = {
    "methods": (Method, ("parent_id", "level", "path", "modes", "definition")),
    "drugs": (Drug, ("aliases", "drug_class", "dea_code", "is_drug", "presumptive_test_caution")),
    "modes": (Mode, ("definition",)),
    "detections": (Detection, ("definition",)),
    "ports": (Port, ("country", "state", "kind", "region", "lat", "lon")),
}
NAMES = {"parent_id": "parent", "lat": "latitude", "lon": "longitude"}


class VocabularyIndex(HubView):
    @says("vocabulary_index", ListShape(many=True))
    def get(self, request: Request) -> Response:
        """The lists there are."""
        return Response(
            [
                {
                    "name": name,
                    "label": str(model._meta.verbose_name_plural),
                    "url": request.build_absolute_uri(f"{request.path}{name}/"),
                }
                for name, (model, facts) in LISTS.items()
            ]
        )


class VocabularyList(HubView):
    filters = PagedFilters

    def find(self, request: Request, **kwargs: Any) -> None:
        if kwargs["name"] not in LISTS:
            raise Http404

    @says("vocabulary_list", paged(TermShape(many=True), "Term"), filters=PagedFilters, errors=(404,))
    def get(self, request: Request, name: str) -> Response:
        """The terms of a list in its order, retired ones included."""
        model, facts = LISTS[name]
        found = page(
            model._default_manager.all(),
            "label",
            "retired_at",
            *facts,
            by=("position", "code"),
            request=request,
            query=self.query,
            falling=False,
        )
        return found.response(_shape(model, facts, row) for row in found.rows)


def _shape(model: type[Term], facts: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "label": model(code=row["code"], label=row["label"]).label_now(),
        "retired": row["retired_at"] is not None,
        **{NAMES.get(name, name): _plain(name, row[name]) for name in facts},
    }


def _plain(name: str, value: Any) -> Any:
    if name in ("lat", "lon"):
        return str(value)
    return "" if value is None else value
